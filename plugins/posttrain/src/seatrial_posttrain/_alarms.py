"""What in pairs or in the course of training says that something else is learned than meant."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence

from seatrial.errors import SeatrialWarning

from ._pairs import Pair

__all__ = ["warn_of_pairs", "warn_of_training"]

ENOUGH = 16  # pairs or steps, below which nothing is said
LONGER = 0.85  # of pairs: as the longer side is then nearly always the same one
SATURATED = 0.01  # of a pair's gradient is left
FALLEN = -2.0  # nats of a chosen completion


def warn_of_pairs(pairs: Sequence[Pair]) -> None:
    """Warn where the length alone tells which side was chosen."""
    if len(pairs) < ENOUGH:
        return
    for longer, shorter in (("chosen", "rejected"), ("rejected", "chosen")):
        count = sum(len(getattr(one, longer)) > len(getattr(one, shorter)) for one in pairs)
        if count >= LONGER * len(pairs):
            warnings.warn(
                f"in {count} of {len(pairs)} pairs the {longer} side is the longer one, so length "
                "alone tells them apart: add pairs of like lengths, or the model learns the length",
                SeatrialWarning,
                stacklevel=2,
            )


def warn_of_training(training: Sequence[Mapping[str, float]]) -> None:
    """Warn where the last quarter of the steps shows what usually spoils a model."""
    last = training[-max(1, len(training) // 4) :]
    if len(training) < ENOUGH:
        return
    for message in _messages(last):
        warnings.warn(message, SeatrialWarning, stacklevel=2)


def _messages(last: Sequence[Mapping[str, float]]) -> Iterator[str]:
    fallen = sum(one["chosen_shift"] for one in last) / len(last)
    if fallen < FALLEN:
        yield (
            f"the chosen answers became less probable, by {-fallen:.1f} nats each: the margin "
            "grows because the rejected ones fall faster; use kind='sigmoid_nll', a larger beta or "
            "a lower learning_rate"
        )
    left = sum(one["gradient"] for one in last) / len(last)
    if left < SATURATED:
        yield (
            f"the margins are saturated: {left:.1%} of the gradient is left, and more steps only "
            "move the model away from the reference; use fewer epochs, a lower learning_rate, or "
            "kind='ipo'"
        )
