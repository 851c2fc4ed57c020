"""One Gaussian process over several views: its variances, its predictions, what it compares."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.sparse import csr_matrix
from seatrial_probes import _additive, _variances
from seatrial_probes._additive import Factor, View, fit_views, folds_of
from seatrial_probes._comparing import asked_beside_the_rest
from seatrial_probes._rendering import Read
from seatrial_probes._validation import Learning
from seatrial_probes._variances import _restricted, solve, variances
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import DotProduct, WhiteKernel
from sklearn.metrics import roc_auc_score

from seatrial import Case, Outcome, Prediction


def drawn(generator, width, size=200):
    table = generator.normal(size=(size, width))
    return table, table @ table.T / width


def test_variances_are_found_again(monkeypatch):
    monkeypatch.setattr(_variances, "EXPECTED", np.inf)
    generator = np.random.default_rng(0)
    (one, first), (two, second), (_, third) = (drawn(generator, width) for width in (20, 100, 40))
    found = []
    for _ in range(12):
        parts = one @ generator.normal(size=20) / 20**0.5, two @ generator.normal(size=100) / 10
        values = 3 + parts[0] + 2**0.5 * parts[1] + 1.5 * generator.normal(size=200)
        found.append(variances(values, [first, second, third]))
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / 12**0.5
    assert np.all(np.abs(mean - [1, 2, 0, 2.25]) < 3 * error + [0, 0, 0.1, 0])
    assert mean[2] < 0.1


def test_the_prior_weighs_against_every_variance_alike():
    generator = np.random.default_rng(4)
    (one, first), (_, second) = (drawn(generator, width) for width in (20, 100))
    values = one @ generator.normal(size=20) / 20**0.5 + generator.normal(size=200)
    found = variances(values, [first, second])
    slopes = _restricted(values, [first, second], found)[1] * values.var()
    # Where a variance is positive, prior and likelihood are in balance; a fifth is expected.
    assert found[0] > 0
    assert slopes == pytest.approx([5, slopes[1], 0], abs=0.05)
    assert slopes[1] < 5.05


def test_the_likelihood_has_the_slopes_that_steps_follow():
    generator = np.random.default_rng(1)
    kernels = [drawn(generator, width, 60)[1] for width in (5, 30)]
    values, at = generator.normal(size=60), np.array([0.5, 0.3, 0.8])
    numeric = approx_fprime(at, lambda parts: _restricted(values, kernels, parts)[0])
    assert _restricted(values, kernels, at)[1] == pytest.approx(numeric, rel=1e-3, abs=1e-4)


def test_predictions_are_those_of_a_gaussian_process():
    generator = np.random.default_rng(2)
    table, values = generator.normal(size=(80, 6)), generator.normal(size=80)
    unseen = generator.normal(size=(10, 6))
    mean, effects = solve(values, table @ table.T, 2.0)
    kernel = DotProduct(0, "fixed") + WhiteKernel(2.0, "fixed")
    peer = GaussianProcessRegressor(kernel, optimizer=None).fit(table, values - mean)
    assert mean + unseen @ table.T @ effects == pytest.approx(mean + peer.predict(unseen))
    inverse = np.linalg.inv(table @ table.T + 2 * np.eye(80))
    assert mean == pytest.approx(inverse.sum(axis=0) @ values / inverse.sum())


def test_factors_compare_as_by_hand():
    some, others = np.array([[0.0, 0.0], [1.0, 2.0]]), np.array([[1.0, 0.0]])
    assert Factor(None).alike(csr_matrix(some), csr_matrix(others)).tolist() == [[0], [1]]
    assert Factor(None, near=True).alike(some, others) == pytest.approx(np.exp([[-1 / 4], [-1]]))


def numbered(numbers, wrong):
    return [
        Outcome(
            case=Case(str(at), "text"), input=(one, at), prediction=Prediction("a"), right=not bad
        )
        for at, (one, bad) in enumerate(zip(numbers, wrong, strict=True))
    ]


def test_what_hangs_on_a_distance_is_found_also_from_a_sample(monkeypatch):
    generator = np.random.default_rng(3)
    numbers = generator.uniform(-2, 2, size=600)
    wrong = generator.random(600) < np.where(np.abs(numbers) > 1, 0.8, 0.2)
    views = [
        View("number", (line := Factor(lambda rows: np.array(rows)[:, :1]),)),
        View("place", (Factor(lambda rows: np.array(rows)[:, :1], near=True),)),
        View("both", (line, Factor(lambda rows: np.ones((len(rows), 1))))),
    ]

    def area():
        learning = Learning.of(numbered(numbers[:400], wrong[:400]), 0)
        rows = [one.input for one in learning.outcomes]
        found = fit_views(views, rows, learning, folds_of(learning, 0), 0)
        assert sum(found.explained.values()) < 1
        assert max(found.explained, key=found.explained.get) == "place"
        unseen = found.probabilities([(one, 0) for one in numbers[400:]])
        assert np.mean(unseen) == pytest.approx(wrong[400:].mean(), abs=0.1)
        assert found.auroc == pytest.approx(roc_auc_score(wrong[400:], unseen), abs=0.1)
        return roc_auc_score(wrong[400:], unseen)

    # Who knows the rule gets .80.
    assert area() > 0.75
    monkeypatch.setattr(_additive, "MOST_FITTED", 200)
    monkeypatch.setattr(_additive, "MOST_WEIGHED", 100)
    assert area() > 0.7


def test_rare_failures_are_in_every_sample(monkeypatch):
    monkeypatch.setattr(_additive, "MOST_FITTED", 60)
    monkeypatch.setattr(_additive, "MOST_WEIGHED", 20)
    views = [View("number", (Factor(lambda rows: np.array(rows)[:, :1]),))]
    numbers = np.linspace(-1, 1, 300)
    for seed in range(10):
        learning = Learning.of(numbered(numbers, np.arange(300) > 296), seed)
        rows = [one.input for one in learning.outcomes]
        found = fit_views(views, rows, learning, folds_of(learning, seed), seed)
        low, high = found.probabilities([(-1.0, 0), (1.0, 0)])
        assert 0 < low < high < 0.5


def test_the_question_is_compared_with_the_rest_as_by_hand():
    given = Read(
        {"passage": "A river is not a lake. The river Rhine", "question": "is the river Ruhr"}
    )
    found = {name: one.value for name, one in asked_beside_the_rest(given).items()}
    assert found == {
        "answered words": 1 / 2,
        "unanswered words": 1,
        "answered pairs": 1 / 3,
        "answered together": 1 / 2,
        "answered often": np.log2(3),
        "answered densely": 2 / 9,
        "negations around": 1 / 9,
    }
    assert asked_beside_the_rest(Read({"text": "is the river Ruhr"})) == {}
