"""What a report knows about one priority, and what it does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._cases import Prediction, cluster_of
from .._components import Metric, Use
from .._plans import Priority, matches
from ..errors import PlanError
from ..inputs._slices import empty_slice
from ..runs._report import Report
from ..runs._store import STATUSES
from ._evidence import Evidence, Floats, Mask, Positions, Reading

__all__ = ["Sample"]

KNOWN = (STATUSES.index("scored"), STATUSES.index("refused"))
SKIPPED = STATUSES.index("skipped")


@frozen
class Sample:
    """What a report says about one priority, one row per case of its slice.

    `clean` and `variants` are positions in the report's columns, -1 where there is none; variants
    have a column for each of `cells`: (perturbation, severity, replicate).
    """

    priority: Priority
    report: Report
    cases: Positions
    clusters: np.ndarray[Any, Any]
    cells: tuple[tuple[int, int, int], ...]
    clean: Positions
    variants: Positions

    @classmethod
    def of(cls, priority: Priority, report: Report) -> Sample:
        """Find the records of a priority."""
        columns = report.columns
        inside = np.array([matches(case, priority.where) for case in report.cases], dtype=bool)
        if learned := set(report.learned_from):
            unseen = [cluster_of(case) not in learned for case in report.cases]
            if inside.any() and not (inside & unseen).any():
                msg = "the model learned from every case of the slice, so none can judge it"
                raise PlanError(msg)
            inside &= np.array(unseen)
        chosen = np.flatnonzero(inside)
        if not len(chosen):
            raise PlanError(empty_slice(priority.where, report.cases))
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
        cells: list[tuple[int, int, int]] = []
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
                cells += [(labels[use.label], severity, which) for which in range(len(found))]
        (clean,) = positions(-1, 0) or [np.full(len(chosen), -1, dtype=np.int64)]
        owners = (report.cases[at] for at in chosen.tolist())
        clusters = np.array([cluster_of(case) for case in owners], dtype=object)
        stacked = np.stack(variants, axis=1) if variants else clean[:, None]
        columns_of = tuple(cells) or ((-1, 0, 0),)
        return cls(priority, report, chosen, clusters, columns_of, clean, stacked)

    def within(self, where: Mapping[str, Any], *, inside: bool) -> Sample:
        """Keep the cases that lie in a slice, or those outside it."""
        cases = self.report.cases
        chosen = np.array([matches(cases[at], where) == inside for at in self.cases.tolist()])
        if not chosen.any():
            conditions = ", ".join(f"{key} = {value!r}" for key, value in where.items())
            msg = f"no case lies {'in' if inside else 'outside'} the slice {conditions}"
            raise PlanError(msg)
        return self.keep(chosen)

    def why_skipped(self) -> str | None:
        """Give the reason of the first record that was skipped."""
        here = self.variants[self.variants >= 0]
        skipped = here[self.report.columns.status[here] == SKIPPED]
        if not len(skipped):
            return None
        (first,) = self.report.records([int(skipped[0])])
        return first.error and (first.error.partition(": ")[2] or first.error)

    def at_severities(self, wanted: Sequence[int]) -> Sample:
        """Keep the variants at some severities; all of them where none is named."""
        if not wanted:
            return self
        chosen = [at for at, (_, severity, _) in enumerate(self.cells) if severity in wanted]
        return evolve(
            self,
            cells=tuple(self.cells[at] for at in chosen),
            variants=self.variants[:, chosen],
        )

    def clean_alone(self) -> Sample:
        """Take the clean inputs for the variants."""
        return evolve(self, cells=((-1, 0, 0),), variants=self.clean[:, None])

    def keep(self, chosen: Mask) -> Sample:
        """Keep some cases."""
        return evolve(
            self,
            cases=self.cases[chosen],
            clusters=self.clusters[chosen],
            clean=self.clean[chosen],
            variants=self.variants[chosen],
        )

    def read(self, at: Positions, source: Floats) -> Reading:
        """Read values at positions; what was skipped is NaN and not lost."""
        columns = self.report.columns
        asked = at >= 0
        skipped = asked & (columns.status[at] == SKIPPED)
        pending = asked & ~columns.measured[at]
        values = np.where(asked & ~pending & ~skipped, source[at], np.nan)
        return Reading(values, asked & ~skipped & ~pending & np.isnan(values), pending)

    def pending(self) -> int:
        """Count the cases of which something is not measured yet."""
        at = np.concatenate([self.variants, self.clean[:, None]], axis=1)
        return int(((at >= 0) & ~self.report.columns.measured[at]).any(axis=1).sum())

    def scores(self) -> Floats:
        """Give, by position in the report, the score of each record, by what counts as right."""
        columns = self.report.columns
        right = self.priority.right
        if right is None or right.source == "change":
            return self._changed_answers()
        if right.metric is None:
            return self.refusals()
        found = self._scores_of(right.metric)
        if right.refusal_is_right:
            return np.where(columns.refused == 1, right.best, found)
        return found

    def _scores_of(self, metric: Use[Metric]) -> Floats:
        scores = self.report.columns.scores
        if metric.label not in scores:
            msg = (
                f"the report was not scored with {metric.label}; run the specification again to "
                "add it"
            )
            raise PlanError(msg)
        return scores[metric.label]

    def refusals(self) -> Floats:
        """Give, by position in the report, 1 where the model refused and 0 where it did not."""
        columns = self.report.columns
        metric = self.priority.metric
        if metric is not None and metric.component.scores_refusals:
            return self._scores_of(metric)
        asked = np.concatenate([self.variants.ravel(), self.clean])
        answered = asked[(asked >= 0) & (columns.answer[asked] >= 0)]
        if answered.size and not (columns.refused[answered] >= 0).any():
            msg = (
                "the model does not say whether it refused (Prediction.refused); name a metric "
                'that reads it from the answer, as in metric = "metrics.refusal-rate"'
            )
            raise PlanError(msg)
        return np.where(columns.refused < 0, np.nan, columns.refused).astype(np.float64)

    def _changed_answers(self) -> Floats:
        """Give, by position, 1 where the answer is another than to the clean input of the case."""
        answers = self.report.columns.answer
        found = np.full(len(answers), np.nan)
        same = answers[self.variants] == answers[self.clean][:, None]
        clean = (self.clean >= 0) & (answers[self.clean] >= 0)
        known = (self.variants >= 0) & (answers[self.variants] >= 0) & clean[:, None]
        found[self.variants[known]] = ~same[known]
        found[self.clean[clean]] = 0.0
        return found

    def changed(self) -> dict[str, float]:
        """Give, for each perturbation, the fraction of its inputs that differ from the clean ones.

        What was skipped, errored or never measured counts on neither side. A perturbation that was
        skipped wherever it was tried changed nothing.
        """
        columns = self.report.columns
        known = (self.variants >= 0) & columns.measured[self.variants]
        skipped = known & (columns.status[self.variants] == SKIPPED)
        known &= np.isin(columns.status[self.variants], KNOWN)
        differs = known & ~columns.unchanged[self.variants]
        found: dict[str, float] = {}
        for use in dict.fromkeys(use for use, _, _ in self.cells):
            some = [at for at, cell in enumerate(self.cells) if cell[0] == use]
            count = int(known[:, some].sum())
            if use >= 0 and (count or bool(skipped[:, some].any())):
                found[self.report.label(use)] = int(differs[:, some].sum()) / max(count, 1)
        return found

    def answered(self) -> Iterator[tuple[int, int, Any, Prediction]]:
        """Read (row, column, target, prediction) of every answered variant."""
        row = {case: at for at, case in enumerate(self.cases.tolist())}
        between = int(self.cases.min()), int(self.cases.max())
        for use, severity in dict.fromkeys(cell[:2] for cell in self.cells):
            for case, replicate, target, prediction in self.report.answers(use, severity, between):
                if case in row:
                    column = self.cells.index((use, severity, replicate))
                    yield row[case], column, target, prediction

    def evidence(self, clean: Reading, variants: Reading, **more: Any) -> Evidence:
        """Put values of the cases together with what is known of the cases themselves."""
        cases = [self.report.cases[at] for at in self.cases.tolist()]
        columns = self.report.columns
        there = self.variants >= 0
        return Evidence(
            **{
                "priority": self.priority,
                "cases": tuple(cases),
                "cells": tuple(
                    (self.report.label(use), severity) for use, severity, _ in self.cells
                ),
                "clean": clean,
                "variants": variants,
                "distance": np.where(there, columns.distance[self.variants], np.nan),
                "clusters": self.clusters,
                "bounds": (0.0, 1.0),
                "better": True,
                "at": self.cases,
                **more,
            }
        )

    def scored(self) -> Evidence:
        """Read the scores, clean and perturbed, by what counts as right."""
        right = self.priority.right
        if right is None:
            msg = f"priority {self.priority.name!r} needs a metric"
            raise PlanError(msg)
        return self.evidence_of(self.scores(), bounds=right.bounds, better=right.higher_is_better)

    def evidence_of(self, source: Floats, **more: Any) -> Evidence:
        """Read values in [0, 1], by position in the report."""
        return self.evidence(
            self.read(self.clean, source), self.read(self.variants, source), **more
        )
