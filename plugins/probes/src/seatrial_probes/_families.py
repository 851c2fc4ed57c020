"""The kinds of linear probe that a search can choose among, behind one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import numpy as np
from attrs import field, frozen

from ._linear import Linear
from ._logistic import GRID, RANK, TOLERANCE, prepare, solve

__all__ = ["ClosedForm", "Family", "Logistic"]

TABLES_AT_ONCE: Final = 64
PRECISE_RANK: Final = 256
PRECISE_TOLERANCE: Final = 1e-6


class Family(Protocol):
    """Fits tables at each of its strengths, from strong to weak regularisation."""

    @property
    def strengths(self) -> tuple[float | None, ...]: ...

    @property
    def at_once(self) -> int:
        """How many tables are best fitted in one call."""
        ...

    def search(self, tables: Sequence[Any], failed: Any) -> list[list[Linear]]:
        """Fit each table at each strength, precisely enough to rank by."""
        ...

    def fit(self, table: Any, failed: Any, strength: float | None) -> Linear:
        """Fit one table at one strength, precisely."""
        ...


@frozen(eq=False)
class Logistic:
    """Logistic regression with an L2 penalty; see `_logistic`."""

    strengths: tuple[float, ...] = GRID
    device: str | None = None
    emphasis: Any = None

    @property
    def at_once(self) -> int:
        """One table stays in the processor's cache; a device wants many."""
        return 1 if self.device is None else TABLES_AT_ONCE

    def search(self, tables: Sequence[Any], failed: Any) -> list[list[Linear]]:
        """Fit all tables in single precision."""
        return self._path(np.stack(tables), failed, self.strengths, "float32", RANK, TOLERANCE)

    def fit(self, table: Any, failed: Any, strength: float | None) -> Linear:
        """Fit one table in double precision."""
        grid = [one for one in self.strengths if strength is None or one <= strength]
        return self._path(table[None], failed, grid, "float64", PRECISE_RANK, PRECISE_TOLERANCE)[0][
            -1
        ]

    def _path(
        self,
        tables: Any,
        failed: Any,
        grid: Sequence[float],
        dtype: str,
        rank: int,
        tolerance: float,
    ) -> list[list[Linear]]:
        prepared = prepare(
            tables, device=self.device, dtype=dtype, rank=rank, emphasis=self.emphasis
        )
        path = solve(prepared, failed, grid, tolerance=tolerance)
        return [
            [Linear(*pair) for pair in zip(weights, intercepts.tolist(), strict=True)]
            for weights, intercepts in zip(path.weights, path.intercepts, strict=True)
        ]


@frozen(eq=False)
class ClosedForm:
    """A probe without strengths to choose among."""

    formula: Callable[[Any, Any], Linear]
    strengths: tuple[None] = field(default=(None,), init=False)
    at_once: int = field(default=1, init=False)

    def search(self, tables: Sequence[Any], failed: Any) -> list[list[Linear]]:
        """Fit each table."""
        return [[self.formula(table, failed)] for table in tables]

    def fit(self, table: Any, failed: Any, strength: float | None) -> Linear:
        """Fit one table."""
        del strength
        return self.formula(table, failed)
