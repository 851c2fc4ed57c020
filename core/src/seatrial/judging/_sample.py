"""What a report knows about one priority, and what it does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._cases import Case, Prediction, cluster_of
from .._plans import Priority, matches
from ..errors import PlanError
from ..runs._report import Report
from ..runs._store import STATUSES

__all__ = ["Evidence", "Floats", "Reading", "Sample"]

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

    def of(self, chosen: Mask | Positions) -> Reading:
        """Keep some cases."""
        return Reading(self.values[chosen], self.errored[chosen], self.pending[chosen])

    def filled(self, value: Floats) -> Reading:
        """Put a value wherever one was lost: the same for all, or one for each case."""
        nowhere = np.zeros_like(self.errored)
        return Reading(np.where(self.lost, value, self.values), nowhere, nowhere)


@frozen(eq=False)
class Evidence:
    """The clean value of each case and those of its variants, with what a score can be at all.

    Variants have a row for each case and a column for each of `cells` (label, severity) and
    replicate; so have the measured distances and, where asked for, the queries a search has spent.
    """

    priority: Priority
    cases: tuple[Case, ...]
    cells: tuple[tuple[str, int], ...]
    clean: Reading
    variants: Reading
    distance: Floats
    clusters: np.ndarray[Any, Any]
    bounds: tuple[float, float] | None
    better: bool
    queries: Floats | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the cases."""
        return tuple(case.id for case in self.cases)

    def usable(self, *, paired: bool) -> Mask:
        """Tell which cases count: not those that were skipped, in any variant or (paired) clean."""
        known = (~np.isnan(self.variants.values) | self.variants.lost).any(axis=1)
        if paired:
            known &= ~np.isnan(self.clean.values) | self.clean.lost
        return np.asarray(known)

    def of(self, chosen: Mask | Positions) -> Evidence:
        """Keep some cases, or bring them into another order."""
        rows = np.arange(len(self.cases))[chosen].tolist()
        return evolve(
            self,
            cases=tuple(self.cases[row] for row in rows),
            clean=self.clean.of(chosen),
            variants=self.variants.of(chosen),
            distance=self.distance[chosen],
            queries=None if self.queries is None else self.queries[chosen],
            clusters=self.clusters[chosen],
        )

    def lost(self, *, paired: bool) -> tuple[Mask, Mask]:
        """Tell which cases have something that errored, and which have something pending."""
        errored = self.variants.errored.any(axis=1)
        pending = self.variants.pending.any(axis=1)
        if paired:
            errored = errored | self.clean.errored
            pending = pending | self.clean.pending
        return np.asarray(errored), np.asarray(pending)

    def supposing(self, *, good: Mask | bool, clean: bool | None = None) -> Evidence:
        """Suppose the best or the worst score of the metric wherever one was lost.

        `good` may tell cases apart. Clean scores are supposed the other way unless `clean` says
        how: a poor score after a good clean one is the largest drop.
        """
        low, high = self.bounds or (np.nan, np.nan)
        best, worst = (high, low) if self.better else (low, high)
        first = ~np.asarray(good) if clean is None else np.asarray(clean)
        ours = np.where(np.asarray(good), best, worst)
        return evolve(
            self,
            clean=self.clean.filled(np.where(first, best, worst)),
            variants=self.variants.filled(ours[..., None]),
        )

    def means(self) -> Floats:
        """Average the known variants of each case; NaN where there is none."""
        return self.means_of(slice(None))

    def means_of(self, columns: Any) -> Floats:
        """Average the known variants of some columns."""
        scores = self.variants.values[:, columns]
        known = ~np.isnan(scores)
        total, count = np.where(known, scores, 0.0).sum(axis=1), known.sum(axis=1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def right(self, scores: Any) -> Mask:
        """Tell which scores lie on the better half of the metric's range."""
        low, high = self.bounds or (0.0, 1.0)
        half = (low + high) / 2
        return np.asarray(scores > half if self.better else scores < half, dtype=bool)

    def binary(self) -> bool:
        """Tell whether every known variant scored 0 or 1, the smallest and the largest score."""
        values = self.variants.values
        extreme = np.isin(values[~np.isnan(values)], (0.0, 1.0)).all()
        return bool(extreme) and self.bounds is not None and tuple(self.bounds) == (0.0, 1.0)


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
            told = ", ".join(f"{key} = {value!r}" for key, value in where.items())
            msg = f"no case lies {'in' if inside else 'outside'} the slice {told}"
            raise PlanError(msg)
        return self.keep(chosen)

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
        skipped = asked & (columns.status[at] == STATUSES.index("skipped"))
        pending = asked & ~columns.measured[at]
        values = np.where(asked & ~pending & ~skipped, source[at], np.nan)
        return Reading(values, asked & ~skipped & ~pending & np.isnan(values), pending)

    def scores(self) -> Floats:
        """Give, by position in the report, what the priority says of each record.

        That is its metric's score; under a relation that asks for a refusal and without a metric,
        whether the model refused. Where it may refuse, a refusal counts as right.
        """
        columns = self.report.columns
        metric = self.priority.metric
        if metric is None and self.priority.relation == "directional":
            return self._changed()
        if metric is None:
            return self.refusals()
        if metric.label not in columns.scores:
            msg = (
                f"the report was not scored with {metric.label}; run the specification again "
                "to add it"
            )
            raise PlanError(msg)
        found = columns.scores[metric.label]
        if self.priority.relation != "may-refuse":
            return found
        if metric.component.bounds is None:
            msg = f"{metric.label} has no best score to count a refusal as, so none may be refused"
            raise PlanError(msg)
        best = metric.component.bounds[1 if metric.component.higher_is_better else 0]
        return np.where(columns.refused == 1, best, found)

    def refusals(self) -> Floats:
        """Give, by position in the report, 1 where the model refused and 0 where it did not."""
        columns = self.report.columns
        told = columns.refused[np.concatenate([self.variants.ravel(), self.clean])]
        if not (told >= 0).any():
            msg = (
                "the model does not say whether it refused (Prediction.refused); name a metric "
                'that reads it from the answer, as in metric = "metrics.refusal-rate"'
            )
            raise PlanError(msg)
        return np.where(columns.refused < 0, np.nan, columns.refused).astype(np.float64)

    def _changed(self) -> Floats:
        """Give, by position, 1 where the answer is another than to the clean input of the case."""
        answers = self.report.columns.answer
        found = np.full(len(answers), np.nan)
        same = answers[self.variants] == answers[self.clean][:, None]
        clean = (self.clean >= 0) & (answers[self.clean] >= 0)
        known = (self.variants >= 0) & (answers[self.variants] >= 0) & clean[:, None]
        found[self.variants[known]] = ~same[known]
        found[self.clean[clean]] = 0.0
        return found

    def answered(self) -> Iterator[tuple[int, int, Any, Prediction]]:
        """Read (row, column, target, prediction) of every answered variant."""
        row = {case: at for at, case in enumerate(self.cases.tolist())}
        for use, severity in dict.fromkeys(cell[:2] for cell in self.cells):
            for case, replicate, target, prediction in self.report.answers(use, severity):
                if case in row:
                    column = self.cells.index((use, severity, replicate))
                    yield row[case], column, target, prediction

    def stated(self) -> tuple[Floats, Floats]:
        """Give what probability each answer was given, and whether it was right, per variant."""
        said = np.full(self.variants.shape, np.nan)
        right = np.zeros(self.variants.shape)
        for row, column, target, prediction in self.answered():
            if prediction.probabilities is not None:
                said[row, column] = prediction.probabilities.get(str(prediction.value), np.nan)
                right[row, column] = float(prediction.value == target)
        return said.ravel(), right.ravel()

    def told_apart(self, positive: Any) -> Floats:
        """Give, by position, 1 where a case is called positive just when it is."""
        found = np.full(len(self.report.columns.status), np.nan)
        for row, column, target, prediction in self.answered():
            truth = self.report.cases[int(self.cases[row])].target
            if (target == positive) != (truth == positive):
                msg = f"a perturbation changes whether a case is {positive!r}, so its class is open"
                raise PlanError(msg)
            right = (prediction.value == positive) == (truth == positive)
            found[self.variants[row, column]] = float(right)
        return found

    def queries(self) -> Floats:
        """Give how many times each variant's search has asked the model; NaN without a search."""
        spent = self.report.columns.queries[self.variants]
        return np.where((self.variants < 0) | (spent < 0), np.nan, spent)

    def brier(self) -> Floats:
        """Give, by position, half the squared distance of the probabilities from the truth."""
        found = np.full(len(self.report.columns.status), np.nan)
        for row, column, target, prediction in self.answered():
            if prediction.probabilities is not None:
                odds = prediction.probabilities
                away = sum((p - (name == str(target))) ** 2 for name, p in odds.items())
                found[self.variants[row, column]] = (away + (str(target) not in odds)) / 2
        return found

    def evidence(self, source: Floats | None = None) -> Evidence:
        """Read the scores of the priority, clean and perturbed, or other values in [0, 1]."""
        metric = self.priority.metric if source is None else None
        values = self.scores() if source is None else source
        return self._evidence(
            self.read(self.clean, values),
            self.read(self.variants, values),
            metric.component.bounds if metric else (0.0, 1.0),
            better=metric.component.higher_is_better if metric else True,
        )

    def _evidence(
        self, clean: Reading, variants: Reading, bounds: Any, *, better: bool
    ) -> Evidence:
        cases = [self.report.cases[at] for at in self.cases.tolist()]
        columns = self.report.columns
        there = self.variants >= 0
        return Evidence(
            self.priority,
            tuple(cases),
            tuple((self.report.label(use), severity) for use, severity, _ in self.cells),
            clean,
            variants,
            np.where(there, columns.distance[self.variants], np.nan),
            self.clusters,
            bounds,
            better=better,
        )

    def agreement(self) -> Evidence:
        """Compare every answer with the clean answer of its case: 1 where they are the same."""
        answers = self.report.columns.answer
        known = np.where(answers < 0, np.nan, 0.0)
        clean, variants = self.read(self.clean, known), self.read(self.variants, known)
        same = answers[self.variants] == answers[self.clean][:, None]
        there = ~np.isnan(variants.values)
        agree = np.where(there & ~np.isnan(clean.values)[:, None], same, np.nan)
        return self._evidence(
            clean,
            Reading(
                agree,
                variants.errored | (clean.errored[:, None] & there),
                variants.pending | (clean.pending[:, None] & there),
            ),
            (0.0, 1.0),
            better=True,
        )
