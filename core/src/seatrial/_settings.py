"""What a setting of a demand may hold: each check gives None, or says what is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

__all__ = [
    "FRACTION",
    "NOT_NEGATIVE",
    "Check",
    "above_zero",
    "label",
    "number",
    "prevalences",
    "reference",
    "reference_with_clean",
    "rungs",
    "slice_of_cases",
    "text",
    "whole",
]

Check = Callable[[Any], "str | None"]


def number(low: float = -math.inf, high: float = math.inf) -> Check:
    """Give the check of a finite number in a range."""

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


FRACTION = number(0, 1)
NOT_NEGATIVE = number(0)


def above_zero(value: Any) -> str | None:
    """Check a fraction that is not 0."""
    return FRACTION(value) or (None if value else f"must be above 0, got {value}")


def whole(value: Any) -> str | None:
    """Check a whole number from 1 up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        return f"must be a whole number from 1 up, got {value!r}"
    return None


def rungs(value: Any) -> str | None:
    """Check a list of severities."""
    if not isinstance(value, list | tuple) or not value:
        return f"must be a list of severities, got {value!r}"
    return next((problem for one in value if (problem := whole(one))), None)


def text(value: Any) -> str | None:
    """Check a text that is not empty."""
    return None if isinstance(value, str) and value else f"must be some text, got {value!r}"


def slice_of_cases(value: Any) -> str | None:
    """Check a table of groups, as `where` of a priority has one."""
    if isinstance(value, Mapping) and value:
        return None
    return f"must be a table of groups, got {value!r}"


def label(value: Any) -> str | None:
    """Check an answer that names a class."""
    return None if isinstance(value, str | int | bool) else f"must be an answer, got {value!r}"


def prevalences(value: Any) -> str | None:
    """Check one prevalence or several."""
    rates = value if isinstance(value, list | tuple) else (value,)
    if not rates:
        return "must name at least one prevalence"
    return next((problem for one in rates if (problem := above_zero(one))), None)


def reference(value: Any) -> str | None:
    """Check a run directory, or a table of mean errors by perturbation."""
    if isinstance(value, str) and value:
        return None
    if not isinstance(value, Mapping) or not value:
        return f"must be a run directory, or a table of mean errors, got {value!r}"
    for name, given in value.items():
        errors = given if isinstance(given, list | tuple) else (given,)
        if problem := next((found for one in errors if (found := FRACTION(one))), None):
            return f"{name} {problem}"
    return None


def reference_with_clean(value: Any) -> str | None:
    """Check the same, with the clean error."""
    if isinstance(value, Mapping) and value and not isinstance(value.get("clean"), int | float):
        return "needs the clean error too, as in { clean = 0.1, ... }"
    return reference(value)
