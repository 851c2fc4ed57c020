"""Grade predicted failures on outcomes of the test part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from attrs import evolve, field, frozen

from .._graded import BaselineGrade, Calibration, Gain, Grade, Part
from ..statistics._auroc import Placements, bound_of_area, placements
from ..statistics._calibration import brier_scores, expected_calibration_error
from ..statistics._checks import Floats
from ..statistics._detectable_auroc import detectable_auroc
from ..statistics._multiplicity import holm, p_value
from ._added_value import adds
from ._baselines import Fitted

__all__ = ["Exam", "calibration_of", "gain_over"]

BINS: Final = 10
AREA: Final = (0.0, 1.0)
GAIN: Final = (-1.0, 1.0)
NOTHING: Final = Part(0, 0, 0)


@frozen(eq=False, kw_only=True)
class Exam:
    """The held-out outcomes, and what every baseline says of them; the same for each explainer.

    `base_rate` is the failure rate of the `training` part.
    """

    wrong: npt.NDArray[np.bool_]
    clusters: Sequence[str]
    baselines: Mapping[str, Fitted]
    base_rate: float
    confidence: float
    seed: int
    training: Part = NOTHING
    graded_on: str = ""
    left_out: Mapping[str, str] = field(factory=dict)

    @property
    def best(self) -> str | None:
        """The baseline that was best by cross-validation; its figures here had no say in it."""
        areas = {name: one.cross_validated for name, one in self.baselines.items()}
        return max(areas, key=areas.__getitem__, default=None)

    def placed(self, scores: Floats) -> Placements:
        """Rank the outcomes by a score."""
        return placements(self.wrong, scores, list(self.clusters))

    @property
    def test(self) -> Part:
        """Count what there is to grade on."""
        return Part(len(self.wrong), int(self.wrong.sum()), len(set(self.clusters)))

    def ungraded(self) -> Grade:
        """Say what there would have been to grade on, and how the baselines do."""
        names = np.asarray(self.clusters)
        kinds = [len(set(names[mine])) for mine in (self.wrong, ~self.wrong)]
        return Grade(
            confidence=self.confidence,
            training=self.training,
            test=self.test,
            detectable=detectable_auroc(kinds[0], kinds[1], self.confidence),
            best_baseline=self.best,
            baselines={
                name: BaselineGrade(*self._area(self.placed(one.scores)), one.cross_validated)
                for name, one in self.baselines.items()
            },
            left_out=self.left_out,
            graded_on=self.graded_on,
        )

    def grade(self, probabilities: Floats) -> Grade:
        """Compare predicted probabilities of failure with what happened, and with baselines."""
        mine = self.placed(probabilities)
        gains = {name: gain_over(mine, self.placed(b.scores)) for name, b in self.baselines.items()}
        p_values = [_p_value_of(found, GAIN) for found in gains.values()]
        plain = self.ungraded()
        baselines = {}
        for (name, found), p, adjusted in zip(gains.items(), p_values, holm(p_values), strict=True):
            bound = bound_of_area(found, GAIN, self.confidence)
            gain = Gain(bound.estimate, bound.ends, p, adjusted)
            baselines[name] = evolve(plain.baselines[name], gain=gain)
        best = self.baselines.get(self.best or "")
        area, ends = self._area(mine)
        return evolve(
            plain,
            auroc=area,
            interval=ends,
            p=_p_value_of(mine, AREA),
            baselines=baselines,
            added=None
            if best is None
            else adds(self.wrong, best.scores, probabilities, self.clusters, self.seed),
            calibration=calibration_of(
                probabilities, self.wrong, self.clusters, self.base_rate, self.confidence, self.seed
            ),
        )

    def _area(self, placed: Placements) -> tuple[float, tuple[float, float]]:
        found = bound_of_area(placed, AREA, self.confidence)
        return found.estimate, found.ends


def gain_over(mine: Placements, other: Placements) -> Placements:
    """Subtract placement by placement, so that what an outcome adds to both cancels (DeLong)."""
    return Placements(mine.area - other.area, mine.of - other.of, mine.positive, mine.clusters)


def _p_value_of(found: Placements, bounds: tuple[float, float]) -> float:
    """Give the one-sided p-value of being above the middle, which the interval agrees with."""
    middle = sum(bounds) / 2
    return p_value(lambda confidence: bound_of_area(found, bounds, confidence).low > middle)


def calibration_of(
    probabilities: Floats,
    wrong: npt.NDArray[np.bool_],
    clusters: Sequence[str],
    base_rate: float,
    confidence: float,
    seed: int,
) -> Calibration:
    """Say whether the probabilities of failure are as large as failures are frequent."""
    error = expected_calibration_error(
        probabilities, wrong, list(clusters), confidence, seed=seed, resamples=2_000
    )
    row_of = np.minimum((probabilities * BINS).astype(np.intp), BINS - 1)
    rows = [
        {
            "from": row / BINS,
            "to": (row + 1) / BINS,
            "outcomes": int(mine.sum()),
            "predicted": float(probabilities[mine].mean()),
            "failed": float(wrong[mine].mean()),
        }
        for row, mine in ((row, row_of == row) for row in range(BINS))
        if mine.any()
    ]
    constant = np.full(len(wrong), base_rate)
    return Calibration(
        error.estimate,
        error.ends,
        float(brier_scores(probabilities, wrong).mean()),
        float(brier_scores(constant, wrong).mean()),
        base_rate,
        rows,
    )
