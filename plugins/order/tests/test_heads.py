"""The heads against scikit-learn's logistic regression, and against arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from seatrial_order._heads import trained


def drawn(n=200, width=5, seed=0):
    rng = np.random.default_rng(seed)
    first, second = rng.standard_normal((2, n, width)) * np.arange(1, width + 1) + 3
    true = (first - second) @ rng.standard_normal(width) / width
    labels = (rng.random(n) < 1 / (1 + np.exp(-true))).astype(float)
    return first, second, labels


@pytest.mark.parametrize("kind", ["antisymmetric", "linear"])
def test_a_head_without_hidden_units_is_a_penalised_logistic_regression(kind):
    sklearn = pytest.importorskip("sklearn.linear_model")
    first, second, labels = drawn()
    rows = (first, second) if kind == "antisymmetric" else (np.hstack([first, second]),)
    clusters = [str(at) for at in range(len(labels))]
    head = trained(kind, rows, labels, clusters, hidden=0, penalties=(0.02,), seed=0)
    every = np.concatenate(rows)
    scaled = [(one - every.mean(axis=0)) / every.std(axis=0) for one in rows]
    x = scaled[0] - scaled[1] if kind == "antisymmetric" else scaled[0]
    peer = sklearn.LogisticRegression(
        C=1 / (0.02 * len(labels)), fit_intercept=kind == "linear", tol=1e-10, max_iter=1000
    ).fit(x, labels)
    assert head(rows) == pytest.approx(peer.decision_function(x), abs=2e-3)


def test_the_same_row_gets_the_same_log_odds_in_every_batch():
    first, second, labels = drawn()
    clusters = [str(at) for at in range(len(labels))]
    head = trained(
        "antisymmetric", (first, second), labels, clusters, hidden=4, penalties=(0.01,), seed=0
    )
    whole = head((first, second))
    assert all(head((first[at : at + 1], second[at : at + 1]))[0] == whole[at] for at in range(50))
    assert np.array_equal(head((second, first)), -whole)


def test_the_penalty_is_chosen_on_clusters_that_were_left_out():
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(20), 10)
    own = rng.standard_normal((20, 40))[clusters]  # the article's own mark: its label, by heart
    labels = rng.integers(0, 2, 20)[clusters].astype(float)
    first, second = own + 0.1 * rng.standard_normal((2, 200, 40))
    options = {"hidden": 0, "seed": 0}
    rows, names = (first, -second), [str(one) for one in clusters]
    chosen = trained("antisymmetric", rows, labels, names, penalties=(1e-4, 10.0), **options)
    largest = trained("antisymmetric", rows, labels, names, penalties=(10.0,), **options)
    assert np.array_equal(chosen(rows), largest(rows))
