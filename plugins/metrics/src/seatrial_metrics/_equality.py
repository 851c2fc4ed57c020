"""Metrics that ask, case by case, whether an answer is the same as something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from numbers import Number
from typing import Any

from seatrial.errors import MetricError

from ._input import case_at, paired, texts
from ._normal_form import NormalForm

__all__ = ["accuracy", "agreement", "exact_match"]

REMEMBERED = 1024
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
    *,
    ignore_case: bool = True,
    ignore_white_space: bool = True,
    ignore_punctuation: bool = True,
    ignore_number_format: bool = True,
) -> PerCase:
    """Score 1 where the text equals its target once both are normalised, else 0.

    Normalising takes away what changes no meaning, and nothing else. Ligatures, full-width letters,
    curled quotation marks, hyphens of other lengths and digits of other scripts are always written
    in their usual form; exponents, subscripts, accents and symbols stay ("10⁵" is no
    "105"). Articles stay ("vitamin A"). Each of the rest can be switched off:

    - case (case folding), but for unit symbols that mean something else in the other case ("mW" and
      "MW", "mg" and "Mg") and lone Greek letters;
    - white space: runs count as one space, with none at the ends;
    - punctuation, but for what carries meaning: signs, marks inside numbers, ratios and ranges,
      per cent, "&", "/", "#", what ends a word ("A-", "C++", "HIV (-)"), brackets of intervals and
      formulas, LaTeX's too, apostrophes and primes but of "n't", underscores within names, and any
      text of nothing but marks; "5 €" is "€5";
    - number format: "1,000", "1000.0", "1e3" and "10³" are 1000, "½" and "1/2" are 0.5,
      "5 per cent" is 5% and "5mg" is 5 mg. Numbers are read as in English, so that "1.000" is 1
      and "1,5", which is a decimal or a list, stays as it is. So do fractions that are no short
      decimal or not in lowest terms ("1/3", "2/4"), leading zeros ("007") and the zeros of versions
      and sections ("section 3.10").

    A target may be a list of texts that are all right.
    """
    name = "metrics.exact-match"
    form = NormalForm(
        case=ignore_case,
        white_space=ignore_white_space,
        punctuation=ignore_punctuation,
        number_format=ignore_number_format,
    )
    normal = lru_cache(maxsize=REMEMBERED)(form)  # variants of one case share their target

    def score(targets: Sequence[Any], answers: Sequence[Any], /) -> list[float]:
        paired(name, targets, answers)
        found = []
        for place, (target, answer) in enumerate(zip(targets, answers, strict=True)):
            case = case_at(place, len(targets))
            if not isinstance(answer, str):
                msg = f"{name}: {case}: expected a text as the answer, got {answer!r}"
                raise MetricError(msg)
            right = {normal(text) for text in texts(name, case, target)}
            found.append(float(normal(answer) in right))
        return found

    return score


def _same(name: str, one: Any, other: Any) -> float:
    try:
        return float(bool(one == other))
    except ValueError as error:
        msg = f"{name}: cannot say whether arrays are equal; take a metric for images or volumes"
        raise MetricError(msg) from error
