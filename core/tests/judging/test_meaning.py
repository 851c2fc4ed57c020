"""What stands beside a figure: how much was changed, the baseline, what was not measured."""

from __future__ import annotations

import attrs
import pytest
from demand_stand_ins import answering, demand, grouped, items, reword, right_unless, verdict
from hypothesis import given, settings
from hypothesis import strategies as st
from trial_stand_ins import even

import seatrial as sea
from seatrial.errors import NotApplicable, PlanError, StoreError
from seatrial.verbs._run import run


def changing(fraction, *, skip=0):
    """Change the first of every hundred cases, and skip some that follow them."""

    def factory(rung):
        def apply(text, /, *, seed):
            at = int(text.split()[0]) % 100
            if at >= 100 - skip:
                msg = "nothing to act on"
                raise NotApplicable(msg)
            return f"{text} r{rung}" if at < fraction else text

        return apply

    return attrs.evolve(reword, name="stand.some", factory=factory)


flawless = right_unless(lambda i, r: 0)


@settings(deadline=None, max_examples=20)
@given(fraction=st.integers(0, 100), floor=st.sampled_from([None, 0.0, 0.2, 0.8]))
def test_nothing_passes_below_the_floor_of_what_was_changed(fraction, floor):
    require = {"max_drop": 0.2, "at_least": 0.8}
    priority = demand(
        require if floor is None else {**require, "min_changed": floor}, uses=(changing(fraction),)
    )
    found = verdict(priority, flawless, items(100))
    assert found.changed == fraction / 100
    floor = 0.5 if floor is None else floor
    assert found.outcome == ("pass" if fraction / 100 >= floor else "inconclusive")
    if fraction / 100 < floor:
        assert f"stand.some changed {fraction / 100:.1%} of the inputs" in found.note
        assert found.cases_needed is None


def test_a_failure_needs_no_change():
    broken = right_unless(lambda i, r: 1)
    found = verdict(demand({"at_least": 0.5}, uses=(changing(0),)), broken, items(60))
    assert (found.outcome, found.changed) == ("fail", 0.0)


def test_what_was_skipped_is_not_counted_as_unchanged():
    found = verdict(demand({"at_least": 0.8}, uses=(changing(30, skip=60),)), flawless, items(100))
    assert found.changed == pytest.approx(30 / 40)
    assert (found.outcome, found.cases_used) == ("pass", 40)
    assert "60 cases skipped" in found.note


def test_one_perturbation_that_changes_nothing_is_not_hidden_by_another():
    found = verdict(demand({"at_least": 0.5}, uses=(reword, changing(0))), flawless, items(100))
    assert (found.outcome, found.changed) == ("inconclusive", 0.0)


@pytest.mark.parametrize("require", [{"at_least": 0.8}, {"max_drop": 0.2}])
def test_one_perturbation_that_found_nothing_to_act_on_is_not_hidden_by_another(require):
    nowhere = attrs.evolve(changing(0, skip=100), name="stand.nowhere")
    found = verdict(demand(require, uses=(changing(100), nowhere)), flawless, items(100))
    assert (found.outcome, found.changed) == ("inconclusive", 0.0)
    assert "stand.nowhere changed 0.0% of the inputs" in found.note


def test_a_group_in_which_nothing_changes_is_not_hidden_by_the_others():
    cases = grouped(100, half=lambda i: "low" if i < 30 else "high")
    change = changing(0)
    change = attrs.evolve(
        change,
        factory=lambda rung: (
            lambda text, /, *, seed: text if int(text.split()[0]) < 30 else f"{text} r{rung}"
        ),
    )
    require = {"worst_group": {"by": "half", "threshold": 0.5}}
    found = verdict(demand(require, uses=(change,)), flawless, cases)
    assert (found.outcome, found.changed) == ("inconclusive", 0.0)
    assert "stand.some where half = low changed 0.0%" in found.note
    assert verdict(demand({"at_least": 0.5}, uses=(change,)), flawless, cases).outcome == "pass"


def test_without_perturbations_there_is_nothing_to_change():
    found = verdict(demand({"at_least": 0.5}, uses=()), flawless, items(60))
    assert (found.outcome, found.changed) == ("pass", None)


def test_a_sequential_run_does_not_stop_at_a_pass_that_proves_nothing():
    specification = sea.Specification(
        "t", priorities=[demand({"at_least": 0.5}, uses=(changing(0),))], seed=1
    )
    report = sea.run(specification, model=flawless, cases=items(100), stop="decided")
    (found,) = sea.judge(specification, report).verdicts
    assert (found.outcome, found.cases_used) == ("inconclusive", 100)


@pytest.mark.parametrize("floor", [-0.1, 1.1, "half", True])
def test_the_floor_is_a_fraction(floor):
    with pytest.raises(PlanError, match=r"require\.min_changed: must"):
        demand({"at_least": 0.5, "min_changed": floor})


def split(count, rare):
    return [attrs.evolve(one, target="no") if int(one.id) < rare else one for one in items(count)]


