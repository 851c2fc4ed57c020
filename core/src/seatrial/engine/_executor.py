"""Run batches here, in threads, in processes, or on any `concurrent.futures` executor."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, closing, nullcontext
from itertools import count
from multiprocessing import get_context
from typing import Any

from attrs import define, field, frozen

from .._components import Use
from .._plans import Plan, Reference
from ..errors import PlanError, TrialError
from ..inputs._models import Subject, subject_of
from ..runs._encoding import Row
from ._schedule import Batch
from ._worker import Bench, Task

__all__ = ["Team"]

Measured = Generator[tuple[Batch, list[Row]], None, None]
EXECUTORS = ("serial", "threads", "processes")
DEAD = "the worker process died while measuring this case"


@frozen
class Job:
    """What another process needs to measure: plain values only, never the model itself."""

    name: str
    plan: Plan
    reference: Reference
    timeout: float | None
    batch_size: int

    def __call__(self, tasks: Sequence[Task]) -> list[Row]:
        """Measure a batch in a worker process, where the model is built once."""
        if self.name not in _benches:
            _benches.clear()
            _benches[self.name] = Bench(
                self.plan,
                subject_of(self.reference).model,
                timeout=self.timeout,
                batch_size=self.batch_size,
            )
        return _benches[self.name].measure(tasks)

    def check(self) -> None:
        """Find out before anything runs whether the job can travel."""
        try:
            pickle.dumps(self)
        except Exception as error:
            uses: list[Use[Any]] = [*self.plan.perturbations, *self.plan.metrics]
            local = [u.label for u in uses if not isinstance(u.component.factory, str)]
            msg = (
                f"the plan cannot be sent to another process ({error}); give the factory of "
                f"{', '.join(local) or 'each component'} as an import string: 'module:function'"
            )
            raise PlanError(msg) from error


_benches: dict[str, Bench] = {}
_numbers = count()


class Team:
    """Whoever measures a run: this thread, several, or other processes.

    What cannot work is refused when the team is made, before anything is stored or measured.
    """

    def __init__(
        self,
        plan: Plan,
        subject: Subject,
        executor: str | Executor | None,
        workers: int | None,
        timeout: float | None,
        batch_size: int,
    ) -> None:
        if not isinstance(executor, Executor) and executor not in (None, *EXECUTORS):
            msg = (
                f"executor must be {', '.join(map(repr, EXECUTORS))} or a "
                f"concurrent.futures.Executor, got {executor!r}"
            )
            raise PlanError(msg)
        given = executor if isinstance(executor, Executor) else None
        own = getattr(given, "_max_workers", None)
        self._workers = workers or own or os.cpu_count() or 1
        self._make: Callable[[], Executor] | None = None
        self._given = given
        self._work: Callable[[Sequence[Task]], list[Row]]
        if executor == "processes" or (given and not isinstance(given, ThreadPoolExecutor)):
            name = f"{os.getpid()}-{next(_numbers)}"
            job = Job(name, plan, subject.portable(), timeout, batch_size)
            job.check()
            self._work = job
            self._make = lambda: ProcessPoolExecutor(self._workers, get_context("spawn"))
        else:
            alone: AbstractContextManager[Any] = nullcontext()
            if executor not in (None, "serial"):
                alone = threading.Lock()
                self._make = lambda: ThreadPoolExecutor(self._workers, "seatrial")
            self._work = Bench(plan, subject.model, timeout, alone, batch_size).measure

    def measure(self, phases: Iterable[Iterable[Batch]]) -> Measured:
        """Measure every batch and give each when it is done; phases follow one another."""
        if self._make is None:
            for phase in phases:
                for batch in phase:
                    yield batch, self._work(batch[1])
            return
        pool = _Pool(self._make, self._work, self._workers, given=self._given)
        try:
            for phase in phases:
                with closing(pool.map(phase)) as done:
                    yield from done
        finally:
            pool.close()


@define
class _Pool:
    """Keeps an executor busy, at most two batches a worker; outlives its own workers' deaths."""

    make: Callable[[], Executor]
    work: Callable[[Sequence[Task]], list[Row]]
    workers: int
    given: Executor | None = None
    _executor: Executor | None = field(default=None, init=False)

    def map(self, batches: Iterable[Batch]) -> Measured:
        source = iter(batches)
        running: dict[Future[list[Row]], Batch] = {}
        lost: list[Batch] = []
        try:
            while True:
                while len(running) < 2 * self.workers and not lost:
                    batch = next(source, None)
                    if batch is None:
                        break
                    try:
                        running[self._submit(batch[1])] = batch
                    except BrokenExecutor:
                        lost.append(batch)
                if not running and not lost:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    batch = running.pop(future)
                    try:
                        rows = future.result()
                    except BrokenExecutor:
                        lost.append(batch)
                        continue
                    yield batch, rows
                if lost:
                    lost += running.values()
                    running.clear()
                    yield from self._recover(lost)
                    lost = []
        finally:
            for future in running:
                future.cancel()

    def _submit(self, tasks: Sequence[Task]) -> Future[list[Row]]:
        if self._executor is None:
            self._executor = self.given or self.make()
        return self._executor.submit(self.work, tasks)

    def _recover(self, lost: Sequence[Batch]) -> Iterator[tuple[Batch, list[Row]]]:
        """Measure what a dead worker took along, one batch, then one case at a time.

        A case that kills its worker by itself is recorded as errored; everything else is measured.
        """
        if self.given is not None:
            msg = (
                "a worker of the executor died; nothing that was measured is lost: give a new "
                "executor and run the same command again, or use executor='processes', which "
                "replaces dead workers"
            )
            raise TrialError(msg)
        self.close()
        for batch in sorted(lost, key=lambda one: one[0][0]):
            yield (
                batch,
                self._alone(batch[1])
                or [row for task in batch[1] for row in self._alone([task]) or [_dead()]],
            )

    def _alone(self, tasks: Sequence[Task]) -> list[Row] | None:
        """Measure while nothing else runs, in new workers if need be; None if that kills one."""
        try:
            return self._submit(tasks).result()
        except BrokenExecutor:
            self.close()
        return None

    def close(self) -> None:
        """Shut down an executor of our own."""
        if self._executor is not None and self.given is None:
            self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = None


def _dead() -> Row:
    return Row("errored", error=DEAD)
