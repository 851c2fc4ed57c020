"""Checks of executors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from .._components import Executor, Use
from ..protocols import Execute
from ._common import built
from ._results import expect
from ._samples import Samples

__all__ = ["CHECKS", "results"]

X = Use[Executor]
BATCHES: tuple[tuple[int, ...], ...] = ((1, 2, 3), (), (4,), tuple(range(50)), (5, 5))
PATIENCE = 120  # seconds: a worker may have to import a library first


def squares(batch: Sequence[int]) -> list[int]:
    """Square numbers; raise `ValueError` for a negative one."""
    if any(one < 0 for one in batch):
        msg = f"cannot take the root of {min(batch)}"
        raise ValueError(msg)
    return [one * one for one in batch]


@contextmanager
def opened(use: X) -> Iterator[Execute]:
    """Open an executor with a job, and close it."""
    (executor,) = built(use)
    executor.open(squares)
    try:
        yield executor
    finally:
        executor.close()


def results(use: X, _: Samples) -> list[str]:
    """Write down what the batches give."""
    with opened(use) as executor:
        submitted = [executor.submit(batch) for batch in BATCHES]
        return [repr(future.result(PATIENCE)) for future in submitted]


def check_runs_every_batch(use: X, _: Samples) -> None:
    """Every batch gets a future with the result of this batch, in whatever order they are read.

    Give the future of the batch that was submitted; run the job that `open` got.
    """
    with opened(use) as executor:
        submitted = [executor.submit(batch) for batch in BATCHES]
        for batch, future in reversed(list(zip(BATCHES, submitted, strict=True))):
            expect(isinstance(future, Future), f"submit gives {type(future).__name__}, no Future")
            found = future.result(PATIENCE)
            message = f"the batch {batch!r:.40} gives {found!r:.80}"
            expect(found == squares(batch), message)


def check_failures_are_told(use: X, _: Samples) -> None:
    """A job that raises is no lost worker: its error is in the future, and others go on.

    Set the exception on the future, and answer False to `is_worker_loss`.
    """
    with opened(use) as executor:
        failing: Future[Any] = executor.submit((-4,))
        following = executor.submit((6,))
        error = failing.exception(PATIENCE)
        message = f"a job that raises ValueError gives {error!r}"
        expect(isinstance(error, ValueError) and "-4" in str(error), message)
        lost = executor.is_worker_loss(error or ValueError())
        expect(lost is False, "it takes the error of a job for a lost worker")
        expect(following.result(PATIENCE) == [36], "a batch after one that failed has no result")


def check_closes_and_opens_again(use: X, _: Samples) -> None:
    """It can be closed twice, and opened again.

    Let `close` do nothing the second time, and keep nothing of an earlier job.
    """
    (executor,) = built(use)
    for _once in range(2):
        executor.open(squares)
        found = executor.submit((7,)).result(PATIENCE)
        expect(found == [49], f"opened again it gives {found!r:.80}")
        executor.close()
        executor.close()


CHECKS: tuple[Callable[[X, Samples], None], ...] = (
    check_runs_every_batch,
    check_failures_are_told,
    check_closes_and_opens_again,
)
