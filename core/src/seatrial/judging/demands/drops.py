"""How far the score falls from the clean input to the perturbed one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._evidence import Evidence
from .._figures import Figure
from .._simulation import Setting, Simulated, cases_of, draw_patterns, mean_over_patterns

__all__ = ["drop", "simulate_drop"]


def drop(evidence: Evidence, _: Mapping[str, Any], /) -> Figure:
    """Pair the clean score of each case with the mean of its variants."""
    return Figure.of_drops(evidence, evidence.clean.values, evidence.means())


def simulate_drop(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw scores that fall on the whole, and rise on some cases."""
    return Simulated(
        cases_of(setting),
        draw_patterns(rng, setting).tolist(),
        mean_over_patterns(setting, lambda scores: scores[0] - scores[1:].mean()),
    )
