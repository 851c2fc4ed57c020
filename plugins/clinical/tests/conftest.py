"""Settings of the property tests, and texts that a perturbation does not apply to."""

from __future__ import annotations

import pytest
from hypothesis import settings

from seatrial import Metric
from seatrial.errors import NotApplicable

# No test may depend on how busy a machine is.
settings.register_profile("clinical", deadline=None)
settings.load_profile("clinical")


@pytest.fixture
def tolerant():
    """Give back the text itself where there is nothing to act on: for properties of all texts."""

    def wrap(perturb):
        def call(value, /, *, seed):
            try:
                return perturb(value, seed=seed)
            except NotApplicable:
                return value

        return call

    return wrap


@pytest.fixture
def metrics_accuracy():
    """Score 1 for the target and 0 for anything else, without the plugin of metrics."""
    return Metric(
        name="test.accuracy",
        summary="Fraction of answers that equal their target.",
        factory=lambda: (
            lambda targets, answers: [
                float(target == answer) for target, answer in zip(targets, answers, strict=True)
            ]
        ),
        per_case=True,
    )()
