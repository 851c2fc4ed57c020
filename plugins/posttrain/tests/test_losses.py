"""Every loss against its closed form, written out here in plain numbers."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from seatrial_posttrain import preference_loss

from seatrial.errors import ParameterError

NAMES = ("policy_chosen", "policy_rejected", "reference_chosen", "reference_rejected")
FOUR = (-12.5, -9.25, -13.0, -8.5)
numbers = st.floats(-200, 0)


def sigma(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x)


def closed(kind, four, beta, smoothing, weight=1.0, tokens=1):
    pi_w, pi_l, ref_w, ref_l = four
    delta = (pi_w - pi_l) - (ref_w - ref_l)
    right, wrong = -math.log(sigma(beta * delta)), -math.log(sigma(-beta * delta))
    return {
        "sigmoid": right,
        "sigmoid_nll": right - weight * pi_w / tokens,
        "ipo": (delta - 0.5 / beta) ** 2,
        "hinge": max(0.0, 1 - beta * delta),
        "robust": ((1 - smoothing) * right - smoothing * wrong) / (1 - 2 * smoothing),
        "cdpo": (1 - smoothing) * right + smoothing * wrong,
    }[kind]


@given(
    st.sampled_from(("sigmoid", "sigmoid_nll", "ipo", "hinge", "robust", "cdpo")),
    st.tuples(numbers, numbers, numbers, numbers),
    st.floats(0.01, 1),
    st.floats(0, 0.45),
    st.integers(1, 50),
)
def test_a_loss_is_its_closed_form(kind, four, beta, smoothing, tokens):
    smoothing = smoothing if kind in ("robust", "cdpo") else 0.0
    more = {"chosen_tokens": [tokens], "nll_weight": 0.7} if kind == "sigmoid_nll" else {}
    found = preference_loss(
        *([one] for one in four), beta=beta, kind=kind, label_smoothing=smoothing, **more
    )
    expected = closed(kind, four, beta, smoothing, 0.7, tokens)
    assert found.tolist() == [pytest.approx(expected, rel=1e-9, abs=1e-9)]


@pytest.mark.parametrize("kind", ["sigmoid", "ipo", "hinge", "robust", "cdpo"])
def test_equal_models_have_the_loss_of_no_difference(kind):
    same = torch.tensor([-5.0, -80.0])
    loss = preference_loss(same, same - 3, same, same - 3, beta=0.1, kind=kind)
    expected = {"ipo": 25.0, "hinge": 1.0}.get(kind, math.log(2))
    assert loss.tolist() == pytest.approx([expected] * 2, abs=1e-6)


def test_the_gradient_of_dpo_is_that_of_the_paper():
    chosen, rejected = (torch.tensor([one], requires_grad=True) for one in FOUR[:2])
    fixed = [torch.tensor([one]) for one in FOUR[2:]]
    preference_loss(chosen, rejected, *fixed, beta=0.3, kind="sigmoid").sum().backward()
    weight = 0.3 * sigma(-0.3 * ((FOUR[0] - FOUR[1]) - (FOUR[2] - FOUR[3])))
    assert chosen.grad.tolist() == pytest.approx([-weight])
    assert rejected.grad.tolist() == pytest.approx([weight])


def test_a_large_margin_overflows_nowhere():
    far = [[0.0], [-1e6], [-1e6], [0.0]]
    assert preference_loss(*far, beta=1, kind="sigmoid").tolist() == [0.0]
    assert preference_loss(*far[::-1], beta=1, kind="sigmoid").tolist() == [0.0]
    worst = preference_loss([-1e6], [0.0], [0.0], [-1e6], beta=1, kind="sigmoid")
    assert worst.tolist() == [2e6]


def test_a_loss_without_bias_averages_out_flipped_labels():
    clean = closed("sigmoid", FOUR, 0.2, 0)
    flipped = (FOUR[1], FOUR[0], FOUR[3], FOUR[2])
    right, wrong = (
        preference_loss(
            *([one] for one in four), beta=0.2, kind="robust", label_smoothing=0.1
        ).item()
        for four in (FOUR, flipped)
    )
    assert 0.9 * right + 0.1 * wrong == pytest.approx(clean)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"kind": "dpop"}, "there is no loss 'dpop'; use one of sigmoid"),
        ({"beta": 0}, "beta must be a positive number"),
        ({"beta": math.nan}, "beta must be a positive number"),
        ({"label_smoothing": 0.1}, "'sigmoid' takes no label_smoothing; use cdpo or robust"),
        ({"kind": "cdpo", "label_smoothing": 0.5}, "below 0.5"),
        ({"kind": "sigmoid_nll"}, "needs chosen_tokens"),
        ({"chosen_tokens": [3]}, "is for the kind 'sigmoid_nll'"),
        ({"kind": "sigmoid_nll", "chosen_tokens": [0]}, "at least 1"),
        ({"kind": "sigmoid_nll", "chosen_tokens": [1], "nll_weight": -1}, "nll_weight"),
    ],
)
def test_a_bad_argument_is_refused(more, told):
    with pytest.raises(ParameterError, match=told):
        preference_loss(*([one] for one in FOUR), **{"beta": 0.1, "kind": "sigmoid", **more})


def test_values_that_cannot_be_log_probabilities_of_pairs_are_refused():
    with pytest.raises(ParameterError, match=r"shapes differ: policy_chosen \(2,\)"):
        preference_loss([-1.0, -2.0], [-1.0], [-1.0], [-1.0], beta=0.1, kind="sigmoid")
    for place, name in enumerate(NAMES):
        four = [[one] for one in FOUR]
        four[place] = [math.nan]
        with pytest.raises(ParameterError, match=f"{name} holds"):
            preference_loss(*four, beta=0.1, kind="sigmoid")
