"""Evaluation cases that stand in the training data."""

from __future__ import annotations

import pytest
import seatrial_posttrain as posttrain

import seatrial as sea
from seatrial.errors import ParameterError
from seatrial.testing import check

TEXT = "One two three four five six seven eight nine ten, eleven twelve."


def found(training, cases, **more):
    plan = sea.Plan(audits=[posttrain.contamination(training=training, **more)])
    return sea.audit(plan, cases=cases)


def test_it_keeps_what_every_audit_must_keep():
    assert [one for one in check(posttrain.contamination) if one.outcome == "failed"] == []


def test_ten_words_in_a_row_are_found_whatever_is_around_them():
    cases = [
        sea.Case("ten", "say: two, THREE four five six seven eight nine ten eleven!"),
        sea.Case("nine", "two three four five six seven eight nine ten twelve"),
        sea.Case("target", "count", TEXT),
        sea.Case("part", {"context": TEXT, "question": "what?"}),
    ]
    (finding,) = found([sea.Case("t", TEXT)], cases)
    assert set(finding.cases) == {"ten", "target", "part"}
    assert finding.effect == 0.75
    assert finding.level == "error"
    (finding,) = found([sea.Case("t", TEXT)], cases, tolerance=0.9)
    assert finding.level == "warning"
    (finding,) = found([sea.Case("t", TEXT)], cases, n=9)
    assert len(finding.cases) == 4


def test_preferences_are_training_data_too():
    pair = sea.Preference("what?", TEXT, "no", case_id="p")
    assert found([pair], [sea.Case("a", TEXT)])
    assert not found([pair], [sea.Case("a", "another text")])


def test_a_parameter_that_makes_no_sense_is_refused():
    for more in ({"n": 0}, {"tolerance": 2}):
        with pytest.raises(ParameterError, match=next(iter(more))):
            found([], [sea.Case("a", "b")], **more)


def test_without_training_data_it_does_not_claim_to_have_looked():
    cases = [sea.Case("a", "one two three four five six seven eight nine ten")]
    with pytest.raises(ParameterError, match="'training'"):
        sea.audit(sea.Plan(), cases=cases, audits=[posttrain.contamination])
