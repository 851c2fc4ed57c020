"""Every demand against simulated cases whose true figure is known, through run and judge.

`benchmarks/demand_error_rates.py` is the long form.
"""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from seatrial._demand_list import DEMANDS
from seatrial.errors import PlanError
from seatrial.testing.simulation import (
    Setting,
    exit_statuses,
    set_metrics,
    simulate,
    simulate_advice,
    simulate_changes,
)

RUNS, SIZES = 20, (1, 2, 3) * 10
RATIOS = {"cascade", "relative_corruption_error"}
BIASED = {"worst_severity", "worst_group", "max_gap", "ece", *RATIOS}
"""Figures whose estimate is on one side of the truth by chance alone, or a ratio."""


@pytest.mark.parametrize("name", DEMANDS)
def test_a_demand_is_judged_wrongly_no_more_often_than_said(name):
    found = simulate(name, Setting(sizes=SIZES, icc=0.2), experiments=RUNS, seed=1)
    allowed = 0.05 + 3 * (0.05 * 0.95 / RUNS) ** 0.5
    assert found.passed.mean() <= allowed
    assert found.failed.mean() <= allowed
    known = found.estimates[~np.isnan(found.estimates)]
    assert len(known) > 0.9 * RUNS
    if name not in BIASED:
        error = known.std(ddof=1) / len(known) ** 0.5
        assert abs(known.mean() - found.truths[0]) <= 4 * error + 1e-9
    inside = (found.low <= found.truths) & (found.truths <= found.high)
    assert inside.mean() >= 1 - 2 * allowed
    assert name in RATIOS or (found.high - found.low < 10).mean() > 0.7


@pytest.mark.parametrize("name", ["at_least", "max_drop", "worst_of", "cascade"])
@pytest.mark.parametrize(
    "more",
    [
        {"sequential": True},
        {"losses": "random"},
        {"losses": "wrong"},
    ],
)
def test_looking_early_and_losing_answers_do_not_raise_the_error(name, more):
    found = simulate(name, Setting(sizes=(2,) * 30), experiments=10, seed=2, **more)
    assert max(found.passed.mean(), found.failed.mean()) <= 0.05 + 3 * (0.05 * 0.95 / 10) ** 0.5
    assert (found.cases <= 60).all()


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("looks", [2, 3])
def test_a_run_that_grows_and_is_judged_at_every_look_errs_no_more_often(looks, sequential):
    runs = 8 if sequential else 30
    found = simulate(
        "at_least",
        Setting(sizes=(1,) * 12),
        experiments=runs,
        seed=5,
        looks=looks,
        sequential=sequential,
    )
    allowed = 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5
    assert max(found.passed.mean(), found.failed.mean()) <= allowed
    most = 12 * 2 ** (looks - 1)
    assert (found.cases <= most).all()
    assert sequential or (found.cases == most).all()


@pytest.mark.parametrize(
    ("demand", "metric"),
    [("at_least", "macro F1"), ("max_drop", "AUROC"), ("at_most", "ECE"), ("max_drop", "ECE")],
)
def test_metrics_of_the_whole_set_have_the_truth_that_is_said(demand, metric):
    setting = Setting(sizes=(1,) * 40, trouble=0.4)
    found = simulate(demand, setting, experiments=RUNS, seed=6, set_metric=metric)
    assert max(found.passed.mean(), found.failed.mean()) <= 0.2
    error = found.estimates.std(ddof=1) / RUNS**0.5
    bias = 0.03 if metric == "ECE" else 0.0  # it is too high on few cases
    assert abs(found.estimates.mean() - found.truths[0]) <= 4 * error + bias
    assert ((found.low <= found.truths) & (found.truths <= found.high)).mean() >= 0.6


def test_what_cannot_be_simulated_is_refused():
    assert set_metrics() == ("macro F1", "AUROC", "ECE")
    with pytest.raises(PlanError, match="no cases can be simulated for the metric 'AUROCK'"):
        simulate("at_least", Setting(sizes=SIZES), experiments=1, seed=0, set_metric="AUROCK")
    with pytest.raises(PlanError, match="worst_of needs a score of each case, unlike AUROC"):
        simulate("worst_of", Setting(sizes=SIZES), experiments=1, seed=0, set_metric="AUROC")


