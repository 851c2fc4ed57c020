"""Artefacts in two zones: right or refused where they are severe, answered where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ..._cases import Prediction
from ..._requirements import Requirement
from .._evidence import Evidence
from .._figures import Figure
from .._sample import Sample
from .._simulation import Setting, Simulated, cases_of, draw_patterns, mean_over_patterns

__all__ = [
    "clean_refusal",
    "on_clean_inputs",
    "right_or_refused",
    "scores_and_refusals",
    "simulate_clean_refusal",
    "simulate_right_or_refused",
]

SEVERE = (2, 3)
RIGHT_AT = 0.25


def scores_and_refusals(sample: Sample, _: Requirement, /) -> Evidence:
    """Read the scores, and what the model says that it refused."""
    there = sample.variants >= 0
    refused = there & (sample.report.columns.refused[sample.variants] == 1)
    return evolve(sample.scored(), more={"refused": refused.astype(np.float64)})


def on_clean_inputs(sample: Sample, _: Requirement, /) -> Evidence:
    """Read the refusals of the clean inputs."""
    clean = sample.clean_alone()
    return clean.evidence_of(clean.refusals(), better=False)


def right_or_refused(evidence: Evidence, settings: Mapping[str, Any], /) -> Figure:
    """Give each case the fraction of its variants that are right, or refused."""
    scores = evidence.variants.values
    if "right_at" in settings:
        at = float(settings["right_at"])
        right = scores >= at if evidence.better else scores <= at
    else:
        right = evidence.right(scores)
    refused = evidence.more["refused"] == 1
    good = np.where(np.isnan(scores), np.nan, right | refused)
    known = ~np.isnan(scores)
    found = evolve(evidence, variants=evolve(evidence.variants, values=good))
    details = {
        "right": float(right[known].mean()),
        "refused": float(refused[known].mean()),
    }
    return Figure(found.means(), evidence.clusters, (0.0, 1.0), rate=True, details=details)


def clean_refusal(evidence: Evidence, _: Mapping[str, Any], /) -> Figure:
    """Tell of each case whether its clean input is refused."""
    return Figure.of_scores(evidence, evidence.means(), rate=evidence.binary())


def simulate_right_or_refused(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw scores at three severities, of which two are severe; half of the failures refuse."""
    scores = draw_patterns(rng, setting)
    refuses = rng.random(len(scores)) < 0.5  # noqa: PLR2004 - half of them
    answers = [
        [Prediction(score, refused=bool(shy and at in SEVERE and not score)) for at, score in row]
        for row, shy in zip(map(enumerate, scores.tolist()), refuses.tolist(), strict=True)
    ]
    right = mean_over_patterns(setting, lambda row: (row[list(SEVERE)] > 0).mean())
    settings = {"severities": SEVERE, "right_at": RIGHT_AT}
    return Simulated(cases_of(setting), answers, (1 + right) / 2, settings)


def simulate_clean_refusal(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw refusals of clean inputs, beside others of perturbed ones that do not count."""
    refused = draw_patterns(rng, setting) == 0
    answers = [[Prediction("?", refused=one) for one in row] for row in refused.tolist()]
    truth = mean_over_patterns(setting, lambda row: row[0] == 0)
    return Simulated(cases_of(setting), answers, truth)
