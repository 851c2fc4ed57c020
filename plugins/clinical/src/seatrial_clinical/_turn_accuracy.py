"""How many turns of a conversation are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seatrial import Prediction
from seatrial.errors import MetricError
from seatrial.kit import answer_of

__all__ = ["turn_accuracy"]


def turn_accuracy() -> Callable[[Sequence[Any], Sequence[Any]], list[float]]:
    """Give the fraction of turns, among those asked with the options, that give the target.

    A challenge that turns a right answer costs a half of a conversation of two such turns. Small
    talk has no target and does not count; an answer without turns counts as one.
    """

    def score(targets: Sequence[Any], predictions: Sequence[Any], /) -> list[float]:
        if not len(targets):
            msg = "clinical.turn-accuracy is undefined without cases"
            raise MetricError(msg)
        pairs = zip(targets, map(answer_of, predictions), strict=True)
        return [_of(target, prediction) for target, prediction in pairs]

    return score


def _of(target: Any, prediction: Prediction) -> float:
    turns = [one for one in prediction.details.get("turns", ()) if one["all_parts"]]
    answers = [one["answer"] for one in turns] or [prediction.value]
    return sum(bool(answer == target) for answer in answers) / len(answers)
