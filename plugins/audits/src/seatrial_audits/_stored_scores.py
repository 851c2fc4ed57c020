"""Scores of options and answers among the details of predictions, under whatever key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from attrs import frozen

from ._reading import normalised

__all__ = ["Stored", "is_number", "raw_of", "stored"]

NAMED = re.compile(
    r"(?:^|[_\W])(?:scores?|log_?prob\w*|log_?lik\w*|likelihoods?|logits?|prob(?:s|abilit\w+)?|n?ll|lls"
    r"|loss|perplexity)(?:$|[_\W])"
)
RAW = re.compile(r"(?:^|[_\W])(?:log_?prob\w*|log_?lik\w*|lls?)(?:$|[_\W])")
GAPS = frozenset({"", "nan", "+nan", "-nan", "inf", "+inf", "-inf", "none", "null", "na", "n/a"})
"""How tables and JSON write a number that is not there."""
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


@frozen
class Stored:
    """What stands under one key: values, one for each option if `by_option`.

    `named` says that the key is one for scores.
    """

    key: str
    values: tuple[Any, ...]
    by_option: bool
    named: bool

    @property
    def is_score(self) -> bool:
        """Tell scores from other details: numbers or gaps, for each option or under such a name.

        A single number under another name is a score where it is not finite.
        """
        if not all(one is None or _numeric(one) for one in self.values):
            return False
        if self.named or (self.by_option and any(map(is_number, self.values))):
            return True
        return any(_numeric(one) and not isfinite(one) for one in self.values)

    @property
    def gaps(self) -> tuple[int, ...]:
        """The places without a number."""
        return tuple(at for at, one in enumerate(self.values) if not is_number(one))


def is_number(value: Any) -> bool:
    """Tell a finite number from all else."""
    return _numeric(value) and isfinite(value)


def _numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def stored(details: Mapping[str, Any], options: Sequence[str]) -> Iterator[Stored]:
    """Give what stands under each key of the details, nested ones included."""
    return _walked("", details, [normalised(one) for one in options])


def _walked(before: str, value: Any, names: Sequence[str]) -> Iterator[Stored]:
    if isinstance(value, Mapping):
        by_name = {normalised(str(key)): one for key, one in value.items()}
        if before and len(names) > 1 and by_name and by_name.keys() <= set(names):
            yield _one(before, [by_name.get(name) for name in names], names)
            return
        for key, one in value.items():
            yield from _walked(f"{before}.{key}" if before else str(key), one, names)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if value and all(isinstance(one, Mapping) for one in value):
            for key in dict.fromkeys(key for one in value for key in one):
                column = [one.get(key) for one in value]
                yield from _walked(f"{before}.{key}", column, names)
        else:
            yield _one(before, value, names)
    else:
        yield _one(before, [value], ())


def _one(key: str, values: Sequence[Any], names: Sequence[str]) -> Stored:
    words = HUMP.sub("_", key).casefold()
    given = tuple(None if _is_gap(one) else one for one in values)
    return Stored(key, given, len(values) == len(names) > 1, bool(NAMED.search(words)))


def _is_gap(value: Any) -> bool:
    return isinstance(value, str) and value.strip().casefold() in GAPS


def raw_of(details: Mapping[str, Any], options: Sequence[str]) -> list[float] | None:
    """Give the undivided log-likelihoods of the options; None where one lacks, or all do."""
    for one in stored(details, options):
        words = HUMP.sub("_", one.key).casefold()
        if one.by_option and RAW.search(words) and not one.gaps:
            return [float(value) for value in one.values]
    return None
