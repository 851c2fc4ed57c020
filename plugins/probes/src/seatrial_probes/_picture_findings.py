"""What comes with failure among features of pictures, many of which say the same."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import evolve

from seatrial import Finding

from ._conditions import Condition, contrasts, findings_of
from ._threads import one_thread
from ._validation import Learning

__all__ = ["telling"]

ALIKE: Final = 0.7
"""The correlation of two features of which one finding is made."""


@one_thread()
def telling(
    found: Any, rows: npt.NDArray[Any], learning: Learning
) -> tuple[list[Finding], list[dict[str, Any]]]:
    """Name the features of which the lowest or the highest quarter fails more, or less.

    Both quarters of all features are examined together, so no interval is narrower for the choice.
    A feature is one finding: its quarter that fails more, or else the one that fails less. Of
    features that go together the first is named, and says which go with it: a darker picture has
    less contrast. All features are listed beside, with their differences.
    """
    columns = found.features
    if not columns.names:
        return [], []
    values = np.array([[row[name].value for name in columns.names] for row in rows])
    features = [columns.known[name] for name in columns.names]
    conditions = [
        one.condition(values[:, place], highest=highest)
        for place, one in enumerate(features)
        for highest in (True, False)
    ]
    known = contrasts(np.column_stack([one.holds for one in conditions]), learning)
    listed, chosen = [], []
    for place, name in enumerate(columns.names):
        both = [2 * place, 2 * place + 1]
        shown = [at for at in both if known.shown[at]]
        listed += [_listed(name, conditions[at], known, at) for at in both]
        if shown:
            chosen.append((place, max(shown, key=lambda at: known.difference[at])))
    kept, beside = _apart(chosen, values, known)
    picked = [
        evolve(conditions[at], said=conditions[at].said + _going(beside[place], features))
        for place, at in kept
    ]
    places = [at for _, at in kept]
    findings = findings_of(picked, learning, known=known.only(places)) if places else []
    return findings, listed


def _going(others: list[int], features: list[Any]) -> str:
    names = [features[at].called or features[at].phrase for at in others]
    return f", with which {' and '.join(names)} went" if names else ""


def _apart(
    chosen: list[tuple[int, int]], values: Any, known: Any
) -> tuple[list[tuple[int, int]], dict[int, list[int]]]:
    """Give those that stand alone, the strongest first, and for each what goes together with it."""

    def strength(pair: tuple[int, int]) -> float:
        return float(max(known.low[pair[1]], -known.high[pair[1]]))

    kept: list[tuple[int, int]] = []
    beside: dict[int, list[int]] = {}
    for place, at in chosen:
        same = (
            other
            for other, _ in kept
            if abs(np.corrcoef(values[:, place], values[:, other])[0, 1]) >= ALIKE
        )
        leader = next(same, None)
        if leader is None:
            kept.append((place, at))
            beside[place] = []
        else:
            beside[leader].append(place)
    return sorted(kept, key=strength, reverse=True), beside


def _listed(name: str, condition: Condition, known: Any, at: int) -> dict[str, Any]:
    ends = known.difference[at], known.low[at], known.high[at]
    difference, low, high = (None if np.isnan(one) else float(one) for one in ends)
    return {
        "feature": name,
        "condition": condition.said,
        "difference": difference,
        "interval": None if low is None else [low, high],
    }
