"""Measure in threads, which share the model."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

__all__ = ["Threads", "threads"]


class Threads:
    """Measures several batches at once in this process."""

    def __init__(self, workers: int) -> None:
        self.capacity = 2 * workers
        self._workers = workers
        self._pool: ThreadPoolExecutor | None = None

    def open(self, job: Callable[[Any], Any], /) -> None:
        """Start the threads."""
        self._job = job
        self._pool = ThreadPoolExecutor(self._workers, "seatrial")

    def submit(self, batch: Any, /) -> Future[Any]:
        """Start measuring one batch."""
        if self._pool is None:
            msg = "the executor is closed"
            raise RuntimeError(msg)
        return self._pool.submit(self._job, batch)

    def is_worker_loss(self, _: BaseException, /) -> bool:
        """Tell that threads are not lost."""
        return False

    def close(self) -> None:
        """Wait for the batches under way, and end the threads."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


def threads(*, workers: int | None = None) -> Threads:
    """Measure in so many threads, by default one for each core."""
    return Threads(workers or os.cpu_count() or 1)
