"""Simulated volumes: contrast and noise of their own on the template's tissue maps, bent."""

from __future__ import annotations

import numpy as np
from seatrial_torchio import elastic

from seatrial import Case, Volume, derive

from ._template import template

__all__ = ["phantom"]

MEANS = {"fluid": (0.15, 0.30), "grey": (0.50, 0.65), "white": (0.80, 0.95)}
"""Intensities are drawn from these ranges; white matter of the template is near 1."""
SPREAD = 0.03
BENT = 2
"""The severity of `torchio.elastic` that bends the anatomy."""


def phantom(name: str, target: Volume, *, seed: int) -> Case:
    """Simulate a T1: tissue by tissue one intensity, noise, and a smooth deformation.

    The target is bent along with it.
    """
    held = template()
    draw = np.random.default_rng(derive(seed, "phantom"))
    means = {tissue: draw.uniform(*ends) for tissue, ends in MEANS.items()}
    fluid = np.clip((held.t1 > 0) - held.grey - held.white, 0, 1)
    clean = means["fluid"] * fluid + means["grey"] * held.grey + means["white"] * held.white
    noisy = np.where(held.t1 > 0, clean + draw.normal(0, SPREAD, clean.shape), 0)
    flat = Case(name, Volume(np.clip(noisy, 0, None).astype(np.float32), held.affine), target)
    bent: Case = elastic.at(BENT)(flat, seed=derive(seed, "bent"))
    return bent
