"""One demand while its cases are being measured: what is known, and whether it is decided."""

from __future__ import annotations

from typing import Literal

from attrs import define

from .._plans import Priority
from .._requirements import Requirement
from ..errors import SeatrialError
from ._answering import looks_of
from ._changed import changed_fractions, too_little_changed
from ._early_stopping import Measured, judged_early
from ._looks import Looks, Order
from ._merit import nothing_to_lose
from ._question import Question
from ._sample import Sample

__all__ = ["Running"]


@define(eq=False)
class Running:
    """The state of one demand, to which each step adds what was measured since.

    It stops at a pass at the confidence of its priority, at a failure at `corrected`, which
    survives the correction for the number of demands, or where it is too close to tell.
    `read` is the rank of the last case that was read, and `taken` how many looks were.
    """

    priority: Priority
    requirement: Requirement
    order: Order
    seed: int
    corrected: float
    outcome: Literal["pass", "fail", "close"] | None = None
    closeness: float = 1.0
    looks: Looks | None = None
    measured: Measured | None = None
    read: int = -1
    taken: int = 0
    failed: bool = False

    def step(self, sample: Sample, until: int) -> None:
        """Read the cases up to a rank, and take every look that has all of its clusters."""
        if self.outcome is None and self._read(sample, until):
            self._look(sample)

    def _read(self, sample: Sample, until: int) -> bool:
        rank = self.order.rank[sample.cases]
        try:
            if self.looks is None:
                whole = Question.ask(self.priority, self.requirement, sample, self.seed)
                if not judged_early(whole):
                    return False
                self.looks = looks_of(whole, self.order)
            new = sample.keep((rank > self.read) & (rank <= until))
            question = Question.ask(self.priority, self.requirement, new, self.seed)
            if question.evidence is None:
                return False
            more = Measured.of(question, question.evidence, self.order.rank, self.looks)
        except SeatrialError:  # it may be that none of the new cases tells anything yet
            return False
        self.measured = self.measured.and_then(more) if self.measured else more
        self.read = until
        return bool(self.measured.figures)

    def _look(self, sample: Sample) -> None:
        looks, measured = self.looks, self.measured
        if looks is None or measured is None:
            return
        mean = float(measured.figures[0].values.mean())
        self.closeness = max(0.0, 1.0 - abs(mean - self.requirement.threshold))
        confidence = self.priority.confidence
        own, strict = (measured.levels(looks, one) for one in (confidence, self.corrected))
        while self.outcome is None and self.taken < looks.plan.planned:
            size = int(looks.plan.sizes[self.taken])
            if looks.last[size - 1] > self.read:
                return
            at, self.taken = self.taken, self.taken + 1
            found = measured.outcome(size, own[at])
            self.failed |= found == "fail"
            if self.failed:
                strictly = measured.outcome(size, strict[at])
                self.outcome = "fail" if strictly == "fail" else None
            elif found == "pass":
                self.outcome = "pass" if self._proves_something(sample) else None
            elif measured.hopeless(looks, at, own, confidence):
                self.outcome = "close"

    def _proves_something(self, sample: Sample) -> bool:
        """Tell whether a pass by what is measured so far is a merit of the model."""
        changed = changed_fractions(sample, self.requirement)
        if too_little_changed(changed, self.priority):
            return False
        if not self.requirement.demand.scored:
            return not nothing_to_lose(self.requirement, sample, None)
        read = sample.keep(self.order.rank[sample.cases] <= self.read)
        asked = Question.ask(self.priority, self.requirement, read, self.seed)
        return not nothing_to_lose(self.requirement, read, asked.evidence)
