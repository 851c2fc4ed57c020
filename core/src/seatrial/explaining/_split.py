"""What an explainer learns from, and what it is graded on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from attrs import frozen

from .._cases import Outcome, cluster_of
from .._findings import Explanation
from .._seeds import derive
from ..errors import ModelError, PlanError
from ..inputs._models import subject_of
from ..runs._report import Report
from ..statistics._checks import check_confidence
from ..statistics._split import held_out as hold_out
from ._baselines import fit_baselines
from ._grade import Exam

__all__ = ["Lesson"]

FEWEST_LEARNT: Final = 10
FEWEST_HELD: Final = 5
SHOWN: Final = 3


@frozen(eq=False, slots=False, kw_only=True)
class Lesson:
    """Outcomes to learn from and outcomes to be graded on, and the report that they are from.

    The same for every explainer, so that explainers can be compared.
    """

    learning: tuple[Outcome, ...]
    held: tuple[Outcome, ...]
    report: Report | None
    model: Any
    seed: int
    confidence: float

    @classmethod
    def of(
        cls,
        *,
        report: Report | None,
        outcomes: Sequence[Outcome] | None,
        held_out: float | Sequence[Outcome],
        metric: str | None,
        **more: Any,
    ) -> Lesson:
        """Gather the outcomes and part them, whole clusters on either side."""
        check_confidence(more["confidence"])
        if outcomes is None:
            if report is None:
                msg = "explain needs a report, or outcomes"
                raise PlanError(msg)
            outcomes = tuple(report.outcomes(metric))
        if isinstance(held_out, int | float):
            learning, held = _parted(outcomes, held_out, derive(more["seed"], "explain"))
        else:
            learning, held = tuple(outcomes), tuple(held_out)
            _check_apart(learning, held)
        return cls(learning=learning, held=held, report=report, **more)

    def subject(self, needs: Sequence[str], label: str) -> Any:
        """Give the model to who looks inside it; to others only the one that was passed."""
        model = self.model
        if model is None and self.report is not None and needs:
            model = self.report.model
        if model is not None:
            return subject_of(model).model
        if needs:
            msg = (
                f"{label} looks inside the model (it needs {', '.join(needs)}): pass model=, or "
                "--model module:name on the command line"
            )
            raise ModelError(msg)
        return None

    @property
    def obstacle(self) -> Explanation | None:
        """Say how many there are where there are too few, right or wrong, to learn or to grade."""
        outcomes = (*self.learning, *self.held)
        wrong = sum(not outcome.right for outcome in outcomes)
        learnt, held = (min(_kinds(part)) for part in (self.learning, self.held))
        if learnt >= FEWEST_LEARNT and held >= FEWEST_HELD:
            return None
        counted = f"{wrong:,} of {len(outcomes):,} outcomes are wrong"
        if wrong in (0, len(outcomes)):
            summary = f"nothing to explain: {counted}"
        else:
            parts = [f"{name} {_counted(part)}" for name, part in self._parts.items()]
            summary = (
                f"too few to explain: {counted}. In independent clusters, {'; '.join(parts)}. "
                f"At least {FEWEST_LEARNT} wrong and {FEWEST_LEARNT} right are needed to learn "
                f"from, and {FEWEST_HELD} of each to be graded on"
            )
        return Explanation(summary, details={"outcomes": len(outcomes), "wrong": wrong})

    @property
    def _parts(self) -> dict[str, tuple[Outcome, ...]]:
        return {"to learn from": self.learning, "held out": self.held}

    @cached_property
    def fitted(self) -> tuple[Exam, dict[str, str]]:
        """Fit the baselines; give the exam, and why some baselines cannot be read."""
        clusters = [cluster_of(outcome.case) for outcome in self.learning]
        seed = derive(self.seed, "baselines")
        baselines, left_out = fit_baselines(self.learning, self.held, clusters, seed)
        wrong = np.array([not outcome.right for outcome in self.learning])
        exam = Exam(
            wrong=np.array([not outcome.right for outcome in self.held]),
            clusters=[cluster_of(outcome.case) for outcome in self.held],
            baselines=baselines,
            base_rate=float(wrong.mean()),
            confidence=self.confidence,
            seed=derive(self.seed, "exam"),
        )
        return exam, left_out

    def facts(self) -> dict[str, int]:
        """Count what was learnt from."""
        return {
            "outcomes": len(self.learning),
            "wrong": sum(not outcome.right for outcome in self.learning),
            "clusters": len({cluster_of(outcome.case) for outcome in self.learning}),
        }


def _kinds(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    """Count the clusters in which something is wrong, and those in which something is right."""
    return tuple(  # type: ignore[return-value]
        len({cluster_of(one.case) for one in outcomes if one.right is right})
        for right in (False, True)
    )


def _counted(outcomes: Sequence[Outcome]) -> str:
    wrong, right = _kinds(outcomes)
    return f"{wrong:,} wrong and {right:,} right"


def _parted(
    outcomes: Sequence[Outcome], share: float, seed: int
) -> tuple[tuple[Outcome, ...], tuple[Outcome, ...]]:
    clusters = [cluster_of(outcome.case) for outcome in outcomes]
    if len(set(clusters)) <= 1:
        return tuple(outcomes), ()
    chosen = hold_out([one.right for one in outcomes], clusters, share=share, seed=seed)
    pairs = list(zip(outcomes, chosen, strict=True))
    return (
        tuple(outcome for outcome, held in pairs if not held),
        tuple(outcome for outcome, held in pairs if held),
    )


def _check_apart(learning: Sequence[Outcome], held: Sequence[Outcome]) -> None:
    learnt = {cluster_of(outcome.case) for outcome in learning}
    if shared := sorted(learnt & {cluster_of(outcome.case) for outcome in held}):
        more = f" and {len(shared) - SHOWN:,} more" if len(shared) > SHOWN else ""
        plural = "s" if len(shared) > 1 else ""
        msg = (
            f"cluster{plural} {', '.join(map(repr, shared[:SHOWN]))}{more} stand both among what "
            "is learnt from and among what is held out: an explainer would be graded on what it "
            "has seen; leave them out of either"
        )
        raise PlanError(msg)
