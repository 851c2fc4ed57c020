"""The verb `run`: measure what a plan asks for, keep every record, go on where it stopped."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, frozen

from .._cases import Case
from .._files import dump_plan, dump_specification
from .._plans import Plan, Reference, Specification
from .._registry import Registry, default_registry
from .._seeds import SEED_SCHEME
from .._values import plain
from ..errors import NotApplicable, PlanError
from ._execute import Batch, batches_done
from ._measure import Bench, Row, load_prediction, perturb
from ._models import Subject, subject_of
from ._report import Report
from ._store import STATUSES, Store, read_value, write_atomically, writing
from ._work import Workload, check, content_of, load_cases, origin

__all__ = ["Progress", "perturbed", "run"]

BATCH = 32


@frozen
class Progress:
    """Where a run stands; observers get one before the first batch and one after every batch.

    `planned` counts the records asked for, `kept` those measured by an earlier run, `measured` those
    of this run, `errored` those of this run that failed, and `stale` the records of earlier plans
    that nobody asks for any more.
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
    stop: Callable[[Progress], bool] | None = None,
    batch_size: int | None = None,
    timeout: float | None = None,
    retry_errors: bool = False,
    registry: Registry | None = None,
) -> Report:
    """Measure a plan or a specification, and give the report.

    With `to`, the run is durable: the directory is the state, a killed run loses at most the batches
    under way, and the same line goes on where it stopped. A changed plan measures only what changed.

    `model` is a callable, an import string (`"module:name"`) or a reference; `cases` are cases, import
    strings or references. Both default to those of the specification.
    `executor` is "serial" (the default), "threads", "processes" or a `concurrent.futures.Executor`;
    models reach processes as import strings, never as pickles.
    `batch_size` is how many inputs the model gets at a time, by default its attribute `batch_size`
    or 32. `timeout` is how many seconds one call of the model may take. `stop` is asked after every
    batch; when it says True the rest is skipped. `retry_errors` measures errored records again.

    Results do not depend on the order of the cases, the number of workers, or interruptions.
    Raises `PlanError`, `ModelError` or `StoreError` before the first model call whenever it can.
    """
    asked = plan
    if isinstance(plan, Specification):
        model = plan.model if model is None else model
        cases = plan.cases if cases is None else cases
        plan = plan.plan()
    if not isinstance(plan, Plan):
        msg = f"run takes a Plan or a Specification, got {plan!r}"
        raise PlanError(msg)
    registry = registry or default_registry()
    subject = subject_of(model)
    identity = subject.identity or ""
    directory = None if to is None else Path(to)
    if directory is not None:
        identity = subject.durable_identity()
    elif executor not in (None, "serial", "threads"):
        subject.portable()
    work = Workload(
        plan,
        load_cases(cases),
        identity,
        tuple(origin(use, registry) for use in plan.perturbations),
    )
    check(plan, work.cases, subject.model)
    with writing(directory):
        store = Store.in_memory() if directory is None else Store.create(directory)
        course = Course.plot(work)
        store.begin(_meta(work, subject), work.cases, zip(work.units(), course.each_key(), strict=True))
        if directory is not None:
            _describe(directory, asked, work)
        if retry_errors:
            store.forget(["errored"])
        planned, kept, stale = store.counts()
        if not planned:
            msg = "nothing is asked for: no case lies in any of the slices"
            raise PlanError(msg)
        store.room_for(planned - kept)
        if kept:
            _score_kept(store, plan, subject)
        progress = Progress(planned, kept, stale=stale)
        _tell(observers, progress)
        size = batch_size or getattr(subject.model, "batch_size", None) or BATCH
        stopped = False
        for phase in (True, False):
            done = batches_done(
                course.batches(store.pending(), size, clean=phase),
                plan=plan,
                subject=subject,
                executor=executor,
                workers=workers,
                timeout=timeout,
                job=f"{identity}-{os.getpid()}-{id(store)}",
            )
            with contextlib.closing(done):
                for batch, rows in done:
                    store.write(course.entries(batch, rows))
                    progress = evolve(
                        progress,
                        measured=progress.measured + len(rows),
                        errored=progress.errored + sum(row.status == "errored" for row in rows),
                    )
                    _tell(observers, progress)
                    if stop is not None and stop(progress):
                        stopped = True
                        break
            if stopped:
                break
        report = Report(store, registry=registry, plan=plan, model=subject.model)
        if directory is not None:
            report.write_summary()
    return report


