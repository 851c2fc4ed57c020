"""The verb `judge`: hold a report against what its specification demands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from .._components import Metric, Use
from .._findings import Verdict
from .._plans import Priority, Specification, matches
from ..errors import PlanError, SeatrialError
from ._intervals import Interval, jackknife, mean_of_bounded, paired_drop, proportion
from ._report import Report
from ._sample_size import cases_needed
from ._store import STATUSES
from ._tables import Table, figure

__all__ = ["Judgement", "judge"]

JUDGED = ("invariant", "must-refuse")
"""The relations that this version judges."""

Floats = np.ndarray[Any, np.dtype[np.float64]]


@frozen
class Judgement:
    """The verdicts of one specification, in the order of its priorities."""

    title: str
    verdicts: tuple[Verdict, ...] = field(converter=tuple)

    @property
    def outcome(self) -> str:
        """The verdict on all: "fail" if any fails, else "error", else "inconclusive", else "pass"."""
        found = {verdict.outcome for verdict in self.verdicts}
        return next((o for o in ("fail", "error", "inconclusive") if o in found), "pass")

    @property
    def exit_status(self) -> int:
        """What the command line exits with: 0 pass, 1 fail, 3 inconclusive, 4 error."""
        return {"pass": 0, "fail": 1, "inconclusive": 3, "error": 4}[self.outcome]

    def as_dict(self) -> dict[str, Any]:
        """Give the judgement as plain data."""
        from attrs import asdict

        verdicts = [
            {key: dict(value) if isinstance(value, Mapping) else value for key, value in one.items()}
            for one in (asdict(verdict, recurse=False) for verdict in self.verdicts)
        ]
        return {"format": 1, "title": self.title, "outcome": self.outcome, "verdicts": verdicts}

    def table(self) -> Table:
        """Give the judgement as a table."""
        rows = []
        for verdict in self.verdicts:
            low, high = verdict.interval or (None, None)
            demand = verdict.details.get("demand", "")
            rows.append(
                [
                    verdict.outcome,
                    verdict.priority,
                    f"{demand} {verdict.threshold:g}" if verdict.threshold is not None else "",
                    figure(verdict.estimate),
                    f"{figure(low)} … {figure(high)}" if verdict.interval else "—",
                    f"{verdict.cases_used:,}",
                    "—" if verdict.cases_needed is None else f"{verdict.cases_needed:,}",
                ]
            )
        columns = ("verdict", "priority", "demand", "estimate", "interval", "cases", "more needed")
        notes = [f"{v.priority}: {v.note}" for v in self.verdicts if v.note]
        return Table(columns, tuple(rows), title=f"{self.title}: {self.outcome}", notes=notes)

    def __str__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()


def judge(specification: Specification, report: Report, /) -> Judgement:
    """Hold a report against a specification: pass, fail, inconclusive or error for each priority.

    A priority passes only when the conservative end of its interval clears the threshold, and fails only
    when the optimistic end misses it; each end is a one-sided bound at the priority's confidence. Cases
    that errored count as the worst and as the best possible: only if both lead to the same verdict does
    it stand, else the verdict is "error".

    Nothing is measured; a priority whose perturbations the report lacks gets the verdict "error".
    """
    return Judgement(
        specification.title,
        tuple(_verdict(priority, report, specification.seed) for priority in specification.priorities),
    )


def _verdict(priority: Priority, report: Report, seed: int) -> Verdict:
    try:
        if priority.relation not in JUDGED:
            msg = f"the relation {priority.relation!r} cannot be judged by this version"
            raise PlanError(msg)
        sample = Sample.of(priority, report)
        found = [_demand(priority, demand, sample, seed) for demand in priority.demands]
    except SeatrialError as error:
        return Verdict(priority.name, "error", None, None, None, 0, None, str(error))
    order = ("error", "fail", "inconclusive", "pass")
    worst = min(found, key=lambda verdict: order.index(verdict.outcome))
    return worst


@frozen
class Sample:
    """What a report says about one priority, one row per case of its slice.

    `values` and `agree` have a column for each perturbation, severity and replicate; NaN marks what is
    not known, and `errored` says where that is because something failed.
    """

    priority: Priority
    report: Report
    cases: np.ndarray[Any, np.dtype[np.int64]]
    clusters: tuple[str, ...]
    clean: np.ndarray[Any, np.dtype[np.int64]]
    variants: np.ndarray[Any, np.dtype[np.int64]]

    @classmethod
    def of(cls, priority: Priority, report: Report) -> Sample:
        """Find the records of a priority: positions in the report's columns, -1 where there is none."""
        columns = report.columns
        inside = np.array([matches(case, priority.where) for case in report.cases], dtype=bool)
        chosen = np.flatnonzero(inside)
        if not len(chosen):
            where = ", ".join(f"{key} = {value!r}" for key, value in priority.where.items())
            msg = f"no case lies in the slice {where}"
            raise PlanError(msg)
        row = np.full(len(inside), -1, dtype=np.int64)
        row[chosen] = np.arange(len(chosen))

        def positions(use: int, severity: int) -> list[np.ndarray[Any, Any]]:
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
        variants: list[np.ndarray[Any, Any]] = []
        for use in priority.perturbations:
            for severity in priority.severities_of(use):
                found = positions(labels[use.label], severity) if use.label in labels else []
                if not found:
                    msg = f"the report has nothing on {use.label} at severity {severity}; run it first"
                    raise PlanError(msg)
                variants += found
        (clean,) = positions(-1, 0) or [np.full(len(chosen), -1, dtype=np.int64)]
        clusters = tuple(
            report.cases[at].cluster or report.cases[at].id for at in chosen.tolist()
        )
        stacked = np.stack(variants, axis=1) if variants else clean[:, None]
        return cls(priority, report, chosen, clusters, clean, stacked)

    def read(self, at: np.ndarray[Any, Any], source: Floats) -> tuple[Floats, np.ndarray[Any, Any]]:
        """Read values at positions; give them with a mask of those lost to errors."""
        status = self.report.columns.status
        known = at >= 0
        values = np.where(known, source[at], np.nan)
        lost = known & (status[at] == STATUSES.index("errored"))
        skipped = ~known | (status[at] == STATUSES.index("skipped"))
        values[lost | skipped] = np.nan
        return values, lost | (~skipped & np.isnan(values))

    def scores(self) -> Floats:
        """Give, by position in the report, what the priority's metric says of each record."""
        columns = self.report.columns
        metric = self.priority.metric
        if metric is None:
            known = columns.refused[np.concatenate([self.variants.ravel(), self.clean])]
            if not (known >= 0).any():
                msg = (
                    "the model does not say whether it refused (Prediction.refused); name a metric "
                    'that reads it from the answer, as in metric = "metrics.refusal-rate"'
                )
                raise PlanError(msg)
            return np.where(columns.refused < 0, np.nan, columns.refused).astype(np.float64)
        if metric.label not in columns.scores:
            msg = f"the report was not scored with {metric.label}; run the specification again to add it"
            raise PlanError(msg)
        return columns.scores[metric.label]


