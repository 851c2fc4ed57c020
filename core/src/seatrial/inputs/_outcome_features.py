"""What can be read off an outcome without understanding it: its words, its answer, its doubt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from .._cases import Outcome
from .._texts import texts_of

__all__ = ["answer_in", "entropy_in", "length_of", "margin_in", "options_in", "text_of"]

TWO = 2


def text_of(value: Any) -> str | None:
    """Join every text of an input, parts and messages included; None where there is none."""
    parts = tuple(texts_of(value))
    return "\n".join(parts) if parts else None


def length_of(outcome: Outcome) -> float | None:
    """Count the characters of the input's texts."""
    text = text_of(outcome.input)
    return None if text is None else float(len(text))


def answer_in(outcome: Outcome) -> str | float | None:
    """Give the answer where it is a text or a number; what was refused is one answer."""
    found = outcome.prediction
    if found is None:
        return None
    if found.refused:
        return "(refused)"
    return _plain(found.value)


def _plain(value: Any) -> str | float | None:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return str(value)
    number = isinstance(value, int | float) and math.isfinite(value)
    return value if number or isinstance(value, str) else None


def options_in(outcome: Outcome) -> tuple[Any, ...]:
    """Give the options that the input offers, in their order, if they are texts or numbers."""
    offered = outcome.input.get("options") if isinstance(outcome.input, Mapping) else None
    found = tuple(map(_plain, offered)) if isinstance(offered, list | tuple) else ()
    return () if None in found else found


def margin_in(outcome: Outcome) -> float | None:
    """Give how far the first option leads the second: as the model says, or by probability."""
    found = outcome.prediction
    if found is None:
        return None
    said = found.details.get("margin")
    if isinstance(said, Real) and math.isfinite(said):
        return float(said)
    probabilities = sorted(_probabilities(outcome), reverse=True)
    return probabilities[0] - probabilities[1] if len(probabilities) >= TWO else None


def entropy_in(outcome: Outcome) -> float | None:
    """Give the entropy of the probabilities in nats."""
    probabilities = _probabilities(outcome)
    if len(probabilities) < TWO:
        return None
    return -sum(p * math.log(p) for p in probabilities if p > 0)


def _probabilities(outcome: Outcome) -> list[float]:
    """Give the probabilities, brought to a sum of one."""
    stated = outcome.prediction.probabilities if outcome.prediction else None
    values = [float(p) for p in (stated or {}).values()]
    total = sum(values)
    usable = total > 0 and all(p >= 0 for p in values) and math.isfinite(total)
    return [p / total for p in values] if usable else []
