"""How far perturbations really moved inputs: which variants lie within a distance bound."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from attrs import asdict, field, frozen

from .._arguments import check_kind
from .._cases import STATUSES
from .._tables import Table, figure
from .._values import number_of
from ..errors import ParameterError
from ._report import Report

__all__ = ["CellDistances", "Distances", "distances"]

BOUNDS = (0.02, 0.05, 0.1, 0.2)
SKIPPED, ERRORED = STATUSES.index("skipped"), STATUSES.index("errored")


def _floats(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(values)


@frozen(kw_only=True)
class CellDistances:
    """How far one perturbation at one severity moved the inputs that it changed.

    `changed` counts these inputs, and `unknown` those of them without a distance. `median` and
    `farthest` are of the others, and `within` has the fraction of the others that lie within each
    bound; both are None without any. `searches` tells a search from a realistic change.
    """

    perturbation: str
    severity: int
    searches: bool
    changed: int
    unknown: int
    median: float | None
    farthest: float | None
    within: tuple[float | None, ...]


@frozen
class Distances:
    """The distances of every perturbation and severity; printing it gives a table."""

    bounds: tuple[float, ...] = field(converter=_floats)
    cells: tuple[CellDistances, ...]
    left_out: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data that JSON can write."""
        return {
            "bounds": list(self.bounds),
            "cells": [{**asdict(one), "within": list(one.within)} for one in self.cells],
            "left_out": list(self.left_out),
        }

    def table(self) -> Table:
        """Give the distances as a table."""
        rows = [
            [
                one.perturbation,
                str(one.severity),
                f"{one.changed:,}",
                figure(one.median),
                figure(one.farthest),
                *("—" if some is None else f"{some:.0%}" for some in one.within),
            ]
            for one in self.cells
        ]
        columns = ("perturbation", "severity", "changed", "median", "farthest")
        return Table(
            (*columns, *(f"within {bound:g}" for bound in self.bounds)),
            rows,
            title="Variants within a distance of the clean input",
            notes=tuple(self._notes()),
        )

    def _notes(self) -> Iterator[str]:
        if self.cells:
            yield "fractions are of the inputs that were changed and whose distance is defined"
        for one in self.cells:
            if one.unknown:
                place = f"{one.perturbation} at severity {one.severity}"
                yield f"{place}: {one.unknown:,} of {one.changed:,} have no distance"
        if searching := sorted({one.perturbation for one in self.cells if one.searches}):
            yield f"searches, whose bound is their own: {', '.join(searching)}"
        if self.left_out:
            yield f"changes of training cases move no input: {', '.join(self.left_out)}"

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().html()


def distances(report: Report, bounds: float | Iterable[float] = BOUNDS) -> Distances:
    """Tell which of the variants of a run lie within distance bounds, by perturbation.

    A threat model is a distance bound, a priority is a realistic change; this says how far they
    overlap (Fig. 1c of the robustness-specification paper). Distances are those of the modality:
    normalised edits of texts, NRMSE of images and volumes. Only inputs that were changed count.
    Raises `ParameterError` for a bound that is no distance.
    """
    check_kind(report, "report", Report)
    given = [number_of(one) for one in (bounds if isinstance(bounds, Iterable) else [bounds])]
    for one in given:
        number = isinstance(one, int | float) and not isinstance(one, bool)
        if not number or not math.isfinite(one) or one <= 0:
            msg = f"a bound is a positive number, got {one!r}"
            raise ParameterError(msg)
    limits = tuple(sorted(set(map(float, given))))
    if not limits:
        msg = "give at least one bound"
        raise ParameterError(msg)
    trains = [bool(one.get("trains")) for one in report.perturbations]
    columns = report.columns
    pairs = sorted(set(zip(columns.use.tolist(), columns.severity.tolist(), strict=True)))
    shown = [(use, severity) for use, severity in pairs if use >= 0 and not trains[use]]
    left_out = tuple(report.label(use) for use, is_one in enumerate(trains) if is_one)
    return Distances(limits, tuple(_cell(report, *one, limits) for one in shown), left_out)


def _cell(report: Report, use: int, severity: int, bounds: Sequence[float]) -> CellDistances:
    columns = report.columns
    here = (columns.use == use) & (columns.severity == severity) & columns.measured
    made = (columns.status != ERRORED) | ~np.isnan(columns.distance)  # not failed in the making
    changed = here & ~columns.unchanged & (columns.status != SKIPPED) & made
    found = columns.distance[changed]
    known = found[~np.isnan(found)]
    return CellDistances(
        perturbation=report.label(use),
        severity=severity,
        searches=bool((columns.queries[here] >= 0).any()),
        changed=int(changed.sum()),
        unknown=len(found) - len(known),
        median=float(np.median(known)) if len(known) else None,
        farthest=float(known.max()) if len(known) else None,
        within=tuple(float((known <= one).mean()) if len(known) else None for one in bounds),
    )
