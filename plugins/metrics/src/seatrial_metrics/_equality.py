"""Metrics that ask, case by case, whether an answer is the same as something."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

from seatrial.errors import MetricError

from ._input import case_at, paired, texts

__all__ = ["accuracy", "agreement", "exact_match"]

PerCase = Callable[[Sequence[Any], Sequence[Any]], list[float]]


def accuracy() -> PerCase:
    """Score 1 where the answer equals its target (`==`), else 0."""
    name = "metrics.accuracy"

    def score(targets: Sequence[Any], answers: Sequence[Any], /) -> list[float]:
        paired(name, targets, answers)
        for place, pair in enumerate(zip(targets, answers, strict=True)):
            case = case_at(place, len(targets))
            for text, number in (pair, pair[::-1]):
                if isinstance(text, str) and isinstance(number, Number):
                    msg = (
                        f"{name}: {case} has the target {pair[0]!r} and the answer {pair[1]!r}: a "
                        "text never equals a number; let the model answer in the targets' type"
                    )
                    raise MetricError(msg)
        return [_same(name, *pair) for pair in zip(targets, answers, strict=True)]

    return score


def agreement(*, tolerance: float = 0.0) -> PerCase:
    """Score 1 where the answer equals the other answer that is given as its target, else 0.

    For two runs of one model (clean and perturbed, two versions): no truth is needed, and no answer
    (None) twice is agreement. Numbers may differ by `tolerance`.
    """
    name = "metrics.agreement"
    if not tolerance >= 0:
        msg = f"tolerance must be 0 or more, got {tolerance!r}"
        raise ValueError(msg)

    def score(targets: Sequence[Any], answers: Sequence[Any], /) -> list[float]:
        paired(name, targets, answers, targets_needed=False)
        return [
            float(abs(one - other) <= tolerance)
            if tolerance and all(isinstance(value, Number) for value in (one, other))
            else _same(name, one, other)
            for one, other in zip(targets, answers, strict=True)
        ]

    return score


def exact_match(
    *, ignore_case: bool = True, ignore_white_space: bool = True, ignore_punctuation: bool = True
) -> PerCase:
    """Score 1 where the text equals its target once both are normalised, else 0.

    Unicode's compatible forms (NFKC) and curled apostrophes are always made one. Each of the rest
    can be switched off: case (case folding); white space (runs count as one space, none at the
    ends); punctuation (deleted, but for what makes another number of a number: marks between two
    digits, a sign before a digit, and the per cent sign, so that "2.5 mg" never equals "25 mg").
    A target may be a list of texts that are all right.
    """
    name = "metrics.exact-match"

    def normalised(text: str) -> str:
        text = unicodedata.normalize("NFKC", text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        if ignore_case:
            text = text.casefold()
        if ignore_punctuation:
            text = MARK.sub(_kept, text)
        return " ".join(text.split()) if ignore_white_space else text

    def score(targets: Sequence[Any], answers: Sequence[Any], /) -> list[float]:
        paired(name, targets, answers)
        found = []
        for place, (target, answer) in enumerate(zip(targets, answers, strict=True)):
            case = case_at(place, len(targets))
            if not isinstance(answer, str):
                msg = f"{name}: {case}: expected a text as the answer, got {answer!r}"
                raise MetricError(msg)
            right = {normalised(text) for text in texts(name, case, target)}
            found.append(float(normalised(answer) in right))
        return found

    return score


MARK = re.compile(r"[^\w\s]|_")
SIGNS = "-+\N{MINUS SIGN}"


def _kept(mark: re.Match[str]) -> str:
    text, place, sign = mark.string, mark.start(), mark.group()
    before, after = text[:place][-1:], text[place + 1 : place + 2]
    in_number = after.isdigit() and (before.isdigit() or (sign in SIGNS and not before.isalpha()))
    punctuation = unicodedata.category(sign).startswith("P") and sign not in "%\N{PER MILLE SIGN}"
    return sign if in_number or not punctuation else ""


def _same(name: str, one: Any, other: Any) -> float:
    try:
        return float(bool(one == other))
    except ValueError as error:
        msg = f"{name}: cannot say whether arrays are equal; take a metric for images or volumes"
        raise MetricError(msg) from error
