from __future__ import annotations

import pytest

from seatrial import Case, Explanation, Finding, Verdict


def test_an_explanation_predicts_with_its_predictor():
    cases = [Case("a", "short"), Case("b", "much longer")]
    found = Explanation(
        "Long inputs fail.", predictor=lambda given: [len(c.input) / 20 for c in given]
    )
    assert found.predict(cases) == [0.25, 0.55]


def test_an_explanation_without_a_predictor_says_so():
    with pytest.raises(ValueError, match="this explanation predicts nothing"):
        Explanation("Nothing failed.").predict([])


def test_the_predictor_is_no_part_of_what_was_found():
    assert Explanation("Same.", predictor=lambda given: []) == Explanation("Same.")


def test_a_finding_is_an_error_a_warning_or_a_note():
    assert Finding("leak", "Answers stand in prompts.", cases=["a", "b"]).cases == ("a", "b")
    assert Finding("leak", "Answers stand in prompts.").level == "note"
    with pytest.raises(ValueError, match="level"):
        Finding("leak", "Answers stand in prompts.", level="fatal")


@pytest.mark.parametrize("outcome", ["pass", "fail", "inconclusive", "error"])
def test_a_verdict_has_one_of_four_outcomes(outcome):
    one = Verdict("First", outcome, 0.5, (0.4, 0.6), 0.45, 100)
    assert (one.cases_needed, one.note, one.details) == (None, "", {})


def test_there_is_no_fifth_outcome():
    with pytest.raises(ValueError, match="outcome"):
        Verdict("First", "maybe", None, None, None, 0)