@frozen
class Question:
    """One demand, ready to be asked of a sample whose unknown values are filled in."""

    interval: Callable[[Floats, Floats], Interval]
    threshold: float
    upper: bool

    def answer(self, clean: Floats, variants: Floats) -> tuple[str, Interval]:
        """Decide: the conservative end clears, the optimistic end misses, or neither."""
        interval = self.interval(clean, variants)
        low, high = interval.ends
        if self.upper:
            outcome = "pass" if high <= self.threshold else "fail" if low > self.threshold else None
        else:
            outcome = "pass" if low >= self.threshold else "fail" if high < self.threshold else None
        return outcome or "inconclusive", interval


def _demand(priority: Priority, demand: str, sample: Sample, seed: int) -> Verdict:
    metric = priority.metric
    if metric is not None and not metric.component.per_case and demand != "min_agreement":
        return _whole(priority, demand, sample, metric)
    better = metric is None or metric.component.higher_is_better
    bounds = metric.component.bounds if metric else (0.0, 1.0)
    if demand == "min_agreement":
        clean, variants, lost_clean, lost = _agreement(sample)
        better, bounds = True, (0.0, 1.0)
    else:
        source = sample.scores()
        clean, lost_clean = sample.read(sample.clean, source)
        variants, lost = sample.read(sample.variants, source)
    question = _question(priority, demand, sample, seed, bounds, better)
    used = ~np.isnan(variants).all(axis=1) | lost.any(axis=1)
    if demand in ("max_drop", "min_agreement"):
        used &= ~np.isnan(clean) | lost_clean
    if not used.any():
        msg = "no case of the slice has been measured"
        raise PlanError(msg)
    question = _restricted(question, used)
    losses = int(lost[used].any(axis=1).sum() + (lost_clean & used & ~lost.any(axis=1)).sum())
    left_out = int((~used).sum())
    notes = [f"{left_out} cases skipped"] if left_out else []
    outcomes = []
    low, high = bounds or (np.nan, np.nan)
    # Bad for the model is a low score after a high clean one, where higher is better.
    worst, best = (low, high) if better else (high, low)
    for guess, clean_guess in ((worst, best), (best, worst)) if losses else ((np.nan, np.nan),):
        outcomes.append(
            question.answer(
                np.where(lost_clean, clean_guess, clean)[used], np.where(lost, guess, variants)[used]
            )
            if bounds or not losses
            else ("error", None)
        )
    outcome, interval = outcomes[0]
    if losses:
        agreed = len({one for one, _ in outcomes}) == 1
        outcome = outcome if agreed else "error"
        told = "which could not change the verdict" if agreed else "which could change the verdict"
        notes.insert(0, f"{losses} cases errored, {told}")
        if interval is not None and agreed and outcomes[1][1] is not None:
            other = outcomes[1][1]
            ends = (min(interval.low, other.low), max(interval.high, other.high))
            return _final(priority, demand, outcome, interval, ends, used, notes)
    ends = interval.ends if interval else None
    return _final(priority, demand, outcome, interval, ends, used, notes)


