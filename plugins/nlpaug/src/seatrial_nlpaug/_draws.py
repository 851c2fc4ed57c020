"""How nlpaug's augmenters draw: from a generator of their thread, never from the global ones."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from random import Random
from typing import Any

__all__ = ["Draws", "seed_draws", "some"]

_thread = threading.local()


def seed_draws(seed: int) -> None:
    """Seed what this thread draws next."""
    _thread.draw = Random(seed).random


def some(things: Sequence[Any], count: int) -> list[Any]:
    """Draw `count` things without replacement.

    With the same seed the first ones are the same whatever the count is, so a harsher rung edits
    the places of a milder one and more. Only `Random.random` is used: Python promises that its
    sequence stays the same from version to version, and promises it for no other method.
    """
    draw = _thread.draw
    left = list(things)
    size = len(left)
    for index in range(count):
        other = index + int(draw() * (size - index))
        left[index], left[other] = left[other], left[index]
    return left[:count]


class Draws:
    """Makes an nlpaug augmenter, mixed in before it, draw from the generator of the calling thread.

    nlpaug draws through one method, so there is nothing global to seed and to restore, and threads
    do not disturb each other.
    """

    def sample(self, x: list[Any] | int, num: int = 1) -> Any:
        """Draw `num` things of a list, or a place to cut a word of `x` letters."""
        if isinstance(x, int):
            return 1 + int(_thread.draw() * (x - 2))
        if num == 1:
            return [x[int(_thread.draw() * len(x))]]
        return some(x, num)