@frozen
class Course:
    """The whole workload by position: each unit's key, and where its clean record stands."""

    work: Workload
    keys: bytes
    clean_at: np.ndarray[Any, np.dtype[np.int64]]
    clean_units: int

    @classmethod
    def plot(cls, work: Workload) -> Course:
        """Walk through the units once, keeping 16 bytes of each."""
        clean_at = np.full(len(work.cases), -1, dtype=np.int64)
        keys = bytearray()
        clean_units = 0
        for position, (unit, key) in enumerate(
            zip(work.units(), work.keys(work.units()), strict=True)
        ):
            keys += key
            if unit.use < 0:
                clean_at[unit.case] = position
                clean_units += 1
        return cls(work, bytes(keys), clean_at, clean_units)

    def key(self, position: int) -> bytes:
        """Give the key of one unit's record."""
        return self.keys[16 * position : 16 * position + 16]

    def each_key(self) -> Iterator[bytes]:
        """Give the keys in order."""
        return (self.key(position) for position in range(len(self.keys) // 16))

    def batches(
        self, pending: np.ndarray[Any, np.dtype[np.bool_]], size: int, *, clean: bool
    ) -> Iterator[Batch]:
        """Cut the pending units of one phase into batches.

        The cuts lie at fixed positions, so that a resumed run asks the model for the same batches as an
        uninterrupted one: some models' answers depend, in the last bits, on what else is in the batch.
        """
        start = 0 if clean else self.clean_units
        stop = self.clean_units if clean else len(pending)
        if not pending[start:stop].any():
            return
        batch: tuple[list[int], list[Any]] = ([], [])
        for position, unit in enumerate(self.work.units()):
            if not start <= position < stop:
                continue
            if (position - start) % size == 0 and batch[0]:
                yield batch
                batch = ([], [])
            if pending[position]:
                batch[0].append(position)
                batch[1].append((unit, self.work.cases[unit.case], self.work.seed(unit)))
        if batch[0]:
            yield batch

    def entries(
        self, batch: Batch, rows: Sequence[Row]
    ) -> Iterator[tuple[bytes, int | None, Row, bytes | None]]:
        """Give the store what it needs of each measured row."""
        for position, (unit, _, seed), row in zip(*batch, rows, strict=True):
            clean = self.key(int(self.clean_at[unit.case])) if row.unchanged else None
            yield self.key(position), seed, row, clean


def perturbed(plan: Plan | Specification, /, cases: Any) -> Iterator[Case]:
    """Give every perturbed case that a plan asks for, without measuring anything.

    The ids read `17@torchio.ghosting:3` (and `#1` for the second replicate). This is what `run` feeds
    to the model, so training on it is training on the very faults that are tested. A case to which a
    perturbation does not apply is left out.
    """
    if isinstance(plan, Specification):
        plan = plan.plan()
    work = Workload(plan, load_cases(cases), "", ("",) * len(plan.perturbations))
    built: dict[tuple[int, int], Any] = {}
    for unit in work.units():
        if unit.use < 0:
            continue
        use, case = plan.perturbations[unit.use], work.cases[unit.case]
        if (unit.use, unit.severity) not in built:
            built[unit.use, unit.severity] = use.component.at(unit.severity, use.params)
        try:
            seen, _, _ = perturb(use, built[unit.use, unit.severity], case, work.seed(unit) or 0)
        except NotApplicable:
            continue
        again = f"#{unit.replicate}" if unit.replicate else ""
        yield evolve(seen, id=f"{case.id}@{use.label}:{unit.severity}{again}")


def _tell(observers: Iterable[Callable[[Progress], Any]], progress: Progress) -> None:
    for observer in observers:
        observer(progress)


def _score_kept(store: Store, plan: Plan, subject: Subject) -> None:
    """Score records of an earlier run with the metrics that have been added since; no model is asked."""
    bench = Bench(plan, subject.model)
    labels = {use.label for use in plan.metrics if use.component.per_case}
    columns = "records.key, records.prediction, records.scores, records.target, cases.target"
    batch: list[tuple[bytes, Row, Any]] = []
    updates: dict[bytes, Row] = {}
    for key, text, scores, changed, target in store.rows(
        columns, f"records.prediction IS NOT NULL AND status != {STATUSES.index('errored')}"
    ):
        known = json.loads(scores)
        if labels <= known.keys():
            continue
        prediction = load_prediction(text)
        row = Row("refused" if prediction.refused else "scored", prediction, known)
        batch.append((key, row, read_value(target if changed is None else changed)))
        updates[key] = row
    for start in range(0, len(batch), 1024):
        some = batch[start : start + 1024]
        bench.score([row for _, row, _ in some], [target for _, _, target in some])
    if updates:
        store.rescore(updates)


def _meta(work: Workload, subject: Subject) -> dict[str, Any]:
    plan = work.plan
    reference = subject.reference
    return {
        "model": None
        if reference is None
        else {"use": reference.use, "params": None if reference.params is None else plain(reference.params)},
        "identity": work.identity,
        "seed": plan.seed,
        "seed_scheme": SEED_SCHEME,
        "perturbations": [
            {
                "label": use.label,
                "name": use.component.name,
                "params": content_of(use.params),
                "on": list(use.on),
                "revision": use.component.revision,
                "origin": source,
            }
            for use, source in zip(plan.perturbations, work.origins, strict=True)
        ],
        "metrics": [
            {
                "label": use.label,
                "name": use.component.name,
                "params": content_of(use.params),
                "higher_is_better": use.component.higher_is_better,
                "per_case": use.component.per_case,
                "reads": use.component.reads,
                "bounds": use.component.bounds,
            }
            for use in plan.metrics
        ],
    }


def _describe(directory: Path, asked: Plan | Specification, work: Workload) -> None:
    """Write, beside the database, what was asked and with which versions."""
    if isinstance(asked, Specification):
        named = {
            name: value if isinstance(value := getattr(asked, name), Reference) else None
            for name in ("model", "cases")
        }
        if isinstance(asked.cases, tuple) and all(isinstance(one, Reference) for one in asked.cases):
            named["cases"] = asked.cases
        write_atomically(directory / "specification.toml", dump_specification(evolve(asked, **named)))
    else:
        write_atomically(directory / "plan.toml", dump_plan(asked))
    manifest = {
        "model": work.identity,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: version(name) for name in ("seatrial", "numpy", "scipy")},
        "plugins": dict(zip([u.label for u in work.plan.perturbations], work.origins, strict=True)),
        "seed_scheme": SEED_SCHEME,
    }
    write_atomically(directory / "manifest.json", json.dumps(manifest, indent=2) + "\n")
