"""Intervals of conditions that hold together, also where few cases failed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from seatrial_probes._conditions import contrasts


@pytest.mark.parametrize("wrong", [10, 100])
def test_conditions_drawn_by_lot_are_shown_as_rarely_as_is_stated(wrong):
    """36 conditions, 300 draws: with 10 failures of 250, none at all is no sure sign."""
    draw = np.random.default_rng(wrong)
    shown = 0
    for _ in range(300):
        failed = np.arange(250) < wrong
        holds = np.argsort(draw.random((36, 250)), axis=1).T < 62
        outcomes = SimpleNamespace(failed=failed, clusters=[str(n) for n in range(250)])
        shown += bool(contrasts(holds, outcomes).shown.any())
    assert shown <= 0.05 * 300


def test_a_condition_of_which_all_fail_is_shown():
    failed = np.arange(250) < 60
    holds = (np.arange(250) < 40)[:, None]
    outcomes = SimpleNamespace(failed=failed, clusters=[str(n) for n in range(250)])
    found = contrasts(holds, outcomes)
    assert found.shown.all()
    assert found.difference[0] == pytest.approx(1 - 20 / 210)
