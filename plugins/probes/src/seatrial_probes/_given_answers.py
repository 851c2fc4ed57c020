"""What a model answered, as an explainer reads it: which answer, and how sure the model was."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seatrial import Prediction
from seatrial.errors import PlanError
from seatrial.kit import answer_of

__all__ = ["CONFIDENCE", "confidence", "frequent", "named"]

CONFIDENCE: Final = ("margin", "log-odds of the first two", "entropy", "highest probability")
"""What `confidence` gives of each answer, in this order."""

TWO: Final = 2
SMALLEST: Final = 1e-12


def named(given: Any, prediction: Any) -> str | None:
    """Name an answer by its place among the options, if there are any, and else by itself.

    A refusal has a name of its own; None where there is no answer.
    """
    if isinstance(prediction, Prediction) and prediction.refused:
        return "(refused)"
    answer = answer_of(prediction).value
    if answer is None:
        return None
    options = given.get("options", ()) if isinstance(given, Mapping) else ()
    listed = list(options) if isinstance(options, list | tuple) else []
    return f"option {listed.index(answer) + 1}" if answer in listed else str(answer)


def frequent(names: Sequence[str | None], *, least: float, most: int) -> tuple[str, ...]:
    """Give the answers of more than a fraction `least` of all, at most `most`, in order."""
    counted = Counter(name for name in names if name is not None)
    often = [name for name, times in counted.most_common(most) if times > least * len(names)]
    return tuple(sorted(often))


def confidence(predictions: Sequence[Any]) -> npt.NDArray[np.float64]:
    """Give a row of `CONFIDENCE` for each answer; NaN for what the model does not say.

    Raises `PlanError` for negative probabilities: they are log-likelihoods, most likely.
    """
    return np.array([_sure(one) for one in predictions], dtype=float).reshape(-1, len(CONFIDENCE))


def _sure(prediction: Any) -> tuple[float, float, float, float]:
    if not isinstance(prediction, Prediction):
        return (math.nan,) * 4
    values = np.array([float(one) for one in (prediction.probabilities or {}).values()])
    if (values < 0).any():
        msg = (
            f"probabilities of an answer are negative: {dict(prediction.probabilities or {})}; for "
            "log-likelihoods give their softmax, or their difference as details={'margin': …}"
        )
        raise PlanError(msg)
    usable = len(values) >= TWO and np.isfinite(values).all()
    odds = entropy = first = lead = math.nan
    if usable and values.sum() > 0:
        values = np.sort(np.maximum(values / values.sum(), SMALLEST))[::-1]
        first, lead = float(values[0]), float(values[0] - values[1])
        odds = float(np.log(values[0] / values[1]))
        entropy = float(-(values * np.log(values)).sum())
    said = prediction.details.get("margin")
    margin = float(said) if isinstance(said, Real) and math.isfinite(said) else lead
    return margin, odds, entropy, first
