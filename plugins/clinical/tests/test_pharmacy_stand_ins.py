"""A flawless stand-in passes every priority; one that is broken in one scenario fails just that.

A stand-in reads the question and the options, looks up what is right for them, and gives it; a
broken one gives a wrong option wherever a priority of its scenario asks.
"""

from __future__ import annotations

import re

import attrs
import pytest
from seatrial_clinical import otc_cases, pharmacy_specification

import seatrial as sea

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
SPECIFICATION = attrs.evolve(sea.load_specification(pharmacy_specification()), cases=CASES)


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
        right = seen.target
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


def outcomes(specification, model):
    report = sea.run(specification, model=model)
    judgement = sea.judge(specification, report)
    return {verdict.priority: verdict.outcome for verdict in judgement.verdicts}


@pytest.mark.slow
def test_a_flawless_stand_in_passes_every_priority(known):
    found = outcomes(SPECIFICATION, StandIn(known))
    assert {name for name, outcome in found.items() if outcome != "pass"} == set()


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [name for name in SECTIONS if name != "control"])
def test_a_stand_in_that_is_broken_in_one_scenario_fails_just_that(known, scenario):
    """What it gives to the inputs of the other priorities is what the flawless one gives."""
    mine = set(SECTIONS[scenario])
    broken, flawless = StandIn(known, mine), StandIn(known)
    for (question, options), (_, names) in known.items():
        given = {"question": question, "options": options}
        assert (broken.answer(given) == flawless.answer(given)) != bool(names & mine)
    own = attrs.evolve(
        SPECIFICATION, priorities=[one for one in SPECIFICATION.priorities if one.name in mine]
    )
    assert set(outcomes(own, broken).values()) == {"fail"}
