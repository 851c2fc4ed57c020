"""Whether categories with more stories are easier: the paper's first explanation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
from attrs import frozen

from seatrial import derive
from seatrial.errors import MetricError

from ._articles import Article
from ._scores import Accuracy

__all__ = ["StoryTrend", "accuracy_by_stories"]

MIN_CATEGORIES = 3
EXACT = 8  # categories up to which every order is tried
DRAWS = 20_000


@frozen
class StoryTrend:
    """Accuracy against the number of stories, a point for each category.

    `points` are category, stories and accuracy, from few stories to many; `correlation` is
    Spearman's, and `p` that of a two-sided permutation test of it.
    """

    points: tuple[tuple[str, int, float], ...]
    correlation: float
    p: float


def accuracy_by_stories(
    found: Sequence[Accuracy], stories: Sequence[Article] | Mapping[str, int]
) -> StoryTrend:
    """Set the accuracies of categories against how many stories each has to learn from.

    `found` is what `accuracy_by(…, group="category")` gave; `stories` are the articles that the
    model was trained on, or their number in each category. Raises `MetricError` for fewer than
    three categories, which have no trend, and for one without stories.
    """
    counts = stories if isinstance(stories, Mapping) else Counter(one.category for one in stories)
    if missing := [one.group for one in found if not counts.get(one.group)]:
        msg = f"the category {missing[0]!r} has no stories: give those that the model learned from"
        raise MetricError(msg)
    if len(found) < MIN_CATEGORIES:
        msg = f"a trend needs {MIN_CATEGORIES} categories or more, got {len(found)}"
        raise MetricError(msg)
    points = sorted(
        ((one.group, int(counts[one.group]), float(one.interval.estimate)) for one in found),
        key=lambda one: (one[1], one[0]),
    )
    numbers = _centred([float(one[1]) for one in points])
    accuracies = _centred([one[2] for one in points])
    norm = float(np.sqrt((numbers @ numbers) * (accuracies @ accuracies)))
    if not norm:
        msg = "all categories have the same number of stories, or the same accuracy: no trend"
        raise MetricError(msg)
    correlation = float(numbers @ accuracies) / norm
    if len(points) <= EXACT:
        orders = np.array(list(permutations(range(len(points)))))
    else:
        draw = np.random.default_rng(derive(0, "stories", len(points)))
        orders = draw.permuted(np.tile(np.arange(len(points)), (DRAWS, 1)), axis=1)
    other = accuracies[orders] @ numbers / norm
    extreme = int((np.abs(other) >= abs(correlation) - 1e-12).sum())
    exact = len(points) <= EXACT
    p = extreme / len(orders) if exact else (extreme + 1) / (len(orders) + 1)
    return StoryTrend(tuple(points), correlation, p)


def _centred(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Give mid-ranks, less their mean."""
    given = np.asarray(values, dtype=np.float64)
    below = (given[:, None] > given).sum(axis=1)
    equal = (given[:, None] == given).sum(axis=1)
    ranks = below + (equal - 1) / 2
    return np.asarray(ranks - ranks.mean())
