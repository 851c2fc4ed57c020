"""Scores of options and answers among the details of predictions, under whatever key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from attrs import frozen

from ._reading import normalised

__all__ = ["Stored", "is_number", "raw_of", "stored"]

NAMED = re.compile(
    r"(?:^|[_\W])(?:scores?|log[_-]?prob\w*|log[_-]?lik\w*|likelihoods?|logits?|prob(?:s|abilit\w+)?"
    r"|n?lls?|lps?|loss(?:es)?|perplexity)(?:$|[_\W])"
)
RAW = re.compile(
    r"(?:^|[_\W])(?:log[_-]?prob\w*|log[_-]?lik\w*|n?lls?|lps?|loss(?:es)?)(?:$|[_\W])"
)
GAPS = frozenset({"", "nan", "+nan", "-nan", "inf", "+inf", "-inf", "none", "null", "na", "n/a"})
"""How tables and JSON write a number that is not there."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
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
        known = _by_option(value.items(), names) if before else None
        if known is not None:
            yield _one(before, known, names)
            return
        for key, one in value.items():
            yield from _walked(f"{before}.{key}" if before else str(key), one, names)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if value and all(isinstance(one, Mapping) for one in value):
            columns = {
                key: [one.get(key) for one in value]
                for key in dict.fromkeys(key for one in value for key in one)
            }
            said = next((one for one in columns.values() if _by_option(_pairs(one), names)), None)
            for key, column in columns.items():
                known = None if said is None else _by_option(zip(said, column, strict=True), names)
                yield from _walked(f"{before}.{key}", column if known is None else known, names)
        elif value and all(_is_pair(one) for one in value):
            known = _by_option(value, names)
            yield _one(before, [one[0] for one in value] if known is None else known, names)
        else:
            yield _one(before, value, names)
    else:
        yield _one(before, [value], ())


def _pairs(values: Sequence[Any]) -> list[tuple[Any, Any]]:
    return [(one, one) for one in values]


def _is_pair(value: Any) -> bool:
    """Tell an option with its score, and a score with whether it is the likeliest (lm-eval)."""
    if not (isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2):  # noqa: PLR2004
        return False
    first, second = value
    return isinstance(first, str) or isinstance(second, bool)


def _by_option(pairs: Iterable[tuple[Any, Any]], names: Sequence[str]) -> list[Any] | None:
    """Put what stands beside each option, or beside its letter, in the order of the options."""
    known = {normalised(str(key)): value for key, value in pairs}
    if len(names) < 2 or not known:  # noqa: PLR2004
        return None
    letters = LETTERS[: len(names)]
    for order in (names, letters):
        if known.keys() <= set(order):
            return [known.get(name) for name in order]
    return None


def _one(key: str, values: Sequence[Any], names: Sequence[str]) -> Stored:
    words = HUMP.sub("_", key).casefold()
    given = tuple(None if _is_gap(one) else one for one in values)
    return Stored(key, given, len(values) == len(names) > 1, bool(NAMED.search(words)))


def _is_gap(value: Any) -> bool:
    return isinstance(value, str) and value.strip().casefold() in GAPS


def raw_of(details: Mapping[str, Any], options: Sequence[str]) -> list[float] | None:
    """Give the undivided log-likelihoods of the options; None where one lacks, or all do.

    A log-likelihood is at most 0, so what is never below is a negative log-likelihood.
    """
    for one in stored(details, options):
        words = HUMP.sub("_", one.key).casefold()
        if one.by_option and RAW.search(words) and not one.gaps:
            values = [float(value) for value in one.values]
            if max(values) <= 0:
                return values
            if min(values) >= 0:
                return [-value for value in values]
    return None
