"""The words of a text and the logistic regression are those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.explaining._bag_of_words import Vocabulary, fit_logistic

DRAW = np.random.default_rng(0)
TEXTS = [
    " ".join(f"Wort{n}" for n in DRAW.geometric(0.03, DRAW.integers(5, 40))) for _ in range(150)
]


def test_vectors_are_those_of_scikit_learn():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    known = text.TfidfVectorizer(
        token_pattern=r"\w+", ngram_range=(1, 2), min_df=2, sublinear_tf=True
    )
    wanted = known.fit_transform(TEXTS[:100])
    mine = Vocabulary.of(TEXTS[:100])
    columns = [known.vocabulary_[gram] for gram in mine.places]
    assert sorted(columns) == list(range(wanted.shape[1]))
    for texts in (TEXTS[:100], TEXTS[100:], ["", "nothing known"]):
        gap = mine.vectors(texts) - known.transform(texts)[:, columns]
        assert np.abs(gap.toarray()).max() < 1e-12


def test_only_the_commonest_words_are_kept(monkeypatch):
    monkeypatch.setattr("seatrial.explaining._bag_of_words.MOST_WORDS", 2)
    found = Vocabulary.of(["a b", "a c", "b a", "c d"])
    assert list(found.places) == ["a", "b"]


@pytest.mark.parametrize("strength", [0.1, 1.0, 10.0])
def test_the_regression_is_that_of_scikit_learn(strength):
    linear = pytest.importorskip("sklearn.linear_model")
    vectors = Vocabulary.of(TEXTS).vectors(TEXTS)
    labels = DRAW.random(len(TEXTS)) < 0.3
    known = linear.LogisticRegression(C=strength, tol=1e-9, max_iter=5000).fit(vectors, labels)
    found = fit_logistic(vectors, labels, strength)
    assert found[:-1] == pytest.approx(known.coef_[0], abs=2e-3)
    assert found[-1] == pytest.approx(known.intercept_[0], abs=2e-3)


def test_at_the_fit_the_slope_is_zero():
    features = DRAW.standard_normal((60, 3))
    labels = DRAW.random(60) < 0.5
    found = fit_logistic(features, labels, 2.0)
    probability = 1 / (1 + np.exp(-(features @ found[:-1] + found[-1])))
    slope = features.T @ (probability - labels) + found[:-1] / 2.0
    assert np.abs(slope).max() < 1e-3
    assert abs((probability - labels).sum()) < 1e-3