def test_the_majority_baseline_stands_beside_the_figure():
    model = answering(lambda i, r: "yes")
    found = verdict(demand({"max_drop": 0.1}), model, split(100, 30))
    assert (found.outcome, found.baseline) == ("pass", pytest.approx(0.7))
    assert found.note.count("the clean score, 0.700, is no better than that of always giving") == 1
    good = verdict(
        demand({"max_drop": 0.1}), answering(lambda i, r: "no" if i < 30 else "yes"), split(100, 30)
    )
    assert good.baseline == pytest.approx(0.7)
    assert "no better" not in good.note


def nothing(i, r):
    return None


@pytest.mark.parametrize(
    ("require", "rule", "cases", "told"),
    [
        ({"max_drop": 0.1}, nothing, items(100), "no clean answer scores better than 0"),
        ({"weighted_drop": 0.1}, nothing, items(100), "no clean answer scores better than 0"),
        ({"min_agreement": 0.8}, nothing, items(100), "every clean answer is None"),
        ({"flip_rate": 0.2}, nothing, items(100), "every clean answer is None"),
    ],
    ids=["drop", "weighted", "agreement", "flips"],
)
def test_a_model_with_nothing_to_lose_does_not_pass(require, rule, cases, told):
    found = verdict(demand(require), answering(rule), cases)
    assert found.outcome == "inconclusive"
    assert told in found.note
    assert found.cases_needed is None
    specification = sea.Specification("t", priorities=[demand(require)], seed=1)
    report = sea.run(specification, model=answering(rule), cases=cases, stop="decided")
    assert sea.judge(specification, report).exit_status == 3
    assert report.accounting.scored == 200  # a pass that proves nothing stops nobody


def test_nor_does_it_by_a_metric_of_the_set():
    found = verdict(demand({"max_drop": 0.3}, metric=even), answering(nothing), split(100, 30))
    assert found.outcome == "inconclusive"
    assert "no clean answer scores better than 0" in found.note


def test_a_baseline_of_a_set_metric_and_none_where_there_is_none():
    found = verdict(demand({"at_least": 0.2}, metric=even), flawless, split(100, 30))
    assert found.baseline == pytest.approx(0.5)
    unique = [attrs.evolve(one, target=one.id) for one in items(60)]
    assert verdict(demand({"at_most": 0.5}), flawless, unique).baseline is None
    refusing = answering(lambda i, r: sea.Prediction("yes", refused=True))
    strict = demand({"at_least": 0.5}, metric=None, relation="must-refuse")
    assert verdict(strict, refusing, items(60)).baseline is None


def test_cases_that_nobody_asked_yet_are_not_counted_as_wrong():
    specification = sea.Specification("t", priorities=[demand({"at_least": 0.9}, uses=())], seed=0)
    half = run(
        specification, flawless, items(100), batch_size=10, stop=lambda now: now.measured >= 60
    )
    found = sea.judge(specification, half)
    (one,) = found.verdicts
    assert (one.outcome, one.estimate, one.cases_used) == ("inconclusive", 1.0, 60)
    assert one.interval[0] < 0.6
    assert found.notes == ("the run is not finished: 40 of 100 records are not measured yet",)
    assert found.notes[0] in str(found)


def test_every_demand_has_a_row_and_the_worst_is_named():
    cases = grouped(180, vendor=lambda i: "abc"[i % 3])
    require = {"at_least": 0.5, "worst_group": {"by": "vendor", "threshold": 0.8}}
    specification = sea.Specification("t", priorities=[demand(require)], seed=3)
    model = right_unless(lambda i, r: i % 3 == 2 and i < 90)
    found = sea.judge(specification, run(specification, model, cases))
    rows = found.table().rows
    assert [row[0] for row in rows] == ["fail", ""]
    assert [row[2] for row in rows] == ["at_least 0.5: pass", "worst_group 0.8: fail"]
    assert rows[1][-1] == "c"
    (one,) = found.verdicts
    assert one.demands[0].details["worst_case"] == "0002"


def test_a_judgement_is_saved_and_read_back(tmp_path):
    unbounded = attrs.evolve(
        even, per_case=True, bounds=None, factory=lambda: lambda t, a: [1.0] * len(t)
    )
    specification = sea.Specification(
        "kept",
        priorities=[
            demand({"at_least": 0.5, "max_drop": 0.1}, name="both"),
            demand({"at_least": 0.5}, name="flat", metric=unbounded),
            demand({"at_least": 0.5}, name="nobody", where={"a": "b"}),
        ],
        seed=3,
    )
    cases = items(60)
    report = run(
        sea.Specification("kept", priorities=specification.priorities[:2], seed=3), flawless, cases
    )
    found = sea.judge(specification, report)
    found.save(tmp_path / "judgement.json")
    again = sea.Judgement.load(tmp_path / "judgement.json")
    assert again == found
    assert again.as_dict() == found.as_dict()
    (tmp_path / "odd.json").write_text('{"kind": "judgement", "schema": 99}')
    with pytest.raises(StoreError, match="reads schema 3 of a judgement"):
        sea.Judgement.load(tmp_path / "odd.json")
    (tmp_path / "odd.json").write_text("[1]")
    with pytest.raises(StoreError, match="judgement"):
        sea.Judgement.load(tmp_path / "odd.json")
    with pytest.raises(StoreError, match="nowhere"):
        sea.Comparison.load(tmp_path / "nowhere.json")
