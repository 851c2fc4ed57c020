"""Why a demand cannot be made of a priority, if so."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from ._components import Perturbation, Use
from ._requirements import Requirement
from ._right import REFUSALS, Right

__all__ = ["is_mean_over_cases", "misfit", "unbounded"]


def misfit(
    requirement: Requirement,
    relation: str,
    right: Right | None,
    *,
    severities: Collection[int],
    weigh: str,
) -> str | None:
    """Say what a priority lacks for a demand, or what in it contradicts the demand.

    `severities` are those that it measures of every perturbation; none where it has none.
    """
    misfits = _misfits(requirement, relation, right, perturbed=bool(severities))
    reason = next(chain(misfits, _unmeasured(requirement, severities)), None)
    if reason is None and weigh == "clusters" and not is_mean_over_cases(requirement, right):
        reason = "is no mean over cases, so clusters cannot count alike in it: leave out weigh"
    return reason and f"{requirement.name} {reason}"


def unbounded(requirement: Requirement, uses: Iterable[Use[Perturbation]]) -> str | None:
    """Say which perturbation moves no input, where a demand holds within a distance."""
    trains = [use.label for use in uses if use.component.trains]
    if not trains or "distance" not in requirement.demand.required:
        return None
    return (
        f"{requirement.name} is about how far inputs are moved, and {trains[0]} changes training "
        "cases: require at_least or max_drop"
    )


def is_mean_over_cases(requirement: Requirement, right: Right | None) -> bool:
    """Tell whether the figure of a demand is a mean over cases, with one value for each."""
    demand = requirement.demand
    per_case = not demand.scored or right is None or right.per_case
    return demand.figure is not None and demand.bound is None and per_case


def _unmeasured(requirement: Requirement, severities: Collection[int]) -> Iterator[str]:
    if unknown := set(requirement.severities) - set(severities):
        measured = ", ".join(map(str, sorted(severities)))
        yield f"is about severity {min(unknown)}, and the priority measures {measured}"


def _misfits(
    requirement: Requirement, relation: str, right: Right | None, *, perturbed: bool
) -> Iterator[str]:
    demand = requirement.demand
    if demand.perturbed and not perturbed:
        yield "compares with the clean input, so it needs perturbations"
    if demand.answers and relation in REFUSALS:
        yield f"is about answers, and {relation} asks for none"
    if demand.same_answer and relation == "directional":
        yield "asks for the same answer, and directional for another one"
    if not demand.scored:
        return
    if right is None:
        yield "needs a metric, as in metric = 'metrics.accuracy'"
        return
    label = right.metric.label if right.metric else ""
    if right.source != "metric" and demand.level and demand.at_most:
        counts = {"refusal": "a refusal", "change": "another answer"}[right.source]
        yield f"contradicts {relation}, under which {counts} counts as right: require at_least"
    if right.source == "change" and not perturbed:
        yield "needs perturbations, or a metric: without either no answer can change"
    if right.source == "change" and demand.paired:
        yield "needs a metric: without one, directional does not say which clean answer is right"
    if not right.per_case and not demand.set_metric:
        yield f"needs a metric that scores case by case, unlike {label}"
    if demand.bounded and not right.bounds:
        yield f"needs a metric with bounds, and {label} has none"
    yield from _out_of_range(requirement, right.bounds)


def _out_of_range(requirement: Requirement, bounds: tuple[float, float] | None) -> Iterator[str]:
    if bounds is None:
        return
    low, high = bounds
    if requirement.demand.level and not low <= requirement.threshold <= high:
        yield f"= {requirement.threshold:g} lies outside the metric's range {bounds}"
    if requirement.demand.difference and requirement.threshold > high - low:
        most = f"two scores differ by {high - low:g} at most"
        yield f"= {requirement.threshold:g} would forbid nothing: {most}"
