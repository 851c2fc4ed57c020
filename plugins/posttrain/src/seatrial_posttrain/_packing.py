"""Several sequences in one row, none of which sees another."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import torch

from seatrial import derive

from ._logits import log_likelihoods
from ._rows import masked
from ._sequences import Sequenced

__all__ = ["packed", "row_loss"]


def packed(sequences: Sequence[Sequenced], *, most: int, seed: int) -> list[list[Sequenced]]:
    """Put sequences into rows of at most `most` tokens: each into the first that has room.

    Longer ones are placed first, which leaves less room unused; the rows are then shuffled.
    """
    order = list(sequences)
    Random(derive(seed, "packing")).shuffle(order)
    rows: list[list[Sequenced]] = []
    room: list[int] = []
    for one in sorted(order, key=lambda one: -len(one.ids)):
        place = next((at for at, left in enumerate(room) if left >= len(one.ids)), None)
        if place is None:
            rows.append([])
            room.append(most)
            place = len(rows) - 1
        rows[place].append(one)
        room[place] -= len(one.ids)
    Random(derive(seed, "rows")).shuffle(rows)
    return rows


def row_loss(module: Any, row: Sequence[Sequenced]) -> Any:
    """Give the summed negative log-probability of what is trained on, in float64.

    Positions begin anew with each sequence, and a token attends to its own sequence alone.
    """
    ids = [token for one in row for token in one.ids]
    more: dict[str, Any] = {}
    if len(row) > 1:
        owners = torch.tensor([place for place, one in enumerate(row) for _ in one.ids])
        hidden = (owners[:, None] != owners[None]) | torch.ones(
            len(ids), len(ids), dtype=torch.bool
        ).triu(1)
        more = masked(module, hidden, [place for one in row for place in range(len(one.ids))])
    places, targets, start = [], [], 0
    for one in row:
        scored = [at for at in range(1, len(one.ids)) if one.scored[at]]
        places += [start + at - 1 for at in scored]
        targets += [one.ids[at] for at in scored]
        start += len(one.ids)
    return -log_likelihoods(module, ids, places, targets, **more).sum()
