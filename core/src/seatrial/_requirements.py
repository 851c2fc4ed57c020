"""What a priority requires: demands with their settings, read from a `require` table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from ._demand_list import DEMANDS
from ._demands import Demand
from ._settings import FRACTION, Check, number, whole
from ._values import FrozenMapping, did_you_mean

__all__ = ["Requirement", "is_of_require", "requirement_problems", "requirements_of"]

MIN_CONFIDENCE = 0.5


@frozen
class Requirement:
    """A demand with its settings, ready to be judged."""

    demand: Demand
    settings: FrozenMapping

    @property
    def name(self) -> str:
        """The name of the demand."""
        return self.demand.name

    @property
    def threshold(self) -> float:
        """The figure that must be reached, or must not be exceeded."""
        return float(self.settings[self.demand.threshold])

    @property
    def severities(self) -> tuple[int, ...]:
        """The severities that it is about; none means every one that its priority measures."""
        return tuple(self.settings.get("severities", ()))

    @property
    def earlier_run(self) -> str | None:
        """The directory of the earlier run that the figure depends on, if it does."""
        given = self.demand.earlier_run and self.settings.get(self.demand.earlier_run)
        return given if isinstance(given, str) else None


def requirements_of(require: Mapping[str, Any]) -> Iterator[Requirement]:
    """List what a `require` table demands: itself first, then each table of `all_of`."""
    for name, demand in DEMANDS.items():
        if name in require:
            value = require[name]
            settings = value if isinstance(value, Mapping) else {demand.threshold: value}
            yield Requirement(demand, FrozenMapping(settings))
    for one in require.get("all_of", ()):
        yield from requirements_of(one)


def _confidence(value: Any) -> str | None:
    if problem := number()(value):
        return problem
    if not MIN_CONFIDENCE <= value < 1:
        return f"must lie in [{MIN_CONFIDENCE}, 1), got {value}"
    return None


def _weigh(value: Any) -> str | None:
    return None if value in WEIGHTS else f"must be 'cases' or 'clusters', got {value!r}"


WEIGHTS = ("cases", "clusters")
"""What counts alike in a mean: every case, or every cluster."""

COMMON: Mapping[str, Check] = {
    "confidence": _confidence,
    "min_changed": FRACTION,
    "weigh": _weigh,
    "largest_cluster": whole,
}
"""Settings of the whole `require` table."""


def is_of_require(key: str) -> bool:
    """Tell whether a key stands in a `require` table and nowhere else."""
    return key in DEMANDS or key in COMMON


def requirement_problems(
    require: Mapping[str, Any], *, nested: bool = False
) -> list[tuple[str, str]]:
    """List what is wrong with a requirement, each as (key, problem)."""
    problems: list[tuple[str, str]] = []
    known = (*DEMANDS, *(() if nested else (*COMMON, "all_of")))
    for key, value in require.items():
        if key not in known:
            problems.append((key, f"no such requirement{did_you_mean(key, known)}"))
        elif key in COMMON:
            if problem := COMMON[key](value):
                problems.append((key, problem))
        elif key == "all_of":
            problems += _each(value)
        else:
            problems += _settings(key, value, DEMANDS[key])
    if not problems and not nested:
        problems += _contradictions(tuple(requirements_of(require)))
        if require.get("weigh") == "clusters" and "largest_cluster" in require:
            told = "says nothing where every cluster counts alike (weigh = 'clusters')"
            problems.append(("largest_cluster", told))
    return problems


def _contradictions(requirements: tuple[Requirement, ...]) -> Iterator[tuple[str, str]]:
    low = max((one.threshold for one in requirements if one.name == "at_least"), default=-math.inf)
    high = min((one.threshold for one in requirements if one.name == "at_most"), default=math.inf)
    if low > high:
        yield "at_least", f"{low:g} contradicts at_most = {high:g}"


def _each(tables: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(tables, list | tuple) or not all(isinstance(t, Mapping) for t in tables):
        yield "all_of", f"must be a list of requirements, got {tables!r}"
        return
    for at, table in enumerate(tables):
        for key, problem in requirement_problems(table, nested=True):
            yield f"all_of[{at}].{key}", problem


def _settings(key: str, value: Any, demand: Demand) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        if not demand.bare:
            yield key, f"must be a table with {', '.join(demand.required)}, got {value!r}"
        elif problem := demand.settings[demand.threshold](value):
            yield key, problem
        return
    for setting, given in value.items():
        if setting not in demand.settings:
            hint = did_you_mean(setting, demand.settings)
            yield f"{key}.{setting}", f"no such setting{hint}"
        elif problem := demand.settings[setting](given):
            yield f"{key}.{setting}", problem
    for setting in dict.fromkeys((demand.threshold, *demand.required)):
        if setting not in value:
            yield f"{key}.{setting}", "is missing"
