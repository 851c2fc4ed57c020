"""The small network: it learns what no direction can tell, and stops before it learns by heart."""

from __future__ import annotations

import numpy as np
import pytest
from seatrial_probes._selection import Sample
from sklearn.metrics import roc_auc_score

from seatrial.errors import ModelError

pytest.importorskip("torch")

from seatrial_probes._mlp import fit_network
from seatrial_probes._training import Schedule


def drawn(count=600, seed=0, *, noise=False):
    generator = np.random.default_rng(seed)
    table = generator.standard_normal((count, 8)).astype("f4") * np.arange(1, 9, dtype="f4") + 4
    failed = (table[:, 0] > 4) != (table[:, 1] > 4)
    if noise:
        failed = generator.permutation(failed)
    clusters = tuple(str(one) for one in range(count))
    return table, Sample(failed, clusters, np.arange(count) % 3 == 0, 0)


def test_it_tells_an_exclusive_or_apart():
    schedule = Schedule(epochs=100, patience=100, rate=1e-2)
    network, _, _ = fit_network(*drawn(), hidden=16, seed=0, schedule=schedule)
    table, sample = drawn(400, seed=9)
    assert roc_auc_score(sample.failed, network(table)) > 0.9


def test_the_same_seed_gives_the_same_network():
    table, sample = drawn(120)
    one, other = (fit_network(table, sample, hidden=4, seed=3)[0](table) for _ in range(2))
    assert (one == other).all()


def test_it_stops_early_on_noise():
    _, scores, best = fit_network(*drawn(noise=True), hidden=16, seed=0)
    assert len(scores) < 200
    assert best < len(scores) - 1


def test_the_network_is_that_of_the_best_epoch():
    table, sample = drawn(120)
    network, scores, best = fit_network(table, sample, hidden=4, seed=3)
    np.testing.assert_allclose(network(table[sample.kept]), scores[best], atol=1e-4)


def test_constant_columns_are_looked_past():
    table, sample = drawn(120)
    network, _, _ = fit_network(
        np.column_stack([table, np.full(120, 7, dtype="f4")]), sample, hidden=4, seed=3
    )
    there, elsewhere = (
        network(np.column_stack([table, np.full(120, value, dtype="f4")])) for value in (7, 9)
    )
    assert (there == elsewhere).all()


def test_another_width_is_refused():
    network, _, _ = fit_network(*drawn(60), hidden=2, seed=0)
    with pytest.raises(ModelError, match="activations are 3 wide, but the probe was fitted on 8"):
        network(np.ones((1, 3)))
