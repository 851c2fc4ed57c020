"""Telling images of other classes by what a learned classifier says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial.errors import PlanError
from seatrial.statistics import Interval, auroc, auroc_drop

from ._arrays import Matrix
from ._estimator import Estimator
from ._features import Features
from ._kernel import Tensor
from ._mixture import Mixture
from ._spread import CONFIDENCE
from ._switches import one_of
from ._tables import markdown, plain

__all__ = ["SCORES", "Detected", "Detection", "in_distribution_score", "ood_detection"]

Fractions = npt.NDArray[np.float64]
PASSED = 0.95
"""The fraction of images of the known classes that the threshold of FPR95 lets through."""
BASELINE = "probability"


def _negative(model: Any, features: Tensor, logits: Tensor) -> Tensor:
    against = _of_negative(model, features)
    return against.gather(1, logits.argmax(1, keepdim=True))[:, 0]


def _of_negative(model: Any, features: Tensor) -> Tensor:
    if not isinstance(model, Mixture):
        msg = "only SimNL has a negative classifier: score other methods by their probability"
        raise PlanError(msg)
    return model.against(features)


SCORES: Mapping[str, Callable[[Any, Tensor, Tensor], Tensor]] = {
    "probability": lambda _, __, logits: logits.softmax(1).amax(1),
    "logit": lambda _, __, logits: logits.amax(1),
    "energy": lambda _, __, logits: logits.logsumexp(1),
    "negative": _negative,
    "negative-max": lambda model, features, _: _of_negative(model, features).amax(1),
}
"""What images are scored by, see `in_distribution_score`."""


def in_distribution_score(
    estimator: Estimator, features: Features | Matrix, *, by: str = "energy"
) -> Fractions:
    """Score how much images look like those of the classes: [n], lower for what is of none.

    `features` are those of `extract`, or rows [n, width] of unit norm.

    - "negative": the negative logit N(f) of the answered class, that is how little SimNL's negative
      classifier finds against the answer; "negative-max" that of the class with least against it.
    - "probability" (Hendrycks and Gimpel, ICLR 2017) and "logit" (Hendrycks et al., ICML 2022) of
      the answer, and "energy", the logarithm of the sum over the classes (Liu et al., NeurIPS
      2020), for every method.

    The supplement of SimNL (section B.3) names works that detect images of unknown classes by
    negative texts (CLIPN, LSN); it does not do so itself.
    """
    one_of("by", by, tuple(SCORES))
    rows = estimator._seen(features.plain if isinstance(features, Features) else features)
    model = estimator._fitted
    found: Fractions = SCORES[by](model, rows, model.logits(rows)).double().numpy()
    return found


@frozen
class Detected:
    """How well one score tells images of the known classes from others.

    `area` is the AUROC with its 95 % interval by image, and `gain` its difference to that of the
    probability of the answer, paired. `false_positives` is FPR95: the fraction of other images
    that pass the threshold that 95 % of the images of the known classes pass.
    """

    area: Interval
    gain: Interval
    false_positives: float


@frozen
class Detection:
    """What `ood_detection` found, by score."""

    scores: Mapping[str, Detected]
    inside: int
    outside: int

    def _rows(self) -> list[list[str]]:
        head = ["score", "AUROC", "beyond probability", "FPR95"]
        body = [
            [
                name,
                _bounds(one.area, ".3f"),
                _bounds(one.gain, "+.3f"),
                f"{one.false_positives:.3f}",
            ]
            for name, one in self.scores.items()
        ]
        return [head, *body]

    def table(self) -> str:
        """Give a table for a terminal."""
        title = f"{self.inside} images of the known classes, {self.outside} of others"
        return plain(self._rows(), title)

    def markdown(self) -> str:
        """Give the table in Markdown."""
        return markdown(self._rows())

    def __str__(self) -> str:
        return self.table()


def _bounds(found: Interval, form: str) -> str:
    return f"{found.estimate:{form}} ({found.low:{form}} to {found.high:{form}})"


def ood_detection(
    estimator: Estimator,
    inside: Features | Matrix,
    outside: Features | Matrix,
    *,
    scores: Sequence[str] | None = None,
) -> Detection:
    """Measure how well a fitted estimator tells images of its classes from others.

    `inside` are test images of the classes that it learned, `outside` images of none of them; the
    labels are not read. Nothing is chosen on either. `scores` are some of those of
    `in_distribution_score`, by default all that the method has.
    """
    if scores is None:
        both = isinstance(estimator._fitted, Mixture)
        scores = [name for name in SCORES if both or not name.startswith("negative")]
    if isinstance(scores, str):
        scores = [scores]
    if not (len(inside) and len(outside)):
        msg = f"both sides need images, got {len(inside)} inside and {len(outside)} outside"
        raise PlanError(msg)
    known = np.repeat([True, False], [len(inside), len(outside)])

    def scored(by: str) -> Fractions:
        return np.concatenate(
            [in_distribution_score(estimator, part, by=by) for part in (inside, outside)]
        )

    first = scored(BASELINE)
    confidence = (1 + CONFIDENCE) / 2
    found = {}
    for name in scores:
        now = scored(name)
        threshold = np.sort(now[known])[::-1][int(np.ceil(PASSED * len(inside))) - 1]
        found[name] = Detected(
            auroc(known, now, None, confidence),
            auroc_drop(known, now, first, None, confidence),
            float((now[~known] >= threshold).mean()),
        )
    return Detection(found, len(inside), len(outside))
