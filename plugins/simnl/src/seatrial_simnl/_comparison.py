"""Several data sets under one protocol: which method gains most, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from seatrial.errors import PlanError

from ._spread import Spread
from ._tables import markdown, plain
from ._trial import BASELINE, Trial

__all__ = ["Comparison", "compared"]


@frozen(eq=False)
class Comparison:
    """Trials of the same methods, seeds and points on several data sets, by name."""

    trials: Mapping[str, Trial]

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods."""
        return next(iter(self.trials.values())).methods

    def gain(self, method: str, *, to: str = BASELINE) -> Spread:
        """Give the mean gain over another method over all data sets and points, by seed."""
        by_seed = []
        for trial in self.trials.values():
            ours, theirs = (
                np.array([[cell.accuracy for cell in trial.at(one, p)] for p in trial.points])
                for one in (method, to)
            )
            by_seed.append((ours - theirs).mean(0))
        return Spread.of(np.mean(by_seed, axis=0).tolist())

    def ranks(self, method: str) -> tuple[float, ...]:
        """Give the method's rank in each setting, a data set and a point; 1 is best."""
        return tuple(rank for trial in self.trials.values() for rank in trial.ranks()[method])

    def wins(self, method: str) -> int:
        """Count the settings in which no method does better."""
        return sum(
            trial.accuracy(method, point).mean
            >= max(trial.accuracy(name, point).mean for name in trial.methods) - 1e-9
            for trial in self.trials.values()
            for point in trial.points
        )

    def rows(self) -> list[list[str]]:
        """List the table, the method with the largest gain first."""
        head = ["method", "mean gain", *self.trials, "mean rank", "best in", "seconds"]
        body = []
        for name in sorted(self.methods, key=lambda one: -self.gain(one).mean):
            cells = [c for t in self.trials.values() for c in t.cells if c.method == name]
            body.append(
                [
                    name,
                    self.gain(name).signed(),
                    *(trial.gain(name).signed() for trial in self.trials.values()),
                    f"{np.mean(self.ranks(name)):.1f}",
                    f"{self.wins(name)} of {len(self.ranks(name))}",
                    f"{np.median([cell.seconds for cell in cells]):.2f}",
                ]
            )
        return [head, *body]

    def table(self) -> str:
        """Give a table for a terminal: gains over zero-shot in points, with 95 % intervals."""
        return plain(self.rows(), "gain over zero-shot in points of accuracy")

    def markdown(self) -> str:
        """Give the table in Markdown."""
        return markdown(self.rows())

    def __str__(self) -> str:
        return self.table()

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data, without the trials."""
        return {
            name: {
                "gain": self.gain(name).as_dict(),
                "ranks": list(self.ranks(name)),
                "wins": self.wins(name),
            }
            for name in self.methods
        }


def compared(trials: Mapping[str, Trial]) -> Comparison:
    """Put trials side by side; zero-shot must be among their methods."""
    found = dict(trials)
    asked = {
        frozenset((cell.method, getattr(cell, trial.axis), cell.seed) for cell in trial.cells)
        for trial in found.values()
    }
    if len(asked) != 1:
        msg = "trials are compared with the same methods, seeds and points, and these differ"
        raise PlanError(msg)
    if BASELINE not in next(iter(found.values())).methods:
        msg = f"gains are those over {BASELINE!r}, which was not measured"
        raise PlanError(msg)
    return Comparison(found)
