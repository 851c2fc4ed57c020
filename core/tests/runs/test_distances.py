"""Which variants lie within a distance is counted as by hand, of those that changed something."""

from __future__ import annotations

import pytest
from trial_stand_ins import bot, orders, picky, plan, rows, shout, swap

import seatrial as sea
from seatrial.errors import ParameterError
from seatrial.kit import edit_distance
from seatrial.verbs._run import run


@pytest.fixture(scope="module")
def report():
    return run(plan(swap(), shout(), picky()), bot, orders(40))


def by_hand(report, name, severity):
    found = []
    for one in rows(report):
        if (one.perturbation, one.severity) == (name, severity) and one.changed:
            clean, seen = one.case.input, one.input
            found.append(edit_distance(clean, seen) / max(len(clean), len(seen)))
    return sorted(found)


def test_the_fractions_are_those_counted_by_hand(report):
    bounds = (0.02, 0.1, 0.9)
    found = sea.distances(report, bounds)
    assert [(one.perturbation, one.severity) for one in found.cells] == [
        *(("stand.swap", k) for k in (1, 2, 3)),
        ("stand.shout", 1),
        ("stand.picky", 1),
    ]
    for cell in found.cells[:4]:
        moved = by_hand(report, cell.perturbation, cell.severity)
        assert cell.changed == len(moved)
        assert cell.farthest == pytest.approx(moved[-1])
        wanted = [sum(one <= bound for one in moved) / len(moved) for bound in bounds]
        assert cell.within == pytest.approx(wanted)
    assert any(0 < one < 1 for cell in found.cells for one in cell.within)


def test_what_did_not_apply_or_errored_before_it_was_asked_does_not_count(report):
    cell = sea.distances(report).cells[-1]
    applied = [one for one in orders(40) if not {"7", "9"} & set(one.input)]
    assert cell.changed == len(applied)


def test_bounds_are_sorted_and_named_in_the_table(report):
    assert sea.distances(report, 0.5).bounds == (0.5,)
    found = sea.distances(report, [0.5, 0.1, 0.5])
    assert found.bounds == (0.1, 0.5)
    assert found.table().columns[-2:] == ("within 0.1", "within 0.5")
    assert "%" in str(found)


@pytest.mark.parametrize("bounds", [[0], [-1], [float("nan")], [True], ["x"], []])
def test_what_is_no_bound_is_refused(report, bounds):
    with pytest.raises(ParameterError, match="bound"):
        sea.distances(report, bounds)
