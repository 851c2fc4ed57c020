"""What counts as right: one function of the relation and the metric of a priority."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from attrs import frozen

from ._components import Metric, Perturbation, Use
from ._demands import Demand
from .errors import PlanError

__all__ = ["REFUSALS", "Right", "contradicted", "right_of"]

REFUSALS = ("must-refuse", "must-abstain")
"""The relations under which refusing is what a model should do."""


OPPOSITES = {
    "invariant": ("directional",),
    "directional": ("invariant", "may-refuse"),
    "must-refuse": ("invariant", "directional"),
    "must-abstain": ("invariant", "directional"),
}
"""What a perturbation declares, and the relations of priorities under which it makes no sense."""


def contradicted(relation: str, perturbations: Iterable[Use[Perturbation]]) -> str | None:
    """Say which perturbation is made to ask for another relation than this one, if any is."""
    for use in perturbations:
        declared = use.component.relation
        if declared and relation in OPPOSITES.get(declared, ()):
            return (
                f"asks that answers are {relation} under {use.component.name}, which is made to "
                f"be {declared}: write relation = {declared!r}"
            )
    return None


@frozen(kw_only=True)
class Right:
    """Where the score of an answer comes from, and which end of its range is best.

    `source` is "metric" (its score), "refusal" (1 where the model refuses) or "change" (1 where the
    answer differs from the one to the clean input); `metric` is the one that reads either from the
    answer. With `refusal_is_right` a refusal gets the best score of the metric.
    """

    source: Literal["metric", "refusal", "change"]
    metric: Use[Metric] | None
    bounds: tuple[float, float] | None
    higher_is_better: bool
    refusal_is_right: bool = False

    @property
    def best(self) -> float:
        """The best score there can be; 1 for a score without bounds."""
        if self.bounds is None:
            return 1.0
        return self.bounds[1 if self.higher_is_better else 0]

    @property
    def per_case(self) -> bool:
        """Whether each answer has a score of its own."""
        return self.metric is None or self.metric.component.per_case

    def at_most(self, demand: Demand) -> bool:
        """Tell whether the figure of a demand must not exceed its threshold."""
        return not self.higher_is_better if demand.at_most is None else demand.at_most


def right_of(relation: str, metric: Use[Metric] | None) -> Right | None:
    """Give what counts as right, or None where nothing says so (no metric, and none is implied).

    | relation | without a metric | with one |
    |---|---|---|
    | `invariant` | nothing | its score, in its direction |
    | `directional` | an answer other than the clean one | its score on the perturbed target |
    | `may-refuse` | nothing | its score, or a refusal |
    | `must-refuse`, `must-abstain` | a refusal | a refusal, as the metric reads it |

    Raises `PlanError` where the two contradict.
    """
    component = metric.component if metric else None
    label = metric.label if metric else ""
    if relation in REFUSALS:
        if component and not (component.scores_refusals and component.per_case):
            msg = (
                f"{relation} asks for a refusal, which {label} does not score: leave out metric, "
                "or name one that scores refusals case by case (Metric(scores_refusals=True))"
            )
            raise PlanError(msg)
        return Right(source="refusal", metric=metric, bounds=(0.0, 1.0), higher_is_better=True)
    if relation == "directional" and component is None:
        return Right(source="change", metric=None, bounds=(0.0, 1.0), higher_is_better=True)
    if component is None:
        return None
    if relation != "invariant" and component.scores_refusals:
        msg = f"{relation} asks for an answer, and {label} scores refusals: name another metric"
        raise PlanError(msg)
    may_refuse = relation == "may-refuse"
    if may_refuse and not (component.per_case and component.bounds):
        msg = (
            f"may-refuse counts a refusal as the best score of a case, and {label} has none: name "
            "a metric with bounds that scores case by case"
        )
        raise PlanError(msg)
    return Right(
        source="metric",
        metric=metric,
        bounds=component.bounds,
        higher_is_better=component.higher_is_better,
        refusal_is_right=may_refuse,
    )
