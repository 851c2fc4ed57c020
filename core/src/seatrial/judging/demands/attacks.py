"""How many right answers a search turns wrong, within a distance and a budget of queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve

from ..._requirements import Requirement
from ...errors import PlanError
from .._evidence import Evidence
from .._figures import Figure
from .._sample import Sample
from .._simulation import Setting, Simulated, cases_of, draw_patterns, mean_over_patterns
from .variants import complete

__all__ = ["evidence", "missing", "simulate_success", "success"]

STEPS = 6
CLOSE = 1e-12


def evidence(sample: Sample, _: Requirement, /) -> Evidence:
    """Read the scores, and how many times each variant's search has asked the model."""
    spent = sample.report.columns.queries[sample.variants]
    queries = np.where((sample.variants < 0) | (spent < 0), 0.0, spent)
    return evolve(sample.scored(), more={"queries": queries})


def missing(_: Requirement, evidence: Evidence, *, at_most: bool) -> tuple[Evidence, ...]:
    """Fill in what was lost: what was right when clean was turned wrong, or it was not."""
    del at_most
    return evidence.supposing(good=False, clean=True), evidence.supposing(good=True, clean=True)


def success(evidence: Evidence, settings: Mapping[str, Any], /) -> Figure:
    """Of the cases that are right when clean, count those that some variant in the bound breaks."""
    right = evidence.right(evidence.clean.values)
    if not right.any():
        msg = "no case is right on its clean input, so the fraction of broken ones is undefined"
        raise PlanError(msg)
    distance = np.nan_to_num(evidence.distance, nan=0.0)
    inside = distance <= float(settings["distance"]) + CLOSE
    if "queries" in settings:
        inside &= evidence.more["queries"] <= float(settings["queries"])
    broken = ~evidence.right(complete(evidence)) & inside
    nearest = np.where(broken, distance, np.inf).min(axis=1)[right]
    details = {
        "attacked": int(right.sum()),
        "outside_the_bound": int((~inside & ~np.isnan(evidence.variants.values)).sum()),
        "success_within": {
            f"{bound:.3g}": float((nearest <= bound + CLOSE).mean())
            for bound in np.linspace(0, float(settings["distance"]), STEPS)
        },
    }
    return Figure(
        np.asarray(nearest < np.inf, dtype=np.float64),
        evidence.clusters[right],
        (0.0, 1.0),
        rate=True,
        details=details,
    )


def simulate_success(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw scores of 0 and 1; every severity lies within the distance."""
    broken = mean_over_patterns(setting, lambda scores: scores[0] > 0 and scores[1:].min() == 0)
    right = mean_over_patterns(setting, lambda scores: scores[0] > 0)
    answers = draw_patterns(rng, setting).tolist()
    return Simulated(cases_of(setting), answers, broken / right, {"distance": 1.0})
