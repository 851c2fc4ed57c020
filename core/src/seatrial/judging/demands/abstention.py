"""Refusing what cannot be answered, and not refusing what can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._cases import Prediction
from ..._requirements import Requirement
from .._evidence import Evidence
from .._figures import Figure
from .._sample import Sample
from .._simulation import Setting, Simulated, cases_of, draw_patterns, mean_over_patterns

__all__ = [
    "answerable",
    "over_refusal",
    "recall",
    "simulate_over_refusal",
    "simulate_recall",
    "unanswerable",
]

SLICE = {"unanswerable": {"answerable": "no"}}


def unanswerable(sample: Sample, requirement: Requirement, /) -> Evidence:
    """Read the refusals of the cases that should be refused."""
    inside = sample.within(requirement.settings["unanswerable"], inside=True)
    return inside.evidence_of(inside.refusals())


def answerable(sample: Sample, requirement: Requirement, /) -> Evidence:
    """Read the refusals of the cases that should be answered."""
    outside = sample.within(requirement.settings["unanswerable"], inside=False)
    return outside.evidence_of(outside.refusals(), better=False)


def recall(evidence: Evidence, _: Mapping[str, Any], /) -> Figure:
    """Give each case the fraction of its variants that are refused."""
    return Figure.of_scores(evidence, evidence.means(), rate=evidence.binary())


def over_refusal(evidence: Evidence, _: Mapping[str, Any], /) -> Figure:
    """Give each case the fraction of its variants that are refused."""
    return Figure.of_scores(evidence, evidence.means(), rate=evidence.binary())


def _simulated(rng: np.random.Generator, setting: Setting, *, odd: bool) -> Simulated:
    scores = draw_patterns(rng, setting)
    refused = [
        [Prediction("?", refused=bool(score) == bool(at % 2)) for score in row]
        for at, row in enumerate(scores.tolist())
    ]
    cases = cases_of(setting, groups=lambda at: {"answerable": "no" if at % 2 else "yes"})
    right = mean_over_patterns(setting, lambda row: (row[1:] > 0).mean())
    return Simulated(cases, refused, right if odd else 1 - right, SLICE)


def simulate_recall(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw refusals; every other case is unanswerable."""
    return _simulated(rng, setting, odd=True)


def simulate_over_refusal(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw refusals; every other case is answerable."""
    return _simulated(rng, setting, odd=False)
