"""The verb `run`: measure what a plan asks for, keep every record, go on where it stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from .._arguments import as_path
from .._plans import Plan, Specification
from .._registry import Registry, default_registry
from .._uses import allowed_of
from ..auditing._audits import audited
from ..engine._asking import Asking
from ..engine._execution import Execution, executor_of
from ..engine._jobs import job_of
from ..engine._search import maker
from ..engine._worker import BATCH
from ..engine._workload import Workload, check
from ..events import Progress
from ..inputs._bars import no_bars
from ..inputs._loading import load_cases
from ..inputs._modalities import modalities_of
from ..inputs._models import subject_of
from ..inputs._origin import origin
from ..runs._keeping import Keep, checked_keep
from ..runs._report import Report
from ._asked import is_sequential, unpacked
from ._manifest import describe, provenance
from ._measuring import Measuring
from ._observers import Observers
from ._repaired import learned_clusters

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
    observers: Iterable[Callable[[Progress], Any]] | None = None,
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
    import strings or references. Both default to those of the specification. Another model than
    that of the specification is measured in its place, which verdicts on it say.
    `executor` is "serial" (the default), "threads", "processes", another executor's name or use, or
    a `concurrent.futures.Executor`; models reach other processes as import strings, never as
    pickles. `workers` is how many there are, by default one for each core.
    `batch_size` is how many inputs the model gets at a time, by default its attribute `batch_size`
    or 32; variants of one case go to it together, and identical inputs once. `timeout` is how many
    seconds one call of the model may take. An input that fails with `Failed(retryable=True)`, a
    time-out or a lost connection is asked again up to `retries` times, after about `retry_wait`
    seconds, then twice as long and so on. `observers` are called with the events of
    `seatrial.events`; by default a terminal and a notebook show the progress, and `observers=()`
    shows nothing; the bars of libraries (tqdm) are off meanwhile. `stop` is asked after every
    batch; when it says True the rest is skipped. `retry_errors` measures errored records again.
    `keep` says of which inputs the run keeps what the model saw: "failures", "all" or "none".

    With `stop="decided"` each priority of a specification stops as soon as it is decided, the most
    at risk first, and after at most `budget` records in all. Clusters are then measured in random
    order, and the verdicts keep their error rate although they are looked at again and again.

    The plan's audits look at the experiment first: an error that they find raises `AuditError`,
    unless `allow` (or the plan's own) has its name; the rest becomes an `AuditWarning`, and all of
    it is kept as `Report.findings`.

    `model` may also be a file of recorded answers, and `cases` files (see `load_answers` and
    `load_cases`).

    Where every one of the first records fails, `TrialError` says with which errors and what to
    change, unless `allow` has "every-record-errored"; the same line then measures these records
    again. A warning tells when no answer equals any target.

    Results do not depend on the order of the cases, the number of workers, or interruptions.
    Raises `PlanError`, `ModelError` or `StoreError` before the first model call whenever it can.
    """
    with no_bars():
        asked: Any = plan
        plan, model, cases = unpacked(asked, model, cases)
        sequential = is_sequential(asked, stop, budget)
        registry = registry or default_registry()
        subject = subject_of(model)
        loaded = load_cases(cases)
        known = modalities_of(plan, loaded, registry)
        work = Workload(
            plan,
            loaded,
            (subject.identity or "") if to is None else subject.durable_identity(),
            tuple(
                maker(use, plan, partial(origin, registry=registry)) for use in plan.perturbations
            ),
            known,
        )
        allowed = {*plan.allow, *allowed_of(allow)}
        size = batch_size or getattr(subject.model, "batch_size", None) or BATCH
        executing, remote = executor_of(executor, workers, registry)
        measuring = Measuring(
            asked,
            work,
            subject,
            registry,
            {
                **describe(work, subject, registry, loaded.references),
                "identity_parts": dict(subject.known.parts) if subject.known else {},
                "limit": loaded.limit,
                "keep": checked_keep(keep),
                "audits": [f"{use.label}, {origin(use, registry)}" for use in plan.audits],
                "allow": sorted(allowed),
                "sequential": sequential,
                "learned_from": list(learned_clusters(subject.model, work.cases)),
            },
            provenance(asked, subject, loaded.references),
            None if to is None else as_path(to, "to"),
            Asking(size, timeout, retries, retry_wait, plan.seed),
            Observers(observers),
        )
        job = job_of(plan, subject, measuring.asking, measuring.keeper, known, remote=remote)
        if not retry_errors and (report := measuring.confirmed()):
            return report
        check(
            plan,
            work.cases,
            subject.model,
            built=() if measuring.going_on else None,
            modalities=known,
        )
        found = audited(plan.audits, plan, subject.model, work.cases, tuple(allowed), registry)
        showing = measuring.observers.showing()
        with showing, contextlib.closing(Execution(executing, job)) as execution:
            return measuring.run(
                execution, found, stop=stop, budget=budget, retry_errors=retry_errors
            )
