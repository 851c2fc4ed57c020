"""Measure in the calling thread, one batch after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

__all__ = ["Serial", "serial"]


class Serial:
    """Measures a batch when it is submitted."""

    capacity = 1

    def open(self, job: Callable[[Any], Any], /) -> None:
        """Remember the job."""
        self._job = job

    def submit(self, batch: Any, /) -> Future[Any]:
        """Measure a batch, and give a future that is done."""
        done: Future[Any] = Future()
        try:
            done.set_result(self._job(batch))
        except Exception as error:  # noqa: BLE001 - it is raised where the result is read
            done.set_exception(error)
        return done

    def is_worker_loss(self, _: BaseException, /) -> bool:
        """Tell that there is no worker to lose."""
        return False

    def close(self) -> None:
        """Do nothing: there is nothing to end."""


def serial() -> Serial:
    """Measure in the calling thread."""
    return Serial()
