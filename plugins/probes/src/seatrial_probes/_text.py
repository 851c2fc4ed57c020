"""Explainers that read the inputs as texts: their words, and surface features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from attrs import field, frozen
from attrs.validators import ge, instance_of

from seatrial import Case, Explanation, Finding, Outcome

from ._odds import FAILURE, SUCCESS, explain_by_features
from ._rendering import read
from ._surface import surface_features
from ._validation import Learning, one_sided, select

__all__ = ["BagOfWords", "Surface", "bag_of_words", "surface"]

GRID: Final = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
EXAMPLES: Final = 5
MOST: Final = 50_000
WORD: Final = r"(?u)\b\w+(?:['’]\w+)?\b"


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
        from sklearn.feature_extraction.text import TfidfVectorizer

        for least in (self.least, 1):
            self.vectorizer = TfidfVectorizer(
                ngram_range=(1, self.longest),
                min_df=min(least, len(texts)),
                max_features=MOST,
                sublinear_tf=True,
                token_pattern=WORD,
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
    """Name the words that move the prediction most over the cases, failure first."""
    if found.features.vectorizer is None:
        return []
    table = found.features.transform(texts).tocsc()
    names = found.features.vectorizer.get_feature_names_out()
    mean = np.asarray(table.mean(axis=0)).ravel()
    spread = np.sqrt(np.asarray(table.multiply(table).mean(axis=0)).ravel() - mean**2)
    moves = found.model.coef_[0] * spread
    findings: list[Finding] = []
    for sign, word in ((1, FAILURE), (-1, SUCCESS)):
        said: set[str] = set()
        for place in np.argsort(-sign * moves, kind="stable"):
            if len(findings) >= most * (1 if sign > 0 else 2) or sign * moves[place] <= 0:
                break
            if said & set(names[place].split()):
                continue
            rows = table.indices[table.indptr[place] : table.indptr[place + 1]]
            finding = _finding(word, names[place], np.sort(rows), learning)
            if finding is not None:
                said |= set(names[place].split())
                findings.append(finding)
    return findings


def _finding(word: str, name: str, rows: Any, learning: Learning) -> Finding | None:
    there = np.zeros(len(learning.failed), dtype=bool)
    there[rows] = True
    if there.all():
        return None
    inside, outside = learning.failed[there].mean(), learning.failed[~there].mean()
    if (inside > outside) != (word == FAILURE):
        return None
    wanted = learning.failed if word == FAILURE else ~learning.failed
    examples = [learning.outcomes[row].case.id for row in rows if wanted[row]]
    return Finding(
        word,
        f"of the {there.sum()} cases with {name!r}, {inside:.0%} failed; of the other "
        f"{(~there).sum()}, {outside:.0%}",
        effect=float(inside - outside),
        cases=tuple(dict.fromkeys(examples))[:EXAMPLES],
    )


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
