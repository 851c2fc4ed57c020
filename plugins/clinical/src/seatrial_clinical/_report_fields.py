"""How much of a report is right: its lines are read back and compared with what is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

from seatrial import Prediction
from seatrial.errors import MetricError
from seatrial.kit import answer_of

__all__ = ["report_fields"]

CHOICE = re.compile(r"\b(?:or|vs|versus)\b", re.IGNORECASE)
DENIAL = re.compile(
    r"\b(?:no|not|neither|nor|never|cannot|without)\b|n['\u2019]t\b|\bnon-$", re.IGNORECASE
)
NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
DENIED = rf"(?:{DENIAL.pattern})\s+(?:(?:be|about|\w+ly)\s+)?"
BOUND = (
    r"[<>≤≥]\s*|\b(?:(?:less|fewer|smaller|more|greater|larger)\s+than"
    r"|at\s+(?:least|most)|up\s+to|under|below|over|above)\s+"
)
# Not the number of a sequence ("T1") or a label ("image 2:"), and what is offered beside it.
# A dash is that of a range only before the same unit: not in "1200 mL - 3 lesions".
FIGURE = re.compile(
    rf"(?P<denied>{DENIED}|{BOUND})?(?<![\w.])(?P<first>{NUMBER})(?![\d.]*\s*:)"
    rf"(?:\s*(?P<unit>[^\W\d]*),?\s*(?:{CHOICE.pattern}\.?|\bto\b"
    rf"|-(?=\s*{NUMBER}\s*(?P=unit)(?!\w)))\s*(?P<other>{NUMBER}))?",
    re.IGNORECASE,
)
DASHES = str.maketrans(dict.fromkeys("\u2212\u2013", "-"))
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def report_fields(
    *, fields: Sequence[str] = (), tolerance: float = 0.1
) -> Callable[[Sequence[Any], Sequence[Any]], list[float]]:
    """Give the fraction of fields that a report states rightly; a missing line is wrong.

    A target maps each field to what is right: a text, which the line of that name must hold, or a
    number, which the first number of the line may miss by the part `tolerance`. `fields` keeps
    only some. An answer that refuses states nothing, and so does a line that offers a choice
    ("left or right"), denies ("not left", "not 5 mL") or gives a bound ("< 5 mL"). Of two figures
    ("300 or 1200 mL", "300-1200 mL") both must be right.
    """
    if isinstance(fields, str):
        fields = (fields,)
    if not 0 <= tolerance < 1:
        msg = f"tolerance must be from 0 to below 1, got {tolerance!r}"
        raise ValueError(msg)

    def score(targets: Sequence[Any], predictions: Sequence[Any], /) -> list[float]:
        if not len(targets):
            msg = "clinical.report-fields is undefined without cases"
            raise MetricError(msg)
        pairs = zip(targets, map(answer_of, predictions), strict=True)
        return [one(target, prediction) for target, prediction in pairs]

    def one(target: Any, prediction: Prediction) -> float:
        if not isinstance(target, Mapping):
            return float(bool(prediction.value == target))
        wanted = tuple(fields) or tuple(target)
        if not wanted:
            msg = "clinical.report-fields: the target has no field"
            raise MetricError(msg)
        if odd := [name for name, value in target.items() if not isinstance(value, str | Real)]:
            msg = f"clinical.report-fields: the field {odd[0]!r} of the target is no text or number"
            raise MetricError(msg)
        if prediction.refused:
            return 0.0
        if missing := [name for name in wanted if name not in target]:
            there = ", ".join(target)
            msg = f"clinical.report-fields: no field {missing[0]!r} in the target; it has {there}"
            raise MetricError(msg)
        text = str(prediction.value)
        right = [_states(text, name, target[name], tolerance) for name in wanted]
        return sum(right) / len(right)

    return score


def _states(report: str, name: str, value: Any, tolerance: float) -> bool:
    line = re.search(rf"^\W*{re.escape(name)}\b[^:\n]*:(.*)$", report, re.MULTILINE | re.IGNORECASE)
    if line is None:
        return False
    if isinstance(value, str):
        said = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", line[1], re.IGNORECASE)
        if said is None or CHOICE.search(line[1]):
            return False
        before, after = line[1][: said.start()], line[1][said.end() :]
        return not (DENIAL.search(before) or before.endswith("/") or after.startswith("/"))
    found = FIGURE.search(THOUSANDS.sub("", line[1].translate(DASHES)))
    if found is None or found["denied"]:
        return False
    given = [float(one) for one in found.group("first", "other") if one is not None]
    return all(abs(one - value) <= tolerance * abs(value) for one in given)
