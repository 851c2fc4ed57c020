"""Explainers that read the inputs as texts: their words, and surface features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from attrs import field, frozen
from attrs.validators import ge, instance_of

from seatrial import Case, Explanation, Finding, Outcome

from ._conditions import Condition, contrasts, findings_of
from ._odds import explain_by_features
from ._rendering import read
from ._surface import surface_features
from ._validation import Learning, one_sided, select
from ._word_vectors import word_vectorizer

__all__ = ["BagOfWords", "Surface", "bag_of_words", "surface"]

GRID: Final = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
MOST: Final = 50_000


@frozen
class BagOfWords:
    """Predicts failure from the words and word pairs of the input, and names the telling ones.

    TF-IDF (logarithmic counts, unit norm), then logistic regression with the strength of the L2
    penalty chosen on validation. A word must stand in at least `least` cases.
    """

    longest: int = field(default=2, validator=[instance_of(int), ge(1)])
    least: int = field(default=2, validator=[instance_of(int), ge(1)])
    words: int = field(default=5, validator=[instance_of(int), ge(0)])

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Learn from the outcomes; the model is not looked at."""
        del model
        if said := one_sided(outcomes):
            return said
        learning = Learning.of(outcomes, seed)
        texts = _texts([one.input for one in outcomes])
        found = select(self._features, texts, learning, grid=GRID, seed=seed)
        findings = _telling(found, texts, learning, self.words)
        summary = f"bag of words: {found.model.coef_.shape[1]} words and word pairs"

        def predictor(cases: Sequence[Case]) -> list[float]:
            return found.probabilities(_texts([case.input for case in cases])) if cases else []

        return Explanation(summary, findings, predictor=predictor, details=found.details)

    def _features(self) -> Any:
        return _Words(self.longest, self.least)


class _Words:
    """Counts words; where hardly any recurs, those that stand in one case count too."""

    def __init__(self, longest: int, least: int) -> None:
        self.longest, self.least = longest, least

    def fit(self, texts: Any) -> _Words:
        for least in (self.least, 1):
            self.vectorizer = word_vectorizer(
                longest=self.longest, least=min(least, len(texts)), most=MOST
            )
            try:
                self.vectorizer.fit(texts)
            except ValueError:
                continue
            return self
        self.vectorizer = None
        return self

    def transform(self, texts: Any) -> Any:
        if self.vectorizer is None:
            return np.zeros((len(texts), 1))
        return self.vectorizer.transform(texts)


def _texts(inputs: Sequence[Any]) -> Any:
    return np.array([read(one).text for one in inputs], dtype=object)


def _telling(found: Any, texts: Any, learning: Learning, most: int) -> list[Finding]:
    """Name the words that move the prediction most over the cases, failure first.

    Their intervals count every word that was examined. Of words that say the same, as a pair and
    its parts do, the first is named.
    """
    if found.features.vectorizer is None:
        return []
    table = found.features.transform(texts).tocsc()
    names = found.features.vectorizer.get_feature_names_out()
    known = contrasts(table, learning)
    mean = np.asarray(table.mean(axis=0)).ravel()
    squares = np.asarray(table.multiply(table).mean(axis=0)).ravel()
    spread = np.sqrt(np.maximum(squares - mean**2, 0.0))
    moves = found.model.coef_[0] * spread
    places: list[int] = []
    for sign in (1, -1):
        said: set[str] = set()
        mine: list[int] = []
        for place in np.argsort(-sign * moves, kind="stable"):
            if len(mine) >= most or sign * moves[place] <= 0:
                break
            agrees = known.shown[place] and sign * known.difference[place] > 0
            if agrees and not said & set(names[place].split()):
                said |= set(names[place].split())
                mine.append(place)
        places += mine
    conditions = [Condition(f"with {names[at]!r}", _holds(table, at)) for at in places]
    return findings_of(conditions, learning, known=known.only(places))


def _holds(table: Any, place: int) -> Any:
    there = np.zeros(table.shape[0], dtype=bool)
    there[table.indices[table.indptr[place] : table.indptr[place + 1]]] = True
    return there


@frozen
class Surface:
    """Predicts failure from surface features: lengths, numbers, negations, the options' looks.

    Named features, standardised, then logistic regression with the strength of the L2 penalty
    chosen on validation; the findings are odds ratios in plain words.
    """

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Learn from the outcomes; the model is not looked at."""
        del model
        return explain_by_features("surface", surface_features, outcomes, seed=seed)


bag_of_words = BagOfWords
surface = Surface
