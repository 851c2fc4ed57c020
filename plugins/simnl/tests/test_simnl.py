"""What SimNL keeps whatever its switches are, and what each switch changes."""

from __future__ import annotations

import numpy as np
import pytest
import seatrial_simnl
import torch
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from seatrial_simnl import SimNL
from seatrial_simnl._cache import weights
from seatrial_simnl._losses import complementary
from seatrial_simnl._pinned import _state
from seatrial_simnl._search import Grid, points, table
from seatrial_simnl._switches import Switches
from slow_simnl import problem

from seatrial.errors import ParameterError, PlanError

SCALES = {"alpha": 2.0, "beta": 3.0, "lam": 0.7, "tau": 0.3}
SMALL = {
    "alpha_grid": (0.0, 3.0, 4),
    "beta_grid": (0.5, 6.0, 5),
    "lam_grid": (0.5, 1.0, 5),
}


def step_zero(drawn, **scales):
    found = {**SCALES, **scales}
    return seatrial_simnl.logits(
        drawn["queries"], drawn["keys"], drawn["labels"], *drawn["texts"], shots=drawn["shots"],
        **found,
    )  # fmt: skip


def fitted(estimator, drawn, rows=slice(None), **more):
    template, cupl, negative = drawn["texts"]
    return estimator.fit(
        drawn["keys"][rows], drawn["labels"][rows], text=template, cupl=cupl, negative=negative,
        **more,
    )  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.floats(0, 1), st.floats(0, 5), st.floats(0, 9))
def test_logits_are_linear_in_alpha_and_in_lambda(seed, lam, alpha, beta):
    drawn = problem(seed=seed, classes=4, shots=2, width=8, queries=3)

    def at(alpha, lam):
        return step_zero(drawn, alpha=alpha, lam=lam, beta=beta).astype(float)

    mixed = lam * at(alpha, 1.0) + (1 - lam) * at(alpha, 0.0)
    np.testing.assert_allclose(at(alpha, lam), mixed, atol=1e-3)
    line = at(0.0, lam) + alpha * (at(1.0, lam) - at(0.0, lam))
    np.testing.assert_allclose(at(alpha, lam), line, atol=1e-3)


def test_without_cache_and_negatives_the_texts_are_left():
    drawn = problem()
    wanted = 100 * drawn["queries"] @ (0.45 * drawn["texts"][0] + 0.55 * drawn["texts"][1]).T
    np.testing.assert_allclose(step_zero(drawn, alpha=0, lam=1), wanted, atol=1e-4)


def test_permuting_classes_permutes_logits():
    drawn = problem(noise=0.0)
    order = np.random.default_rng(1).permutation(6)
    keys = drawn["keys"].reshape(6, 4, -1)[order].reshape(24, -1)
    other = {**drawn, "keys": keys, "texts": [one[order] for one in drawn["texts"]]}
    np.testing.assert_allclose(step_zero(other), step_zero(drawn)[:, order], atol=1e-4)


@pytest.mark.parametrize("variant", ["release", "default"])
def test_the_order_of_shots_matters_to_the_release_alone(variant):
    drawn = problem(noise=0.0)
    order = np.arange(24)
    order[:4] = [2, 0, 3, 1]
    other = {**drawn, "keys": drawn["keys"][order]}
    sides = [
        fitted(SimNL(variant=variant, epochs=0), one).evidence(drawn["queries"])
        for one in (drawn, other)
    ]
    np.testing.assert_allclose(sides[0]["positive"], sides[1]["positive"], atol=1e-4)
    apart = np.abs(sides[0]["negative"] - sides[1]["negative"]).max()
    assert (apart > 1e-3) == (variant == "release")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.floats(0.05, 5), st.integers(0, 9))
def test_weights_of_a_class_sum_to_the_number_of_its_images(counts, tau, seed):
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    generator = torch.Generator().manual_seed(seed)
    keys = torch.nn.functional.normalize(torch.randn(len(labels), 8, generator=generator))
    found = weights(keys, labels, len(counts), tau, None)
    sums = torch.zeros(len(counts)).index_add_(0, labels, found)
    torch.testing.assert_close(sums, torch.tensor(counts, dtype=torch.float32))
    one = weights(keys, labels, len(counts), tau, 1)
    assert (one == 1).all()


@pytest.mark.parametrize("variant", ["release", "default"])
def test_one_shot_is_finite_and_gives_weights_of_one(variant):
    drawn = problem(shots=1, noise=0.0)
    estimator = fitted(SimNL(variant=variant, epochs=5), drawn)
    assert np.isfinite(estimator.decision_function(drawn["queries"])).all()
    assert (estimator._learned.positive.weight == 1).all()
    kept = fitted(SimNL(variant=variant, epochs=5, selection="loo", **SMALL), drawn)
    assert kept.selected_ == {}


