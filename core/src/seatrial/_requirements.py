"""What a priority may require: the grammar of `require`, as data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from ._values import FrozenMapping, did_you_mean

__all__ = ["REQUIREMENTS", "Demand", "Requirement", "demands_of", "requirement_problems"]

LEAST_CONFIDENCE = 0.5
Check = Callable[[Any], "str | None"]


def _number(low: float = -math.inf, high: float = math.inf) -> Check:
    def check(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"must be a number, got {value!r}"
        if not math.isfinite(value):
            return f"must be a number, got {value!r}"
        if not low <= value <= high:
            if high == math.inf:
                return f"must not be negative, got {value}"
            return f"must lie in [{low:g}, {high:g}], got {value}"
        return None

    return check


def _whole(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        return f"must be a whole number from 1 up, got {value!r}"
    return None


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) and value else f"must be some text, got {value!r}"


def _slice(value: Any) -> str | None:
    if isinstance(value, Mapping) and value:
        return None
    return f"must be a table of groups, got {value!r}"


def _label(value: Any) -> str | None:
    return None if isinstance(value, str | int | bool) else f"must be an answer, got {value!r}"


SHARE = _number(0, 1)
POSITIVE = _number(0)


def _above_zero(value: Any) -> str | None:
    return SHARE(value) or (None if value else f"must be above 0, got {value}")


def _rates(value: Any) -> str | None:
    rates = value if isinstance(value, list | tuple) else (value,)
    if not rates:
        return "must name at least one prevalence"
    return next((problem for one in rates if (problem := _above_zero(one))), None)


def _reference(value: Any) -> str | None:
    if isinstance(value, str) and value:
        return None
    if not isinstance(value, Mapping) or not value:
        return f"must be a run directory, or a table of mean errors, got {value!r}"
    for name, given in value.items():
        errors = given if isinstance(given, list | tuple) else (given,)
        if problem := next((found for one in errors if (found := SHARE(one))), None):
            return f"{name} {problem}"
    return None


def _reference_with_clean(value: Any) -> str | None:
    if isinstance(value, Mapping) and value and not isinstance(value.get("clean"), int | float):
        return "needs the clean error too, as in { clean = 0.1, ... }"
    return _reference(value)


@frozen(kw_only=True)
class Requirement:
    """One thing that may be required: which settings it takes, and which of them is the threshold.

    `threshold` is the setting that a bare number stands for. A requirement with `ceiling` must stay
    below it, one without must reach above it; None leaves that to the metric's direction. `level`
    says that the threshold is a score on the metric's own scale, and `bounded` that the metric must
    have a smallest and a largest score.
    """

    summary: str
    threshold: str
    ceiling: bool | None
    settings: Mapping[str, Check]
    needed: tuple[str, ...] = ()
    perturbed: bool = False
    scored: bool = True
    level: bool = False
    bounded: bool = False

    @property
    def bare(self) -> bool:
        """Whether a number alone says everything."""
        return not self.needed


def _one(
    summary: str, check: Check, *, ceiling: bool | None, decay: bool = False, **more: Any
) -> Requirement:
    threshold = {True: "at_most", False: "at_least", None: "threshold"}[ceiling]
    settings = {threshold: check, **({"decay": _above_zero} if decay else {})}
    return Requirement(
        summary=summary, threshold=threshold, ceiling=ceiling, settings=settings, **more
    )


def _table(
    summary: str,
    threshold: str,
    *needed: str,
    ceiling: bool | None,
    settings: Mapping[str, Check],
    **more: Any,
) -> Requirement:
    return Requirement(
        summary=summary,
        threshold=threshold,
        ceiling=ceiling,
        settings=settings,
        needed=(threshold, *needed),
        **more,
    )


REQUIREMENTS: Mapping[str, Requirement] = {
    "at_least": _one("the mean score is at least this", _number(), ceiling=False, level=True),
    "at_most": _one("the mean score is at most this", _number(), ceiling=True, level=True),
    "max_drop": _one(
        "the mean score falls from clean to perturbed by at most this, paired by case",
        POSITIVE,
        ceiling=True,
        perturbed=True,
    ),
    "min_agreement": _one(
        "at least this share of answers is the same as to the clean input",
        SHARE,
        ceiling=False,
        perturbed=True,
        scored=False,
    ),
    "flip_rate": _one(
        "at most this share of answers differs from the one to the clean input",
        SHARE,
        ceiling=True,
        perturbed=True,
        scored=False,
    ),
    "worst_severity": _one(
        "the mean score holds at the worst perturbation and severity",
        _number(),
        ceiling=None,
        perturbed=True,
        level=True,
        bounded=True,
    ),
    "worst_of": _one(
        "the mean over cases of the worst of their variants holds",
        _number(),
        ceiling=None,
        perturbed=True,
        level=True,
    ),
    "stable_instances": _one(
        "at least this share of cases is right under every variant",
        SHARE,
        ceiling=False,
        perturbed=True,
        bounded=True,
    ),
    "weighted_mean": _one(
        "the mean score holds, clean counted 1 and severity s counted decay**s (ROOD)",
        _number(),
        ceiling=None,
        perturbed=True,
        level=True,
        decay=True,
    ),
    "weighted_drop": _one(
        "the drop, severity s counted decay**s, is at most this (ROOD)",
        POSITIVE,
        ceiling=True,
        perturbed=True,
        decay=True,
    ),
    "worst_group": _table(
        "the mean score holds in the worst group, bounded for all groups at once",
        "threshold",
        "by",
        ceiling=None,
        settings={"threshold": _number(), "by": _text, "min_cases": _whole},
        level=True,
        bounded=True,
    ),
    "max_gap": _table(
        "the best and the worst group lie at most this far apart",
        "at_most",
        "by",
        ceiling=True,
        settings={"at_most": POSITIVE, "by": _text, "min_cases": _whole},
        bounded=True,
    ),
    "max_slope": _table(
        "the mean score falls by at most this per unit of a numeric group, such as the year",
        "at_most",
        "by",
        ceiling=True,
        settings={"at_most": POSITIVE, "by": _text},
        bounded=True,
    ),
    "ppv_at": _table(
        "the positive predictive value holds at every prevalence named",
        "at_least",
        "positive",
        "prevalence",
        ceiling=False,
        settings={"at_least": SHARE, "positive": _label, "prevalence": _rates},
        scored=False,
    ),
    "ece": _one(
        "the expected calibration error is at most this", SHARE, ceiling=True, scored=False
    ),
    "brier": _one("the mean Brier score is at most this", SHARE, ceiling=True, scored=False),
    "recall_of_abstention": _table(
        "at least this share of the unanswerable cases is refused",
        "at_least",
        "unanswerable",
        ceiling=False,
        settings={"at_least": SHARE, "unanswerable": _slice},
        scored=False,
    ),
    "over_refusal": _table(
        "at most this share of the answerable cases is refused",
        "at_most",
        "unanswerable",
        ceiling=True,
        settings={"at_most": SHARE, "unanswerable": _slice},
        scored=False,
    ),
    "attack_success": _table(
        "at most this share of right answers is turned wrong within a distance and a budget",
        "at_most",
        "distance",
        ceiling=True,
        settings={"at_most": SHARE, "distance": POSITIVE, "queries": _whole},
        perturbed=True,
        bounded=True,
    ),
    "corruption_error": _table(
        "the error over severities, relative to a reference model's, is at most this (ImageNet-C)",
        "at_most",
        "reference",
        ceiling=True,
        settings={"at_most": POSITIVE, "reference": _reference},
        perturbed=True,
        bounded=True,
    ),
    "relative_corruption_error": _table(
        "the same for the error beyond the clean error (ImageNet-C)",
        "at_most",
        "reference",
        ceiling=True,
        settings={"at_most": POSITIVE, "reference": _reference_with_clean},
        perturbed=True,
        bounded=True,
    ),
    "cascade": _table(
        "the pipeline drops at most this many times as much as its component does",
        "at_most",
        "component",
        ceiling=True,
        settings={"at_most": POSITIVE, "component": _text},
        perturbed=True,
        bounded=True,
    ),
    "retained": _table(
        "the mean score is at most this much below that of an earlier run, paired by case",
        "max_drop",
        "reference",
        ceiling=True,
        settings={"max_drop": POSITIVE, "reference": _text},
    ),
}
"""What a priority may demand of a figure, each judged at `confidence`."""


@frozen
class Demand:
    """One requirement of a priority with its settings, ready to be judged."""

    name: str
    settings: FrozenMapping

    @property
    def requirement(self) -> Requirement:
        """What it means."""
        return REQUIREMENTS[self.name]

    @property
    def threshold(self) -> float:
        """The figure that must be reached, or not be passed."""
        return float(self.settings[self.requirement.threshold])


def demands_of(require: Mapping[str, Any]) -> Iterator[Demand]:
    """List the demands of a `require` table: its own, then those of each table of `all_of`."""
    for name, requirement in REQUIREMENTS.items():
        if name in require:
            value = require[name]
            settings = value if isinstance(value, Mapping) else {requirement.threshold: value}
            yield Demand(name, FrozenMapping(settings))
    for one in require.get("all_of", ()):
        yield from demands_of(one)


def requirement_problems(
    require: Mapping[str, Any], *, nested: bool = False
) -> list[tuple[str, str]]:
    """List what is wrong with a requirement, each as (key, problem)."""
    problems: list[tuple[str, str]] = []
    known = (*REQUIREMENTS, *(() if nested else ("confidence", "all_of")))
    for key, value in require.items():
        if key not in known:
            problems.append((key, f"no such requirement{did_you_mean(key, known)}"))
        elif key == "confidence":
            if problem := _number()(value):
                problems.append((key, problem))
            elif not LEAST_CONFIDENCE <= value < 1:
                problems.append((key, f"must lie in [{LEAST_CONFIDENCE}, 1), got {value}"))
        elif key == "all_of":
            problems += _each(value)
        else:
            problems += _settings(key, value, REQUIREMENTS[key])
    if not problems and not nested:
        problems += _contradictions(tuple(demands_of(require)))
    return problems


def _contradictions(demands: tuple[Demand, ...]) -> Iterator[tuple[str, str]]:
    low = max((one.threshold for one in demands if one.name == "at_least"), default=-math.inf)
    high = min((one.threshold for one in demands if one.name == "at_most"), default=math.inf)
    if low > high:
        yield "at_least", f"{low:g} contradicts at_most = {high:g}"


def _each(tables: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(tables, list | tuple) or not all(isinstance(t, Mapping) for t in tables):
        yield "all_of", f"must be a list of requirements, got {tables!r}"
        return
    for at, table in enumerate(tables):
        for key, problem in requirement_problems(table, nested=True):
            yield f"all_of[{at}].{key}", problem


def _settings(key: str, value: Any, requirement: Requirement) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        if not requirement.bare:
            wanted = ", ".join(requirement.needed)
            yield key, f"must be a table with {wanted}, got {value!r}"
        elif problem := requirement.settings[requirement.threshold](value):
            yield key, problem
        return
    for setting, given in value.items():
        if setting not in requirement.settings:
            hint = did_you_mean(setting, requirement.settings)
            yield f"{key}.{setting}", f"no such setting{hint}"
        elif problem := requirement.settings[setting](given):
            yield f"{key}.{setting}", problem
    for setting in dict.fromkeys((requirement.threshold, *requirement.needed)):
        if setting not in value:
            yield f"{key}.{setting}", "is missing"
