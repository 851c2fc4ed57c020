"""The verb `run`: measure what a plan asks for, keep every record, go on where it stopped."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

from attrs import asdict, evolve, frozen

from .._cases import Case
from .._plans import Plan, Specification
from .._registry import Registry, default_registry
from .._uses import allowed_of
from ..auditing._audits import audited
from ..engine._executor import Team
from ..engine._schedule import Batch, Course
from ..engine._search import maker
from ..engine._worker import BATCH, Bench
from ..engine._workload import Workload, check
from ..errors import NotApplicable, PlanError
from ..inputs._apply import perturb
from ..inputs._loading import load_cases
from ..inputs._models import Subject, subject_of
from ..inputs._origin import origin
from ..runs._directory import DATABASE, writing
from ..runs._encoding import Row
from ..runs._report import Report
from ..runs._store import STATUSES, Store
from ._manifest import describe, write_description
from ._sequential_run import Early

__all__ = ["Progress", "perturbed", "run"]

DECIDED = "decided"
SCORED_AT_ONCE = 1024


@frozen
class Progress:
    """Where a run stands; observers get one before the first batch and one after every batch.

    `planned` counts the records asked for, `kept` those measured by an earlier run, `measured`
    those of this run, `errored` those of this run that failed, and `stale` the records of earlier
    plans that nobody asks for any more.
    """

    planned: int
    kept: int
    measured: int = 0
    errored: int = 0
    stale: int = 0

    @property
    def done(self) -> int:
        """How many records there are by now."""
        return self.kept + self.measured


def run(
    plan: Plan | Specification,
    /,
    model: Any = None,
    cases: Any = None,
    *,
    to: str | Path | None = None,
    executor: str | Executor | None = None,
    workers: int | None = None,
    observers: Iterable[Callable[[Progress], Any]] = (),
    stop: Callable[[Progress], bool] | str | None = None,
    budget: int | None = None,
    batch_size: int | None = None,
    timeout: float | None = None,
    retry_errors: bool = False,
    allow: Iterable[str] = (),
    registry: Registry | None = None,
) -> Report:
    """Measure a plan or a specification, and give the report.

    With `to`, the run is durable: the directory is the state, a killed run loses at most the
    batches under way, and the same line goes on where it stopped. A changed plan measures only what
    changed.

    `model` is a callable, an import string (`"module:name"`) or a reference; `cases` are cases,
    import strings or references. Both default to those of the specification.
    `executor` is "serial" (the default), "threads", "processes" or a `concurrent.futures.Executor`;
    models reach processes as import strings, never as pickles.
    `batch_size` is how many inputs the model gets at a time, by default its attribute `batch_size`
    or 32. `timeout` is how many seconds one call of the model may take. `stop` is asked after every
    batch; when it says True the rest is skipped. `retry_errors` measures errored records again.

    With `stop="decided"` each priority of a specification stops as soon as it is decided, the most
    at risk first, and after at most `budget` records in all. Clusters are then measured in random
    order, and the verdicts keep their error rate although they are looked at again and again.

    The plan's audits look at the experiment first: an error that they find raises `AuditError`,
    unless `allow` (or the plan's own) has its name; the rest is told as `AuditWarning`, and all of
    it is kept as `Report.findings`.

    Results do not depend on the order of the cases, the number of workers, or interruptions.
    Raises `PlanError`, `ModelError` or `StoreError` before the first model call whenever it can.
    """
    asked: Any = plan
    plan, model, cases = _unpacked(asked, model, cases)
    sequential = _sequential(asked, stop, budget)
    registry = registry or default_registry()
    subject = subject_of(model)
    work = Workload(
        plan,
        load_cases(cases),
        (subject.identity or "") if to is None else subject.durable_identity(),
        tuple(maker(use, plan, partial(origin, registry=registry)) for use in plan.perturbations),
    )
    directory = None if to is None else Path(to)
    going_on = directory is not None and (directory / DATABASE).is_file()
    check(plan, work.cases, subject.model, built=() if going_on else None)
    found = audited(
        plan.audits, plan, subject.model, work.cases, (*plan.allow, *allowed_of(allow)), registry
    )
    size = batch_size or getattr(subject.model, "batch_size", None) or BATCH
    team = Team(plan, subject, executor, workers, timeout, size)
    with writing(directory):
        store = (
            Store.in_memory(registry) if directory is None else Store.create(directory, registry)
        )
        course = Course.plot(work)
        if not len(course):
            msg = "nothing is asked for: no case lies in any of the slices"
            raise PlanError(msg)
        store.begin(
            {
                **describe(work, subject, registry, cases),
                "sequential": sequential,
                "findings": [asdict(one) for one in found],
            },
            work.cases,
            course.rows(),
        )
        if retry_errors:
            store.forget("errored")
        if directory is not None:
            write_description(directory, asked, work)
        planned, kept, stale = store.counts()
        store.room_for(planned - kept)
        if going_on:
            check(plan, work.cases, subject.model, built=course.uses(store.pending()))
        if kept:
            _score_kept(store, plan, subject, work.cases)
        progress = Progress(planned, kept, stale=stale)
        _tell(observers, progress)
        report = Report(store, registry=registry, plan=plan, model=subject.model, cases=work.cases)
        phases: Iterable[Iterable[Batch]] = (
            Early(asked, course, report.renewed, store.pending, size, budget).phases()
            if sequential
            else course.phases(store.pending(), size)
        )
        with contextlib.closing(team.measure(phases)) as done:
            for batch, rows in done:
                errored = store.write(course.entries(batch, rows))
                progress = evolve(
                    progress,
                    measured=progress.measured + len(rows),
                    errored=progress.errored + errored,
                )
                _tell(observers, progress)
                if callable(stop) and stop(progress):
                    break
        report = report.renewed()
        if directory is not None:
            report.write_summary()
            store.settle()
    return report


def _unpacked(asked: Any, model: Any, cases: Any) -> tuple[Plan, Any, Any]:
    """Give the plan of what was asked, with the specification's model and cases by default."""
    if isinstance(asked, Specification):
        return (
            asked.plan(),
            asked.model if model is None else model,
            asked.cases if cases is None else cases,
        )
    if not isinstance(asked, Plan):
        msg = f"run takes a Plan or a Specification, got {asked!r}"
        raise PlanError(msg)
    if not asked.metrics and not asked.perturbations:
        msg = "the plan has neither perturbations nor metrics, so there is nothing to learn"
        raise PlanError(msg)
    return asked, model, cases


def _sequential(asked: Plan | Specification, stop: Any, budget: int | None) -> bool:
    """Tell whether a run stops when it is decided, and refuse what makes no sense."""
    if stop is not None and not callable(stop) and stop != DECIDED:
        msg = f"stop must be {DECIDED!r} or a function of the progress, got {stop!r}"
        raise PlanError(msg)
    if stop == DECIDED and not isinstance(asked, Specification):
        msg = "only a specification can be decided; a plan demands nothing"
        raise PlanError(msg)
    if budget is not None and (stop != DECIDED or budget < 1):
        msg = f"budget is a positive number of records and goes with stop={DECIDED!r}"
        raise PlanError(msg)
    return bool(stop == DECIDED)


def perturbed(plan: Plan | Specification, /, cases: Any) -> Iterator[Case]:
    """Give every perturbed case that a plan asks for, without measuring anything.

    The ids read `17@torchio.ghosting:3` (and `#1` for the second replicate). This is what `run`
    feeds to the model, so training on it is training on the very faults that are tested. A case to
    which a perturbation does not apply is left out. What a search finds depends on the model, so
    plans with searches are refused: `Report.outcomes` gives what was found.
    """
    if isinstance(plan, Specification):
        plan = plan.plan()
    if searching := [use.label for use in plan.perturbations if use.component.searches]:
        msg = (
            f"{', '.join(searching)}: what a search finds depends on the model; run the plan, and "
            "read the inputs from the report's outcomes()"
        )
        raise PlanError(msg)
    work = Workload(plan, load_cases(cases), "", ("",) * len(plan.perturbations))
    built: dict[tuple[int, int], Any] = {}
    for unit in work.units():
        if unit.use < 0:
            continue
        use, case = plan.perturbations[unit.use], work.cases[unit.case]
        if (unit.use, unit.severity) not in built:
            built[unit.use, unit.severity] = use.component.at(unit.severity, use.params)
        try:
            seen = perturb(use, built[unit.use, unit.severity], case, work.seed(unit) or 0).case
        except NotApplicable:
            continue
        again = f"#{unit.replicate}" if unit.replicate else ""
        yield evolve(seen, id=f"{case.id}@{use.label}:{unit.severity}{again}")


def _tell(observers: Iterable[Callable[[Progress], Any]], progress: Progress) -> None:
    for observer in observers:
        observer(progress)


def _score_kept(store: Store, plan: Plan, subject: Subject, cases: Sequence[Case]) -> None:
    """Score records of an earlier run with metrics that are new or have changed; no model is asked.

    A record that errored after it was answered did so in a metric, and is scored afresh.
    """
    bench = Bench(plan, subject.model)
    labels = {use.label for use in plan.metrics if use.component.per_case}
    some: list[tuple[bytes, Row, Any, Any]] = []

    def score() -> None:
        bench.score([one[1] for one in some], [one[2] for one in some], [one[3] for one in some])
        store.rescore({one[0]: one[1] for one in some})
        some.clear()

    for key, text, scores, status, changed, case in store.answered():
        known = {} if STATUSES[status] == "errored" else json.loads(scores)
        if labels <= known.keys():
            continue
        prediction = store.prediction(text)
        row = Row("refused" if prediction.refused else "scored", scores=known)
        target = cases[case].target if changed is None else store.artifacts.read(changed)
        some.append((key, row, target, prediction))
        if len(some) == SCORED_AT_ONCE:
            score()
    score()