def test_unequal_shots_are_for_keys_per_class():
    drawn = problem(noise=0.0)
    rows = np.delete(np.arange(24), [0, 1, 9])
    assert np.isfinite(fitted(SimNL(), drawn, rows).decision_function(drawn["queries"])).all()
    with pytest.raises(PlanError, match="equally many images of each class, got 2 to 4"):
        fitted(SimNL(variant="release"), drawn, rows)


@pytest.mark.parametrize(
    "switch",
    [
        {"negative_values": "hard"},
        {"negative_keys": "per_class"},
        {"consistency_axis": "features"},
        {"tau": 0.1},
        {"neg_scale": 0.3},
        {"text_mix": 0.8},
        {"rerank": False},
        {"cons_weight": 0.0},
        {"lr_mult_neg": 1.0},
        {"eps": 1e-6},
        {"negative_loss": "complementary"},
        {"leave_self_out": True},
    ],
    ids=str,
)
def test_every_switch_changes_what_is_learned(switch):
    drawn = problem(classes=5, shots=3, noise=0.0, seed=2)
    base = {"variant": "release", "epochs": 20, "lr": 1e-3}
    one, other = (fitted(SimNL(**base, **more), drawn) for more in ({}, switch))
    assert np.abs(one.logits(drawn["queries"]) - other.logits(drawn["queries"])).max() > 1e-3
    assert other.losses_[-1] < other.losses_[0]


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"negative_loss": "complementary"},
        {"negative_keys": "per_class", "consistency_axis": "features"},
        {"negative_values": "hard", "rerank": False},
    ],
    ids=str,
)
def test_gradients_away_from_the_start_are_finite_differences(switches):
    drawn = problem(classes=4, shots=3, width=10, queries=7, seed=9)
    how = Switches(variant="release", **SCALES, **switches)
    state, _ = _state(drawn["keys"], drawn["labels"], drawn["texts"], 3, how)
    state = evolve(state, texts=state.texts.double(), cache=double(state.cache))
    generator = torch.Generator().manual_seed(3)
    state.residuals.copy_(0.2 * torch.randn(5, 4, 10, generator=generator))
    features = torch.tensor(drawn["queries"], dtype=torch.float64)
    targets = torch.tensor(drawn["targets"])
    seen = state.gradients(features, targets)[1]
    for at in range(5):
        step = torch.randn(4, 10, generator=generator, dtype=torch.float64)
        sides = []
        for sign in (1, -1):
            state.residuals[at] += sign * 1e-4 * step
            sides.append(float(state.gradients(features, targets)[0]))
            state.residuals[at] -= sign * 1e-4 * step
        wanted = (sides[0] - sides[1]) / 2e-4
        assert float((seen[at] * step).sum()) == pytest.approx(wanted, rel=2e-2, abs=2e-4)


def double(cache):
    branches = [
        evolve(one, keys=one.keys.double(), weight=one.weight.double())
        for one in (cache.positive, cache.negative)
    ]
    sums = None if cache.sums is None else cache.sums.double()
    shrink = cache.shrink.double() if cache.sums is not None else cache.shrink
    return evolve(cache, positive=branches[0], negative=branches[1], sums=sums, shrink=shrink)


def test_the_complementary_loss_is_equation_18_and_finite_where_it_is_certain():
    logits = torch.tensor([[2.0, 90.0], [0.5, -60.0], [-1.0, 0.0]])
    loss, gradient = complementary(logits, torch.tensor([0, 0]))
    p = torch.softmax(logits[:, 0].double(), 0)[0]
    wanted = (-torch.log(1 - p) + 90.0) / 2
    assert float(loss) == pytest.approx(float(wanted), abs=1e-4)
    assert torch.isfinite(gradient).all()
    leaf = logits[:, :1].double().requires_grad_()
    (slope,) = torch.autograd.grad(-torch.log(1 - leaf.softmax(0)[0, 0]), leaf)
    torch.testing.assert_close(gradient[:, 0].double() * 2, slope[:, 0], atol=1e-6, rtol=0)


def test_the_grid_leaves_out_its_high_end_and_counts_as_one_by_one():
    assert points((0.6, 1.0, 4)) == pytest.approx([0.6, 0.7, 0.8, 0.9])
    drawn = problem(classes=4, shots=2, queries=30, seed=6)
    estimator = fitted(SimNL(epochs=3), drawn)
    grid = estimator.set_params(**SMALL)._grid()
    features, targets = torch.tensor(drawn["queries"]), torch.tensor(drawn["targets"])
    counts = table(estimator._learned, grid, features, targets)
    assert counts.shape == (5, 20)
    best, first = -1, {}
    for i, kernel in enumerate(grid.outer()):
        for j, mixture in enumerate(grid.inner()):
            one = evolve(estimator._learned, **kernel, **mixture)
            right = int((one.logits(features).argmax(1) == targets).sum())
            assert right == counts[i, j]
            if right > best:
                best, first = right, {**kernel, **mixture}
    assert grid.first(counts) == first


