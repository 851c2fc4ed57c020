"""Measure in processes of our own, which are replaced when they die and end with the driver."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any

from ...inputs._bars import no_bars_here
from ...inputs._stdout import silence_stdout

__all__ = ["Processes", "processes"]


class Processes:
    """Measures batches in spawned processes, each with a model of its own.

    A worker ends as soon as the driver is gone, however it went: it holds one end of a pipe whose
    other end only the driver has.
    """

    def __init__(self, workers: int) -> None:
        self.capacity = 2 * workers
        self._workers = workers
        self._job: Callable[[Any], Any] | None = None
        self._pool: ProcessPoolExecutor | None = None
        self._watched: Any = None
        self._lifeline: Any = None
        self._running: set[Future[Any]] = set()

    def open(self, job: Callable[[Any], Any], /) -> None:
        """Take the job; processes are started for the first batches."""
        self._job = job

    def submit(self, batch: Any, /) -> Future[Any]:
        """Start measuring one batch, in new processes if others died."""
        if self._pool is None:
            context = get_context("spawn")
            self._watched, self._lifeline = context.Pipe(duplex=False)
            begin = partial(_begin, self._watched, self._job)
            self._pool = ProcessPoolExecutor(self._workers, context, initializer=begin)
        try:
            future = self._pool.submit(_measure, batch)
        except BrokenExecutor:
            self._end()
            raise
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def is_worker_loss(self, error: BaseException, /) -> bool:
        """Tell whether a process died; the others of its pool died with it."""
        if not isinstance(error, BrokenExecutor):
            return False
        self._end()
        return True

    def close(self) -> None:
        """End the processes; what is still being measured is given up."""
        self._end()

    def _end(self) -> None:
        if self._lifeline is not None and self._running:
            self._lifeline.close()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        for end in (self._lifeline, self._watched):
            if end is not None:
                end.close()
        self._pool = self._lifeline = self._watched = None
        self._running.clear()


_job: Callable[[Any], Any] | None = None


def _begin(lifeline: Any, job: Callable[[Any], Any] | None) -> None:
    """Set up a worker process: it writes nothing to stdout, and ends with the driver."""
    global _job  # noqa: PLW0603 - one job a process
    _job = job
    silence_stdout()
    no_bars_here()
    threading.Thread(target=_watch, args=(lifeline,), daemon=True, name="seatrial-watch").start()


def _watch(lifeline: Any) -> None:
    parent = parent_process()
    try:
        wait([lifeline, *([parent.sentinel] if parent else [])])
    finally:
        os._exit(1)


def _measure(batch: Any) -> Any:
    if _job is None:
        msg = "this process was not set up to measure"
        raise RuntimeError(msg)
    return _job(batch)


def processes(*, workers: int | None = None) -> Processes:
    """Measure in so many processes, by default one for each core."""
    return Processes(workers or os.cpu_count() or 1)
