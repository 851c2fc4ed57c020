"""What was found out about a priority, and about each of its demands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

from attrs import field, frozen
from attrs.validators import in_

from ._values import FrozenMapping, frozen_mapping

__all__ = ["OUTCOMES", "DemandVerdict", "Verdict", "VerdictOutcome"]

VerdictOutcome = Literal["pass", "fail", "inconclusive", "error"]
OUTCOMES: tuple[VerdictOutcome, ...] = get_args(VerdictOutcome)


@frozen(kw_only=True)
class DemandVerdict:
    """What was found out about one demand of a priority, at the priority's own confidence.

    `at_most` says that the figure must not exceed the threshold. `interval` has a one-sided bound
    at each end. Of a demand that is inconclusive, `cases_needed` more cases decide with a
    `probability`, by what was measured; both are None where that is too close to tell.
    Of a demand that fails, `p_value` is the smallest error at which it still does, and
    `p_value_holm` the same after correcting for every demand of the specification.
    """

    demand: str
    outcome: VerdictOutcome = field(validator=in_(OUTCOMES))
    threshold: float
    at_most: bool
    confidence: float
    estimate: float | None = None
    interval: tuple[float, float] | None = None
    cases_used: int = 0
    cases_needed: int | None = None
    probability: float | None = None
    p_value: float | None = None
    p_value_holm: float | None = None
    note: str = ""
    details: Mapping[str, Any] = field(factory=FrozenMapping, converter=frozen_mapping)

    @property
    def survives(self) -> bool:
        """Whether the demand fails after correcting for every demand of the specification."""
        adjusted = 1.0 if self.p_value_holm is None else self.p_value_holm
        return self.outcome == "fail" and adjusted <= 1 - self.confidence


def _tuple(values: Iterable[DemandVerdict]) -> tuple[DemandVerdict, ...]:
    return tuple(values)


@frozen
class Verdict:
    """What was found out about one priority: what holds of its gravest demand, and of each.

    `interval` is at the confidence that the priority demands. `cases_needed` is how many more cases
    are likely to decide an inconclusive verdict (`DemandVerdict.probability` says how likely), None
    where that is too close to tell.

    Beside the figure stand `changed`, the fraction of perturbed inputs that differ from the clean
    ones (of the perturbation that changed fewest; None without perturbations), and `baseline`, the
    mean score of always giving the most frequent target (None where there is none). `power` is the
    probability that these cases pass the demand if the model is as good as the priority expects.
    """

    priority: str
    outcome: VerdictOutcome = field(validator=in_(OUTCOMES))
    estimate: float | None
    interval: tuple[float, float] | None
    threshold: float | None
    cases_used: int
    cases_needed: int | None = None
    note: str = ""
    details: Mapping[str, Any] = field(factory=FrozenMapping, converter=frozen_mapping)
    demands: tuple[DemandVerdict, ...] = field(default=(), converter=_tuple, kw_only=True)
    changed: float | None = field(default=None, kw_only=True)
    baseline: float | None = field(default=None, kw_only=True)
    power: float | None = field(default=None, kw_only=True)
