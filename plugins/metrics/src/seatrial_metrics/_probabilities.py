"""Metrics that read the probabilities of a prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, Literal

import numpy as np

from seatrial import Prediction
from seatrial.errors import MetricError

from ._input import case_at, paired

__all__ = ["auroc", "brier", "ece"]

SLACK = 1e-3  # how far probabilities may sum from 1: float16 and printed decimals do


def auroc(*, positive: Any = None) -> Callable[[Sequence[Any], Sequence[Any]], float]:
    """Rank cases by the probability of a class: the area under the ROC curve, ties count half.

    With `positive`, that class against all others. Without, the mean over the classes among the
    targets, one against the rest; for two classes whose probabilities add up to 1 that is the same.
    """
    from sklearn.metrics import roc_auc_score

    name = "metrics.auroc"

    def score(targets: Sequence[Any], predictions: Sequence[Any], /) -> float:
        given = _distributions(name, targets, predictions)
        classes = {str(target): target for target in targets}
        if len(classes) == 1 or (positive is not None and str(positive) not in classes):
            wanted = "another class" if positive is None else f"class {positive!r} and of another"
            msg = f"{name}: targets are only {sorted(classes)}; add cases of {wanted}"
            raise MetricError(msg)
        areas = []
        for label in sorted(classes) if positive is None else [str(positive)]:
            truth = [str(target) == label for target in targets]
            probabilities = [_of(name, given, place, classes[label]) for place in range(len(given))]
            areas.append(float(roc_auc_score(truth, probabilities)))
        return float(np.mean(areas))

    return score


def brier() -> Callable[[Sequence[Any], Sequence[Any]], list[float]]:
    """Measure each case's distance from certainty in the truth: half the sum of (p - y)².

    Half, so that it lies in [0, 1] and equals the usual (p - y)² for two classes; Brier's own sum
    (1950) is twice this. Labels may differ from case to case (options of a question).
    """
    name = "metrics.brier"

    def score(targets: Sequence[Any], predictions: Sequence[Any], /) -> list[float]:
        given = _distributions(name, targets, predictions, complete=True)
        found = []
        for place, (target, one) in enumerate(zip(targets, given, strict=True)):
            right = _of(name, given, place, target)
            others = sum(p * p for p in sorted(one.values())) - right * right
            found.append(min((others + (1 - right) ** 2) / 2, 1.0))
        return found

    return score


def ece(
    *, bins: int = 15, binning: Literal["equal-width", "equal-mass"] = "equal-width"
) -> Callable[[Sequence[Any], Sequence[Any]], float]:
    """Compare confidence with accuracy, bin by bin, weighted by how many cases each bin has.

    Confidence is the largest probability, and the answer its label (labels that tie share the
    credit). Bins have equal width, closed above, or with "equal-mass" about equally many cases.
    It is biased upwards where bins hold few cases. Source: Guo et al., ICML 2017, equation 3.
    """
    name = "metrics.ece"
    if bins < 1:
        msg = f"bins must be 1 or more, got {bins!r}"
        raise ValueError(msg)
    if binning not in ("equal-width", "equal-mass"):
        msg = f"binning must be 'equal-width' or 'equal-mass', got {binning!r}"
        raise ValueError(msg)

    def score(targets: Sequence[Any], predictions: Sequence[Any], /) -> float:
        given = _distributions(name, targets, predictions, complete=True)
        pairs = []
        for place, (target, one) in enumerate(zip(targets, given, strict=True)):
            top = max(one.values())
            tied = sum(p == top for p in one.values())
            pairs.append((top, (_of(name, given, place, target) == top) / tied))
        confidence, right = np.array(sorted(pairs)).T  # sorted: sums must not depend on the order
        if binning == "equal-width":
            which = np.ceil(np.minimum(confidence, 1) * bins).astype(int)
        else:
            inner = np.quantile(confidence, np.linspace(0, 1, bins + 1)[1:-1])
            which = np.searchsorted(inner, confidence, side="left")
        return float(np.abs(np.bincount(which, right - confidence)).sum() / len(confidence))

    return score


def _distributions(
    name: str, targets: Sequence[Any], predictions: Sequence[Any], *, complete: bool = False
) -> list[Mapping[Any, float]]:
    paired(name, targets, predictions)
    found: list[Mapping[Any, float]] = []
    for place, prediction in enumerate(predictions):
        given: Mapping[Any, float] | None
        given = prediction.probabilities if isinstance(prediction, Prediction) else None
        if not given:
            case = case_at(place, len(targets))
            msg = (
                f"{name}: {case} has no probabilities; let the model answer with "
                "seatrial.Prediction(value, probabilities={label: probability})"
            )
            raise MetricError(msg)
        given = {label: _checked(name, len(targets), place, label, given[label]) for label in given}
        total = sum(given.values())
        if total > 1 + SLACK or (complete and total < 1 - SLACK):
            case = case_at(place, len(targets))
            msg = (
                f"{name}: the probabilities of {case} add up to {total:.4g}; give one for every "
                "label, adding up to 1"
            )
            raise MetricError(msg)
        found.append(given)
    return found


def _of(name: str, given: Sequence[Mapping[Any, float]], place: int, label: Any) -> float:
    """Look up a label, by its text too: labels that went through JSON come back as texts."""
    one = given[place]
    for key in (label, str(label)):
        if key in one:
            return one[key]
    case = case_at(place, len(given))
    msg = f"{name}: {case} has no probability for {label!r}, only for {list(one)}"
    raise MetricError(msg)


def _checked(name: str, count: int, place: int, label: Any, p: Any) -> float:
    if isinstance(p, float | int | Real) and 0 <= float(p) <= 1 + SLACK:
        return float(p)
    case = case_at(place, count)
    msg = f"{name}: {case} gives {label!r} the probability {p!r}, not one in [0, 1]"
    raise MetricError(msg)
