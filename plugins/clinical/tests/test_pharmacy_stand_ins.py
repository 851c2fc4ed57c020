"""A flawless stand-in passes every priority; one that is broken in one scenario fails just that.

A stand-in reads the question and the options, looks up what is right for them, and gives it; a
broken one gives a wrong option wherever a priority of its scenario asks.
"""

from __future__ import annotations

import re

import pytest
from seatrial_clinical import otc_cases, pharmacy_specification

import seatrial as sea

SPECIFICATION = sea.load_specification(pharmacy_specification())
MADE_TO_REFUSE = ("clinical.missing-information", "clinical.off-topic")
CONTROL = tuple(
    sea.Case(
        f"piqa-{n}",
        {"question": f"What is spoon number {n} good for?", "options": ("soup", "music")},
        "soup",
        {"set": "piqa"},
    )
    for n in range(120)
)
CASES = (*otc_cases(), *CONTROL)


def sections():
    """Give the names of the priorities by scenario, as the comments of the file divide them."""
    text = pharmacy_specification().read_text("utf-8")
    found: dict[str, list[str]] = {}
    scenario = ""
    for line in text.splitlines():
        if match := re.match(r"# --- (?:Scenario (\d)|A control)", line):
            scenario = match[1] or "control"
        elif match := re.match(r'name = "(.*)"', line):
            found.setdefault(scenario, []).append(match[1])
    return found


SECTIONS = sections()


def matches(priority, case):
    return all(
        case.groups.get(key) in (value if isinstance(value, tuple) else (value,))
        for key, value in priority.where.items()
    )


def asked():
    """Give every input with what is right, and the names of the priorities that ask for it."""
    for case in CASES:
        names = {
            one.name
            for one in SPECIFICATION.priorities
            if matches(one, case) and not one.perturbations
        }
        yield case, case.target, names
    clean = {case.id: case for case in CASES}
    for seen in sea.perturbed(SPECIFICATION, cases=CASES):
        identity, _, label = seen.id.partition("@")
        use = label.partition(" ")[0].partition(":")[0]
        case = clean[identity]
        names = {
            one.name
            for one in SPECIFICATION.priorities
            if matches(one, case) and use in {use.component.name for use in one.perturbations}
        }
        right = case.target
        if use in MADE_TO_REFUSE:
            (right,) = case.input["refusals"]
        yield seen, right, names


def key(value):
    return value["question"], tuple(value["options"])


@pytest.fixture(scope="module")
def known():
    return {key(case.input): (right, names) for case, right, names in asked()}


class StandIn:
    """Answers by what is known, and wrongly where a priority of its broken scenario asks."""

    def __init__(self, known, broken=()):
        self.known, self.broken = known, set(broken)

    def __call__(self, inputs):
        return [self.answer(one) for one in inputs]

    def answer(self, given):
        right, names = self.known[key(given)]
        options, refusals = given["options"], given.get("refusals", ())
        said = right
        if names & self.broken:
            others = [one for one in options if one != right]
            told = [one for one in others if (one in refusals) != (right in refusals)]
            said = (told or others)[0]
        return sea.Prediction(said, refused=said in refusals)


def outcomes(model):
    report = sea.run(SPECIFICATION, model=model, cases=CASES)
    judgement = sea.judge(SPECIFICATION, report)
    return {verdict.priority: verdict.outcome for verdict in judgement.verdicts}


@pytest.mark.slow
def test_a_flawless_stand_in_passes_every_priority(known):
    assert set(outcomes(StandIn(known)).values()) == {"pass"}


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [name for name in SECTIONS if name != "control"])
def test_a_stand_in_that_is_broken_in_one_scenario_fails_it_and_its_consequences(known, scenario):
    mine = SECTIONS[scenario]
    found = outcomes(StandIn(known, mine))
    assert all(found[name] == "fail" for name in mine)
    for priority in SPECIFICATION.priorities:
        if priority.name in mine:
            continue
        shares = any(
            matches(priority, case) and matches(one, case)
            for one in SPECIFICATION.priorities
            if one.name in mine
            for case in CASES
        )
        assert found[priority.name] == "pass" or shares, priority.name
