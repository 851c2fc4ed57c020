"""Tell observers how a run goes on; one that raises is reported, not obeyed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from attrs import define, evolve, field

from .._arguments import listed
from ..engine._worker import Measured
from ..events import BatchDone, Finished, Progress, Retried, Started, Usage
from ._progress import default_progress
from ._telling import tell

__all__ = ["Observers"]


@define
class Observers:
    """Whoever watches a run, and where the run stands; None leaves it to `showing`."""

    watching: Iterable[Callable[[Any], Any]] | None
    progress: Progress = field(factory=lambda: Progress(0, 0))
    _failed: set[int] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        if self.watching is not None:
            self.watching = listed(self.watching, "observers", cast("type[Any]", Callable))

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the progress inside a `with` block, unless somebody watches or nobody is to."""
        if self.watching is not None:
            yield
            return
        with default_progress() as self.watching:
            yield

    def start(self, planned: int, kept: int, stale: int, reasons: Iterable[str]) -> None:
        """Tell what is to be measured."""
        self.progress = Progress(planned, kept, stale=stale)
        self._tell(Started, reasons=tuple(reasons))

    def batch(self, measured: Measured, errored: int) -> Progress:
        """Tell that a batch is stored, and what it took."""
        self.progress = evolve(
            self.progress,
            measured=self.progress.measured + len(measured.rows),
            errored=self.progress.errored + errored,
        )
        for one in measured.repeats:
            self._tell(
                Retried,
                attempt=one.attempt,
                inputs=one.inputs,
                reason=one.reason,
                waited=one.waited,
            )
        self._tell(
            Usage,
            calls=measured.calls,
            inputs=measured.inputs,
            seconds=measured.seconds,
            reported=measured.reported,
        )
        return self._tell(BatchDone)

    def finish(self) -> None:
        """Tell that the run is over."""
        self._tell(Finished)

    def _tell(self, kind: type[Progress], **more: Any) -> Progress:
        now = self.progress
        event = kind(now.planned, now.kept, now.measured, now.errored, now.stale, **more)
        tell(self.watching or (), event, self._failed)
        return event
