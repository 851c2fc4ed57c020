"""Simulated cases whose true figure is known: what a demand's generator gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from attrs import frozen

from .._cases import Case
from .._values import FrozenMapping
from ._evidence import Floats

__all__ = [
    "SEVERITIES",
    "Generator",
    "Simulated",
    "cases_of",
    "draw_patterns",
    "mean_over_patterns",
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


@frozen(eq=False)
class Simulated:
    """Cases, the model's answers to them, and the figure that unlimited such cases would have.

    `answers` has a row for each case: the answer to the clean input, and those at severities 1 to
    3. For demands on a score an answer is the score itself, from 0 to 1. `settings` are those of
    the demand, without its threshold. `earlier` are the answers of an earlier run, where one is
    compared with.
    """

    cases: tuple[Case, ...]
    answers: Sequence[Sequence[Any]]
    truth: float
    settings: Mapping[str, Any] = FrozenMapping()
    earlier: Sequence[Sequence[Any]] | None = None


class Generator(Protocol):
    """Draw cases in clusters of these sizes; `icc` is the correlation within a cluster.

    `trouble` is the fraction of cases on which the model is not simply right throughout.
    """

    def __call__(
        self, rng: np.random.Generator, /, *, sizes: Sequence[int], icc: float, trouble: float
    ) -> Simulated: ...


def uniforms(rng: np.random.Generator, sizes: Sequence[int], icc: float) -> Floats:
    """Draw a uniform number for each case; some repeat their cluster's, so that the ICC is kept."""
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    own, common = rng.random(len(clusters)), rng.random(len(sizes))[clusters]
    return np.where(rng.random(len(clusters)) < np.sqrt(icc), common, own)


def cases_of(
    sizes: Sequence[int],
    *,
    target: Callable[[int], Any] = lambda _: "yes",
    groups: Callable[[int], Mapping[str, Any]] = lambda _: {},
) -> tuple[Case, ...]:
    """Number cases through, in clusters of these sizes; target and groups are those of a number."""
    clusters = np.repeat(np.arange(len(sizes)), sizes).tolist()
    return tuple(
        Case(f"{at:05}", f"{at}", target(at), groups(at), f"c{cluster}")
        for at, cluster in enumerate(clusters)
    )


def _weighted_patterns(trouble: float) -> tuple[Floats, Floats]:
    scores = np.vstack([np.ones(1 + SEVERITIES), PATTERNS[:, :-1]])
    return scores, np.concatenate([[1 - trouble], trouble * PATTERNS[:, -1]])


def draw_patterns(
    rng: np.random.Generator, sizes: Sequence[int], icc: float, trouble: float
) -> Floats:
    """Draw for each case a pattern of scores 0 or 1: clean, and at severities 1 to 3."""
    scores, weights = _weighted_patterns(trouble)
    at = np.searchsorted(weights.cumsum()[:-1], uniforms(rng, sizes, icc), side="right")
    return np.asarray(scores[at])


def mean_over_patterns(trouble: float, value: Callable[[Floats], Any]) -> float:
    """Give the true mean of what a function makes of each pattern (a row of four scores)."""
    scores, weights = _weighted_patterns(trouble)
    return float(
        sum(weight * float(value(row)) for weight, row in zip(weights, scores, strict=True))
    )
