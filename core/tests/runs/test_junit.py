"""Verdicts as JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from seatrial import DemandVerdict, Judgement, Verdict, default_registry
from seatrial.errors import ParameterError, PlanError
from seatrial.runs._bundle import Bundle

DEMAND = DemandVerdict(
    demand="at_least",
    outcome="fail",
    threshold=0.9,
    at_most=False,
    confidence=0.95,
    estimate=0.5,
    interval=(0.4, 0.6),
    cases_used=40,
    note="both ends",
)


def verdict(name, outcome, **more):
    return Verdict(name, outcome, 0.5, (0.4, 0.6), 0.9, 40, **more)


JUDGEMENT = Judgement(
    "Odd <title> & \x1b[31m \x00",
    [
        verdict("passes", "pass"),
        verdict('fails "so"', "fail", note="it is <wrong>", demands=(DEMAND,)),
        verdict("stays open", "inconclusive"),
        verdict("broke", "error"),
    ],
    "model 1",
)


def rendered(**params):
    use = default_registry().get("junit")(**params)
    return ET.fromstring(use.build()(Bundle(judgement=JUDGEMENT)))


def test_every_priority_is_a_test_case_with_its_outcome():
    (suite,) = rendered()
    cases = {case.get("name"): [one.tag for one in case] for case in suite.iter("testcase")}
    assert cases == {
        "passes": ["system-out"],
        'fails "so"': ["failure"],
        "stays open": ["skipped"],
        "broke": ["error"],
    }
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    failure = suite.find(".//failure")
    assert failure.get("message") == "fail: 0.500 (at_least 0.9)"
    assert "0.400 … 0.600" in failure.text
    assert "it is <wrong>" in failure.text


def test_what_xml_cannot_hold_is_shown_as_such():
    (suite,) = rendered()
    assert suite.get("name") == "Odd <title> & \\x1b[31m \\x00"


def test_a_job_may_want_evidence():
    (suite,) = rendered(inconclusive="failure")
    assert suite.get("failures") == "2"
    with pytest.raises(ParameterError, match="'skipped' or 'failure', got 'pass'"):
        rendered(inconclusive="pass")


def test_without_a_judgement_there_is_nothing_to_write():
    with pytest.raises(PlanError, match="judge the run first"):
        default_registry().get("junit")().build()(Bundle())
