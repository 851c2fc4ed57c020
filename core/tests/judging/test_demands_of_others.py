"""Requirements that stand beside others: attacks, references, earlier runs."""

from __future__ import annotations

import attrs
import pytest
from demand_stand_ins import (
    answering,
    demand,
    items,
    other,
    reword,
    right_unless,
    said,
    verdict,
)

import seatrial as sea
from seatrial.verbs._run import run

EVERY = (1, 2, 3, 4, 5)


@pytest.mark.parametrize(("bound", "broken"), [(0.1, 0), (0.3, 10), (1.0, 30)])
def test_an_attack_counts_within_its_distance_and_on_what_was_right(bound, broken):
    stretch = attrs.evolve(
        reword,
        name="stand.stretch",
        factory=lambda rung: lambda text, /, *, seed: f"{text} {'x' * (2 * rung * rung)}",
    )
    cases = [sea.Case(f"{i:04}", f"{i:04} text text", "yes") for i in range(100)]

    def wrong(i, added):
        never, easy, hard = i >= 80, i < 10 and added, 10 <= i < 30 and len(added) == 50
        return never or easy or hard

    def model(texts):
        pairs = [(int(text.split()[0]), text.partition("text text")[2].strip()) for text in texts]
        return ["no" if wrong(*pair) else "yes" for pair in pairs]

    require = {"attack_success": {"at_most": 0.5, "distance": bound}}
    found = verdict(demand(require, uses=(stretch,), severities=EVERY), model, cases)
    assert found.details["attacked"] == 80
    assert found.estimate == pytest.approx(broken / 80)
    curve = list(found.details["success_within"].values())
    assert curve == sorted(curve)
    assert curve[-1] == found.estimate


def spend(rung, queries=1000):
    """A search that asks 10 times about the first 60 cases and to its end about the others."""

    def search(text, /, *, seed, loss):
        loss.spend(10 if int(text.split()[0]) < 60 else loss.left)
        return f"{text} r{rung}"

    return search


def test_an_attack_counts_within_its_budget_of_queries():
    search = attrs.evolve(reword, name="stand.spend", factory=spend, searches=True)
    require = {"attack_success": {"at_most": 0.9, "distance": 1, "queries": 100}}
    given = demand(require, uses=(search,))
    found = verdict(given, right_unless(lambda i, r: r), items(100))
    assert found.estimate == 0.6


def test_an_attack_on_a_model_that_is_never_right_is_undefined():
    require = {"attack_success": {"at_most": 0.9, "distance": 1}}
    found = verdict(demand(require), right_unless(lambda i, r: 1), items(60))
    assert (found.outcome, "undefined" in found.note) == ("error", True)


ALEXNET = {"stand.reword": 0.8, "stand.other": 0.4, "clean": 0.3}


def test_the_corruption_error_is_relative_to_constants_of_a_reference():
    model = right_unless(lambda i, r: i < {"": 10, "r": 40, "o": 30}[r[:1]])
    both = {"uses": (reword, other), "severities": (1, 2)}
    require = {"corruption_error": {"at_most": 1.0, "reference": ALEXNET}}
    found = verdict(demand(require, **both), model, items(100))
    assert found.details["each"] == pytest.approx({"stand.reword": 0.5, "stand.other": 0.75})
    assert (found.estimate, found.outcome) == (pytest.approx(0.625), "pass")
    relative = {"relative_corruption_error": {"at_most": 1.0, "reference": ALEXNET}}
    beyond = verdict(demand(relative, **both), model, items(100))
    assert beyond.details["each"] == pytest.approx({"stand.reword": 0.6, "stand.other": 2.0})
    assert beyond.outcome == "inconclusive"


def test_a_reference_may_give_an_error_for_each_severity():
    model = right_unless(lambda i, r: r and i < 30)
    given = {"corruption_error": {"at_most": 9, "reference": {"stand.reword": [0.1, 0.2, 0.6]}}}
    found = verdict(demand(given, severities=(1, 3)), model, items(100))
    assert found.estimate == pytest.approx(0.3 / 0.35)
    lacking = verdict(demand(given, severities=(4,)), model, items(100))
    assert "the reference has 3 errors for stand.reword" in lacking.note


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("corruption_error", {"stand.reword": 0.0}),
        ("relative_corruption_error", {"stand.reword": 0.3, "clean": 0.3}),
        ("relative_corruption_error", {"stand.reword": 0.2, "clean": 0.3}),
    ],
)
def test_a_zero_denominator_is_undefined_and_never_a_number(kind, reference):
    require = {kind: {"at_most": 1.0, "reference": reference}}
    found = verdict(demand(require), right_unless(lambda i, r: i < 5), items(60))
    assert (found.outcome, found.estimate, found.interval) == ("error", None, None)
    assert "undefined" in found.note


def keep(priority, model, cases, path):
    specification = sea.Specification("kept", priorities=[priority], seed=3)
    model.identity = "kept"
    run(specification, model, cases, to=path)
    return str(path)


