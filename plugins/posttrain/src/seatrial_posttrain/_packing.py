"""Several sequences in one row, none of which sees another."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import torch

from seatrial import derive

from ._rows import kept, masked
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
    if len(row) == 1:
        logits = kept(module, ids, len(ids))
    else:
        owners = torch.tensor([place for place, one in enumerate(row) for _ in one.ids])
        hidden = (owners[:, None] != owners[None]) | torch.ones(
            len(ids), len(ids), dtype=torch.bool
        ).triu(1)
        positions = [place for one in row for place in range(len(one.ids))]
        logits = kept(module, ids, len(ids), **masked(module, hidden, positions))
    places, targets, start = [], [], 0
    for one in row:
        places += [start + at - 1 for at in range(1, len(one.ids)) if one.scored[at]]
        targets += [one.ids[at] for at in range(1, len(one.ids)) if one.scored[at]]
        start += len(one.ids)
    used = logits[torch.tensor(places, dtype=torch.long, device=logits.device)]
    tokens = torch.tensor(targets, dtype=torch.long, device=logits.device)
    each = used.gather(1, tokens[:, None])[:, 0].double() - used.logsumexp(-1).double()
    return -each.sum()
