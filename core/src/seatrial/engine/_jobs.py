"""What executors run: a batch in, what was measured out; here, or in another process."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from attrs import frozen

from .._components import Use
from .._plans import Plan
from .._reference import Reference
from ..errors import PlanError
from ..inputs._modalities import Modalities
from ..inputs._models import Subject, subject_of
from ..runs._keeping import Keeper
from ._asking import Asking
from ._worker import Measured, Worker
from ._workload import Task

__all__ = ["Job", "job_of"]

Job = Callable[[Sequence[Task]], Measured]


@frozen
class RemoteJob:
    """What another process needs to measure: plain values only, never the model itself."""

    name: str
    plan: Plan
    reference: Reference
    asking: Asking
    keeper: Keeper
    modalities: tuple[str, ...]

    def __call__(self, tasks: Sequence[Task]) -> Measured:
        """Measure a batch in a worker process, where the model is built once."""
        if self.name not in _workers:
            _workers.clear()
            model = subject_of(self.reference).model
            known = Modalities(named=self.modalities)
            _workers[self.name] = Worker(
                self.plan, model, self.asking, self.keeper, modalities=known
            )
        return _workers[self.name](tasks)


_workers: dict[str, Worker] = {}
_numbers = count()


def job_of(
    plan: Plan,
    subject: Subject,
    asking: Asking,
    keeper: Keeper,
    modalities: Modalities,
    *,
    remote: bool,
) -> Job:
    """Make the job of a run; raises `PlanError` or `ModelError` for what cannot travel."""
    if not remote:
        return Worker(plan, subject.model, asking, keeper, threading.Lock(), modalities)
    name = f"{os.getpid()}-{next(_numbers)}"
    job = RemoteJob(name, plan, subject.portable(), asking, keeper, modalities.named)
    try:
        pickle.dumps(job)
    except Exception as error:
        uses: list[Use[Any]] = [*plan.perturbations, *plan.metrics]
        local = [use.label for use in uses if not isinstance(use.component.factory, str)]
        msg = (
            f"the plan cannot be sent to another process ({error}); give the factory of "
            f"{', '.join(local) or 'each component'} as an import string: 'module:function'"
        )
        raise PlanError(msg) from error
    return job