def test_a_reference_may_be_another_run(tmp_path):
    plain = demand({"at_least": 0.1}, uses=(reword, other), severities=(1, 2))
    weak = right_unless(lambda i, r: i < {"": 20, "r": 80, "o": 40}[r[:1]])
    path = keep(plain, weak, items(100), tmp_path / "weak")
    model = right_unless(lambda i, r: i < {"": 10, "r": 40, "o": 30}[r[:1]])
    for kind, each in (
        ("corruption_error", {"stand.reword": 0.5, "stand.other": 0.75}),
        ("relative_corruption_error", {"stand.reword": 0.5, "stand.other": 1.0}),
    ):
        require = {kind: {"at_most": 2.0, "reference": path}}
        found = verdict(demand(require, uses=(reword, other), severities=(1, 2)), model, items(100))
        assert found.details["each"] == pytest.approx(each)
    missing = {"corruption_error": {"at_most": 2.0, "reference": str(tmp_path / "nowhere")}}
    assert "nowhere" in verdict(demand(missing), model, items(60)).note


GOLDEN = {"": 0.9, "r1": 0.85, "r2": 0.80, "r3": 0.70, "r4": 0.60, "r5": 0.40}


@pytest.mark.parametrize(
    ("require", "golden"),
    [({"weighted_mean": 0.7}, 0.804211), ({"weighted_drop": 0.25}, 0.150948)],
)
def test_weighted_summaries_are_those_of_rood(require, golden):
    model = answering(lambda i, r: GOLDEN[r])
    found = verdict(demand(require, severities=EVERY, metric=said), model, items(60))
    assert found.estimate == pytest.approx(golden, abs=5e-7)
    assert found.outcome == "pass"


def test_weighted_summaries_weigh_each_perturbation_by_itself():
    short = attrs.evolve(other, ladder=other.ladder[:1])
    model = answering(lambda i, r: GOLDEN[r] if r[:1] != "o" else 0.3)
    priority = demand({"weighted_mean": 0.1}, uses=(reword, short), severities=(), metric=said)
    found = verdict(priority, model, items(60))
    alone = (0.9 + 2 / 3 * 0.3) / (1 + 2 / 3)
    assert found.estimate == pytest.approx((0.804211 + alone) / 2, abs=5e-7)
    flat = demand(
        {"weighted_mean": {"threshold": 0.1, "decay": 1.0}}, severities=EVERY, metric=said
    )
    assert verdict(flat, model, items(60)).estimate == pytest.approx(sum(GOLDEN.values()) / 6)


def test_a_cascade_is_the_ratio_of_two_drops(tmp_path):
    plain = demand({"at_least": 0.1})
    part = right_unless(lambda i, r: bool(r) and i < 40)
    path = keep(plain, part, items(200), tmp_path / "part")
    require = {"cascade": {"component": path, "at_most": 1.5}}
    steep = verdict(demand(require), right_unless(lambda i, r: bool(r) and i < 160), items(200))
    assert (steep.estimate, steep.outcome) == (pytest.approx(4.0), "fail")
    assert steep.details["component_drop"] == pytest.approx(0.2)
    held = verdict(demand(require), right_unless(lambda i, r: bool(r) and i < 10), items(200))
    assert (held.estimate, held.outcome) == (pytest.approx(0.25), "pass")
    whole = keep(plain, right_unless(lambda i, r: 0), items(60), tmp_path / "whole")
    none = verdict(demand({"cascade": {"component": whole, "at_most": 1.5}}), part, items(60))
    assert (none.outcome, "undefined" in none.note) == ("error", True)


def test_a_pipeline_that_never_drops_still_needs_enough_cases(tmp_path):
    part = right_unless(lambda i, r: bool(r) and i < 2)
    path = keep(demand({"at_least": 0.1}), part, items(8), tmp_path / "part")
    require = {"cascade": {"component": path, "at_most": 1.0}}
    found = verdict(demand(require), right_unless(lambda i, r: 0), items(8))
    assert (found.outcome, found.estimate) == ("inconclusive", 0.0)


def test_what_was_retained_is_paired_and_what_was_forgotten_is_listed(tmp_path):
    plain = demand({"at_least": 0.1}, uses=())
    path = keep(plain, right_unless(lambda i, r: i == 3), items(100), tmp_path / "before")
    require = {"retained": {"reference": path, "max_drop": 0.05}}
    found = verdict(demand(require, uses=()), right_unless(lambda i, r: 10 <= i < 30), items(120))
    assert (found.outcome, found.estimate) == ("fail", pytest.approx(0.19))
    assert found.details["forgotten"] == tuple(f"{i:04}" for i in range(10, 30))
    assert found.details["learned"] == ("0003",)
    assert found.note.startswith("20 cases have no score in the run to compare with")
    same_again = verdict(demand(require, uses=()), right_unless(lambda i, r: i == 3), items(100))
    assert same_again.outcome == "pass"
