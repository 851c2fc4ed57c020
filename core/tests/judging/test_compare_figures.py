"""Figures of the whole set, compared: by numpy and a paired bootstrap, apart from what runs."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from demand_stand_ins import answering, demand
from trial_stand_ins import same

import seatrial as sea
from seatrial.testing.simulation import Setting, demands, simulate_changes
from seatrial.verbs._run import run

COUNT = 240
POSITIVE = np.arange(COUNT) % 2 == 0
FIRST = np.arange(COUNT) < COUNT // 2


def auc(positive, scores, _):
    ours, theirs = scores[positive][:, None], scores[~positive]
    return float(((ours > theirs) + (ours == theirs) / 2).mean())


def macro_f1(positive, scores, _):
    found = []
    for mine, said in ((positive, scores > 0.5), (~positive, scores <= 0.5)):
        found.append(2 * (mine & said).sum() / (mine.sum() + said.sum()))
    return float(np.mean(found))


def calibration(positive, scores, _):
    """Every answer states a probability of .8."""
    return abs(0.8 - ((scores > 0.5) == positive).mean())


def of_halves(figure):
    def found(positive, scores, first):
        right = (scores > 0.5) == positive
        return float(figure([right[first].mean(), right[~first].mean()]))

    return found


def of_set(name, figure):
    def score(targets, answers):
        positive = np.array([one == "yes" for one in targets])
        return figure(positive, np.array([float(one) for one in answers]), None)

    return sea.Metric(name=f"stand.{name}", summary="Of the set.", factory=lambda: score)


def drawn(seed):
    generator = np.random.default_rng(seed)
    strength = np.where(FIRST, 0.35, 0.2) * np.where(POSITIVE, 1, -1)
    noise = generator.normal(size=(2, COUNT)) * 0.4
    before = 0.5 + strength / 2 + noise[0] + noise[1] / 2
    return np.clip(before, 0.01, 0.99), np.clip(0.5 + strength * 1.5 + noise[0], 0.01, 0.99)


@pytest.mark.parametrize(
    ("require", "metric", "figure"),
    [
        ({"at_least": 0.5}, of_set("auc", auc), auc),
        ({"at_least": 0.5}, of_set("f1", macro_f1), macro_f1),
        ({"ece": 0.5}, None, calibration),
        ({"worst_group": {"by": "half", "threshold": 0.5}}, same, of_halves(min)),
        ({"max_gap": {"by": "half", "at_most": 0.5}}, same, of_halves(np.ptp)),
    ],
)
def test_a_figure_of_the_whole_set_agrees_with_a_paired_bootstrap(require, metric, figure):
    scores = drawn(3)
    cases = [
        sea.Case(f"{i:04}", f"{i} t", "yes" if POSITIVE[i] else "no", {"half": str(FIRST[i])})
        for i in range(COUNT)
    ]

    def model(given):
        def rule(i, rung):
            told, other = ("yes", "no") if given[i] > 0.5 else ("no", "yes")
            value = told if metric in (None, same) else given[i]
            return sea.Prediction(value, probabilities={str(value): 0.8, other: 0.2})

        return answering(rule)

    priority = demand(require, metric=metric, uses=())
    spec = sea.Specification("t", priorities=[priority], seed=3)
    reports = [run(spec, model(one), cases) for one in scores]
    (found,) = sea.compare(*reports, specification=spec).priorities

    sign = -1 if found.at_most else 1
    assert (found.before, found.after) == pytest.approx(
        tuple(figure(POSITIVE, one, FIRST) for one in scores)
    )
    assert found.change == pytest.approx(sign * (found.after - found.before))

    def change(at):
        before, after = (figure(POSITIVE[at], one[at], FIRST[at]) for one in scores)
        return sign * (after - before)

    generator = np.random.default_rng(0)
    changes = [change(generator.integers(0, COUNT, COUNT)) for _ in range(400)]
    low, high = np.quantile(changes, [0.05, 0.95])
    assert found.interval == pytest.approx((low, high), abs=0.5 * (high - low))
    assert 0.8 < (found.interval[1] - found.interval[0]) / (high - low) < 1.9


@pytest.mark.parametrize("name", demands())
def test_a_change_is_bounded_as_often_as_said(name):
    setting = Setting(sizes=(1,) * 40)
    other = attrs.evolve(setting, trouble=0.2)
    low, high, truth = simulate_changes(name, setting, other, experiments=12, seed=5)
    assert len(low) > 6
    assert ((low > truth + 1e-9) | (high < truth - 1e-9)).sum() <= 4
