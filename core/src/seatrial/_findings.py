"""What verbs hand back in words: findings, explanations and verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from attrs.validators import in_

from ._values import FrozenMapping, frozen_mapping

if TYPE_CHECKING:
    from ._cases import Case

__all__ = ["OUTCOMES", "Explanation", "Finding", "Verdict"]

OUTCOMES = ("pass", "fail", "inconclusive", "error")


def _ids(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen
class Finding:
    """One thing that an audit or an explainer found.

    `level` is "error" (stops a run unless it is allowed by name), "warning" or "note".
    `effect` is the size of the effect in the unit that the summary names; `fix` says what to do.
    """

    name: str
    summary: str
    level: str = field(default="note", kw_only=True, validator=in_(("error", "warning", "note")))
    cases: tuple[str, ...] = field(default=(), kw_only=True, converter=_ids)
    effect: float | None = field(default=None, kw_only=True)
    fix: str = field(default="", kw_only=True)


def _findings(values: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(values)


@frozen
class Explanation:
    """Predicts unseen failures, and is graded by how well it does.

    `auroc` and its `interval` are measured on cases that the explainer never saw;
    `baselines` maps each trivial baseline to its AUROC on the same cases.
    `predictor` maps cases to the probability that the model fails on each.
    `details` holds whatever else was found out, as plain data: what was searched and selected, the
    comparison with the best baseline, calibration.
    """

    summary: str
    findings: tuple[Finding, ...] = field(default=(), converter=_findings)
    auroc: float | None = None
    interval: tuple[float, float] | None = None
    baselines: Mapping[str, float] = field(factory=FrozenMapping, converter=frozen_mapping)
    predictor: Callable[[Sequence[Case]], Sequence[float]] | None = field(
        default=None, kw_only=True, repr=False, eq=False
    )
    details: Mapping[str, Any] = field(
        factory=FrozenMapping, converter=frozen_mapping, kw_only=True, repr=False
    )

    def predict(self, cases: Sequence[Case], /) -> Sequence[float]:
        """Give the probability that the model fails on each case."""
        if self.predictor is None:
            msg = "this explanation predicts nothing: its explainer gave no predictor"
            raise ValueError(msg)
        return self.predictor(cases)


@frozen
class Verdict:
    """What was found out about one priority.

    `interval` is at the confidence that the priority demands. `cases_needed` is how many more cases
    would decide an inconclusive verdict at the observed rate, None where no number would.
    """

    priority: str
    outcome: str = field(validator=in_(OUTCOMES))
    estimate: float | None
    interval: tuple[float, float] | None
    threshold: float | None
    cases_used: int
    cases_needed: int | None = None
    note: str = ""
    details: Mapping[str, Any] = field(factory=FrozenMapping, converter=frozen_mapping)
