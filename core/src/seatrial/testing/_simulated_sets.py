"""Metrics of the whole set, and simulated cases on which their true value is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

import numpy as np
from attrs import evolve

from .._components import Metric
from ..errors import MetricError
from ..judging._simulation import (
    SEVERITIES,
    Setting,
    Simulated,
    cases_of,
    draw_patterns,
    mean_over_patterns,
)
from ..statistics._auroc import placements
from ..statistics._calibration import error_of_bins

__all__ = ["SET_METRICS", "SetGenerator"]

CLASSES = {"a": 0.5, "b": 0.3, "c": 0.2}
NEXT = {"a": "b", "b": "c", "c": "a"}
POSITIVE = 0.4
LEVELS = 0.3, 0.7
STATED = 0.76, 0.96
SPREAD = 0.02
"""By how much stated probabilities and scores vary without ties; they stay in their bins."""


class SetGenerator(Protocol):
    """Draw cases on which the true value of a metric, or of its drop, is known."""

    def __call__(
        self, rng: np.random.Generator, setting: Setting, /, *, drop: bool
    ) -> Simulated: ...


def _macro_f1(targets: Sequence[str], answers: Sequence[str]) -> float:
    pairs = list(zip(targets, answers, strict=True))
    found = []
    for one in sorted({*targets, *answers}):
        hits = sum(t == a == one for t, a in pairs)
        found.append(2 * hits / (sum(t == one for t, _ in pairs) + sum(a == one for _, a in pairs)))
    return float(np.mean(found))


def _auroc(targets: Sequence[float], answers: Sequence[tuple[float]]) -> float:
    if len({*targets}) == 1:
        msg = "an AUROC needs positives and negatives"
        raise MetricError(msg)
    return float(placements(targets, [one for (one,) in answers], None).area)


def _ece(targets: Sequence[str], answers: Sequence[tuple[str, float]]) -> float:
    right = [target == value for target, (value, _) in zip(targets, answers, strict=True)]
    return error_of_bins(np.array([stated for _, stated in answers]), np.array(right) * 1.0)


def _right(rng: np.random.Generator, setting: Setting) -> Any:
    """Draw whether each case is right when clean, and at each severity."""
    return draw_patterns(rng, _tied(setting)) > 0


def _tied(setting: Setting) -> Setting:
    return evolve(setting, ties=True)


def _truth(setting: Setting, value: Callable[[float], float], *, drop: bool) -> float:
    """Give the true figure: the mean over severities of a value of the fraction right, or drop."""
    rates = [mean_over_patterns(_tied(setting), itemgetter(at)) for at in range(1 + SEVERITIES)]
    mean = float(np.mean([*map(value, rates[1:])]))
    return float(value(rates[0])) - mean if drop else mean


def simulate_macro_f1(rng: np.random.Generator, setting: Setting, /, *, drop: bool) -> Simulated:
    """Draw three classes, of which a wrong answer is always the next."""
    right = _right(rng, setting)
    names = list(CLASSES)
    targets = rng.choice(names, len(right), p=list(CLASSES.values())).tolist()
    answers = [
        [target if one else NEXT[target] for one in row]
        for target, row in zip(targets, right.tolist(), strict=True)
    ]

    def score(rate: float) -> float:
        each = []
        for name, fraction in CLASSES.items():
            (before,) = (CLASSES[one] for one in names if NEXT[one] == name)
            each.append(2 * fraction * rate / (fraction + fraction * rate + before * (1 - rate)))
        return float(np.mean(each))

    cases = cases_of(setting, target=lambda at: targets[at])
    truth = _truth(setting, score, drop=drop)
    return Simulated(cases, answers, truth, metric=macro_f1())


def simulate_auroc(rng: np.random.Generator, setting: Setting, /, *, drop: bool) -> Simulated:
    """Draw scores of two levels, or about two: the AUROC is how often the level is right."""
    right = _right(rng, setting)
    positive = rng.random(len(right)) < POSITIVE
    levels = np.where(right == positive[:, None], LEVELS[1], LEVELS[0])
    if not setting.ties:
        levels = levels + SPREAD * (2 * rng.random(levels.shape) - 1)
    targets = positive.astype(float).tolist()
    cases = cases_of(setting, target=lambda at: targets[at])
    truth = _truth(setting, float, drop=drop)
    return Simulated(cases, levels[..., None].tolist(), truth, metric=auroc())


def simulate_ece(rng: np.random.Generator, setting: Setting, /, *, drop: bool) -> Simulated:
    """Draw a model that states .76 or .96, or about it, whether it is right or not."""
    right = _right(rng, setting)
    stated = rng.choice(STATED, len(right))
    if not setting.ties:
        stated = stated + SPREAD * (2 * rng.random(len(right)) - 1)
    answers = [
        [["yes" if one else "no", p] for one in row]
        for row, p in zip(right.tolist(), stated.tolist(), strict=True)
    ]

    def score(rate: float) -> float:
        return float(np.mean([abs(one - rate) for one in STATED]))

    truth = _truth(setting, score, drop=drop)
    # A calibration error that rises is a drop: lower is better.
    return Simulated(cases_of(setting), answers, -truth if drop else truth, metric=ece())


def _metric(name: str, summary: str, score: Any, **more: Any) -> Metric:
    return Metric(name=f"simulated.{name}", summary=summary, factory=lambda: score, **more)


macro_f1 = _metric("macro-f1", "Mean F1 over the classes.", _macro_f1)
auroc = _metric("auroc", "Area under the ROC curve.", _auroc)
ece = _metric("ece", "Expected calibration error.", _ece, higher_is_better=False)

SET_METRICS: Mapping[str, SetGenerator] = {
    "macro F1": simulate_macro_f1,
    "AUROC": simulate_auroc,
    "ECE": simulate_ece,
}
"""The generators of simulated cases for metrics of the whole set, by the name of the metric."""