@pytest.mark.parametrize("name", ["cascade", "corruption_error", "relative_corruption_error"])
def test_the_change_of_a_ratio_to_a_measured_run_holds_the_true_one(name):
    before = Setting(sizes=(1,) * 200, reference="same cases")
    after = attrs.evolve(before, trouble=0.2)
    low, high, truth = simulate_changes(name, before, after, experiments=RUNS, seed=7)
    assert truth == pytest.approx(0.5)
    allowed = 0.05 + 3 * (0.05 * 0.95 / RUNS) ** 0.5
    assert (low > truth + 1e-9).mean() <= allowed
    assert (high < truth - 1e-9).mean() <= allowed
    assert (high - low < 3).mean() > 0.5


@pytest.mark.parametrize("looks", [1, 3])
def test_the_advised_number_of_cases_decides_as_often_as_it_says(looks):
    """`benchmarks/advised_cases.py` is the long form."""
    truths = np.linspace(0.6, 1.0, 80)
    said, decided = simulate_advice(
        "stable_instances",
        Setting(sizes=(1,) * 40),
        threshold=0.8,
        truths=truths,
        seed=8,
        looks=looks,
    )
    assert len(said) >= 8
    assert (said >= 0.5).all()
    error = 0.5 / len(said) ** 0.5
    assert abs(said.mean() - decided.mean()) <= 0.05 + 3 * error


@pytest.mark.parametrize("name", ["corruption_error", "relative_corruption_error"])
@pytest.mark.parametrize("reference", ["table", "same cases", "other cases"])
def test_a_reference_is_a_table_or_a_run_of_these_or_other_cases(name, reference):
    setting = Setting(sizes=(1,) * 40, reference=reference)
    found = simulate(name, setting, experiments=20, seed=3)
    assert max(found.passed.mean(), found.failed.mean()) <= 0.2
    known = found.estimates[np.isfinite(found.estimates)]
    assert np.median(known) == pytest.approx(found.truths[0], rel=0.4)


def test_scores_without_ties_have_the_truth_that_is_said():
    generate = DEMANDS["worst_of"].load("generator")
    setting = Setting(sizes=(1,) * 20_000, ties=False)
    drawn = generate(np.random.default_rng(0), setting)
    scores = np.array(drawn.answers)
    assert scores[:, 1:].min(axis=1).mean() == pytest.approx(drawn.truth, abs=0.01)
    assert len(np.unique(scores[scores > 0])) > 19_000 * 0.8


def test_twenty_demands_that_are_just_met_seldom_end_in_exit_status_1():
    found = exit_statuses("at_least", Setting(sizes=(1,) * 40), demands=20, experiments=5, seed=4)
    assert len(found) == 5
    assert (found == 1).sum() <= 1
    assert set(found.tolist()) <= {0, 1, 3}


def test_a_demand_without_a_generator_is_refused():
    alone = attrs.evolve(DEMANDS["at_least"], generator=None)
    with pytest.raises(PlanError, match="at_least has no generator"):
        simulate(alone, Setting(sizes=SIZES), experiments=1, seed=0)


@pytest.mark.parametrize("name", DEMANDS)
def test_every_function_that_a_demand_names_can_be_imported(name):
    demand = DEMANDS[name]
    for attribute in ("evidence", "figure", "estimate", "bound", "missing", "generator"):
        if getattr(demand, attribute) is not None:
            assert callable(demand.load(attribute)), attribute
    assert demand.generator is not None


def test_a_demand_has_a_figure_or_an_estimate_with_its_bound():
    level = DEMANDS["at_least"]
    for wrong in ({"estimate": level.figure}, {"figure": None}, {"figure": None, "bound": "a.b:c"}):
        with pytest.raises(ValueError, match="give either figure"):
            attrs.evolve(level, **wrong)
    with pytest.raises(ValueError, match="must read 'package"):
        attrs.evolve(level, generator="nowhere")
