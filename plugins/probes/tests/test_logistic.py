"""The path solver against scikit-learn, converged as tightly as it goes."""

from __future__ import annotations

import numpy as np
import pytest
from seatrial_probes._backend import backend
from seatrial_probes._logistic import GRID, prepare, solve
from seatrial_probes._spectrum import spectrum
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from seatrial.errors import MetricError, ParameterError

STRENGTHS = (1e-6, 1e-4, 1e-2, 1.0, 100.0)


def drawn(rows, width, seed=0, *, signal=1.0):
    generator = np.random.default_rng(seed)
    scales = np.arange(1, width + 1) ** -0.5
    table = (
        generator.standard_normal((rows, width))
        * scales
        @ generator.standard_normal((width, width))
    )
    table += 5 * generator.standard_normal(width)
    logits = signal * (table - table.mean(axis=0)) @ generator.standard_normal(width) / width
    labels = generator.random(rows) < 1 / (1 + np.exp(-logits))
    return table, labels.astype(float)


def peer(table, labels, strength):
    scaler = StandardScaler().fit(table)
    model = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    model.fit(scaler.transform(table), labels)
    weights = model.coef_[0] / scaler.scale_
    return weights, model.intercept_[0] - weights @ scaler.mean_


def assert_same(table, labels, strengths=STRENGTHS, **options):
    prepared = prepare(table[None], dtype="float64", **options)
    path = solve(prepared, labels, strengths, tolerance=1e-10)
    for place, strength in enumerate(strengths):
        weights, intercept = peer(table, labels, strength)
        off = np.abs(path.weights[0, place] - weights).max()
        assert off <= 1e-4 * np.abs(weights).max(), strength
        logits = table @ weights + intercept
        ours = table @ path.weights[0, place] + path.intercepts[0, place]
        assert np.abs(logits - ours).max() <= 1e-4 * max(np.abs(logits).max(), 1), strength


@pytest.mark.parametrize(("rows", "width"), [(200, 20), (60, 150), (300, 120)])
@pytest.mark.parametrize("rank", [10, 64, 1000])
def test_coefficients_equal_those_of_scikit_learn_in_either_shape(rows, width, rank):
    assert_same(*drawn(rows, width), rank=rank)


def test_separable_rows_are_fitted_to_the_same_margin():
    table, _ = drawn(80, 10)
    labels = (table[:, 0] > np.median(table[:, 0])).astype(float)
    assert_same(table, labels)


def test_strengths_may_be_tiny_or_huge():
    assert_same(*drawn(300, 20), strengths=(1e-12, 1e6))


def test_collinear_columns_share_the_weight():
    table, labels = drawn(150, 8)
    table = np.column_stack([table, table[:, :3], table[:, 0] + table[:, 1]])
    assert_same(table, labels)


def test_a_rare_class_is_no_harder():
    table, _ = drawn(400, 15)
    labels = (np.arange(400) % 40 == 0).astype(float)
    assert_same(table, labels)


def test_constant_columns_get_no_weight_and_change_nothing():
    table, labels = drawn(100, 6)
    constant = np.full(100, 0.1) + 1e3
    path = solve(prepare(np.column_stack([table, constant])[None], dtype="float64"), labels)
    alone = solve(prepare(table[None], dtype="float64"), labels)
    assert (path.weights[..., -1] == 0).all()
    np.testing.assert_allclose(path.weights[..., :-1], alone.weights, rtol=1e-4, atol=1e-12)


def test_a_table_without_any_variance_is_answered_with_the_rate():
    path = solve(prepare(np.ones((1, 10, 3))), [1.0] * 2 + [0.0] * 8, [1.0])
    assert not path.weights.any()
    np.testing.assert_allclose(path.intercepts, np.log(0.25), rtol=1e-6)


def test_large_means_cost_no_precision_in_single_precision():
    table, labels = drawn(400, 40)
    shifted = (table + 1000).astype(np.float32)
    exact = solve(prepare(shifted[None], dtype="float64"), labels)
    single = solve(prepare(shifted[None]), labels)
    spread = np.einsum("ij,bkj->bki", shifted - shifted.mean(axis=0), exact.weights)
    other = np.einsum("ij,bkj->bki", shifted - shifted.mean(axis=0), single.weights)
    assert np.abs(spread - other).max() < 0.01 * spread.std()


def test_each_table_of_a_batch_is_solved_as_if_it_were_alone():
    tables = np.stack([drawn(120, 30, seed)[0] for seed in range(3)])
    labels = np.stack([drawn(120, 30, seed)[1] for seed in range(3)])
    together = solve(prepare(tables, dtype="float64"), labels)
    for table, label, weights in zip(tables, labels, together.weights, strict=True):
        alone = solve(prepare(table[None], dtype="float64"), label)
        np.testing.assert_allclose(weights, alone.weights[0], rtol=1e-6, atol=1e-9)


def test_the_grid_may_come_in_any_order():
    table, labels = drawn(120, 30)
    prepared = prepare(table[None])
    there, back = solve(prepared, labels, GRID), solve(prepared, labels, GRID[::-1])
    assert (there.weights == back.weights[:, ::-1]).all()


def test_labels_of_one_class_are_refused():
    table, labels = drawn(20, 3)
    with pytest.raises(MetricError, match="all 20 labels are alike"):
        solve(prepare(table[None]), labels * 0)


def test_the_sketched_directions_are_the_leading_ones():
    table, _ = drawn(300, 200)
    on = backend(None, "float64")
    sketched = spectrum(table[None], 40, on)
    exact = np.linalg.svd(table, compute_uv=False)[:40] ** 2
    assert 0.97 * exact.sum() < sketched.squares.sum() <= exact.sum()
    turn = sketched.directions[0].T @ sketched.directions[0]
    np.testing.assert_allclose(turn, np.eye(40), atol=1e-10)


def test_torch_computes_the_same():
    pytest.importorskip("torch")
    table, labels = drawn(200, 300)
    ours = solve(prepare(table[None], dtype="float64"), labels, tolerance=1e-8)
    torchs = solve(prepare(table[None], dtype="float64", device="cpu"), labels, tolerance=1e-8)
    np.testing.assert_allclose(torchs.weights, ours.weights, rtol=1e-4, atol=1e-9)


def test_a_device_that_is_not_there_is_named():
    pytest.importorskip("torch")
    with pytest.raises(ParameterError, match="device 'nowhere' cannot be used"):
        prepare(np.ones((1, 4, 2)), device="nowhere")


@pytest.mark.gpu
def test_a_gpu_computes_the_same():
    if not pytest.importorskip("torch").cuda.is_available():
        pytest.skip("no accelerator here: fitting on one is NOT tested")
    tables = np.stack([drawn(400, 300, seed)[0] for seed in range(4)])
    labels = drawn(400, 300)[1]
    ours = solve(prepare(tables, dtype="float64"), labels, tolerance=1e-8)
    there = solve(prepare(tables, dtype="float64", device="cuda"), labels, tolerance=1e-8)
    np.testing.assert_allclose(there.weights, ours.weights, rtol=1e-4, atol=1e-9)
