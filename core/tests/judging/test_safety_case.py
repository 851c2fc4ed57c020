"""Verdicts in Markdown end with claim, evidence and limits, and say what nobody stated."""

from __future__ import annotations

import pytest
from attrs import evolve
from trial_stand_ins import bot, orders, same, swap

import seatrial as sea
from seatrial.errors import PlanError
from seatrial.runs._bundle import Bundle
from seatrial.runs.reporters._tables import md, table

CASES = [*orders(40), *(sea.Case(f"x{at}", f"letter {at}", "refund") for at in range(40))]
STATED = {
    "hazard": "a refund is paid to a stranger",
    "source": "complaint | 2025-17",
    "concept": "natural",
}
SPEC = sea.Specification(
    "Refunds",
    priorities=[
        sea.Priority(
            "Swapped letters",
            perturbations=[swap()],
            severities=[1, 3],
            metric=same(),
            require={"max_drop": 0.9, "confidence": 0.9},
            **STATED,
        ),
        sea.Priority("Plain", metric=same(), require={"at_least": 0.9}),
    ],
    seed=3,
    scope={"intended_use": "sorts letters", "not_for": "complaints"},
)


@pytest.fixture(scope="module")
def judgement():
    return sea.judge(SPEC, sea.run(SPEC, bot, CASES))


def test_there_is_a_row_for_each_priority(judgement):
    first, second = judgement.safety_case().rows
    name, claim, evidence, limits, hazard, source = first
    assert name == "Swapped letters (natural)"
    assert claim == (
        "the mean score falls from clean to perturbed by at most this, paired by case: "
        "max_drop 0.9; by stand.same; under stand.swap at severity 1, 3; with confidence 0.9"
    )
    verdict = judgement.verdicts[0].demands[0]
    assert evidence.startswith(f"pass; max_drop {verdict.estimate:.3f} (")
    assert f"on {verdict.cases_used} cases" in evidence
    assert (hazard, source) == (STATED["hazard"], STATED["source"])
    assert second[1].endswith("by stand.same; on clean inputs; with confidence 0.95")
    assert second[2].startswith("fail; at_least 0.500 (")
    assert second[3].startswith("the evidence is against the claim")
    assert limits.startswith("the clean score, 0.500, is no better than that of always giving")


def test_what_nobody_stated_is_said(judgement):
    notes = judgement.safety_case().notes
    assert list(notes[:2]) == ["intended use: sorts letters", "not for: complaints"]
    assert "no hazard is stated for 1 of 2 priorities" in notes
    assert "no source is stated for 1 of 2 priorities" in notes
    assert "the scope does not state: users" in notes


def test_markdown_ends_with_it_and_a_table_does_not(judgement):
    written = md()(Bundle(judgement=judgement)).decode()
    head, _, fragment = written.partition("**Safety case: Refunds**")
    assert "| verdict |" in head
    assert "complaint \\| 2025-17" in fragment
    assert "Safety case" not in table()(Bundle(judgement=judgement)).decode()


def test_it_is_saved_with_the_judgement(judgement, tmp_path):
    judgement.save(tmp_path / "judgement.json")
    loaded = sea.Judgement.load(tmp_path / "judgement.json")
    assert loaded.safety_case() == judgement.safety_case()
    assert judgement.as_dict()["scope"] == {
        "intended_use": "sorts letters",
        "not_for": "complaints",
    }


def test_a_judgement_without_claims_is_to_be_made_again(judgement):
    bare = evolve(judgement, arguments=())
    with pytest.raises(PlanError, match="judge the run again"):
        bare.safety_case()
    assert "Safety case" not in md()(Bundle(judgement=bare)).decode()


def test_what_a_limited_view_lacks_is_a_limit():
    demand = sea.Priority(
        "New site", where={"site": ("a", "b")}, metric=same(), require={"at_least": 0.1}
    )
    cases = [sea.Case(f"q{at}", "money", "refund", {"site": "abc"[at % 3]}) for at in range(60)]
    spec = sea.Specification("Sites", priorities=[demand], seed=3)
    ((_, claim, _, limits, *_),) = sea.judge(spec, sea.run(spec, bot, cases)).safety_case().rows
    assert "where site is a or b" in claim
    assert limits.startswith("cases where site is a or b, and no others")