def _final(
    priority: Priority,
    demand: str,
    outcome: str,
    interval: Interval | None,
    ends: tuple[float, float] | None,
    used: np.ndarray[Any, Any],
    notes: list[str],
) -> Verdict:
    threshold = float(priority.require[demand])
    needed = None
    if outcome == "inconclusive" and interval is not None:
        needed = cases_needed(interval, threshold)
        notes.append(
            "the estimate lies on the threshold, so no number of cases would decide"
            if needed is None
            else f"about {needed:,} more cases like these would decide"
        )
    return Verdict(
        priority.name,
        outcome,
        None if interval is None else interval.estimate,
        ends,
        threshold,
        int(used.sum()),
        needed,
        "; ".join(notes),
        {
            "demand": demand,
            "confidence": priority.confidence,
            "method": interval.method if interval else "none",
            "clusters": interval.clusters if interval else 0,
        },
    )


def _agreement(sample: Sample) -> tuple[Floats, Floats, Any, Any]:
    """Compare every answer with the clean answer of its case: 1 where they are the same."""
    columns = sample.report.columns
    answers = columns.answer
    known = (columns.answer >= 0).astype(np.float64)
    known[columns.answer < 0] = np.nan
    clean, lost_clean = sample.read(sample.clean, known)
    variants, lost = sample.read(sample.variants, known)
    same = answers[sample.variants] == answers[sample.clean][:, None]
    agree = np.where(np.isnan(variants) | np.isnan(clean)[:, None], np.nan, same.astype(np.float64))
    lost = lost | (lost_clean[:, None] & ~np.isnan(variants))
    return clean, agree, lost_clean, lost


