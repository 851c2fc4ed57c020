"""The words of a text as a sparse vector, and a logistic regression that reads it.

Written on scipy alone, so that every explanation can be held against it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from ..statistics._checks import Floats

__all__ = ["Vocabulary", "fit_logistic"]

WORD: Final = re.compile(r"\w+")
FEWEST_TEXTS: Final = 2
MOST_WORDS: Final = 20_000


def _grams(text: str) -> Counter[str]:
    words = WORD.findall(text.lower())
    return Counter([*words, *(f"{one} {two}" for one, two in pairwise(words))])


@frozen(eq=False)
class Vocabulary:
    """The words and pairs of words that at least two texts have, and how telling each is.

    `weights` are the logarithms of inverse document frequencies, smoothed as if one more text had
    every word (Salton and Buckley, Information Processing and Management 24, 1988, 513-523).
    """

    places: dict[str, int]
    weights: Floats

    @classmethod
    def of(cls, texts: Sequence[str]) -> Vocabulary:
        """Learn the vocabulary of some texts: the 20,000 grams that most of them have."""
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(_grams(text).keys())
        often = [(-count, gram) for gram, count in seen.items() if count >= FEWEST_TEXTS]
        kept = sorted(often)[:MOST_WORDS]
        counts = np.array([-count for count, _ in kept], dtype=np.float64)
        weights = np.log((1 + len(texts)) / (1 + counts)) + 1
        return cls({gram: place for place, (_, gram) in enumerate(kept)}, weights)

    def vectors(self, texts: Sequence[str]) -> Any:
        """Give a sparse matrix [texts, words]: (1 + log count) × weight, each row of length one."""
        from scipy.sparse import csr_matrix

        values: list[float] = []
        columns: list[int] = []
        ends = [0]
        for text in texts:
            for gram, count in _grams(text).items():
                if (place := self.places.get(gram)) is not None:
                    columns.append(place)
                    values.append(count)
            ends.append(len(columns))
        found = csr_matrix(
            (
                (1 + np.log(np.array(values))) * self.weights[columns] if values else [],
                np.array(columns, dtype=np.int32),
                ends,
            ),
            shape=(len(texts), len(self.places)),
        )
        lengths = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
        found.data /= np.repeat(np.where(lengths > 0, lengths, 1.0), np.diff(found.indptr))
        return found


def fit_logistic(
    features: Any,
    labels: npt.NDArray[np.bool_],
    strength: float,
    start: Floats | None = None,
) -> Floats:
    """Fit an L2-regularised logistic regression; give its weights, the intercept last.

    `features` are a matrix, sparse or dense; `strength` is the inverse of the regularisation (C),
    which leaves the intercept alone. `start` are weights to begin from.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    signs = np.where(labels, 1.0, -1.0)
    width = features.shape[1]
    if start is None:
        rate = (labels.sum() + 0.5) / (len(labels) + 1)
        start = np.append(np.zeros(width), np.log(rate / (1 - rate)))
    scale = 1 / len(labels)

    def loss(weights: Floats) -> tuple[float, Floats]:
        margins = signs * (features @ weights[:-1] + weights[-1])
        pull = -signs * expit(-margins)
        slope = np.append(features.T @ pull + weights[:-1] / strength, pull.sum())
        value = np.logaddexp(0, -margins).sum() + weights[:-1] @ weights[:-1] / (2 * strength)
        return float(value) * scale, slope * scale

    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "gtol": 1e-6}
    )
    return np.asarray(found.x, dtype=np.float64)
