"""Erases from a model's activations what predicts its failures, and measures its answers again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Outcome, derive
from seatrial.errors import MetricError, PlanError
from seatrial.statistics import Interval, auroc, held_out, paired_drop, proportion

from ._editing import erasing, outlying
from ._grading import SURE, Judged, Right, has, judged
from ._leace import Eraser, leace
from ._plain import bounded, plainly, table
from ._validation import Learning, select

__all__ = ["Erasure", "erased"]

HALF: Final = 0.5
GRID: Final = (1e-4, 1e-3, 1e-2, 1e-1)
NOTHING: Final = 1e-3
"""Log-odds that differ by less are what a solver leaves of a probe that found nothing."""

Booleans = npt.NDArray[np.bool_]
Vectors = npt.NDArray[Any]


@frozen(kw_only=True)
class Erasure:
    """Tells whether failures hang on what was erased, and whether it is really gone.

    `drop` is the accuracy before erasure minus the accuracy after, on the same `cases`, none of
    which the eraser was fitted on; `controls` are the drops when permuted labels are erased
    instead. The probes tell failures from successes at that layer. `probe` learns from what the
    eraser was fitted on, and is tested on `cases`: afterwards it is at .5 by LEACE's theorem.
    `fresh` learns and is tested on cases that the eraser never saw; what is left there is what
    the eraser did not get to know, much of it where cases are few for the width.
    """

    layer: int
    pooling: str
    cases: int
    before: Interval
    after: Interval
    drop: Interval
    controls: tuple[float, ...]
    probe: tuple[Interval, Interval]
    fresh: tuple[Interval, Interval] | None

    def table(self) -> str:
        """Set it out as text."""
        rows = [["accuracy", bounded(self.before), bounded(self.after)]]
        rows.append(["AUROC of the probe that the theorem is about", *map(bounded, self.probe)])
        if self.fresh is not None:
            rows.append(["AUROC of a probe of unseen cases", *map(bounded, self.fresh)])
        permuted = ", ".join(f"{one:+.3f}" for one in self.controls) or "not measured"
        return table(
            f"erasure of failure at layer {self.layer}, {self.cases} cases",
            ("", "before", "after"),
            rows,
            f"accuracy lost: {bounded(self.drop, signed=True)}; "
            f"erasing permuted labels: {permuted}",
        )

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return plainly(self)

    __str__ = table


def erased(
    model: Any,
    outcomes: Sequence[Outcome],
    /,
    *,
    layer: int,
    pooling: str = "last",
    controls: int = 3,
    right: Right | None = None,
    confidence: float = SURE,
    seed: int = 0,
) -> Erasure:
    """Erase what tells failures from successes at one layer (LEACE), and ask the model again.

    The eraser is fitted on half of the outcomes and applied to every token while the model answers
    the other half; whole clusters are on one side. Tokens that lie far outside (the first of a
    text) are left alone. `controls` times, permuted labels are erased in the same way.
    `right` tells from a target and a prediction whether it is right, by default that they are
    equal; `confidence` is one-sided at each end. The model is asked `controls` + 2 times, and
    needs `activations` and `intervened`. Raises `PlanError` where a half lacks failures or
    successes.
    """
    has(model, "activations", "intervened", to="erase from it")
    known = judged(outcomes, right)
    kept = _halved(known, derive(seed, "erased"))
    vectors = model.activations(known.inputs, layers=(layer,), poolings=(pooling,)).at(
        layer, pooling
    )
    training, tested = known.only(~kept), known.only(kept)
    eraser, limit = leace(vectors[~kept], training.failed), outlying(vectors[~kept])

    def answered(by: Eraser) -> Booleans:
        edit = erasing(by.mean, by.left, by.right, limit)
        return tested.rights(model.intervened({layer: edit}))

    before, after = tested.rights(model), answered(eraser)
    lots = [np.random.default_rng(derive(seed, "lot", number)) for number in range(controls)]
    dealt = [answered(leace(vectors[~kept], lot.permutation(training.failed))) for lot in lots]
    parts = training, vectors[~kept], tested, vectors[kept]
    return Erasure(
        layer=layer,
        pooling=pooling,
        cases=len(tested.outcomes),
        before=proportion(before, tested.clusters, confidence),
        after=proportion(after, tested.clusters, confidence),
        drop=paired_drop(before, after, tested.clusters, confidence, seed=derive(seed, "interval")),
        controls=tuple(float(before.mean() - one.mean()) for one in dealt),
        probe=_probed(*parts, eraser, confidence, seed),
        fresh=_fresh(tested, vectors[kept], eraser, confidence, seed),
    )


def _halved(known: Judged, seed: int) -> Booleans:
    try:
        kept = held_out(known.failed, known.clusters, fraction=HALF, seed=seed)
    except MetricError as error:
        raise PlanError(str(error)) from error
    for side, name in ((~kept, "to learn from"), (kept, "to test on")):
        wrong, of = int(known.failed[side].sum()), int(side.sum())
        if wrong in (0, of):
            msg = (
                f"of the {of} outcomes {name}, {wrong} are failures: erasure needs failures and "
                "successes in either half; give more outcomes"
            )
            raise PlanError(msg)
    return kept


def _probed(
    training: Judged,
    taught: Vectors,
    tested: Judged,
    vectors: Vectors,
    eraser: Eraser,
    confidence: float,
    seed: int,
) -> tuple[Interval, Interval]:
    """Bound the AUROC of a probe before and after; each is fitted anew."""
    from sklearn.preprocessing import StandardScaler

    def area(change: Any) -> Interval:
        learning = Learning.of(training.outcomes, derive(seed, "probe"))
        found = select(StandardScaler, change(taught), learning, grid=GRID, seed=seed)
        scores = found.model.decision_function(found.features.transform(change(vectors)))
        if np.ptp(scores) < NOTHING:
            scores = np.zeros(len(scores))
        return auroc(tested.failed, scores, tested.clusters, confidence)

    return area(lambda given: given.astype(np.float64)), area(eraser)


def _fresh(
    tested: Judged, vectors: Vectors, eraser: Eraser, confidence: float, seed: int
) -> tuple[Interval, Interval] | None:
    """Probe half of what the eraser never saw with what the other half teaches, if either can."""
    try:
        kept = _halved(tested, derive(seed, "fresh"))
    except PlanError:
        return None
    parts = tested.only(~kept), vectors[~kept], tested.only(kept), vectors[kept]
    return _probed(*parts, eraser, confidence, seed)
