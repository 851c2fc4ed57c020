"""The concepts of robustness that a priority may be about."""

from __future__ import annotations

__all__ = ["CONCEPTS"]

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
