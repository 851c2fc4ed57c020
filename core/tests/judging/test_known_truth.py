"""Every demand against simulated cases whose true figure is known, through run and judge.

`benchmarks/demand_error_rates.py` is the long form.
"""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from seatrial._demand_list import DEMANDS
from seatrial.errors import PlanError
from seatrial.testing._known_truth import simulate

RUNS, SIZES = 20, (1, 2, 3) * 10
RATIOS = {"cascade", "relative_corruption_error"}
BIASED = {"worst_severity", "worst_group", "max_gap", "ece", *RATIOS}
"""Figures whose estimate is on one side of the truth by chance alone, or a ratio."""


@pytest.mark.parametrize("name", DEMANDS)
def test_a_demand_is_judged_wrongly_no_more_often_than_said(name):
    found = simulate(DEMANDS[name], experiments=RUNS, sizes=SIZES, icc=0.2, trouble=0.4, seed=1)
    allowed = 0.05 + 3 * (0.05 * 0.95 / RUNS) ** 0.5
    assert found.passed.mean() <= allowed
    assert found.failed.mean() <= allowed
    known = found.estimates[~np.isnan(found.estimates)]
    assert len(known) > 0.9 * RUNS
    if name not in BIASED:
        error = known.std(ddof=1) / len(known) ** 0.5
        assert abs(known.mean() - found.truth) <= 4 * error + 1e-9
    inside = (found.low <= found.truth) & (found.truth <= found.high)
    assert inside.mean() >= 1 - 2 * allowed
    assert name in RATIOS or (found.high - found.low < 10).mean() > 0.7


def test_a_demand_without_a_generator_is_refused():
    alone = attrs.evolve(DEMANDS["at_least"], generator=None)
    with pytest.raises(PlanError, match="at_least has no generator"):
        simulate(alone, experiments=1, sizes=SIZES, icc=0, trouble=0.4, seed=0)


@pytest.mark.parametrize("name", DEMANDS)
def test_every_function_that_a_demand_names_can_be_imported(name):
    demand = DEMANDS[name]
    for attribute in ("evidence", "figure", "estimate", "bound", "missing", "generator"):
        if getattr(demand, attribute) is not None:
            assert callable(demand.load(attribute)), attribute
    assert demand.generator is not None


def test_a_demand_has_a_figure_or_an_estimate_with_its_bound():
    level = DEMANDS["at_least"]
    for wrong in ({"estimate": level.figure}, {"figure": None}, {"figure": None, "bound": "a.b:c"}):
        with pytest.raises(ValueError, match="give either figure"):
            attrs.evolve(level, **wrong)
    with pytest.raises(ValueError, match="must read 'package"):
        attrs.evolve(level, generator="nowhere")
