"""What a protocol measured, as numbers, tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np
from attrs import frozen
from scipy.stats import rankdata

from seatrial.errors import PlanError
from seatrial.statistics import Interval, expected_calibration_error

from ._cells import Cell
from ._chart import Chart, Line, drawn
from ._spread import CONFIDENCE, Difference, Spread
from ._tables import markdown, plain

__all__ = ["BASELINE", "Reliability", "Trial"]

BASELINE = "zero-shot"
BINS = 15
AXES = {
    "shots": "images of each class",
    "noise": "fraction of wrong labels",
    "on": "test set",
}


@frozen
class Reliability:
    """How often answers were right, by the probability that they were given.

    `bins` are (mean confidence, accuracy, images) of the bins that hold an image; `error` is the
    expected calibration error with its 95 % interval, by test image.
    """

    bins: tuple[tuple[float, float, int], ...]
    error: Interval

    def figure(self, title: str = "Reliability") -> str:
        """Draw the diagram as an SVG text."""
        straight = Line("as stated", ((0.0, 0.0), (1.0, 1.0)))
        found = Line("measured", tuple((said, was) for said, was, _ in self.bins))
        title = f"expected calibration error {self.error.estimate:.3f}"
        ticks = tuple((tenth / 10, f"{tenth / 10:.1f}") for tenth in range(0, 11, 2))
        lines = (found, straight)
        chart = Chart(title, "confidence", "accuracy", lines, (0.0, 1.0), ticks)
        return drawn(title, [chart])


@frozen(eq=False)
class Trial:
    """The cells of a protocol and what they say together.

    `axis` is what varies beside methods and seeds: "shots", "noise" or "on" (the test set).
    """

    axis: str
    selection: str
    cells: tuple[Cell, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods, in the order in which they were asked for."""
        return tuple(dict.fromkeys(cell.method for cell in self.cells))

    @property
    def points(self) -> tuple[Any, ...]:
        """The points of the axis."""
        return tuple(dict.fromkeys(getattr(cell, self.axis) for cell in self.cells))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds."""
        return tuple(dict.fromkeys(cell.seed for cell in self.cells))

    def at(self, method: str, point: Any) -> tuple[Cell, ...]:
        """Give the cells of one method at one point, by seed."""
        found = tuple(
            cell
            for cell in self.cells
            if cell.method == method and getattr(cell, self.axis) == point
        )
        if not found:
            msg = (
                f"{method!r} was not measured at {point!r}; there are {', '.join(self.methods)} "
                f"at {', '.join(map(str, self.points))}"
            )
            raise PlanError(msg)
        return found

    def accuracy(self, method: str, point: Any) -> Spread:
        """Give the mean accuracy over seeds with its interval."""
        return Spread.of([cell.accuracy for cell in self.at(method, point)])

    def difference(self, method: str, point: Any, *, to: str = BASELINE) -> Difference:
        """Compare a method with another on the same draws and images, by default with zero-shot."""
        ours, theirs = self.at(method, point), self.at(to, point)
        return Difference.of([one.right for one in ours], [one.right for one in theirs])

    def gain(self, method: str, *, to: str = BASELINE) -> Spread:
        """Give the gain over another method, averaged over all points, by seed."""
        ours, theirs = (
            np.array([[cell.accuracy for cell in self.at(one, point)] for point in self.points])
            for one in (method, to)
        )
        return Spread.of((ours - theirs).mean(0).tolist())

    def ranks(self) -> dict[str, tuple[float, ...]]:
        """Rank the methods at each point by mean accuracy: 1 is best, ties share their mean."""
        means = np.array(
            [[self.accuracy(name, point).mean for point in self.points] for name in self.methods]
        )
        found = rankdata(-np.round(means, 9), axis=0)
        return {name: tuple(map(float, row)) for name, row in zip(self.methods, found, strict=True)}

    def reliability(self, method: str, point: Any) -> Reliability:
        """Compare stated with measured confidence, over all seeds."""
        cells = self.at(method, point)
        said = np.concatenate([cell.confidence for cell in cells])
        was = np.concatenate([cell.right for cell in cells])
        images = np.tile(np.arange(len(cells[0].right)), len(cells))
        error = expected_calibration_error(
            said, was, images, (1 + CONFIDENCE) / 2, seed=0, bins=BINS, resamples=2000
        )
        bin_of = np.minimum((said * BINS).astype(int), BINS - 1)
        bins = tuple(
            (float(said[bin_of == b].mean()), float(was[bin_of == b].mean()), int(n))
            for b, n in enumerate(np.bincount(bin_of, minlength=BINS))
            if n
        )
        return Reliability(bins, error)

    def rows(self) -> list[list[str]]:
        """List the table: a head, then a row for each method."""
        ranks = self.ranks()
        compared = BASELINE in self.methods
        head = ["method", *(f"{point:g}" if self.axis != "on" else point for point in self.points)]
        head += ["mean", *(["gain"] if compared else []), "rank", "seconds", "parameters"]
        rows = [head]
        for name in self.methods:
            spreads = [self.accuracy(name, point) for point in self.points]
            cells = [cell for cell in self.cells if cell.method == name]
            row = [name, *map(str, spreads), f"{100 * _mean(s.mean for s in spreads):.1f}"]
            row += [self.gain(name).signed()] if compared else []
            row += [f"{_mean(ranks[name]):.1f}", f"{median(c.seconds for c in cells):.2f}"]
            row += [f"{max(c.parameters for c in cells):,}"]
            rows.append(row)
        return rows

    def table(self) -> str:
        """Give a table for a terminal: accuracy in percent with 95 % intervals over the seeds.

        "gain" is the mean difference to zero-shot, "rank" the mean rank over the columns, "seconds"
        the median time of a fit with its selection.
        """
        return plain(self.rows(), f"accuracy in percent by {AXES[self.axis]}; {self.protocol()}")

    def markdown(self) -> str:
        """Give the table in Markdown."""
        return markdown(self.rows())

    def __str__(self) -> str:
        return self.table()

    def protocol(self) -> str:
        """Say what the protocol was."""
        chosen = {
            "loo": "chosen by leaving out shots",
            "validation": "chosen on min(shots, 4) validation images of each class",
            "none": "nothing chosen",
        }[self.selection]
        return f"{len(self.cells[0].right)} test images, {len(self.seeds)} seeds, {chosen}"

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain data."""
        compared = BASELINE in self.methods
        return {
            "axis": self.axis,
            "selection": self.selection,
            "points": list(self.points),
            "seeds": list(self.seeds),
            "methods": {
                name: {
                    "accuracy": [self.accuracy(name, one).as_dict() for one in self.points],
                    "difference": [self.difference(name, one).as_dict() for one in self.points]
                    if compared
                    else None,
                    "rank": list(ranks),
                }
                for name, ranks in self.ranks().items()
            },
            "cells": [cell.as_dict() for cell in self.cells],
        }

    def figure(self, title: str | None = None) -> str:
        """Draw accuracy along the axis as an SVG text, with the intervals as bands."""
        places: Sequence[Any] = range(len(self.points)) if self.axis == "on" else self.points
        lines = []
        for name in self.methods:
            spreads = [self.accuracy(name, point) for point in self.points]
            band = tuple(ends for one in spreads if (ends := one.within(0.0, 1.0)))
            line = tuple((float(x), s.mean) for x, s in zip(places, spreads, strict=True))
            lines.append(Line(name, line, band if len(band) == len(line) else ()))
        ticks = tuple((float(x), str(one)) for x, one in zip(places, self.points, strict=True))
        chart = Chart(
            self.protocol(), AXES[self.axis], "accuracy", tuple(lines), ticks=ticks,
            doubling=self.axis == "shots",
        )  # fmt: skip
        return drawn(title or f"Accuracy by {AXES[self.axis]}", [chart])


def _mean(values: Any) -> float:
    return float(np.mean(list(values)))
