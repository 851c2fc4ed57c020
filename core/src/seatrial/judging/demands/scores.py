"""The score of the priority: its evidence, its mean, and what was lost of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._requirements import Requirement
from .._evidence import Evidence
from .._figures import Figure
from .._sample import Sample
from .._simulation import Setting, Simulated, cases_of, draw_patterns, mean_over_patterns

__all__ = ["evidence", "level", "simulate_level", "worst_and_best"]


def evidence(sample: Sample, _: Requirement, /) -> Evidence:
    """Read the scores, clean and perturbed, by what counts as right."""
    return sample.scored()


def worst_and_best(
    requirement: Requirement, evidence: Evidence, *, at_most: bool
) -> tuple[Evidence, ...]:
    """Fill in what was lost, in the way worst for the demand first.

    Whatever was lost in truth, the figure lies between these.
    """
    level = requirement.demand.level or not requirement.demand.scored
    worst = level and at_most == evidence.better
    return evidence.supposing(good=worst), evidence.supposing(good=not worst)


def level(evidence: Evidence, _: Mapping[str, Any], /) -> Figure:
    """Give each case the mean of its variants."""
    return Figure.of_scores(evidence, evidence.means(), rate=evidence.binary())


def simulate_level(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw scores of 0 and 1 at three severities."""
    return Simulated(
        cases_of(setting),
        draw_patterns(rng, setting).tolist(),
        mean_over_patterns(setting, lambda scores: scores[1:].mean()),
    )