def test_ties_go_to_the_nearest_point():
    grid = Grid({"beta": [0.0, 1.0, 2.0]}, {"alpha": [0.0, 5.0, 10.0]})
    counts = torch.tensor([[3, 1, 1], [1, 1, 3], [1, 3, 1]])
    assert grid.first(counts) == {"beta": 0.0, "alpha": 0.0}
    assert grid.nearest(counts, {"beta": 1.8, "alpha": 6.0}) == {"beta": 2.0, "alpha": 5.0}


@pytest.mark.parametrize("variant", ["release", "default"])
def test_selection_never_hurts_on_what_it_selects_by(variant):
    drawn = problem(classes=5, shots=3, queries=60, seed=4, noise=0.0)
    held = (drawn["queries"], drawn["targets"])
    plain = fitted(SimNL(variant=variant), drawn)
    chosen = fitted(SimNL(variant=variant, selection="val", **SMALL), drawn, validation=held)
    assert chosen.score(*held) >= plain.score(*held)
    assert set(chosen.selected_) == {"alpha", "beta", "lam"}
    left = fitted(SimNL(variant=variant, selection="loo", **SMALL), drawn)
    assert set(left.selected_) == {"alpha", "beta", "lam"}


@pytest.mark.parametrize(
    ("params", "error", "says"),
    [
        ({"variant": "paper"}, ParameterError, "variant must be 'default' or 'release'"),
        ({"negative_keys": "all"}, ParameterError, "negative_keys must be"),
        ({"selection": "test"}, ParameterError, "selection must be 'none' or 'val' or 'loo'"),
        ({"selection": "val"}, PlanError, "needs validation="),
        ({"dtype": "float16"}, ParameterError, "for accelerators"),
        ({"tau": 0.0}, ParameterError, "tau must be greater than 0"),
        ({"lam": 1.5}, ParameterError, "lam must lie between 0 and 1"),
        ({"epochs": -1}, ParameterError, "epochs must be a whole number, 0 or more"),
        ({"knn": 0}, ParameterError, "knn must be a whole number, 1 or more"),
        ({"epochs": 1.5}, ParameterError, "epochs must be a whole number"),
        ({"batch_size": 0}, ParameterError, "batch_size must be a whole number, 1 or more"),
        ({"alpha_grid": (0, 1, 0), "selection": "loo"}, ParameterError, "1 point or more"),
        ({"alpha_grid": (float("nan"), 1, 9), "selection": "loo"}, ParameterError, "finite ends"),
        ({"alpha_grid": 3, "selection": "loo"}, ParameterError, r"is \(low, high, points\), got 3"),
    ],
)
def test_switches_that_make_no_sense_are_refused(params, error, says):
    with pytest.raises(error, match=says):
        fitted(SimNL(**params), problem(noise=0.0))


def test_negative_texts_are_asked_for():
    drawn = problem(noise=0.0)
    with pytest.raises(PlanError, match="needs negative="):
        SimNL().fit(drawn["keys"], drawn["labels"], text=drawn["texts"][0])


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("keys", np.ones((24, 16)), r"keys: row 0 has the norm 4"),
        ("keys", np.eye(23, 16) + np.eye(23, 16, -16), "consecutive rows"),
        ("labels", np.full(24, 6), "row 0 has the label 6, outside of 0 to 5"),
        ("labels", np.zeros(24), "must be 24 integers"),
        ("texts", [np.eye(1, 16)] * 3, "two or more"),
        ("texts", [np.eye(6, 16), np.eye(6, 15), np.eye(6, 16)], "15 wide and not 16"),
        ("queries", np.full((2, 16), np.nan), "queries: row 0 holds NaN"),
    ],
)
def test_the_pinned_functions_refuse_what_is_not_of_unit_norm_or_does_not_fit(name, value, says):
    with pytest.raises(PlanError, match=says):
        step_zero({**problem(), name: value})


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"order": []}, "one order of the rows for each of 1 epochs"),
        ({"order": [[0] * 24]}, r"order\[0\] must hold each of the rows 0 to 23 once"),
        ({"views": np.zeros((0, 24, 16))}, r"views must be \[views, 24, 16\]"),
    ],
)
def test_fit_refuses_orders_and_views_that_do_not_fit(more, says):
    drawn = problem()
    given = {"views": drawn["views"], "order": [np.arange(24)]} | more
    with pytest.raises(PlanError, match=says):
        seatrial_simnl.fit(
            drawn["keys"], drawn["labels"], given["views"], *drawn["texts"], shots=4, lr=1e-3,
            eps=1e-3, epochs=1, order=given["order"], **SCALES,
        )  # fmt: skip
