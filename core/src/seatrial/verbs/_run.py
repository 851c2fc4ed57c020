"""The verb `run`: measure what a plan asks for, keep every record, go on where it stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from attrs import asdict

from .._plans import Plan, Specification
from .._registry import Registry, default_registry
from .._uses import allowed_of
from ..auditing._audits import audited
from ..engine._asking import Asking
from ..engine._execution import Execution, executor_of
from ..engine._jobs import job_of
from ..engine._schedule import Batch, Schedule
from ..engine._search import maker
from ..engine._worker import BATCH, Worker, batch_units
from ..engine._workload import Workload, check
from ..errors import PlanError
from ..events import Progress
from ..inputs._loading import load_cases
from ..inputs._models import subject_of
from ..inputs._origin import origin
from ..runs._artifacts import ARTIFACTS, Artifacts
from ..runs._directory import DATABASE, writing
from ..runs._keeping import Keep, Keeper, checked_keep
from ..runs._report import Report
from ..runs._store import Store
from ._asked import is_sequential, unpacked
from ._manifest import describe, write_description
from ._observers import Observers
from ._rescore import rescore
from ._resume import DONE, Earlier, ask_again, confirm, confirmed, fingerprint
from ._sequential_run import Early

__all__ = ["run"]


def run(
    plan: Plan | Specification,
    /,
    model: Any = None,
    cases: Any = None,
    *,
    to: str | Path | None = None,
    executor: Any = None,
    workers: int | None = None,
    observers: Iterable[Callable[[Progress], Any]] = (),
    stop: Callable[[Progress], bool] | str | None = None,
    budget: int | None = None,
    batch_size: int | None = None,
    timeout: float | None = None,
    retries: int = 2,
    retry_wait: float = 0.5,
    retry_errors: bool = False,
    keep: Keep = "failures",
    allow: Iterable[str] = (),
    registry: Registry | None = None,
) -> Report:
    """Measure a plan or a specification, and give the report.

    With `to`, the run is durable: the directory is the state, a killed run loses at most the
    batches under way, and the same line goes on where it stopped. A changed plan measures only what
    changed.

    `model` is a callable, an import string (`"module:name"`) or a reference; `cases` are cases,
    import strings or references. Both default to those of the specification.
    `executor` is "serial" (the default), "threads", "processes", another executor's name or use, or
    a `concurrent.futures.Executor`; models reach other processes as import strings, never as
    pickles. `workers` is how many there are, by default one for each core.
    `batch_size` is how many inputs the model gets at a time, by default its attribute `batch_size`
    or 32; variants of one case go to it together, and identical inputs once. `timeout` is how many
    seconds one call of the model may take. An input that fails with `Failed(retryable=True)`, a
    time-out or a lost connection is asked again up to `retries` times, after about `retry_wait`
    seconds, then twice as long and so on. `observers` are called with the events of
    `seatrial.events`. `stop` is asked after every batch; when it says True the rest is skipped.
    `retry_errors` measures errored records again. `keep` says of which inputs the run keeps what
    the model saw: "failures", "all" or "none".

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
    plan, model, cases = unpacked(asked, model, cases)
    sequential = is_sequential(asked, stop, budget)
    registry = registry or default_registry()
    subject = subject_of(model)
    work = Workload(
        plan,
        load_cases(cases),
        (subject.identity or "") if to is None else subject.durable_identity(),
        tuple(maker(use, plan, partial(origin, registry=registry)) for use in plan.perturbations),
    )
    directory = None if to is None else Path(to)
    size = batch_size or getattr(subject.model, "batch_size", None) or BATCH
    asking = Asking(size, timeout, retries, retry_wait, plan.seed)
    meta = {
        **describe(work, subject, registry, cases),
        "identity_parts": dict(subject.known.parts) if subject.known else {},
        "keep": checked_keep(keep),
        "sequential": sequential,
    }
    name = fingerprint(work, meta)
    memory = Store.in_memory(registry) if directory is None else None
    artifacts = memory.artifacts if memory else Artifacts(Path(to or "") / ARTIFACTS, registry)
    keeper = Keeper(artifacts, keep, meta["metrics"])
    executing, remote = executor_of(executor, workers, registry)
    execution = Execution(executing, job_of(plan, subject, asking, keeper, remote=remote))
    going_on = directory is not None and (directory / DATABASE).is_file()
    watching = Observers(observers)
    live = {"registry": registry, "plan": plan, "model": subject.model, "cases": work.cases}
    if going_on and directory is not None and not retry_errors:
        with writing(directory):
            store = Store.create(directory, registry)
            if counts := confirmed(store, name):
                watching.start(*counts, ())
                watching.finish()
                return Report(store, **live)
            store.close()
    check(plan, work.cases, subject.model, built=() if going_on else None)
    found = audited(
        plan.audits, plan, subject.model, work.cases, (*plan.allow, *allowed_of(allow)), registry
    )
    schedule = Schedule.of(work)
    if not len(schedule):
        msg = "nothing is asked for: no case lies in any of the slices"
        raise PlanError(msg)
    with contextlib.closing(execution), writing(directory):
        if not going_on:
            execution.prepare()
        store = memory or Store.create(Path(to or ""), registry)
        earlier = Earlier.of(store)
        meta["findings"] = [asdict(one) for one in found]
        store.begin({**meta, DONE: None}, work.cases, schedule.rows())
        if retry_errors:
            store.forget("errored")
        if directory is not None:
            write_description(directory, asked, work)
        planned, kept, stale = store.counts()
        store.room_for(planned - kept)
        worker = Worker(plan, subject.model, asking)
        reasons: Iterable[str] = ()
        if going_on and kept < planned:
            check(plan, work.cases, subject.model, built=schedule.uses(store.pending()))
            reasons = earlier.reasons(meta, work.cases) if earlier else ()
            if subject.known and not subject.known.derived:
                ask_again(store, schedule, subject, worker)
        if kept:
            rescore(store, plan, worker, work.cases, registry)
        watching.start(planned, kept, stale, reasons)
        report = Report(store, **live)
        units = batch_units(subject.model, size)
        phases: Iterable[Iterable[Batch]] = (
            Early(asked, schedule, report, store.pending(), units, budget).phases()
            if sequential
            else [schedule.batches(store.pending(), units)]
        )
        with contextlib.closing(execution.measure(phases)) as batches:
            for batch, measured in batches:
                errored = store.write(schedule.entries(batch, measured.rows))
                progress = watching.batch(measured, errored)
                if callable(stop) and stop(progress):
                    break
        report = report.renewed()
        if directory is not None:
            report.write_summary()
            if watching.progress.done == planned:
                confirm(store, name, planned, stale)
            store.settle()
    watching.finish()
    return report
