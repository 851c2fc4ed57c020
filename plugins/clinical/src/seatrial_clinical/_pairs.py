"""Pair accuracy: right only where every case of a pair is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seatrial import Case, Prediction
from seatrial.errors import MetricError
from seatrial.kit import answer_of, cluster_of

__all__ = ["pair_accuracy"]


def pair_accuracy() -> Callable[[Sequence[Case], Sequence[Prediction]], float]:
    """Score the fraction of cases whose pair is right as a whole: every case of it.

    A pair is `groups["pair"]`, or else the cluster. With pairs of equal size this is the fraction
    of pairs of which all are right.
    """

    def score(cases: Sequence[Case], predictions: Sequence[Prediction], /) -> float:
        if not len(cases) or len(cases) != len(predictions):
            msg = f"clinical.pair-accuracy: {len(cases)} cases but {len(predictions)} answers"
            raise MetricError(msg)
        pairs = [str(case.groups.get("pair", cluster_of(case))) for case in cases]
        wrong = set()
        for case, pair, prediction in zip(cases, pairs, predictions, strict=True):
            if case.target is None:
                msg = f"clinical.pair-accuracy: case {case.id!r} has no target; give it one"
                raise MetricError(msg)
            if answer_of(prediction).value != case.target:
                wrong.add(pair)
        return sum(pair not in wrong for pair in pairs) / len(pairs)

    return score
