"""What a report knows about one priority, and what it does not know."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._plans import Priority, matches
from ..errors import PlanError
from ._report import Report
from ._store import STATUSES

__all__ = ["Evidence", "Reading", "Sample"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Positions = np.ndarray[Any, np.dtype[np.int64]]


@frozen(eq=False)
class Reading:
    """Values, a row per case: NaN where unknown because it errored, is pending, or was skipped."""

    values: Floats
    errored: Mask
    pending: Mask

    @property
    def lost(self) -> Mask:
        """Where a value belongs to the sample and is not known."""
        return self.errored | self.pending

    def of(self, chosen: Mask) -> Reading:
        """Keep some cases."""
        return Reading(self.values[chosen], self.errored[chosen], self.pending[chosen])

    def filled(self, value: float) -> Reading:
        """Put one value wherever one was lost."""
        nowhere = np.zeros_like(self.errored)
        return Reading(np.where(self.lost, value, self.values), nowhere, nowhere)


@frozen(eq=False)
class Evidence:
    """The clean value of each case and those of its variants, with what a score can be at all."""

    clean: Reading
    variants: Reading
    clusters: np.ndarray[Any, Any]
    bounds: tuple[float, float] | None
    better: bool

    def usable(self, *, paired: bool) -> Mask:
        """Tell which cases count: not those that were skipped, in any variant or (paired) clean."""
        known = (~np.isnan(self.variants.values) | self.variants.lost).any(axis=1)
        if paired:
            known &= ~np.isnan(self.clean.values) | self.clean.lost
        return np.asarray(known)

    def of(self, chosen: Mask) -> Evidence:
        """Keep some cases."""
        return evolve(
            self,
            clean=self.clean.of(chosen),
            variants=self.variants.of(chosen),
            clusters=self.clusters[chosen],
        )

    def supposing(self, *, good: bool) -> Evidence:
        """Suppose the best or the worst for the model wherever a value was lost.

        The worst is a poor score after a good clean one: the largest drop.
        """
        low, high = self.bounds or (np.nan, np.nan)
        best, worst = (high, low) if self.better else (low, high)
        ours, clean = (best, worst) if good else (worst, best)
        return evolve(self, clean=self.clean.filled(clean), variants=self.variants.filled(ours))

    def means(self) -> Floats:
        """Average the known variants of each case."""
        known = ~np.isnan(self.variants.values)
        total = np.where(known, self.variants.values, 0.0).sum(axis=1)
        return np.asarray(total / np.maximum(known.sum(axis=1), 1), dtype=np.float64)

    def binary(self) -> bool:
        """Tell whether every known variant scored 0 or 1, the smallest and the largest score."""
        values = self.variants.values
        extreme = np.isin(values[~np.isnan(values)], (0.0, 1.0)).all()
        return bool(extreme) and self.bounds is not None and tuple(self.bounds) == (0.0, 1.0)


@frozen
class Sample:
    """What a report says about one priority, one row per case of its slice.

    `clean` and `variants` are positions in the report's columns, -1 where there is none; variants
    have a column for each perturbation, severity and replicate.
    """

    priority: Priority
    report: Report
    cases: Positions
    clusters: np.ndarray[Any, Any]
    clean: Positions
    variants: Positions

    @classmethod
    def of(cls, priority: Priority, report: Report) -> Sample:
        """Find the records of a priority."""
        columns = report.columns
        inside = np.array([matches(case, priority.where) for case in report.cases], dtype=bool)
        chosen = np.flatnonzero(inside)
        if not len(chosen):
            where = ", ".join(f"{key} = {value!r}" for key, value in priority.where.items())
            msg = f"no case lies in the slice {where}"
            raise PlanError(msg)
        row = np.full(len(inside), -1, dtype=np.int64)
        row[chosen] = np.arange(len(chosen))

        def positions(use: int, severity: int) -> list[Positions]:
            here = np.flatnonzero((columns.use == use) & (columns.severity == severity))
            here = here[inside[columns.case[here]]]
            # Replicates of one case stand next to each other; each gets a column of its own.
            owners = columns.case[here]
            order = np.arange(len(here)) - np.searchsorted(owners, owners, side="left")
            found = []
            for replicate in range(int(order.max(initial=-1)) + 1):
                column = np.full(len(chosen), -1, dtype=np.int64)
                some = here[order == replicate]
                column[row[columns.case[some]]] = some
                found.append(column)
            return found

        labels = {one["label"]: at for at, one in enumerate(report.perturbations)}
        variants: list[Positions] = []
        for use in priority.perturbations:
            for severity in priority.severities_of(use):
                found = positions(labels[use.label], severity) if use.label in labels else []
                if not found:
                    msg = (
                        f"the report has nothing on {use.label} at severity {severity}; "
                        "run it first"
                    )
                    raise PlanError(msg)
                variants += found
        (clean,) = positions(-1, 0) or [np.full(len(chosen), -1, dtype=np.int64)]
        owners = (report.cases[at] for at in chosen.tolist())
        clusters = np.array([case.cluster or case.id for case in owners], dtype=object)
        stacked = np.stack(variants, axis=1) if variants else clean[:, None]
        return cls(priority, report, chosen, clusters, clean, stacked)

    def read(self, at: Positions, source: Floats) -> Reading:
        """Read values at positions; what was skipped is NaN and not lost."""
        columns = self.report.columns
        asked = at >= 0
        skipped = asked & (columns.status[at] == STATUSES.index("skipped"))
        pending = asked & ~columns.measured[at]
        values = np.where(asked & ~pending & ~skipped, source[at], np.nan)
        return Reading(values, asked & ~skipped & ~pending & np.isnan(values), pending)

    def scores(self) -> Floats:
        """Give, by position in the report, what the priority's metric says of each record."""
        columns = self.report.columns
        metric = self.priority.metric
        if metric is not None:
            if metric.label not in columns.scores:
                msg = (
                    f"the report was not scored with {metric.label}; run the specification again "
                    "to add it"
                )
                raise PlanError(msg)
            return columns.scores[metric.label]
        told = columns.refused[np.concatenate([self.variants.ravel(), self.clean])]
        if not (told >= 0).any():
            msg = (
                "the model does not say whether it refused (Prediction.refused); name a metric "
                'that reads it from the answer, as in metric = "metrics.refusal-rate"'
            )
            raise PlanError(msg)
        return np.where(columns.refused < 0, np.nan, columns.refused).astype(np.float64)

    def evidence(self) -> Evidence:
        """Read the scores of the priority's metric, clean and perturbed."""
        metric = self.priority.metric
        source = self.scores()
        return Evidence(
            self.read(self.clean, source),
            self.read(self.variants, source),
            self.clusters,
            metric.component.bounds if metric else (0.0, 1.0),
            better=metric.component.higher_is_better if metric else True,
        )

    def agreement(self) -> Evidence:
        """Compare every answer with the clean answer of its case: 1 where they are the same."""
        answers = self.report.columns.answer
        known = np.where(answers < 0, np.nan, 0.0)
        clean, variants = self.read(self.clean, known), self.read(self.variants, known)
        same = answers[self.variants] == answers[self.clean][:, None]
        there = ~np.isnan(variants.values)
        agree = np.where(there & ~np.isnan(clean.values)[:, None], same, np.nan)
        return Evidence(
            clean,
            Reading(
                agree,
                variants.errored | (clean.errored[:, None] & there),
                variants.pending | (clean.pending[:, None] & there),
            ),
            self.clusters,
            (0.0, 1.0),
            better=True,
        )
