"""What a run tells its observers: typed events, each with where the run stands.

    def show(event):
        if isinstance(event, seatrial.events.BatchDone):
            print(f"{event.done} of {event.planned}")

    seatrial.run(plan, model=model, cases=cases, observers=[show])

An observer gets `Started`, then for every batch its `Retried`, one `Usage` and one `BatchDone`, and
at the end `Finished`. Every event is a `Progress`. An observer that raises is reported once, as an
`ObserverWarning`, and the run goes on.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ._values import FrozenMapping, frozen_mapping

__all__ = ["BatchDone", "Finished", "Progress", "Retried", "Started", "Trained", "Usage"]


@frozen
class Progress:
    """Where a run stands.

    `planned` counts the records asked for, `kept` those measured by an earlier run, `measured`
    those of this run, `errored` those of this run that failed, and `stale` the records of earlier
    plans that nobody asks for any more.
    """

    planned: int
    kept: int
    measured: int = 0
    errored: int = 0
    stale: int = 0

    @property
    def done(self) -> int:
        """How many records there are by now."""
        return self.kept + self.measured


@frozen
class Started(Progress):
    """Measuring begins; `reasons` says why records are measured again, where an earlier run is."""

    reasons: tuple[str, ...] = field(default=(), kw_only=True)


@frozen
class Retried(Progress):
    """Some inputs of a batch were asked about again.

    `attempt` is 2 for the first retry, `inputs` how many were asked again, `reason` the failure of
    one of them, `waited` the seconds before.
    """

    attempt: int = field(kw_only=True)
    inputs: int = field(kw_only=True)
    reason: str = field(kw_only=True)
    waited: float = field(kw_only=True)


@frozen
class Usage(Progress):
    """What one batch cost.

    `calls` of the model with `inputs` in all (those of searches and retries included), which took
    `seconds`; `reported` sums the numbers that predictions carry in `details["usage"]` (tokens,
    prices), by name.
    """

    calls: int = field(kw_only=True)
    inputs: int = field(kw_only=True)
    seconds: float = field(kw_only=True)
    reported: Mapping[str, float] = field(
        factory=FrozenMapping, converter=frozen_mapping, kw_only=True
    )


@frozen
class BatchDone(Progress):
    """One batch is measured and stored."""


@frozen
class Finished(Progress):
    """The run is over: everything is measured, or it was stopped."""


@frozen
class Trained:
    """How far an adapter is: `done` steps of `total`, None where nobody knows how many.

    `figures` are those of the last step, by name, as far as the adapter tells any: its loss, say.
    """

    done: int
    total: int | None = None
    figures: Mapping[str, float] = field(factory=FrozenMapping, converter=frozen_mapping)
