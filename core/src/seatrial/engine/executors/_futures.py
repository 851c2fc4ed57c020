"""Measure on any executor with the interface of `concurrent.futures`."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

from ..._importing import import_string
from ...errors import PlanError

__all__ = ["Futures", "futures"]


class Futures:
    """Hands batches to an executor that somebody else made; only one made here is shut down."""

    def __init__(self, executor: Executor, *, own: bool) -> None:
        self.executor = executor
        self._own = own
        self.capacity = 2 * (getattr(executor, "_max_workers", None) or os.cpu_count() or 1)

    def open(self, job: Callable[[Any], Any], /) -> None:
        """Take the job, which travels with every batch."""
        self._job = job

    def submit(self, batch: Any, /) -> Future[Any]:
        """Start measuring one batch."""
        return self.executor.submit(self._job, batch)

    def is_worker_loss(self, error: BaseException, /) -> bool:
        """Tell whether the executor lost a worker; it is its owner's to replace it."""
        return isinstance(error, BrokenExecutor)

    def close(self) -> None:
        """Shut the executor down if it was made here."""
        if self._own:
            self.executor.shutdown(wait=True, cancel_futures=True)


def futures(*, executor: Any) -> Futures:
    """Measure on an executor, or on what an import string (`"module:function"`) makes."""
    made = import_string(executor, what="executor futures") if isinstance(executor, str) else None
    found = made() if callable(made) else made or executor
    if not isinstance(found, Executor):
        msg = (
            f"executor futures needs a concurrent.futures.Executor or what makes one, got {found!r}"
        )
        raise PlanError(msg)
    return Futures(found, own=made is not None)
