"""A plugin that loads numpy as soon as it is listed, which no plugin may."""

import numpy as np

from sample_plugins import good
from seatrial import Metric

heavy = Metric(
    name="bad.heavy",
    summary="Score some answers.",
    factory="sample_plugins.heavy:fraction_right",
    per_case=True,
)


def fraction_right():
    """Score 1 for each right answer."""
    score = good.fraction_right()
    return lambda targets, answers: np.asarray(score(targets, answers)).tolist()
