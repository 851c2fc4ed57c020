"""Verdicts that are read more than once while cases are added."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve
from demand_stand_ins import demand, grouped, items, right_unless

import seatrial as sea
from seatrial.errors import PlanError
from seatrial.judging._looks import Looks, Order
from seatrial.runs._looks import Looked
from seatrial.statistics import overall_confidence, planned_looks, proportion


def specify(threshold=0.9, looks=1, **more):
    priority = demand({"at_least": threshold, **more}, uses=())
    return sea.Specification("t", priorities=[priority], seed=2, looks=looks)


def trial(specification, count, wrong, to=None):
    """Judge so many cases, of which some are wrong."""
    report = sea.run(specification, known(wrong), items(count), to=to)
    return sea.judge(specification, report)


def known(wrong):
    model = right_unless(lambda i, r: i in wrong)
    model.identity = "stand-in"
    return model


def every(step, until):
    return set(range(0, until, step))


def test_one_look_is_as_wide_as_ever(tmp_path: Path):
    (told,) = trial(specify(), 200, every(20, 200)).verdicts
    (kept,) = trial(specify(), 200, every(20, 200), tmp_path / "run").verdicts
    assert told == kept
    assert (told.outcome, told.cases_used) == ("pass", 200)


def test_the_same_cases_again_are_the_same_look(tmp_path: Path):
    specification = specify()
    first = trial(specification, 100, every(11, 100), tmp_path / "run")
    for _ in range(3):
        again = trial(specification, 100, every(11, 100), tmp_path / "run")
        assert again == first
        assert sea.judge(specification, sea.Report.load(tmp_path / "run")) == first
    assert first.verdicts[0].demands[0].confidence == 0.95


def test_an_unplanned_extension_tells_the_confidence_that_remains_true(tmp_path: Path):
    specification = specify()
    first = trial(specification, 100, every(11, 100), tmp_path / "run")
    assert first.outcome == "inconclusive"
    (verdict,) = trial(specification, 400, every(20, 400), tmp_path / "run").verdicts
    kept = overall_confidence([0.95, 0.95], [100, 400])
    assert verdict.outcome == "inconclusive"
    assert verdict.demands[0].confidence == pytest.approx(kept)
    assert verdict.interval[0] > 0.9
    assert "300 cases were added after the last planned look; all cases together" in verdict.note
    assert f"pass at confidence {kept:.3f}" in verdict.note
    assert trial(specification, 400, every(20, 400)).outcome == "pass"  # in a run of its own


def test_what_the_planned_look_decided_stands_unless_the_rest_contradicts_it(tmp_path: Path):
    specification = specify()
    assert trial(specification, 100, (), tmp_path / "run").outcome == "pass"
    (more,) = trial(specification, 150, every(20, 150) - every(1, 100), tmp_path / "run").verdicts
    assert (more.outcome, more.cases_used) == ("pass", 100)
    assert "50 cases were added after the last planned look, and do not contradict" in more.note
    (one,) = trial(specification, 101, (), tmp_path / "one").verdicts
    assert one.note == ""
    (one,) = trial(specification, 102, (), tmp_path / "one").verdicts
    assert "1 case was added after the last planned look, and does not contradict" in one.note
    (worse,) = trial(specification, 300, set(range(100, 300)), tmp_path / "run").verdicts
    assert worse.outcome == "inconclusive"
    assert "all cases together fail at confidence" in worse.note


def test_a_planned_extension_keeps_the_confidence(tmp_path: Path):
    specification = specify(looks=3)
    (first,) = trial(specification, 100, every(14, 100), tmp_path / "run").verdicts
    assert first.outcome == "inconclusive"
    (verdict,) = trial(specification, 400, every(20, 400), tmp_path / "run").verdicts
    assert (verdict.outcome, verdict.demands[0].confidence) == ("pass", 0.95)
    assert verdict.cases_used == 400


@pytest.mark.parametrize(("errors", "outcome"), [(0, "pass"), (3, "inconclusive"), (14, "fail")])
def test_a_slice_with_more_than_its_part_of_a_planned_look_is_judged_by_its_part(
    tmp_path: Path, errors, outcome
):
    """The run doubles as planned, and a slice of 20 cases gets 43 instead of 40."""
    cases = grouped(200, site=lambda i: "a" if i < 20 or i >= 177 else "b")
    priority = demand({"at_least": 0.85}, uses=(), where={"site": "a"})
    specification = sea.Specification("t", priorities=[priority], seed=2, looks=2)
    order = Order.of(cases, Looked((1,) * 100 + (2,) * 100, 2, 0), 2, sequential=False)
    inside = [*range(20), *range(177, 200)]
    ranked = sorted(inside, key=lambda at: order.rank[at])
    wrong = {1, *ranked[40 - errors : 40]}
    found = []
    for name, more in (("right", set()), ("wrong", set(ranked[40:]))):
        for part in (cases[:100], cases):
            report = sea.run(specification, known(wrong | more), part, to=tmp_path / name)
            (verdict,) = sea.judge(specification, report).verdicts
        found.append((verdict.outcome, verdict.interval, verdict.cases_used))
        assert verdict.demands[0].confidence == 0.95
        assert "3 cases are left out: the looks planned for this slice go up to 40" in verdict.note
    assert found[0] == found[1]
    assert found[0][::2] == (outcome, 40)


def test_cases_between_two_points_of_the_grid_wait(tmp_path: Path):
    specification = specify(looks=2)
    trial(specification, 100, every(14, 100), tmp_path / "run")
    (verdict,) = trial(specification, 150, every(14, 150), tmp_path / "run").verdicts
    assert verdict.cases_used == 142
    assert "the next look is at 200, and 8 cases wait for it" in verdict.note


def test_a_resumed_run_that_nobody_judged_has_taken_no_look(tmp_path: Path):
    specification = specify()
    model = known(every(20, 400))
    sea.run(specification, model, items(100), to=tmp_path / "run")
    report = sea.run(specification, model, items(400), to=tmp_path / "run")
    assert sea.judge(specification, report).outcome == "pass"


def test_looks_are_copied_with_the_directory_and_outlive_the_results(tmp_path: Path):
    specification = specify()
    trial(specification, 100, every(11, 100), tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "results")
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    sea.Report.load(tmp_path / "run").save(tmp_path / "saved")
    for name in ("run", "copy", "saved"):
        found = trial(specification, 400, every(20, 400), tmp_path / name)
        assert found.outcome == "inconclusive", name


def test_a_limited_run_decides_nothing_and_takes_no_look(tmp_path: Path):
    specification = evolve(specify(), cases=items(400))
    few = sea.load_cases(specification.cases, limit=100)
    found = sea.judge(specification, sea.run(specification, known({300}), few, to=tmp_path / "run"))
    assert (found.outcome, found.verdicts[0].estimate) == ("inconclusive", 1.0)
    assert "a limited run decides nothing" in found.verdicts[0].note
    assert "limited to 100 cases: it decides nothing and is no look" in found.notes[0]
    whole = sea.run(specification, known({300}), to=tmp_path / "run")
    (verdict,) = sea.judge(specification, whole).verdicts
    assert (verdict.outcome, verdict.cases_used, verdict.note) == ("pass", 400, "")
    stated = evolve(specification, cases=sea.load_cases(items(400), limit=100))
    report = sea.run(stated, known(()), to=tmp_path / "stated")
    assert sea.judge(stated, report).outcome == "pass"  # the specification says so itself


def test_a_limited_run_that_reaches_no_case_of_a_slice_is_inconclusive():
    cases = tuple(
        evolve(case, groups={"topic": "late" if at >= 40 else "early"})
        for at, case in enumerate(items(80))
    )
    (whole,) = specify().priorities
    late = evolve(whole, name="late", where={"topic": "late"})
    specification = evolve(specify(), priorities=(whole, late), cases=cases)
    for limit, outcomes in ((10, ["inconclusive"] * 2), (None, ["pass"] * 2)):
        some = sea.load_cases(specification.cases, limit=limit)
        found = sea.judge(specification, sea.run(specification, known(()), some))
        assert [one.outcome for one in found.verdicts] == outcomes
        if limit:
            assert found.verdicts[1].note.startswith("no case lies in the slice topic = 'late'")
    nobody = evolve(specification, priorities=(whole, evolve(late, where={"sit": "a"})))
    few = sea.load_cases(specification.cases, limit=10)
    with pytest.raises(PlanError, match="no group 'sit'"):
        sea.run(nobody, known(()), few)


def test_another_model_starts_anew(tmp_path: Path):
    specification = specify()
    trial(specification, 100, every(11, 100), tmp_path / "run")

    def other(inputs):
        return ["yes"] * len(inputs)

    other.identity = "another model"
    report = sea.run(specification, other, items(400), to=tmp_path / "run")
    assert sea.judge(specification, report).outcome == "pass"


def test_a_changed_threshold_is_another_question_at_the_same_look(tmp_path: Path):
    trial(specify(0.9), 100, every(11, 100), tmp_path / "run")
    (verdict,) = trial(specify(0.8), 100, every(11, 100), tmp_path / "run").verdicts
    assert (verdict.outcome, verdict.demands[0].confidence) == ("pass", 0.95)


def test_looks_that_are_stated_after_the_first_come_too_late(tmp_path: Path):
    trial(specify(), 100, every(11, 100), tmp_path / "run")
    found = trial(specify(looks=5), 400, every(20, 400), tmp_path / "run")
    assert found.outcome == "inconclusive"
    assert "planned looks = 1, which stands" in found.notes[0]


def test_cases_that_were_taken_out_after_a_look_are_told(tmp_path: Path):
    specification = specify()
    trial(specification, 100, every(11, 100), tmp_path / "run")
    found = trial(specification, 90, every(11, 90), tmp_path / "run")
    assert found.notes == ("10 cases that were judged before are no longer in the run",)


def test_a_database_that_cannot_be_written_is_judged_without_noting_it(tmp_path, monkeypatch):
    specification = specify()
    sea.run(specification, known(every(20, 100)), items(100), to=tmp_path / "run")
    database = tmp_path / "run" / "trials.sqlite"
    able = os.access
    monkeypatch.setattr("os.access", lambda path, mode: path != database and able(path, mode))
    (note,) = sea.judge(specification, sea.Report.load(tmp_path / "run")).notes
    assert note.startswith(f"{tmp_path / 'run'} cannot be written, so this look is not recorded")
    with sqlite3.connect(database) as stored:
        assert stored.execute("SELECT count(*) FROM looks").fetchone() == (0,)


def test_a_look_makes_no_result_of_the_run_old(tmp_path: Path):
    specification = specify()
    sea.run(specification, known(every(20, 100)), items(100), to=tmp_path / "run")
    before = (tmp_path / "run" / "trials.sqlite").stat().st_mtime_ns
    sea.judge(specification, sea.Report.load(tmp_path / "run"))
    assert (tmp_path / "run" / "trials.sqlite").stat().st_mtime_ns == before
    with sqlite3.connect(tmp_path / "run" / "trials.sqlite") as stored:
        assert stored.execute("SELECT count(*), min(look), max(planned) FROM looks").fetchone() == (
            100,
            1,
            1,
        )


def test_the_advice_lands_on_the_grid_and_says_how_likely_it_is(tmp_path: Path):
    specification = specify(looks=4)
    (first,) = trial(specification, 60, {0, 20}, tmp_path / "run").verdicts
    assert first.outcome == "inconclusive"
    assert 60 + first.cases_needed in planned_looks(60, 4).sizes
    probability = first.demands[0].probability
    assert 0.5 <= probability <= 1
    assert f"would decide with probability {probability:.2f}" in first.note
    (close,) = trial(specify(0.95), 60, {0, 20, 40}).verdicts
    assert (close.cases_needed, close.demands[0].probability) == (None, None)
    assert "too close to tell" in close.note


@pytest.mark.parametrize("looks", [1, 3])
def test_a_group_with_too_few_clusters_predicts_nothing(looks):
    """Its interval spans the bounds by decree: no spread was measured that could be predicted."""
    cases = grouped(130, site=lambda i: "small" if i < 10 else "large")
    cases = [evolve(case, cluster=f"k{at // 2}") for at, case in enumerate(cases)]
    priority = demand({"worst_group": {"by": "site", "threshold": 0.8}}, uses=())
    specification = sea.Specification("t", priorities=[priority], seed=2, looks=looks)
    (verdict,) = sea.judge(
        specification, sea.run(specification, known(every(14, 130)), cases)
    ).verdicts
    assert (verdict.outcome, verdict.cases_needed) == ("inconclusive", None)
    assert "too few cases to say anything about small" in verdict.note
    assert verdict.note.endswith("too few clusters to tell how many more would decide")
    assert "probability" not in verdict.note


@pytest.mark.parametrize("looks", [0, -1, 11, True, 1.5, "2"])
def test_looks_are_a_small_whole_number(looks):
    with pytest.raises(PlanError, match="looks must be a whole number from 1 to 10"):
        specify(looks=looks)


def test_clusters_are_counted_and_those_judged_before_come_first():
    cases = [sea.Case(f"{at}", "", cluster=f"k{at // 2}") for at in range(40)]
    looked = Looked((1,) * 20 + (2,) * 20, 2, 0)
    order = Order.of(cases, looked, 0, sequential=False)
    names = np.array([one.cluster for one in cases], dtype=object)
    found = Looks.of(order, np.arange(40), names, sequential=False)
    assert found.plan.sizes.tolist() == [10, 15, 20]
    assert (found.stages, found.clusters, found.reached, found.single) == ((10, 20), 20, 3, False)
    assert set(np.flatnonzero(found.inside(order.rank, 10))) == set(range(20))


@pytest.mark.parametrize("looks", [2, 3, 5])
def test_a_run_that_is_judged_whenever_it_grows_keeps_the_error(looks):
    """Every point of the grid is looked at, with the truth on the threshold; .1 is nominal."""
    runs, wrong, rng = 300, np.zeros(2), np.random.default_rng(looks)
    cases = items(20 * 2 ** (looks - 1))
    looked = [1] * 20 + [2] * (len(cases) - 20)
    order = Order.of(cases, Looked(tuple(looked), looks, 0), 0, sequential=False)
    names = np.array([one.id for one in cases], dtype=object)
    plan = Looks.of(order, np.arange(len(cases)), names, sequential=False)
    levels = plan.levels(0.8, 0.9, at_most=False, rate=True)
    for _ in range(runs):
        right = (rng.random(len(cases)) < 0.8) * 1.0
        crossed = np.zeros(2, dtype=bool)
        for size, level in zip(plan.plan.sizes.tolist(), levels, strict=True):
            some = right[:size]
            low = proportion(some, None, level.passing).low
            high = proportion(some, None, level.failing).high
            crossed |= (low >= 0.8, high < 0.8)
        wrong += crossed
    assert (wrong / runs <= 0.1 + 3 * (0.1 * 0.9 / runs) ** 0.5).all()
