"""Whether withstanding is a merit: a model with nothing to lose withstands everything."""

from __future__ import annotations

from functools import cache

import numpy as np

from .._cases import Prediction
from .._requirements import Requirement
from ..runs._encoding import dump_prediction
from ._evidence import Evidence
from ._sample import Sample
from ._set_metrics import score_of_set

__all__ = ["nothing_to_lose"]


def nothing_to_lose(requirement: Requirement, sample: Sample, evidence: Evidence | None) -> str:
    """Say why it proves nothing that a figure paired with the clean answers is good enough, if so.

    So it is where no clean answer is right, and, where nothing says what is right, where the clean
    answers are all None. A model that is right now and then has something to lose; where it is no
    better than always giving one answer, a note says so.
    """
    demand = requirement.demand
    if not demand.paired or demand.level or sample is None:
        return ""
    reason = _by_score(sample, evidence) if demand.scored else _by_answer(sample)
    return reason and f"{reason}: a model with nothing to lose withstands everything"


def _by_score(sample: Sample, evidence: Evidence | None) -> str:
    right = sample.priority.right
    if right is None or right.bounds is None:
        return ""
    if evidence is None:
        clean = np.array([score_of_set(sample.priority, sample, drop=True).clean_score()])
    else:
        clean = evidence.clean.values[~np.isnan(evidence.clean.values)]
    worst = right.bounds[0 if right.higher_is_better else 1]
    if not len(clean) or (clean != worst).any():
        return ""
    return f"no clean answer scores better than {worst:g}, the worst score"


def _by_answer(sample: Sample) -> str:
    columns = sample.report.columns
    at = sample.clean[sample.clean >= 0]
    at = at[(columns.answer[at] >= 0) & (columns.refused[at] != 1)]
    answers = np.unique(columns.answer[at])
    return "every clean answer is None" if answers.tolist() == [_none()] else ""


@cache
def _none() -> int:
    """Give the hash of an answer that says nothing."""
    return dump_prediction(Prediction(None))[1]
