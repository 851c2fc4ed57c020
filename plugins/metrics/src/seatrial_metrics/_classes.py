"""Metrics over classes, by scikit-learn; the classes are those that occur among the targets."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial.errors import MetricError

from ._input import case_at, paired

__all__ = ["balanced_accuracy", "macro_f1", "mcc"]

Codes = npt.NDArray[np.int64]
Overall = Callable[[Sequence[Any], Sequence[Any]], float]


def balanced_accuracy() -> Overall:
    """Average the recall of each class, so that rare classes weigh as much as common ones.

    An answer that is no class (an unparsed text) is a miss of its target's class.
    """
    from sklearn.metrics import recall_score

    def score(targets: Sequence[Any], answers: Sequence[Any], /) -> float:
        truth, given, classes = _coded("metrics.balanced-accuracy", targets, answers)
        return float(recall_score(truth, given, labels=classes, average="macro"))

    return score


def macro_f1() -> Overall:
    """Average F1 over the classes.

    An answer that is no class is a miss of its target's class, and adds no class of its own (which
    scikit-learn's default would do, once for each different unparsed text).
    """
    from sklearn.metrics import f1_score

    def score(targets: Sequence[Any], answers: Sequence[Any], /) -> float:
        truth, given, classes = _coded("metrics.macro-f1", targets, answers)
        return float(f1_score(truth, given, labels=classes, average="macro"))

    return score


def mcc() -> Overall:
    """Correlate targets and answers (Matthews; Gorodkin's form for more than two classes).

    Answers that are no class count together as one more. A model that always gives the same answer
    scores 0 by convention.
    """
    from sklearn.metrics import matthews_corrcoef

    def score(targets: Sequence[Any], answers: Sequence[Any], /) -> float:
        truth, given, _ = _coded("metrics.mcc", targets, answers)
        return float(matthews_corrcoef(truth, given))

    return score


def _coded(
    name: str, targets: Sequence[Any], answers: Sequence[Any]
) -> tuple[Codes, Codes, list[int]]:
    """Number the classes in an order that does not depend on the cases', and other answers -1."""
    paired(name, targets, answers)
    for place, target in enumerate(targets):
        if not isinstance(target, Hashable):
            case = case_at(place, len(targets))
            msg = f"{name}: {case}: a class must be a text, number or bool, got {target!r}"
            raise MetricError(msg)
    classes = sorted(set(targets), key=lambda label: (str(type(label)), repr(label)))
    if len(classes) == 1:
        msg = (
            f"{name}: every target is {classes[0]!r}, and it needs two classes; add cases of "
            "another class, or use metrics.accuracy"
        )
        raise MetricError(msg)
    codes = {label: code for code, label in enumerate(classes)}
    truth = [codes[target] for target in targets]
    given = [codes.get(answer, -1) if isinstance(answer, Hashable) else -1 for answer in answers]
    return np.array(truth), np.array(given), list(codes.values())
