"""The figure of the paper: how well a probe of each layer predicts failure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from seatrial import Outcome, derive
from seatrial.statistics import auroc

from ._logistic import GRID, prepare, solve
from ._result import Point
from ._threads import one_thread
from ._validation import Learning, area

__all__ = ["CONFIDENCE", "layer_curve"]

CONFIDENCE: Final = 0.999
"""Two-sided, as the error bars of the paper."""


@one_thread()
def layer_curve(
    activations: Any,
    pooling: str,
    learning: Sequence[Outcome],
    test: Sequence[Outcome],
    *,
    seed: int,
) -> tuple[Point, ...]:
    """Fit a logistic probe to every layer, C chosen on validation, and grade each on the test.

    The rows of `activations` are those of `learning`, then of `test`. Every layer is shown and none
    is selected, so a best one picked from here is flattered; what was selected before the test is
    the explainer's own figure.
    """
    split = Learning.of(learning, derive(seed, "curve"))
    failed = np.array([not one.right for one in test])
    clusters = [one.case.cluster or one.case.id for one in test]
    points = []
    for layer in activations.layers:
        table = np.asarray(activations.at(layer, pooling))
        known, unseen = table[: len(learning)], table[len(learning) :]
        strength, validation = _strength(known, split)
        path = solve(prepare(known[None]), split.failed, [strength])
        scores = unseen @ path.weights[0, 0] + path.intercepts[0, 0]
        found = auroc(failed, scores, clusters, 1 - (1 - CONFIDENCE) / 2)
        points.append(
            Point(
                layer=int(layer),
                auroc=found.estimate,
                interval=(found.low, found.high),
                validation=validation,
                C=strength,
            )
        )
    return tuple(points)


def _strength(known: Any, split: Learning) -> tuple[float, float | None]:
    if split.kept is None:
        return GRID[len(GRID) // 2], None
    path = solve(prepare(known[~split.kept][None]), split.failed[~split.kept], GRID)
    scores = known[split.kept] @ path.weights[0].T + path.intercepts[0]
    areas = [area(split.failed[split.kept], one) for one in scores.T]
    best = int(np.argmax(areas))
    return GRID[best], float(areas[best])