def _mean_over_variants(variants: Floats) -> Floats:
    known = ~np.isnan(variants)
    total: Floats = np.where(known, variants, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return total


def _question(
    priority: Priority,
    demand: str,
    sample: Sample,
    seed: int,
    bounds: tuple[float, float] | None,
    better: bool,
) -> Question:
    confidence = priority.confidence
    names = np.array(sample.clusters, dtype=object)

    def level(_: Floats, variants: Floats, clusters: Any) -> Interval:
        known = variants[~np.isnan(variants)]
        mean = _mean_over_variants(variants)
        if np.isin(known, (0.0, 1.0)).all():
            return proportion(mean, clusters, confidence)
        return mean_of_bounded(mean, clusters, confidence, bounds, seed=seed)

    def drop(clean: Floats, variants: Floats, clusters: Any) -> Interval:
        pair = (clean, _mean_over_variants(variants))
        first, second = pair if better else pair[::-1]
        return paired_drop(first, second, clusters, confidence, seed=seed, bounds=bounds)

    measure = drop if demand == "max_drop" else level
    return Question(
        lambda clean, variants, clusters=names: measure(clean, variants, clusters),
        float(priority.require[demand]),
        upper=demand in ("max_drop", "at_most"),
    )


def _restricted(question: Question, used: np.ndarray[Any, Any]) -> Question:
    whole: Any = question.interval
    names = whole.__defaults__[0][used]
    return Question(
        lambda clean, variants: whole(clean, variants, names), question.threshold, question.upper
    )


def _whole(priority: Priority, demand: str, sample: Sample, metric: Use[Metric]) -> Verdict:
    """Judge a metric that is not defined case by case, such as macro F1 or AUROC."""
    report = sample.report
    score = metric.build()
    reads = metric.component.reads == "prediction"
    wanted = set(sample.cases.tolist())

    def read(use: int, severity: int) -> dict[int, tuple[Any, Any]]:
        return {
            case: (target, answer if reads else answer.value)
            for case, target, answer in report.answers(use, severity)
            if case in wanted
        }

    labels = {one["label"]: at for at, one in enumerate(report.perturbations)}
    cells = [
        read(labels[use.label], severity)
        for use in priority.perturbations
        for severity in priority.severities_of(use)
    ]
    clean = read(-1, 0)
    everyone = [clean, *cells] if demand == "max_drop" or not cells else cells
    common = sorted(set.intersection(*(set(cell) for cell in everyone)))
    if missing := len(wanted) - len(common):
        msg = (
            f"{missing} of {len(wanted)} cases have no answer somewhere, and {metric.label} needs "
            "every one; look at the errored records"
        )
        raise PlanError(msg)

    def of(cell: Mapping[int, tuple[Any, Any]], chosen: Sequence[int]) -> float:
        pairs = [cell[common[at]] for at in chosen]
        return float(score([target for target, _ in pairs], [answer for _, answer in pairs]))

    sign = 1.0 if metric.component.higher_is_better else -1.0

    def statistic(chosen: Any) -> float:
        try:
            mean = float(np.mean([of(cell, chosen) for cell in cells or [clean]]))
            return sign * (of(clean, chosen) - mean) if demand == "max_drop" else mean
        except SeatrialError:
            return float("nan")

    bounds = metric.component.bounds
    if bounds and demand == "max_drop":
        bounds = (bounds[0] - bounds[1], bounds[1] - bounds[0])
    of(clean if demand == "max_drop" or not cells else cells[0], range(len(common)))
    targets = [str(target) for target, _ in (clean or cells[0]).values()]
    names = np.array(sample.clusters, dtype=object)
    rarest = min(
        (len({c for c, t in zip(names, targets, strict=True) if t == kind}) for kind in set(targets)),
        default=1,
    )
    interval = jackknife(
        statistic, len(common), names, priority.confidence, bounds, rarest=rarest
    )
    threshold = float(priority.require[demand])
    question = Question(lambda *_: interval, threshold, demand in ("max_drop", "at_most"))
    empty = np.zeros(0)
    outcome, _ = question.answer(empty, empty)
    return _final(
        priority, demand, outcome, interval, interval.ends, np.ones(len(common), dtype=bool), []
    )

