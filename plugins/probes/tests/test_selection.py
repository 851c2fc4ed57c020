"""Selection: by validation, by cluster, with ties to what is simpler and the search counted."""

from __future__ import annotations

import numpy as np
import pytest
from seatrial_probes._families import ClosedForm, Logistic
from seatrial_probes._linear import Linear, mean_difference
from seatrial_probes._selection import Sample, choose, search
from sklearn.metrics import roc_auc_score

from seatrial import Case, Outcome
from seatrial.errors import PlanError


def outcomes(failed, clusters=None):
    return [
        Outcome(
            case=Case(f"c{place}", "", cluster=clusters and clusters[place]),
            input="",
            prediction=None,
            right=not wrong,
        )
        for place, wrong in enumerate(failed)
    ]


def drawn(count=300, width=20, seed=0, *, signal=2.0, layers=(1, 2, 3), telling=2):
    """One layer tells; the others are noise."""
    generator = np.random.default_rng(seed)
    failed = generator.random(count) < 0.4
    tables = {one: generator.standard_normal((count, width)).astype("f4") for one in layers}
    tables[telling][failed, 0] += signal
    return failed, lambda layer, pooling: tables[layer] * (1 if pooling == "last" else 0.5)


def sampled(failed, seed=0, clusters=None):
    return Sample.of(outcomes(failed, clusters), 1 / 3, seed)


def test_the_layer_that_tells_is_found():
    failed, table = drawn()
    sample = sampled(failed)
    found = search(table, (1, 2, 3), ("last",), Logistic(), sample)
    assert found.best[:2] == (2, "last")
    assert found.searched == {"settings": 30, "best": found.areas.max(), "p": found.p_value}
    assert found.p_value < 0.01


def test_every_figure_is_that_of_scikit_learn():
    failed, table = drawn(signal=0.5)
    sample = sampled(failed)
    found = search(table, (1, 2), ("last", "mean"), ClosedForm(mean_difference), sample)
    for i, layer in enumerate((1, 2)):
        rows = table(layer, "last")
        probe = mean_difference(rows[~sample.kept], failed[~sample.kept])
        truth = roc_auc_score(failed[sample.kept], probe(rows[sample.kept]))
        assert found.areas[i, 0, 0] == pytest.approx(truth, abs=1e-9)


class Alike:
    """Fits the same probe at any strength."""

    strengths = (0.1, 1.0)
    at_once = 1

    def search(self, tables, failed):
        return [[self.fit(table, failed, None)] * 2 for table in tables]

    def fit(self, table, failed, strength):
        return Linear(np.eye(table.shape[1])[0], 0.0)


def test_ties_go_to_the_stronger_penalty_and_the_earlier_layer():
    failed, table = drawn()
    same = lambda layer, pooling: table(2, "last")
    sample = sampled(failed)
    found = search(same, (4, 7), ("mean", "last"), Alike(), sample)
    assert found.best == (4, "mean", 0.1)
    assert choose(same, found, Alike(), sample).strength == 0.1


def test_the_curve_has_the_best_strength_of_every_place():
    failed, table = drawn()
    found = search(table, (1, 2), ("last", "mean"), Logistic((0.01, 1.0)), sampled(failed))
    assert [(one["layer"], one["pooling"]) for one in found.curve] == [
        (1, "last"),
        (1, "mean"),
        (2, "last"),
        (2, "mean"),
    ]
    assert [one["auroc"] for one in found.curve] == list(found.areas.max(axis=2).ravel())
    assert all(one["C"] in (0.01, 1.0) for one in found.curve)


def test_what_was_chosen_is_fitted_on_everything():
    failed, table = drawn()
    sample = sampled(failed)
    family = ClosedForm(mean_difference)
    chosen = choose(table, search(table, (1, 2), ("last",), family, sample), family, sample)
    whole = mean_difference(table(2, "last"), failed)
    np.testing.assert_allclose(chosen.probe.weights, whole.weights)


def test_probabilities_are_of_probes_that_did_not_see_the_case():
    failed, table = drawn(signal=0.0, width=250)
    sample = sampled(failed)
    family = ClosedForm(mean_difference)
    chosen = choose(table, search(table, (1,), ("last",), family, sample), family, sample)
    assert roc_auc_score(failed, chosen.probe(table(1, "last"))) > 0.85
    assert roc_auc_score(failed, chosen.probabilities) < 0.65


def test_probabilities_are_calibrated():
    failed, table = drawn(2000, signal=1.5)
    sample = sampled(failed)
    chosen = choose(table, search(table, (2,), ("last",), Logistic(), sample), Logistic(), sample)
    high = chosen.probabilities > 0.5
    assert failed[high].mean() == pytest.approx(chosen.probabilities[high].mean(), abs=0.06)
    assert failed[~high].mean() == pytest.approx(chosen.probabilities[~high].mean(), abs=0.06)


def test_whole_clusters_are_kept_and_folded_together():
    failed, _ = drawn(120)
    clusters = [f"k{place // 4}" for place in range(120)]
    sample = sampled(failed, clusters=clusters)
    codes = np.array(clusters)
    assert not set(codes[sample.kept]) & set(codes[~sample.kept])
    folds = sample.folds()
    assert len(folds) == 4
    assert (np.sum(folds, axis=0) == 1).all()
    for one in folds:
        assert not set(codes[one]) & set(codes[~one])


def test_two_clusters_are_enough():
    failed = np.array([True, False] * 4)
    sample = sampled(failed, clusters=["a"] * 4 + ["b"] * 4)
    table = lambda layer, pooling: np.random.default_rng(0).standard_normal((8, 3))
    found = search(table, (1,), ("last",), Logistic(), sample)
    chosen = choose(table, found, Logistic(), sample)
    assert np.isfinite(chosen.probabilities).all()


def test_too_few_failures_are_counted():
    with pytest.raises(PlanError, match="only 1 of 30 answers are wrong and 29 right, in 30 clus"):
        sampled(np.arange(30) == 3)
    with pytest.raises(PlanError, match="in 1 clusters"):
        sampled(np.arange(30) % 2 == 0, clusters=["one"] * 30)


def test_noise_is_not_found_significant():
    small = 0
    for seed in range(40):
        failed, table = drawn(90, 10, seed, signal=0.0)
        found = search(table, (1, 2, 3), ("last",), Logistic((1e-3, 1e-1)), sampled(failed, seed))
        small += found.p_value <= 0.05
    assert small <= 6
