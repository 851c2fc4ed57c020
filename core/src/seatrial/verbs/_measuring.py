"""One run under way: its store, what is still to be measured, and the report of it."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import starmap, takewhile
from pathlib import Path
from typing import Any

from attrs import asdict, define, field

from .._findings import Finding
from .._plans import Plan
from .._registry import Registry
from ..engine._asking import Asking
from ..engine._execution import Execution
from ..engine._schedule import Batch, Schedule
from ..engine._worker import Measured, Worker, batch_units
from ..engine._workload import Workload, check
from ..errors import PlanError, SeatrialWarning, TrialError
from ..events import Progress
from ..inputs._models import Subject
from ..runs._artifacts import ARTIFACTS, Artifacts
from ..runs._directory import DATABASE, writing
from ..runs._keeping import Keeper
from ..runs._provenance import PROVENANCE, Provenance
from ..runs._report import Report
from ..runs._store import Store
from ._failing import ALLOWED, Beginning, everything_failed, never_equal
from ._manifest import write_description
from ._observers import Observers
from ._rescore import rescore
from ._resume import DONE, Earlier, ask_again, confirm, confirmed, fingerprint
from ._sequential_run import Early

__all__ = ["Measuring"]


@define(eq=False)
class Measuring:
    """What is measured, by what it is known, and where it is kept."""

    asked: Any
    work: Workload
    subject: Subject
    registry: Registry
    meta: dict[str, Any]
    provenance: Provenance
    directory: Path | None
    asking: Asking
    observers: Observers
    going_on: bool = field(init=False)
    _store: Store | None = field(default=None, init=False)
    _stopped: str | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.going_on = self.directory is not None and (self.directory / DATABASE).is_file()
        if self.directory is None:
            self._store = Store.in_memory(self.registry)

    @property
    def plan(self) -> Plan:
        """The plan that is measured."""
        return self.work.plan

    @cached_property
    def name(self) -> str:
        """The digest of everything that the records depend on."""
        return fingerprint(self.work, self.meta)

    @cached_property
    def keeper(self) -> Keeper:
        """What writes artifacts, in workers too, as soon as something is measured."""
        artifacts = (
            self._store.artifacts
            if self._store is not None
            else Artifacts((self.directory or Path()) / ARTIFACTS, self.registry)
        )
        return Keeper(artifacts, self.meta["keep"], self.meta["metrics"])

    def _opened(self) -> Store:
        """Open the store, once; whoever calls has the right to write."""
        if self._store is None:
            self._store = Store.create(self.directory or Path(), self.registry)
        return self._store

    def _report(self, store: Store) -> Report:
        return Report(
            store,
            registry=self.registry,
            plan=self.plan,
            model=self.subject.model,
            cases=self.work.cases,
        )

    def confirmed(self) -> Report | None:
        """Give the report of a finished run that is asked for again, without looking at records."""
        if not self.going_on:
            return None
        with writing(self.directory):
            store = self._opened()
            if (counts := confirmed(store, self.name)) is None:
                return None
            if Provenance.of(store) != self.provenance:
                store.note(PROVENANCE, self.provenance.as_dict())
        self.observers.start(*counts, ())
        self.observers.finish()
        return self._report(store)

    def run(
        self,
        execution: Execution,
        found: Iterable[Finding],
        *,
        stop: Callable[[Progress], bool] | str | None,
        budget: int | None,
        retry_errors: bool,
    ) -> Report:
        """Measure what is not measured yet, and give the report of all."""
        schedule = Schedule.of(self.work)
        if not len(schedule):
            msg = "nothing is asked for: no case lies in any of the slices"
            raise PlanError(msg)
        if not self.going_on:
            execution.prepare()
        with writing(self.directory):
            store = self._opened()
            worker = Worker(
                self.plan, self.subject.model, self.asking, modalities=self.work.modalities
            )
            self._begin(store, schedule, worker, found, retry_errors=retry_errors)
            report = self._report(store)
            units = batch_units(self.subject.model, self.asking.batch_size, self.plan)
            phases: Iterable[Iterable[Batch]] = (
                Early(self.asked, schedule, report, store.pending(), units, budget).phases()
                if self.meta["sequential"]
                else [schedule.batches(store.pending(), units)]
            )
            stopped = self._measure(execution, phases, schedule, stop)
            report = report.renewed()
            self._end(store, report)
        self.observers.finish()
        self._tell(report, stopped=stopped)
        return report

    def _measure(
        self,
        execution: Execution,
        phases: Iterable[Iterable[Batch]],
        schedule: Schedule,
        stop: Callable[[Progress], bool] | str | None,
    ) -> bool:
        """Measure batch by batch; tell whether that stopped because everything failed."""
        store, beginning = self._opened(), Beginning(over=ALLOWED in self.meta["allow"])
        with contextlib.closing(execution.measure(self._going(phases))) as batches:
            for batch, measured in starmap(_finished, batches):
                errored = store.write(schedule.entries(batch, measured.rows), measured.reported)
                progress = self.observers.batch(measured, errored)
                self._stopped = self._stopped or measured.stopped
                if callable(stop) and stop(progress):
                    return False
                if beginning.failed(batch, measured, progress):
                    return True
        return False

    def _going(self, phases: Iterable[Iterable[Batch]]) -> Iterator[Iterable[Batch]]:
        """Hand out batches until the model says that it answers no more; what is begun ends."""
        for phase in phases:
            if self._stopped:
                return
            yield takewhile(lambda _: not self._stopped, phase)

    def _tell(self, report: Report, *, stopped: bool) -> None:
        """Warn of a run in which nothing worked; raise where it stopped for that."""
        durable = self.directory is not None
        if self._stopped:
            kept = "what was answered is stored: run the same command again to go on"
            again = kept if durable else "give to= a directory, where what was answered is kept"
            msg = f"the model stopped the run: {self._stopped}; {again}"
            raise TrialError(msg)
        if told := everything_failed(report, stopped=stopped, durable=durable):
            if stopped:
                raise TrialError(told)
        else:
            told = never_equal(report)
        if told:
            warnings.warn(told, SeatrialWarning, stacklevel=4)

    def _begin(
        self,
        store: Store,
        schedule: Schedule,
        worker: Worker,
        found: Iterable[Finding],
        *,
        retry_errors: bool,
    ) -> None:
        """Note what is asked for, and find out what of it an earlier run has measured."""
        cases: Sequence[Any] = self.work.cases
        earlier = Earlier.of(store)
        facts = {
            PROVENANCE: self.provenance.as_dict(),
            "findings": [asdict(one) for one in found],
            DONE: None,
        }
        store.begin({**self.meta, **facts}, cases, schedule.rows(), worker.modalities)
        if retry_errors:
            store.forget("errored")
        else:
            store.forget_failures()
        if self.directory is not None:
            write_description(self.directory, self.asked, self.work)
        planned, kept, stale = store.counts()
        store.room_for(planned - kept)
        reasons: tuple[str, ...] = ()
        if self.going_on and kept < planned:
            needed, known = schedule.uses(store.pending()), self.work.modalities
            check(self.plan, cases, self.subject.model, built=needed, modalities=known)
            reasons = tuple(earlier.reasons(self.meta, self.work)) if earlier else ()
            if self.subject.known and not self.subject.known.derived:
                ask_again(store, schedule, self.subject, worker)
        if kept:
            rescore(store, self.plan, worker, cases, self.registry)
        self.observers.start(planned, kept, stale, reasons)

    def _end(self, store: Store, report: Report) -> None:
        if self.directory is None:
            return
        report.write_summary()
        progress = self.observers.progress
        worked = report.accounting.errored < report.accounting.planned
        if progress.done == progress.planned and worked:
            confirm(store, self.name, progress.planned, progress.stale)
        store.settle()


def _finished(batch: Batch, measured: Measured) -> tuple[Batch, Measured]:
    return measured.finished(batch)
