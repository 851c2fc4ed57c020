"""Simulated cases whose true figure is known: what a demand's generator gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np
from attrs import evolve, frozen

from .._cases import Case
from .._components import Metric, Use
from .._values import FrozenMapping
from ._evidence import Floats

__all__ = [
    "SEVERITIES",
    "Generator",
    "Setting",
    "Simulated",
    "cases_of",
    "draw_patterns",
    "mean_over_patterns",
    "mean_scale",
    "scaled",
    "uniforms",
]

SEVERITIES = 3
PATTERNS = np.array(
    [  # right when clean, then at severities 1 to 3; how often among the cases with any trouble
        [1, 1, 1, 0, 0.30],
        [1, 1, 0, 0, 0.20],
        [1, 0, 0, 0, 0.10],
        [1, 0, 1, 1, 0.10],
        [0, 0, 0, 0, 0.15],
        [0, 1, 1, 1, 0.05],
        [0, 0, 1, 0, 0.10],
    ]
)


MEAN_SCALE = 0.75
"""The mean of what scores without ties are multiplied by, which is uniform from a half to 1."""


@frozen(kw_only=True)
class Setting:
    """What simulated cases are like.

    `sizes` are those of the clusters and `icc` is the correlation within them. `trouble` is the
    fraction of cases on which the model is not simply right throughout: small where failures are
    rare. With `ties` scores are 0 or 1; without, those of a case are multiplied by a number between
    a half and 1, so that what fails is a rare total failure of a continuous score.
    `reference` says what a demand compares with that takes a table of errors or an earlier run: a
    table, a run of the same cases, or one of other cases. `earlier_trouble` is the trouble of an
    earlier run, by default in proportion to `trouble`.
    """

    sizes: tuple[int, ...]
    icc: float = 0.0
    trouble: float = 0.4
    ties: bool = True
    reference: Literal["table", "same cases", "other cases"] = "table"
    earlier_trouble: float | None = None

    def earlier(self, times: float) -> Setting:
        """Give the setting of the earlier run, by default with so many times the trouble."""
        trouble = min(1.0, times * self.trouble)
        return evolve(self, trouble=self.earlier_trouble or trouble)


@frozen(eq=False)
class Simulated:
    """Cases, the model's answers to them, and the figure that unlimited such cases would have.

    `answers` has a row for each case: the answer to the clean input, and those at severities 1 to
    3. For demands on a score an answer is the score itself, from 0 to 1, unless a `metric` of the
    whole set scores it. `settings` are those of the demand, without its threshold. `earlier` are
    the answers of an earlier run, where one is compared with, to the same cases or (`others`) to
    as many other ones.
    """

    cases: tuple[Case, ...]
    answers: Sequence[Sequence[Any]]
    truth: float
    settings: Mapping[str, Any] = FrozenMapping()
    earlier: Sequence[Sequence[Any]] | None = None
    others: bool = False
    metric: Use[Metric] | None = None


class Generator(Protocol):
    """Draw cases whose true figure is known."""

    def __call__(self, rng: np.random.Generator, setting: Setting, /) -> Simulated: ...


def uniforms(rng: np.random.Generator, setting: Setting) -> Floats:
    """Draw a uniform number for each case; some repeat their cluster's, so that the ICC is kept."""
    clusters = np.repeat(np.arange(len(setting.sizes)), setting.sizes)
    own, common = rng.random(len(clusters)), rng.random(len(setting.sizes))[clusters]
    return np.where(rng.random(len(clusters)) < np.sqrt(setting.icc), common, own)


def scaled(rng: np.random.Generator, setting: Setting, scores: Floats) -> Floats:
    """Multiply the scores of each case by a number of its own, unless they are to have ties."""
    if setting.ties:
        return scores
    scale = 2 * MEAN_SCALE - 1 + (2 - 2 * MEAN_SCALE) * rng.random(len(scores))
    return np.asarray(scores * scale[:, None])


def mean_scale(setting: Setting) -> float:
    """Give the mean of what scores are multiplied by."""
    return 1.0 if setting.ties else MEAN_SCALE


def cases_of(
    setting: Setting,
    *,
    target: Callable[[int], Any] = lambda _: "yes",
    groups: Callable[[int], Mapping[str, Any]] = lambda _: {},
) -> tuple[Case, ...]:
    """Number cases through, cluster by cluster; target and groups are those of a number."""
    clusters = np.repeat(np.arange(len(setting.sizes)), setting.sizes).tolist()
    return tuple(
        Case(f"{at:05}", f"{at}", target(at), groups(at), f"c{cluster}")
        for at, cluster in enumerate(clusters)
    )


def _weighted_patterns(trouble: float) -> tuple[Floats, Floats]:
    scores = np.vstack([np.ones(1 + SEVERITIES), PATTERNS[:, :-1]])
    return scores, np.concatenate([[1 - trouble], trouble * PATTERNS[:, -1]])


def draw_patterns(rng: np.random.Generator, setting: Setting) -> Floats:
    """Draw for each case a pattern of scores: clean, and at severities 1 to 3."""
    scores, weights = _weighted_patterns(setting.trouble)
    drawn = uniforms(rng, setting)
    at = np.searchsorted(weights.cumsum()[:-1], drawn, side="right")
    return scaled(rng, setting, scores[at])


def mean_over_patterns(setting: Setting, value: Callable[[Floats], Any]) -> float:
    """Give the true mean of what a function makes of each pattern (a row of four scores).

    Where scores have no ties, the function must be linear in what multiplies those of a case, or
    not depend on it.
    """
    scores, weights = _weighted_patterns(setting.trouble)
    rows = scores * mean_scale(setting)
    return float(sum(weight * float(value(row)) for weight, row in zip(weights, rows, strict=True)))
