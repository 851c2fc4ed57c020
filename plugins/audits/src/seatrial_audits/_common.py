"""What several audits do alike: groups of cases, gold to compare, levels by fraction."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from seatrial import Case
from seatrial.kit import Level

from ._reading import PREFIX, gold_of, normalised, value_key

__all__ = [
    "CLEAN",
    "Check",
    "clean_of",
    "cluster_of",
    "counted",
    "disagree",
    "fraction_between",
    "golds_of",
    "graded",
    "grouped",
    "natural",
    "percent",
    "whole_number",
]

Check = Callable[..., Iterable[Any]]
CLEAN = "clean"
T = TypeVar("T")


def cluster_of(case: Case) -> str:
    """Name the unit that is really independent: the cluster, or the case itself."""
    return case.cluster or case.id


def grouped(items: Iterable[T], key: Callable[[T], Hashable]) -> Mapping[Hashable, list[T]]:
    """Gather items by key, in order."""
    found: dict[Hashable, list[T]] = {}
    for one in items:
        found.setdefault(key(one), []).append(one)
    return found


def golds_of(case: Case) -> frozenset[Any]:
    """Give the answers that count as right, as keys; a target may list several."""
    target = case.target
    if isinstance(target, str):
        return frozenset({normalised(PREFIX.sub("", gold_of(case) or target))})
    if isinstance(target, Sequence) and all(isinstance(one, str) for one in target):
        return frozenset(map(normalised, target))
    return frozenset() if target is None else frozenset({value_key(target)})


def disagree(cases: Iterable[Case]) -> bool:
    """Tell whether no answer is right for all of these cases that have a target."""
    golds = [gold for case in cases if (gold := golds_of(case))]
    return len(golds) > 1 and not frozenset.intersection(*golds)


def clean_of(outcomes: Sequence[Any]) -> Sequence[Any]:
    """Give one outcome for each case: the unperturbed one, or else the first."""
    found: dict[str, Any] = {}
    for outcome in outcomes:
        known = found.setdefault(outcome.case.id, outcome)
        if known.perturbation != CLEAN and outcome.perturbation == CLEAN:
            found[outcome.case.id] = outcome
    return tuple(found.values())


def natural(name: str) -> tuple[Any, ...]:
    """Order ids as people do: 2 before 10."""
    digits = "".join(one if one.isdecimal() else " " for one in name).split()
    words = "".join(" " if one.isdecimal() else one for one in name)
    return (words.split(), [int(one) for one in digits], name)


def percent(fraction: float) -> str:
    """Write a fraction as people read it."""
    return f"{fraction:.0%}" if fraction in (0, 1) else f"{fraction:.1%}"


def counted(number: int, one: str, more: str) -> str:
    """Write a number before the words that fit it."""
    return f"{number:,} {one if number == 1 else more}"


def graded(fraction: float, error: float, warning: float = 0.0) -> Level:
    """Give the level of a fraction: an error, a warning or a note."""
    if fraction >= error:
        return "error"
    return "warning" if fraction >= warning else "note"


def whole_number(name: str, value: Any, low: int) -> int:
    """Take a parameter that must be a whole number."""
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        msg = f"{name} must be a whole number from {low} up, got {value!r}"
        raise ValueError(msg)
    return value


def fraction_between(name: str, value: Any, low: float = 0.0, high: float = 1.0) -> float:
    """Take a parameter that must be a number between two others."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        msg = f"{name} must be a number from {low:g} to {high:g}, got {value!r}"
        raise ValueError(msg)
    return float(value)
