"""Whether the answer is the same as to the clean input, right or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._requirements import Requirement
from .._evidence import Evidence, Reading
from .._figures import Figure
from .._sample import Sample
from .._simulation import Setting, Simulated, cases_of, draw_patterns, mean_over_patterns

__all__ = ["agreement", "evidence", "flips", "simulate_agreement", "simulate_flips"]


def evidence(sample: Sample, _: Requirement, /) -> Evidence:
    """Compare every answer with the clean answer of its case: 1 where they are the same."""
    answers = sample.report.columns.answer
    known = np.where(answers < 0, np.nan, 0.0)
    clean, variants = sample.read(sample.clean, known), sample.read(sample.variants, known)
    same = answers[sample.variants] == answers[sample.clean][:, None]
    there = ~np.isnan(variants.values)
    return sample.evidence(
        clean,
        Reading(
            np.where(there & ~np.isnan(clean.values)[:, None], same, np.nan),
            variants.errored | (clean.errored[:, None] & there),
            variants.pending | (clean.pending[:, None] & there),
        ),
    )


def agreement(evidence: Evidence, _: Mapping[str, Any], /) -> Figure:
    """Give each case the fraction of its variants with the clean answer."""
    return Figure.of_scores(evidence, evidence.means(), rate=evidence.binary())


def flips(evidence: Evidence, _: Mapping[str, Any], /) -> Figure:
    """Give each case the fraction of its variants with another answer."""
    return Figure.of_scores(evidence, 1.0 - evidence.means(), rate=evidence.binary())


def simulate_agreement(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw answers of two kinds, clean and at three severities."""
    return Simulated(
        cases_of(setting),
        draw_patterns(rng, setting).tolist(),
        mean_over_patterns(setting, lambda answers: (answers[1:] == answers[0]).mean()),
    )


def simulate_flips(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw the same answers; flips are what is no agreement."""
    found = simulate_agreement(rng, setting)
    return Simulated(found.cases, found.answers, 1 - found.truth)
