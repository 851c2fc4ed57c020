"""What an explainer is trained on, and what it is graded on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from attrs import frozen

from .._arguments import check_kind, listed
from .._cases import Outcome, cluster_of
from .._graded import Part
from .._seeds import derive
from ..errors import ModelError, PlanError
from ..inputs._models import subject_of
from ..runs._report import Report
from ..statistics._checks import check_confidence
from ._baselines import fit_baselines
from ._explanation import Explanation
from ._grade import Exam
from ._split import Split

__all__ = ["Experiment"]

MIN_TRAINING: Final = 10
MIN_TEST: Final = 5


@frozen(eq=False, slots=False, kw_only=True)
class Experiment:
    """The training and the test part of some outcomes, and the report that they are from.

    The same for every explainer, so that explainers can be compared.
    """

    split: Split[Outcome]
    report: Report | None
    graded_on: Report | None
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
        graded_on: Report | None,
        metric: str | None,
        **more: Any,
    ) -> Experiment:
        """Gather the outcomes and split them by clusters.

        A report to be graded on gives the test part, without the clusters of the training part.
        """
        check_confidence(more["confidence"])
        if outcomes is not None:
            given = listed(outcomes, "outcomes", Outcome)
            split = Split[Outcome].of(given, seed=more["seed"], held_out=held_out)
        elif report is not None:
            check_kind(report, "report", Report)
            found = tuple(report.outcomes(metric))
            split = Split.of_report(found, seed=more["seed"], held_out=held_out)
            if not isinstance(held_out, int | float):
                split = Split(split.training, held_out)
        else:
            msg = "explain needs a report, or outcomes"
            raise PlanError(msg)
        if graded_on is not None:
            check_kind(graded_on, "graded_on", Report)
            split = split.graded_on(tuple(graded_on.outcomes(metric)))
        return cls(split=split, report=report, graded_on=graded_on, **more)

    @property
    def training(self) -> tuple[Outcome, ...]:
        """The outcomes that explainer and baselines are trained on."""
        return self.split.training

    @property
    def test(self) -> tuple[Outcome, ...]:
        """The outcomes that both are graded on."""
        return self.split.test

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
        outcomes = (*self.training, *self.test)
        wrong = sum(not outcome.right for outcome in outcomes)
        training, test = (min(_kinds(part)) for part in (self.training, self.test))
        if training >= MIN_TRAINING and test >= MIN_TEST:
            return None
        counted = f"{wrong:,} of {len(outcomes):,} outcomes are wrong"
        if wrong in (0, len(outcomes)):
            summary = f"nothing to explain: {counted}"
        else:
            parts = [f"{name} {_counted(part)}" for name, part in self._parts.items()]
            summary = (
                f"too few to explain: {counted}. In independent clusters, {'; '.join(parts)}. "
                f"At least {MIN_TRAINING} wrong and {MIN_TRAINING} right are needed for training, "
                f"and {MIN_TEST} of each for the test"
            )
        return Explanation(summary, details={"outcomes": len(outcomes), "wrong": wrong})

    @property
    def _parts(self) -> dict[str, tuple[Outcome, ...]]:
        return {"training": self.training, "test": self.test}

    @cached_property
    def exam(self) -> Exam:
        """Fit the baselines, once for all explainers."""
        clusters = [cluster_of(outcome.case) for outcome in self.training]
        seed = derive(self.seed, "baselines")
        baselines, left_out = fit_baselines(self.training, self.test, clusters, seed)
        wrong = np.array([not outcome.right for outcome in self.training])
        return Exam(
            wrong=np.array([not outcome.right for outcome in self.test]),
            clusters=[cluster_of(outcome.case) for outcome in self.test],
            baselines=baselines,
            base_rate=float(wrong.mean()),
            confidence=self.confidence,
            seed=derive(self.seed, "exam"),
            training=self._training_part(),
            graded_on=_name(self.graded_on),
            left_out=left_out,
        )

    def _training_part(self) -> Part:
        return Part(
            len(self.training),
            sum(not outcome.right for outcome in self.training),
            len({cluster_of(outcome.case) for outcome in self.training}),
        )


def _name(report: Report | None) -> str:
    """Name a report by its directory, or else by its model."""
    if report is None:
        return ""
    return str(report.path or report.identity)


def _kinds(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    """Count the clusters in which something is wrong, and those in which something is right."""
    return tuple(  # type: ignore[return-value]
        len({cluster_of(one.case) for one in outcomes if one.right is right})
        for right in (False, True)
    )


def _counted(outcomes: Sequence[Outcome]) -> str:
    wrong, right = _kinds(outcomes)
    return f"{wrong:,} wrong and {right:,} right"
