"""Run batches here, in threads, in processes, or on any `concurrent.futures` executor."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from multiprocessing import get_context
from typing import Any

from attrs import define, field, frozen

from .._plans import Plan, Reference
from ..errors import PlanError
from ._measure import Bench, Row, Task
from ._models import Subject, subject_of

__all__ = ["batches_done"]

Batch = tuple[Sequence[int], Sequence[Task]]
"""Positions in the plan, and what to do for each."""


@frozen
class Job:
    """What another process needs to measure: plain values only, never the model itself."""

    name: str
    plan: Plan
    reference: Reference
    timeout: float | None


_benches: dict[str, Bench] = {}


def measure_elsewhere(job: Job, tasks: Sequence[Task]) -> list[Row]:
    """Measure a batch in a worker process, where the model is built once."""
    if job.name not in _benches:
        _benches.clear()
        _benches[job.name] = Bench(job.plan, subject_of(job.reference).model, job.timeout)
    return _benches[job.name].measure(tasks)


def batches_done(
    batches: Iterable[Batch],
    *,
    plan: Plan,
    subject: Subject,
    executor: str | Executor | None,
    workers: int | None,
    timeout: float | None,
    job: str,
) -> Iterator[tuple[Batch, list[Row]]]:
    """Measure every batch, and give each as it is done; at most two per worker are under way."""
    if isinstance(executor, Executor):
        many = workers or getattr(executor, "_max_workers", None) or os.cpu_count() or 1
        if isinstance(executor, ThreadPoolExecutor):
            bench = Bench(plan, subject.model, timeout, threading.Lock())
            yield from _Pool(lambda: executor, bench.measure, many).map(batches)
        else:
            work = _Elsewhere(Job(job, plan, subject.portable(), timeout))
            yield from _Pool(lambda: executor, work, many).map(batches)
    elif executor in (None, "serial"):
        bench = Bench(plan, subject.model, timeout)
        for batch in batches:
            yield batch, bench.measure(batch[1])
    elif executor == "threads":
        many = workers or os.cpu_count() or 1
        bench = Bench(plan, subject.model, timeout, threading.Lock())
        with ThreadPoolExecutor(many, thread_name_prefix="seatrial") as pool:
            yield from _Pool(lambda: pool, bench.measure, many).map(batches)
    elif executor == "processes":
        many = workers or os.cpu_count() or 1
        work = _Elsewhere(Job(job, plan, subject.portable(), timeout))
        pools = _Pool(lambda: ProcessPoolExecutor(many, get_context("spawn")), work, many, renewable=True)
        try:
            yield from pools.map(batches)
        finally:
            pools.close()
    else:
        msg = (
            f"executor must be 'serial', 'threads', 'processes' or a concurrent.futures.Executor, "
            f"got {executor!r}"
        )
        raise PlanError(msg)


@frozen
class _Elsewhere:
    """A picklable call of `measure_elsewhere` with its job bound."""

    job: Job

    def __call__(self, tasks: Sequence[Task]) -> list[Row]:
        return measure_elsewhere(self.job, tasks)


@define
class _Pool:
    """Keeps an executor busy, and survives the death of its workers when it may make a new one."""

    make: Callable[[], Executor]
    work: Callable[[Sequence[Task]], list[Row]]
    workers: int
    renewable: bool = False
    _executor: Executor | None = field(default=None, init=False)

    def map(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, list[Row]]]:
        source = iter(batches)
        running: dict[Future[list[Row]], Batch] = {}
        try:
            while True:
                while len(running) < 2 * self.workers:
                    batch = next(source, None)
                    if batch is None:
                        break
                    try:
                        running[self._submit(batch[1])] = batch
                    except BrokenExecutor:
                        lost = [*running.values(), batch]
                        running.clear()
                        yield from self._recover(lost)
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                lost = []
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
        finally:
            for future in running:
                future.cancel()

    def _submit(self, tasks: Sequence[Task]) -> Future[list[Row]]:
        if self._executor is None:
            self._executor = self.make()
        return self._executor.submit(self.work, tasks)

    def _recover(self, lost: list[Batch]) -> Iterator[tuple[Batch, list[Row]]]:
        """Measure what a dead worker took along, one batch, then one case at a time.

        A case that kills its worker by itself is recorded as errored; everything else is measured.
        """
        if not self.renewable:
            msg = "a worker of the executor died; its batches are not lost: run the same command again"
            raise BrokenExecutor(msg)
        for batch in sorted(lost, key=lambda one: one[0][0]):
            self.close()
            try:
                yield batch, self._submit(batch[1]).result()
                continue
            except BrokenExecutor:
                self.close()
            rows: list[Row] = []
            for task in batch[1]:
                try:
                    rows += self._submit([task]).result()
                except BrokenExecutor:
                    self.close()
                    rows.append(Row("errored", error="the worker process died while measuring this case"))
            yield batch, rows

    def close(self) -> None:
        """Shut the executor down, without waiting for what it will never finish."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None
