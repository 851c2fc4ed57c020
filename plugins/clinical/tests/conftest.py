"""Settings of the property tests, and texts that a perturbation does not apply to."""

from __future__ import annotations

import pytest
from hypothesis import settings

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
