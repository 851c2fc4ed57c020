"""Whether an explainer knows something that a baseline does not.

A difference of AUROCs asks which of two predictors is better. A probe that is worse than "it said
yes" may still see what that does not. DeLong's test does not answer this: between nested models its
statistic is degenerate (Demler, Pencina and D'Agostino, Statistics in Medicine 31, 2012,
2577-2587). What answers it is the test of the explainer's coefficient beside the baseline (Pepe,
Kerr, Longton and Wang, Statistics in Medicine 32, 2013, 1467-1482). Here it is a score test: one
fit, no trouble with separation, and robust to clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from .._graded import Added
from .._seeds import derive
from ..statistics._auroc import placements
from ..statistics._checks import Floats, cluster_codes
from ..statistics._split import held_out
from ._bag_of_words import fit_logistic

__all__ = ["adds"]

Rows = npt.NDArray[np.bool_]

# Weak enough not to matter, strong enough for a baseline that separates right from wrong.
STRENGTH: Final = 100.0


def adds(
    wrong: Rows, baseline: Floats, explainer: Floats, clusters: Sequence[str], seed: int
) -> Added | None:
    """Test whether the explainer's score tells of failures what the baseline's does not.

    `p` is one-sided. `auroc` is that of both scores in one logistic regression, fitted on one half
    of the held-out clusters and read off the other, and the other way round; `baseline` is the
    baseline's own in the same halves. None where a half has no failure or nothing else.
    """
    from scipy.special import expit, stdtr

    mine, other = _normal_scores(explainer), _normal_scores(baseline)
    known = np.column_stack([other, other**2, other**3])
    null = fit_logistic(known, wrong, STRENGTH)
    expected = expit(known @ null[:-1] + null[-1])
    weights = expected * (1 - expected)
    design = np.column_stack([known, np.ones(len(wrong))])
    own = (
        mine
        - design
        @ np.linalg.lstsq(design * np.sqrt(weights)[:, None], mine * np.sqrt(weights), rcond=None)[
            0
        ]
    )
    codes, found = cluster_codes(list(clusters), len(wrong))
    parts = np.bincount(codes, own * (wrong - expected), minlength=found)
    spread = float(np.sqrt(np.square(parts).sum() * found / (found - 1)))
    statistic = float(parts.sum()) / spread if spread > 1e-9 * found else 0.0
    halves = _halves(wrong, other, mine, clusters, seed)
    if halves is None:
        return None
    return Added(float(stdtr(found - 1, -statistic)), *halves)


def _halves(
    wrong: Rows, baseline: Floats, explainer: Floats, clusters: Sequence[str], seed: int
) -> tuple[float, float] | None:
    both = np.column_stack([baseline, explainer])
    first = held_out(wrong, list(clusters), fraction=0.5, seed=derive(seed, "halves"))
    areas = []
    for half in (first, ~first):
        if len(set(wrong[half])) < 2 or len(set(wrong[~half])) < 2:  # noqa: PLR2004 - right and wrong
            return None
        scores = both[half] @ fit_logistic(both[~half], wrong[~half], STRENGTH)[:-1]
        areas.append([placements(wrong[half], one, None).area for one in (scores, baseline[half])])
    together, alone = np.mean(areas, axis=0)
    return float(together), float(alone)


def _normal_scores(values: Floats) -> Floats:
    """Keep the order alone: how far apart scores lie says nothing that all explainers share."""
    from scipy.special import ndtri

    ranked = np.sort(values)
    places = np.searchsorted(ranked, values, "left") + np.searchsorted(ranked, values, "right")
    return np.asarray(ndtri(places / (2 * len(values))), dtype=np.float64)
