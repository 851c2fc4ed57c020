"""The statistics that verdicts stand on, for plugins and for your own analyses.

All functions are pure: arrays in, an `Interval` or a number out, nothing drawn from a global
generator. `confidence` is one-sided at each end of an interval. `clusters` names the unit that is
really independent, and may be of any size: bounds count what a case's own cluster holds on average,
and `largest` states the largest cluster to expect. Bounds take a `seed` alike; those that are exact
draw nothing. What each promises was checked by simulation (`benchmarks/verdict_error_rates.py`),
and what it costs is in `benchmarks/power_and_widths.py`.
"""

from __future__ import annotations

from ._auroc import auroc, auroc_drop
from ._calibration import brier_scores, expected_calibration_error, risk_under_coverage
from ._detectable_auroc import detectable_auroc
from ._group_sequential import (
    Boundaries,
    CrossingProbabilities,
    LookPlan,
    binomial_boundaries,
    crossing_probabilities,
    look_sizes,
    nominal_confidences,
    overall_confidence,
    planned_looks,
    predictive_probabilities,
)
from ._groups import Worst, gap_between_groups, worst_cell, worst_group
from ._interval import Interval
from ._jackknife import jackknife
from ._means import mean_of_bounded, paired_drop, smallest_error
from ._multiplicity import Searched, holm, p_value, searched_maximum
from ._power import cases_for_drop, cases_for_rate, design_effect, pass_probability
from ._proportion import clopper_pearson, proportion
from ._rates import mcnemar, wilson
from ._ratios import mean_of_ratios
from ._sample_size import minimum_cases, predicted_decision
from ._split import held_out
from ._worst_of_k import worst_by_chance, worst_of_each

__all__ = [
    "Boundaries",
    "CrossingProbabilities",
    "Interval",
    "LookPlan",
    "Searched",
    "Worst",
    "auroc",
    "auroc_drop",
    "binomial_boundaries",
    "brier_scores",
    "cases_for_drop",
    "cases_for_rate",
    "clopper_pearson",
    "crossing_probabilities",
    "design_effect",
    "detectable_auroc",
    "expected_calibration_error",
    "gap_between_groups",
    "held_out",
    "holm",
    "jackknife",
    "look_sizes",
    "mcnemar",
    "mean_of_bounded",
    "mean_of_ratios",
    "minimum_cases",
    "nominal_confidences",
    "overall_confidence",
    "p_value",
    "paired_drop",
    "pass_probability",
    "planned_looks",
    "predicted_decision",
    "predictive_probabilities",
    "proportion",
    "risk_under_coverage",
    "searched_maximum",
    "smallest_error",
    "wilson",
    "worst_by_chance",
    "worst_cell",
    "worst_group",
    "worst_of_each",
]
