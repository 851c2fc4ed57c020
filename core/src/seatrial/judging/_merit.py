"""Whether withstanding is a merit: a model with nothing to lose withstands everything."""

from __future__ import annotations

from functools import cache

import numpy as np

from .._cases import Prediction
from .._requirements import Requirement
from ..runs._encoding import dump_prediction
from ._baseline import majority_baseline, no_better_than
from ._evidence import Evidence
from ._sample import Sample
from ._set_metrics import score_of_set

__all__ = ["nothing_to_lose"]


def nothing_to_lose(requirement: Requirement, sample: Sample, evidence: Evidence | None) -> str:
    """Say why it proves nothing that a figure paired with the clean answers is good enough, if so.

    So it is where no clean answer is right; where targets differ and the clean score is no better
    than that of always giving the most frequent one; and, where nothing says what is right, where
    the clean answers are all None, or all the same though the targets differ.
    """
    demand = requirement.demand
    if not demand.paired or demand.level or sample is None:
        return ""
    reason = _by_score(sample, evidence) if demand.scored else _by_answer(sample)
    return reason and f"{reason}: a model with nothing to lose withstands everything"


def _by_score(sample: Sample, evidence: Evidence | None) -> str:
    right = sample.priority.right
    if right is None:
        return ""
    if evidence is None:
        clean = np.array([score_of_set(sample.priority, sample, drop=True).clean_score()])
    else:
        clean = evidence.clean.values[~np.isnan(evidence.clean.values)]
    if not len(clean):
        return ""
    if right.bounds is not None:
        worst = right.bounds[0 if right.higher_is_better else 1]
        if (clean == worst).all():
            return f"no clean answer scores better than {worst:g}, the worst score"
    if not _targets_differ(sample):
        return ""
    return no_better_than(majority_baseline(sample), clean, higher=right.higher_is_better)


def _by_answer(sample: Sample) -> str:
    columns = sample.report.columns
    at = sample.clean[sample.clean >= 0]
    at = at[(columns.answer[at] >= 0) & (columns.refused[at] != 1)]
    answers = np.unique(columns.answer[at])
    if len(answers) != 1:
        return ""
    if answers[0] == _none():
        return "every clean answer is None"
    if _targets_differ(sample):
        return "all clean answers are the same, though the targets differ"
    return ""


def _targets_differ(sample: Sample) -> bool:
    """Tell whether there is more than one right answer: else always giving it may be right."""
    return len({repr(sample.report.cases[at].target) for at in sample.cases.tolist()}) > 1


@cache
def _none() -> int:
    """Give the hash of an answer that says nothing."""
    return dump_prediction(Prediction(None))[1]
