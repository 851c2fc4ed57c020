"""How well a model foretells documents and answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import field, frozen

from seatrial import Case
from seatrial.errors import PlanError

__all__ = ["Perplexity", "perplexity"]

USUAL = 512  # tokens of a row, where the model takes so many


def _tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


@frozen
class Perplexity:
    """The perplexity over all tokens; `losses` (nats) and `tokens` have a value for each case."""

    losses: tuple[float, ...] = field(converter=_tuple)
    tokens: tuple[int, ...] = field(converter=_tuple)

    @property
    def value(self) -> float:
        """The exponential of the mean negative log-probability of a token."""
        return math.exp(sum(self.losses) / sum(self.tokens))


def perplexity(
    model: Any, cases: Sequence[str | Case], *, row_tokens: int | None = None
) -> Perplexity:
    """Give the perplexity of documents, and of the answers to instructions.

    Cases are read as `posttrain.joint` reads them: of a document (a text, or a case without a
    target) all tokens count but the first, of an instruction the answer's alone. Documents of more
    than `row_tokens` (512, or what the model takes) are cut into chunks, each of which is
    foretold by itself. Nothing is packed. Raises `PlanError` for a case that cannot be read, and
    where nothing is given.
    """
    import torch

    from ._packing import row_loss
    from ._sequences import sequences_of

    trainable = model.trainable
    most = row_tokens or int(min(USUAL, trainable.window or math.inf))
    if not cases:
        msg = "there are no cases to give the perplexity of"
        raise PlanError(msg)
    losses, tokens = [], []
    for place, one in enumerate(cases):
        case = Case(str(place), one) if isinstance(one, str) else one
        rows = sequences_of(trainable, case, group=None, most=most)
        with torch.inference_mode():
            losses.append(sum(float(row_loss(trainable.module, [row])) for row in rows))
        tokens.append(sum(row.targets for row in rows))
    return Perplexity(losses, tokens)
