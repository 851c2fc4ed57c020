"""The audit `posttrain.contamination`: evaluation cases that stand in the training data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from seatrial import Case, Finding, Preference, load_cases
from seatrial.errors import ParameterError
from seatrial.kit import texts_of

__all__ = ["contamination"]

WORD = re.compile(r"\w+")


def contamination(
    *, training: Any, n: int = 10, tolerance: float = 0.01
) -> Callable[..., Iterator[Finding]]:
    """Find the evaluation cases that share `n` words in a row with what a model is trained on.

    `training` are cases, as `load_cases` takes them, or preferences. Words are compared without
    case and punctuation, within each text of an input and in targets that are texts; a text of
    fewer than `n` words cannot be told from common phrases, and is not looked up. An error from a
    fraction `tolerance` of the cases up, else a warning. The check is that of FinDAP (Ke et al.
    2025), which found .003 % with n = 10.
    """
    words: Any = n
    if not isinstance(words, int) or words < 1:
        msg = f"n must be a whole number of words of at least 1, not {n!r}"
        raise ParameterError(msg)
    if not 0 <= tolerance <= 1:
        msg = f"tolerance must be a fraction between 0 and 1, not {tolerance!r}"
        raise ParameterError(msg)
    given = isinstance(training, Sequence) and not isinstance(training, str)
    whole = training if given else load_cases(training)
    known = {gram for one in whole for gram in _grams(one, n)}

    def check(_plan: Any, _model: Any, cases: Sequence[Any], /) -> Iterator[Finding]:
        found = [case.id for case in cases if any(gram in known for gram in _grams(case, n))]
        if found:
            fraction = len(found) / len(cases)
            yield Finding(
                "contamination",
                f"{len(found)} of {len(cases)} cases share {n} words in a row with the training "
                f"data: {fraction:.2%} of the cases (effect).",
                level="error" if fraction >= tolerance else "warning",
                cases=tuple(found),
                effect=fraction,
                fix="leave these cases out of the evaluation, or what they were made of out of the "
                "training data.",
            )

    return check


def _grams(one: Case | Preference, n: int) -> Iterator[tuple[str, ...]]:
    answers = (one.target,) if isinstance(one, Case) else (one.chosen, one.rejected)
    for text in (*texts_of(one.input), *(each for each in answers if isinstance(each, str))):
        words = WORD.findall(text.casefold())
        for start in range(len(words) - n + 1):
            yield tuple(words[start : start + n])
