"""Losses of preference alignment, on summed log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.nn.functional import logsigmoid

from seatrial.errors import ParameterError

__all__ = ["KINDS", "SMOOTHED", "check_loss", "preference_loss"]

SMOOTHED = ("cdpo", "robust")
"""The kinds that take `label_smoothing`."""


def _sigmoid(delta: Any, beta: float, _: float) -> Any:
    return -logsigmoid(beta * delta)


def _ipo(delta: Any, beta: float, _: float) -> Any:
    return (delta - 1 / (2 * beta)) ** 2


def _hinge(delta: Any, beta: float, _: float) -> Any:
    return torch.relu(1 - beta * delta)


def _cdpo(delta: Any, beta: float, smoothing: float) -> Any:
    return -(1 - smoothing) * logsigmoid(beta * delta) - smoothing * logsigmoid(-beta * delta)


def _robust(delta: Any, beta: float, smoothing: float) -> Any:
    right, flipped = -logsigmoid(beta * delta), -logsigmoid(-beta * delta)
    return ((1 - smoothing) * right - smoothing * flipped) / (1 - 2 * smoothing)


KINDS: Mapping[str, Callable[[Any, float, float], Any]] = {
    "sigmoid": _sigmoid,
    "sigmoid_nll": _sigmoid,
    "ipo": _ipo,
    "hinge": _hinge,
    "robust": _robust,
    "cdpo": _cdpo,
}


def preference_loss(
    policy_chosen: Any,
    policy_rejected: Any,
    reference_chosen: Any,
    reference_rejected: Any,
    *,
    beta: float,
    kind: str,
    label_smoothing: float = 0.0,
    nll_weight: float = 1.0,
    chosen_tokens: Any = None,
) -> Any:
    """Give the loss of each pair; its mean is what is minimised.

    All four are log-probabilities of whole completions, summed over their tokens, one value for
    each pair: torch tensors of one shape, or what becomes one (in float64). With
    δ = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected), ε the label
    smoothing and ℓ(x) = -log σ(βx), the kinds are

    - "sigmoid": ℓ(δ), the DPO of Rafailov et al. 2023, equation 7;
    - "sigmoid_nll": ℓ(δ) - w · policy_chosen / chosen_tokens, the DPO + NLL of Pang et al. 2024
      (IRPO), equation 2. `nll_weight` is w, and `chosen_tokens` is the number of tokens of each
      chosen completion: each pair's own mean, where TRL takes one over the tokens of a batch;
    - "ipo": (δ - 1 / (2β))², of Azar et al. 2024, equation 17, on summed log-probabilities as there
      (TRL's is on their mean over tokens);
    - "hinge": max(0, 1 - βδ), of SLiC-HF (Zhao et al. 2023), relative to the reference;
    - "robust": ((1 - ε) ℓ(δ) - ε ℓ(-δ)) / (1 - 2ε), of Chowdhury et al. 2024: unbiased where a
      fraction ε of the pairs is flipped;
    - "cdpo": (1 - ε) ℓ(δ) + ε ℓ(-δ), the conservative DPO of Mitchell 2023.

    Raises `ParameterError` for an argument that the kind does not take, for shapes that differ, and
    for log-probabilities that are not finite.
    """
    check_loss(beta, kind, label_smoothing, nll_weight)
    given = {
        "policy_chosen": policy_chosen,
        "policy_rejected": policy_rejected,
        "reference_chosen": reference_chosen,
        "reference_rejected": reference_rejected,
    }
    values = {name: _tensor(name, one) for name, one in given.items()}
    shapes = {name: tuple(one.shape) for name, one in values.items()}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        msg = f"preference_loss takes one value for each pair, and the shapes differ: {told}"
        raise ParameterError(msg)
    chosen = values["policy_chosen"]
    delta = (chosen - values["reference_chosen"]) - (
        values["policy_rejected"] - values["reference_rejected"]
    )
    loss = KINDS[kind](delta, beta, label_smoothing)
    if (kind == "sigmoid_nll") != (chosen_tokens is not None):
        msg = f"chosen_tokens is for the kind 'sigmoid_nll', which needs it, not for {kind!r}"
        msg = msg if kind != "sigmoid_nll" else "the kind 'sigmoid_nll' needs chosen_tokens"
        raise ParameterError(msg)
    if chosen_tokens is None:
        return loss
    lengths = torch.as_tensor(chosen_tokens, device=chosen.device)
    if lengths.shape != chosen.shape or not bool((lengths >= 1).all()):
        msg = "chosen_tokens must be the number of tokens of each chosen completion, at least 1"
        raise ParameterError(msg)
    return loss - nll_weight * chosen / lengths


def check_loss(beta: float, kind: str, label_smoothing: float, nll_weight: float) -> None:
    """Raise `ParameterError` for parameters that make no loss."""
    if kind not in KINDS:
        msg = f"there is no loss {kind!r}; use one of {', '.join(KINDS)}"
        raise ParameterError(msg)
    if not (math.isfinite(beta) and beta > 0):
        msg = f"beta must be a positive number, not {beta!r}"
        raise ParameterError(msg)
    if not 0 <= label_smoothing < 0.5:  # noqa: PLR2004 - at a half, labels say nothing
        msg = f"label_smoothing must be at least 0 and below 0.5, not {label_smoothing!r}"
        raise ParameterError(msg)
    if label_smoothing and kind not in SMOOTHED:
        msg = f"the kind {kind!r} takes no label_smoothing; use {' or '.join(SMOOTHED)}"
        raise ParameterError(msg)
    if not (math.isfinite(nll_weight) and nll_weight >= 0):
        msg = f"nll_weight must be a number of at least 0, not {nll_weight!r}"
        raise ParameterError(msg)


def _tensor(name: str, value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        value = torch.as_tensor(value, dtype=torch.float64)
    if not bool(torch.isfinite(value).all()):
        msg = f"{name} holds a log-probability that is not finite"
        raise ParameterError(msg)
    return value
