"""Scores that are missing under any key, and answers that hang on the normalization."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
import seatrial_audits as audits

import seatrial as sea

PLAN = sea.Plan()
OPTIONS = ("yes", "no", "maybe")


def look(audit, outcomes):
    return list(audit.build()(PLAN, None, outcomes))


def outcomes_with(details_of, count=60):
    found = []
    for at in range(count):
        case = sea.Case(f"q{at}", {"question": f"is it {at}", "options": OPTIONS}, OPTIONS[at % 2])
        answer = sea.Prediction("yes", details=details_of(at))
        found.append(sea.Outcome(case=case, input=case.input, prediction=answer, right=at % 2 == 0))
    return found


GAPS = {
    "another name": lambda gap: {"option_scores": [-1.0, gap, -2.0]},
    "any name, one for each option": lambda gap: {"per_option": [-1.0, gap, -2.0]},
    "by option": lambda gap: {"answers": {"yes": -1.0, "no": gap, "maybe": -2.0}},
    "nested": lambda gap: {"raw": {"choices": {"logprobs": [-1.0, gap, -2.0]}}},
    "a list of mappings": lambda gap: {
        "ranked": [{"text": one, "ll": gap if one == "no" else -1.0} for one in OPTIONS]
    },
    "camel case": lambda gap: {"logProbs": [gap, -1.0]},
    "one number": lambda gap: {"logprob": gap},
}


@pytest.mark.parametrize("gap", [None, nan, -inf, "NaN"], ids=["none", "nan", "inf", "text"])
@pytest.mark.parametrize("how", GAPS)
def test_scores_that_are_missing_are_found_under_any_key(how, gap):
    kept = look(audits.missing_scores, outcomes_with(lambda _: GAPS[how](-1.5)))
    assert kept == []
    (found,) = look(
        audits.missing_scores, outcomes_with(lambda at: GAPS[how](gap if at < 6 else -1.5))
    )
    assert (found.level, set(found.cases)) == ("error", {f"q{at}" for at in range(6)})


def test_a_score_that_most_outcomes_have_is_missing_where_there_is_none():
    planted = outcomes_with(lambda at: {} if at < 3 else {"sequence_logprob": -1.0})
    (found,) = look(audits.missing_scores, planted)
    assert set(found.cases) == {"q0", "q1", "q2"}


@pytest.mark.parametrize("short", [[], [-1.0, -2.0]], ids=["empty", "shorter"])
def test_a_list_with_fewer_scores_than_options_lacks_one(short):
    whole = [-1.0, -3.0, -2.0]
    planted = outcomes_with(lambda at: {"log_likelihoods": short if at < 6 else whole})
    (found,) = look(audits.missing_scores, planted)
    assert set(found.cases) == {f"q{at}" for at in range(6)}
    tokens = outcomes_with(lambda at: {"token_logprobs": short if at < 6 else whole})
    longer = outcomes_with(lambda at: {"logprobs": [*whole, -1.0] if at < 6 else whole})
    assert look(audits.missing_scores, longer) == []
    assert look(audits.missing_scores, tokens) == []


def test_details_that_are_no_scores_may_be_empty():
    beside = {
        "finish": None,
        "margin": None,
        "nulls": [],
        "usage": {"tokens": 3, "cost": None},
        "notes": ["a", None, "b"],
        "steps": [None, 2],
    }
    assert look(audits.missing_scores, outcomes_with(lambda _: beside)) == []


def test_answers_that_hang_on_the_normalization_are_counted():
    """Yes, no or maybe: 43 of 60 answers flip."""
    planted = outcomes_with(
        lambda at: {"log_likelihoods": [-2.0, -1.8, -2.2] if at < 43 else [-1.0, -3.0, -9.0]}
    )
    (found,) = look(audits.normalization, planted)
    assert found.level == "error"
    assert found.effect == pytest.approx(43 / 60)
    assert found.summary.startswith("43 of 60 answers (71.7%, effect)")
    assert "of the" not in found.summary
    right_undivided = np.mean([(at % 2 == 1) if at < 43 else (at % 2 == 0) for at in range(60)])
    assert f"{right_undivided:.1%} undivided" in found.summary


def negated(raw):
    return [-one for one in raw]


STORED = {
    "nll": lambda raw: {"nll": negated(raw)},
    "camel case": lambda raw: {"optionNLL": negated(raw)},
    "negative in words": lambda raw: {"negative_log_likelihoods": negated(raw)},
    "losses": lambda raw: {"losses": negated(raw)},
    "a hyphen": lambda raw: {"log-probs": raw},
    "short": lambda raw: {"lp": raw},
    "by option": lambda raw: {"ll": dict(zip(OPTIONS, raw, strict=True))},
    "by letter": lambda raw: {"ll": dict(zip("CBA", raw[::-1], strict=True))},
    "ranked mappings": lambda raw: {
        "ranked": [
            {"text": one, "nll": -two} for two, one in sorted(zip(raw, OPTIONS, strict=True))
        ]
    },
    "ranked pairs": lambda raw: {
        "logprobs": [[one, two] for two, one in sorted(zip(raw, OPTIONS, strict=True))]
    },
    "lm-eval": lambda raw: {"logprobs": [[one, one == max(raw)] for one in raw]},
}


@pytest.mark.parametrize("how", STORED)
def test_log_likelihoods_are_read_under_any_name_and_sign(how):
    planted = outcomes_with(
        lambda at: STORED[how]([-2.0, -1.8, -2.2] if at < 43 else [-1.0, -3.0, -9.0])
    )
    (found,) = look(audits.normalization, planted)
    assert found.effect == pytest.approx(43 / 60)
    assert f"{(21 + 8) / 60:.1%} undivided" in found.summary  # "no" is right for the odd ones
    assert look(audits.normalization, outcomes_with(lambda _: {"logits": [2.0, 1.0, -3.0]})) == []


def test_options_of_their_own_may_be_divided_and_few_flips_are_a_note():
    own = []
    for at in range(60):
        options = (f"walk {at}", f"go to buy food for {at} people")
        case = sea.Case(f"q{at}", {"question": f"what in {at}", "options": options}, options[0])
        scores = [-3.0, -5.0] if at < 20 else [-3.0, -50.0]
        answer = sea.Prediction(options[0], details={"log_likelihoods": scores})
        own.append(sea.Outcome(case=case, input=case.input, prediction=answer, right=True))
    (found,) = look(audits.normalization, own)
    assert (found.level, len(found.cases)) == ("warning", 20)
    (few,) = look(audits.normalization, own[18:])
    assert few.level == "note"
    assert look(audits.normalization, own[20:]) == []


def test_scores_divided_by_tokens_are_compared_as_they_were_scored():
    planted = outcomes_with(
        lambda _: {"log_likelihoods": [-1.0, -1.5, -9.0], "scores": [-1.0, -0.5, -9.0]}
    )
    (found,) = look(audits.normalization, planted)
    assert found.effect == 1.0
    assert "50.0% as scored" in found.summary
