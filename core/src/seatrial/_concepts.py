"""The concepts of robustness that a priority may be about, and what it may ask of an answer."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["CONCEPTS", "RELATIONS", "Relation"]

Relation = Literal["invariant", "directional", "must-refuse", "may-refuse", "must-abstain"]
"""What a perturbation may ask of the answer."""

RELATIONS: tuple[Relation, ...] = get_args(Relation)

CONCEPTS = (
    "natural",
    "adversarial",
    "interventional",
    "out-of-distribution",
    "average-and-worst-case",
    "feature-and-data",
    "development-stage",
    "deployment-stage",
    "component-and-aggregated",
    "group",
    "instance-wise",
    "longitudinal",
    "knowledge",
    "vendor",
    "uncertainty-aware",
    "prevalence-shift",
    "behavioural",
)
"""The 17 robustness concepts of the robustness-specification paper, Box 1."""
