"""How long and how fast to train, and in which order."""

from __future__ import annotations

import math
from random import Random
from typing import Any

from attrs import Attribute, field, frozen
from attrs.validators import ge, gt, instance_of, le

from seatrial import derive

__all__ = ["Schedule"]


def _finite(_: Any, fact: Attribute[Any], value: float) -> None:
    if not math.isfinite(value):
        msg = f"'{fact.name}' must be finite: {value}"
        raise ValueError(msg)


@frozen(kw_only=True)
class Schedule:
    """AdamW, with a rate that rises over a fraction of the steps and falls to 0 over the rest."""

    learning_rate: float = field(converter=float, validator=[_finite, gt(0)])
    epochs: int = field(validator=[instance_of(int), ge(1)])
    batch_size: int = field(validator=[instance_of(int), ge(1)])
    warmup: float = field(converter=float, validator=[ge(0), le(1)])
    weight_decay: float = field(converter=float, validator=[_finite, ge(0)])
    max_grad_norm: float = field(converter=float, validator=[_finite, gt(0)])
    checkpoint_every: int = field(validator=[instance_of(int), ge(1)])

    def steps(self, examples: int) -> int:
        """Count the steps over so many examples; the last of an epoch may be smaller."""
        return self.epochs * self._per_epoch(examples)

    def batch(self, step: int, examples: int, seed: int) -> list[int]:
        """Give the examples of a step: every epoch takes each once, in an order of its own."""
        epoch, place = divmod(step, self._per_epoch(examples))
        order = list(range(examples))
        Random(derive(seed, "order", epoch)).shuffle(order)
        return order[place * self.batch_size : (place + 1) * self.batch_size]

    def rate(self, step: int, total: int) -> float:
        """Give the learning rate of a step."""
        rising = math.ceil(self.warmup * total)
        if step < rising:
            return self.learning_rate * (step + 1) / rising
        return self.learning_rate * (total - step) / max(1, total - rising)

    def _per_epoch(self, examples: int) -> int:
        return math.ceil(examples / self.batch_size)
