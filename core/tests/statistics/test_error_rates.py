"""Demands that are no plain rate, judged against simulated truth: how often is a bound wrong?

`benchmarks/verdict_error_rates.py` is the long form, with 10,000 experiments a setting.
"""

from __future__ import annotations

import numpy as np
import pytest
from attrs import evolve

from seatrial import Case
from seatrial._requirements import Demand
from seatrial._values import FrozenMapping
from seatrial.judging._bounds import BOUNDS
from seatrial.judging._estimands import figure_of
from seatrial.judging._sample import Evidence, Reading
from seatrial.statistics._sequential import decide

RUNS, SIZE = 200, 4
REFERENCE = {"blur": 0.5, "clean": 0.1}


def allowed(runs):
    return 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def alike(generator, shape, icc):
    own, common = generator.random((*shape, SIZE)), generator.random((*shape, 1))
    return np.where(generator.random(own.shape) < np.sqrt(icc), common, own)


def evidence(clean, variants, cases=()):
    known = np.zeros(variants.shape, dtype=bool)
    severities = range(1, variants.shape[1] + 1)
    return Evidence(
        None,
        tuple(cases),
        tuple(("blur", one) for one in severities),
        Reading(clean, known[:, 0], known[:, 0]),
        Reading(variants, known, known),
        np.tile([one / 10 for one in severities], (len(clean), 1)),
        np.repeat(np.arange(len(clean) // SIZE), SIZE),
        (0.0, 1.0),
        better=True,
    )


def ends(name, blank, drawn, settings):
    found = []
    for right in drawn:
        told = evolve(blank.variants, values=right.reshape(-1, 1) * 1.0)
        bound = BOUNDS[name](None, evolve(blank, variants=told), settings, 0.95, 0)
        found.append(bound.interval.ends)
    return np.array(found).T


def too_often(low, high, truth):
    return max((low > truth + 1e-9).mean(), (high < truth - 1e-9).mean()) > allowed(len(low))


@pytest.mark.parametrize("icc", [0.0, 0.9])
def test_a_slope_is_missed_no_more_often_than_said(icc):
    clusters, fall = 300, 0.15
    years = np.repeat(np.arange(clusters) % 5, SIZE)
    cases = [Case(str(at), "", groups={"year": year}) for at, year in enumerate(years.tolist())]
    blank = evidence(np.zeros(len(years)), np.zeros((len(years), 1)), cases)
    uniform = alike(np.random.default_rng(0), (RUNS // 2, clusters), icc)
    drawn = uniform.reshape(RUNS // 2, -1) < 0.95 - fall * years
    low, high = ends("max_slope", blank, drawn, {"by": "year"})
    assert not too_often(low, high, fall)
    assert (low > 0).mean() > 0.5


@pytest.mark.parametrize("icc", [0.0, 0.9])
def test_a_predictive_value_is_missed_no_more_often_than_said(icc):
    clusters, sensitivity, specificity = 100, 0.9, 0.8
    ill = np.repeat(np.arange(clusters) % 2 == 0, SIZE)
    cases = [Case(str(at), "", target="ill" if one else "well") for at, one in enumerate(ill)]
    blank = evidence(np.zeros(len(ill)), np.zeros((len(ill), 1)), cases)
    uniform = alike(np.random.default_rng(1), (RUNS, clusters), icc).reshape(RUNS, -1)
    drawn = uniform < np.where(ill, sensitivity, specificity)
    low, high = ends("ppv_at", blank, drawn, {"positive": "ill", "prevalence": (0.3, 0.1)})
    assert not too_often(low, high, 0.09 / (0.09 + 0.9 * (1 - specificity)))
    assert (low > 0.1).mean() > 0.9
    assert (high < 0.6).mean() > 0.5


@pytest.mark.parametrize(
    ("name", "settings", "clusters", "icc"),
    [
        ("worst_of", {"threshold": 0.5}, 30, 0.5),
        ("weighted_drop", {"at_most": 0.5}, 5, 0.5),
        ("weighted_drop", {"at_most": 0.5}, 30, 0.1),
        ("attack_success", {"at_most": 0.5, "distance": 0.2}, 30, 0.1),
        ("attack_success", {"at_most": 0.5, "distance": 0.2}, 30, 0.5),
        ("relative_corruption_error", {"at_most": 0.5, "reference": REFERENCE}, 10, 0.5),
    ],
)
def test_figures_of_cases_are_missed_no_more_often_than_said(name, settings, clusters, icc):
    answers = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 1, 1]]) * 1.0
    chances = np.array([0.5, 0.2, 0.1, 0.05, 0.1, 0.05])
    demand = Demand(name, FrozenMapping(settings))
    many = answers[np.repeat(np.arange(6), SIZE)]
    figure = figure_of(demand, evidence(many[:, 0], many[:, 1:]))
    of_each = np.array([figure.values[figure.clusters == at].mean() for at in figure.clusters])
    weights = chances[figure.clusters]
    truth = float(weights @ of_each / weights.sum())
    uniform = alike(np.random.default_rng(3), (RUNS, clusters), icc)
    drawn = np.searchsorted(chances.cumsum()[:-1], uniform, side="right").reshape(RUNS, -1)
    found, looked = [], np.zeros(2)
    for patterns in drawn:
        some = answers[patterns]
        figure = figure_of(demand, evidence(some[:, 0], some[:, 1:]))
        found.append(figure.interval(0.95, 0).ends)
        for at, (sign, outcome) in enumerate(((1, "pass"), (-1, "fail"))):
            looked[at] += (
                decide(
                    figure.values,
                    figure.clusters,
                    truth + sign * 1e-9,
                    0.95,
                    bounds=figure.bounds,
                    largest=SIZE,
                ).outcome
                == outcome
            )
    low, high = np.array(found).T
    assert not too_often(low, high, truth)
    assert looked.max() / RUNS <= allowed(RUNS)
    assert figure.bounds[0] < high.min() <= high.max() <= figure.bounds[1]
