"""Random search: many draws of another perturbation, and the worst of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from seatrial import Perturbation, Use, derive
from seatrial.protocols import Loss, Search

from ._bounds import check_bound, far, fitted, same, worst
from ._draws import draws_from

__all__ = ["random_search"]

DRAWS_A_QUERY = 8  # tight bounds turn most draws of a strong rung away


def random_search(
    *,
    of: Use[Perturbation],
    distance: float,
    queries: int = 64,
    severity: int = 0,
    norm: str = "linf",
) -> Search:
    """Ask the model about draws of a perturbation within a bound, and give the worst.

    `of` is the other perturbation, with its parameters bound, and `severity` the rung to draw from
    (0: every rung in turn). `distance` bounds the
    normalised edit distance of texts; draws beyond it are passed over. Arrays are projected onto
    the ball of `norm`: "linf" (no value changes by more) or "l2" (root mean square), as a fraction
    of the range. `queries` is how many draws the model is asked about; equal ones count once.
    Gives the input as it is when no draw lies within the bound; of equally bad draws, the nearest.
    """
    check_bound(distance, norm)
    draw = draws_from(of, severity)

    def search(value: Any, /, *, seed: int, loss: Loss) -> Any:
        wanted = min(queries, loss.left)
        found: dict[Any, Any] = {}
        for index in range(DRAWS_A_QUERY * wanted):
            # Not the bound, only the index makes the draw: wider bounds see the same draws.
            candidate = fitted(value, draw(value, index + _start(seed)), distance, norm)
            if candidate is None or same(value, candidate):
                continue
            found.setdefault(_key(candidate), candidate)
            if len(found) == wanted:
                break
        if not found:
            return value
        candidates = sorted(found.values(), key=lambda one: far(value, one, norm))
        return worst(candidates, loss(candidates))

    return search


def _start(seed: int) -> int:
    return derive(seed, "draws") >> 16


def _key(candidate: Any) -> Any:
    return candidate.tobytes() if isinstance(candidate, np.ndarray) else repr(candidate)
