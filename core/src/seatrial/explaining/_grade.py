"""Grade predicted failures on outcomes that nothing was learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..statistics import Interval
from ..statistics._auroc import Placements, bound_of_area, placements
from ..statistics._calibration import brier_scores, expected_calibration_error
from ..statistics._checks import Floats
from ..statistics._detectable_auroc import detectable_auroc
from ..statistics._multiplicity import holm, p_value
from ._added_value import adds
from ._baselines import Fitted

__all__ = ["Exam", "calibration_of", "lead_over"]

BINS: Final = 10
AREA: Final = (0.0, 1.0)
LEAD: Final = (-1.0, 1.0)


@frozen(eq=False, kw_only=True)
class Exam:
    """The held-out outcomes, and what every baseline says of them; the same for each explainer.

    `base_rate` is the share of failures among what was learnt from.
    """

    wrong: npt.NDArray[np.bool_]
    clusters: Sequence[str]
    baselines: Mapping[str, Fitted]
    base_rate: float
    confidence: float
    seed: int

    @property
    def best(self) -> str | None:
        """The baseline that was best by cross-validation; its figures here had no say in it."""
        areas = {name: one.cross_validated for name, one in self.baselines.items()}
        return max(areas, key=areas.__getitem__, default=None)

    def placed(self, scores: Floats) -> Placements:
        """Rank the outcomes by a score."""
        return placements(self.wrong, scores, list(self.clusters))

    def facts(self) -> dict[str, Any]:
        """Say what there is to grade on, and what it could have shown."""
        names = np.asarray(self.clusters)
        kinds = [len(set(names[mine])) for mine in (self.wrong, ~self.wrong)]
        return {
            "confidence": self.confidence,
            "held_out": {
                "outcomes": len(self.wrong),
                "wrong": int(self.wrong.sum()),
                "clusters": len(set(names)),
            },
            "detectable": detectable_auroc(kinds[0], kinds[1], self.confidence),
            "best_baseline": self.best,
        }

    def baseline_facts(self) -> dict[str, dict[str, Any]]:
        """Give the AUROC of every baseline, with its interval."""
        return {
            name: {
                **_told(bound_of_area(self.placed(one.scores), AREA, self.confidence)),
                "cross_validated": one.cross_validated,
            }
            for name, one in self.baselines.items()
        }

    def ungraded(self) -> dict[str, Any]:
        """Say what there would have been to grade on, and how the baselines do."""
        return {**self.facts(), "baselines": self.baseline_facts()}

    def grade(self, chances: Floats) -> dict[str, Any]:
        """Compare predicted chances of failure with what happened, and with every baseline."""
        mine = self.placed(chances)
        leads = {name: lead_over(mine, self.placed(b.scores)) for name, b in self.baselines.items()}
        p_values = [_chance_of(found, LEAD) for found in leads.values()]
        baselines = self.baseline_facts()
        for (name, found), p, adjusted in zip(leads.items(), p_values, holm(p_values), strict=True):
            baselines[name]["lead"] = {
                **_told(bound_of_area(found, LEAD, self.confidence), "estimate"),
                "p": p,
                "p_holm": adjusted,
            }
        best = self.baselines.get(self.best or "")
        return {
            **self.facts(),
            **_told(bound_of_area(mine, AREA, self.confidence)),
            "p": _chance_of(mine, AREA),
            "baselines": baselines,
            "adds": best and adds(self.wrong, best.scores, chances, self.clusters, self.seed),
            "calibration": calibration_of(
                chances, self.wrong, self.clusters, self.base_rate, self.confidence, self.seed
            ),
        }


def lead_over(mine: Placements, other: Placements) -> Placements:
    """Subtract placement by placement, so that what an outcome adds to both cancels (DeLong)."""
    return Placements(mine.area - other.area, mine.of - other.of, mine.positive, mine.clusters)


def _chance_of(found: Placements, bounds: tuple[float, float]) -> float:
    """Give the one-sided p-value of being above the middle, which the interval agrees with."""
    middle = sum(bounds) / 2
    return p_value(lambda confidence: bound_of_area(found, bounds, confidence).low > middle)


def _told(found: Interval, name: str = "auroc") -> dict[str, Any]:
    return {name: found.estimate, "interval": list(found.ends)}


def calibration_of(
    chances: Floats,
    wrong: npt.NDArray[np.bool_],
    clusters: Sequence[str],
    base_rate: float,
    confidence: float,
    seed: int,
) -> dict[str, Any]:
    """Say whether the predicted chances of failure are as large as failures are frequent."""
    error = expected_calibration_error(
        chances, wrong, list(clusters), confidence, seed=seed, resamples=2_000
    )
    row_of = np.minimum((chances * BINS).astype(np.intp), BINS - 1)
    rows = [
        {
            "from": row / BINS,
            "to": (row + 1) / BINS,
            "outcomes": int(mine.sum()),
            "predicted": float(chances[mine].mean()),
            "failed": float(wrong[mine].mean()),
        }
        for row, mine in ((row, row_of == row) for row in range(BINS))
        if mine.any()
    ]
    constant = np.full(len(wrong), base_rate)
    return {
        "ece": error.estimate,
        "ece_interval": list(error.ends),
        "brier": float(brier_scores(chances, wrong).mean()),
        "brier_of_base_rate": float(brier_scores(constant, wrong).mean()),
        "base_rate": base_rate,
        "table": rows,
    }
