"""The release variant against the slow model: logits, gradients, and 200 steps of training."""

from __future__ import annotations

import numpy as np
import pytest
import seatrial_simnl
import torch
from slow_simnl import NAMES, Slow, problem

SCALES = {"alpha": 2.0, "beta": 3.0, "lam": 0.7, "tau": 0.3}
SIZES = [
    {},
    {"classes": 2, "shots": 3, "seed": 1, "noise": 0.0},
    {"classes": 9, "shots": 1, "seed": 2},
    {"classes": 5, "shots": 6, "seed": 3, "noise": 0.5},
]


def given(drawn):
    return drawn["keys"], drawn["labels"], *drawn["texts"]


@pytest.mark.parametrize("size", SIZES)
def test_logits_before_training_are_those_of_the_formulas(size):
    drawn = problem(**size)
    slow = Slow(drawn, **SCALES)
    found = seatrial_simnl.logits(drawn["queries"], *given(drawn), shots=drawn["shots"], **SCALES)
    assert found.dtype == np.float32
    wanted = slow.logits(torch.tensor(drawn["queries"], dtype=torch.float64)).detach().numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", SIZES)
def test_gradients_before_training_are_those_of_the_formulas(size):
    drawn = problem(**size)
    loss, wanted = Slow(drawn, **SCALES).gradients(drawn["queries"], drawn["targets"])
    told, found = seatrial_simnl.gradients(
        drawn["queries"], drawn["targets"], *given(drawn), shots=drawn["shots"], **SCALES
    )
    assert told == pytest.approx(loss, abs=1e-5)
    for name in NAMES:
        np.testing.assert_allclose(found[name], wanted[name], atol=1e-5, rtol=0, err_msg=name)


def test_the_dense_form_of_the_truth_says_what_its_loops_say():
    drawn = problem(seed=4)
    slow = Slow(drawn, **SCALES)
    with torch.no_grad():
        for index, residual in enumerate(slow.r):
            generator = torch.Generator().manual_seed(index)
            residual.add_(0.1 * torch.randn(residual.shape, generator=generator))
    queries = torch.tensor(drawn["queries"], dtype=torch.float64)
    targets = torch.tensor(drawn["targets"])
    both = [loss(queries, targets).detach() for loss in (slow.loss, slow.dense_loss)]
    torch.testing.assert_close(*both)


def test_200_steps_of_training_are_those_of_the_formulas():
    drawn = problem(classes=4, shots=3, width=12, queries=6, seed=5)
    rng = np.random.default_rng(0)
    order = [rng.permutation(12) for _ in range(200)]
    slow = Slow(drawn, **SCALES)
    slow.fit(drawn, lr=1e-3, eps=1e-3, order=order)
    keys, labels, *texts = given(drawn)
    fitted = seatrial_simnl.fit(
        keys,
        labels,
        drawn["views"],
        *texts,
        shots=3,
        lr=1e-3,
        eps=1e-3,
        epochs=200,
        order=order,
        **SCALES,
    )
    wanted = slow.logits(torch.tensor(drawn["queries"], dtype=torch.float64)).detach().numpy()
    start = seatrial_simnl.logits(drawn["queries"], *given(drawn), shots=3, **SCALES)
    assert np.abs(wanted - start).max() > 1
    np.testing.assert_allclose(fitted.logits(drawn["queries"]), wanted, atol=1e-3, rtol=0)
    for name, residual in zip(NAMES, slow.r, strict=True):
        np.testing.assert_allclose(fitted.residuals[name], residual.detach(), atol=1e-4, rtol=0)


def test_an_epoch_ends_with_a_partial_batch_and_views_come_in_turn():
    drawn = problem(classes=70, shots=4, width=8, views=3, seed=6)
    order = [np.random.default_rng(e).permutation(280) for e in range(2)]
    slow = Slow(drawn, **SCALES)
    slow.fit(drawn, lr=1e-3, eps=1e-3, order=order)
    keys, labels, *texts = given(drawn)
    fitted = seatrial_simnl.fit(
        keys, labels, drawn["views"], *texts, shots=4, lr=1e-3, eps=1e-3, epochs=2, order=order,
        **SCALES,
    )  # fmt: skip
    for name, residual in zip(NAMES, slow.r, strict=True):
        np.testing.assert_allclose(fitted.residuals[name], residual.detach(), atol=1e-6, rtol=0)
