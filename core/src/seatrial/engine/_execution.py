"""Keep an executor busy, and outlive the deaths of its workers."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing
from typing import Any, cast

from attrs import define

from .. import _components
from .._components import Use
from .._registry import Registry
from .._settings import whole
from .._values import number_of
from ..errors import PlanError, TrialError, UnknownComponentError
from ..inputs._binding import bound, built
from ..protocols import Execute
from ..runs._encoding import Row
from ._jobs import Job
from ._schedule import Batch
from ._worker import Measured

__all__ = ["Execution", "executor_of"]

Done = Generator[tuple[Batch, Measured], None, None]
DEAD = "the worker process died while measuring this case"
TRIES = 2
"""How often a case that was alone with a worker may lose it before it is to blame."""


def executor_of(given: Any, workers: int | None, registry: Registry) -> tuple[Execute, bool]:
    """Build an executor from a name, a use, a component or one of `concurrent.futures`.

    Gives with it whether models must reach it as import strings.
    """
    if isinstance(given, Executor):
        given = registry.get("futures", _components.Executor)(executor=given)
    try:
        use: Use[_components.Executor] = bound(
            "serial" if given is None else given, _components.Executor, registry
        )
    except (PlanError, UnknownComponentError) as error:
        if isinstance(given, str):
            raise
        msg = (
            "executor must be 'serial', 'threads', 'processes' or a concurrent.futures.Executor, "
            f"or a component of the kind executor, got {given!r}"
        )
        raise PlanError(msg) from error
    workers = number_of(workers)
    if workers is not None and (problem := whole(workers)):
        msg = f"workers {problem}"
        raise PlanError(msg)
    if workers is not None and "workers" in use.component.parameters():
        use = Use(use.component, {"workers": workers, **use.params})
    made = cast("Execute", built(use))
    shares = isinstance(getattr(made, "executor", None), ThreadPoolExecutor)
    return made, use.component.remote and not shares


@define
class Execution:
    """One job on one executor."""

    executor: Execute
    job: Job
    _ready: bool = False

    def prepare(self) -> None:
        """Start a worker and let it build the model; raises where that fails, once."""
        if self._ready:
            return
        self.executor.open(self.job)
        try:
            self.executor.submit([]).result()
        except Exception as error:
            if self.executor.is_worker_loss(error):
                msg = (
                    "no worker could be started: it ended before it measured anything; a script "
                    "needs `if __name__ == '__main__':` around what it runs, and the model must "
                    "fit into memory once for each worker"
                )
                raise TrialError(msg) from error
            raise
        self._ready = True

    def measure(self, phases: Iterable[Iterable[Batch]]) -> Done:
        """Measure every batch and give each when it is done; phases follow one another."""
        for phase in phases:
            with closing(self._phase(phase)) as done:
                yield from done

    def _phase(self, batches: Iterable[Batch]) -> Done:
        source = iter(batches)
        running: dict[Future[Measured], Batch] = {}
        lost: list[Batch] = []
        capacity = getattr(self.executor, "capacity", 2 * (os.cpu_count() or 1))
        try:
            while True:
                while len(running) < capacity and not lost:
                    if (batch := next(source, None)) is None:
                        break
                    self.prepare()
                    self._submit(batch, running, lost)
                if not running and not lost:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    batch = running.pop(future)
                    try:
                        measured = future.result()
                    except Exception as error:
                        if not self.executor.is_worker_loss(error):
                            raise
                        lost.append(batch)
                        continue
                    yield batch, measured
                if lost:
                    lost += running.values()
                    running.clear()
                    yield from self._recovered(lost)
                    lost = []
        finally:
            for future in running:
                future.cancel()

    def _submit(
        self, batch: Batch, running: dict[Future[Measured], Batch], lost: list[Batch]
    ) -> None:
        try:
            running[self.executor.submit(batch[1])] = batch
        except Exception as error:
            if not self.executor.is_worker_loss(error):
                raise
            lost.append(batch)

    def _recovered(self, lost: Sequence[Batch]) -> Iterator[tuple[Batch, Measured]]:
        """Measure what a dead worker took along, one batch, then one case at a time.

        A case that kills its worker by itself, twice, is recorded as errored; everything else is
        measured.
        """
        for batch in sorted(lost, key=lambda one: one[0][0]):
            measured = self._alone(batch[1])
            if measured is None:
                parts = [self._last(task) for task in batch[1]]
                measured = _joined(parts)
            yield batch, measured

    def _last(self, task: Any) -> Measured:
        for _ in range(TRIES):
            if (measured := self._alone([task])) is not None:
                return measured
        return Measured([Row("errored", error=DEAD)])

    def _alone(self, tasks: Sequence[Any]) -> Measured | None:
        """Measure while nothing else runs, in new workers if need be; None if that kills one."""
        try:
            future = self.executor.submit(tasks)
        except Exception as error:
            if not self.executor.is_worker_loss(error):
                raise
            msg = (
                "a worker of the executor died; nothing that was measured is lost: give a new "
                "executor and run the same command again, or use executor='processes', which "
                "replaces dead workers"
            )
            raise TrialError(msg) from error
        try:
            return cast("Measured", future.result())
        except Exception as error:
            if not self.executor.is_worker_loss(error):
                raise
        return None

    def close(self) -> None:
        """End the workers."""
        self.executor.close()


def _joined(parts: Sequence[Measured]) -> Measured:
    """Put together what was measured one case at a time."""
    reported: dict[str, float] = {}
    for part in parts:
        for name, value in part.reported.items():
            reported[name] = reported.get(name, 0.0) + value
    return Measured(
        [row for part in parts for row in part.rows],
        sum(part.calls for part in parts),
        sum(part.inputs for part in parts),
        sum(part.seconds for part in parts),
        reported,
        tuple(one for part in parts for one in part.repeats),
        next((part.stopped for part in parts if part.stopped), None),
        frozenset(at for at, part in enumerate(parts) if part.left),
    )
