"""The public face of the statistics."""

from __future__ import annotations

import pytest

from seatrial import statistics


def test_the_face_is_sorted_and_every_name_says_what_it_is_for():
    assert statistics.__all__ == sorted(statistics.__all__)
    for name in statistics.__all__:
        assert getattr(statistics, name).__doc__, name


def test_the_golden_numbers_of_sample_sizes_come_out_of_the_face():
    assert [statistics.minimum_cases(0.95, 0.95, failures=k) for k in (0, 1, 3, 5)] == [
        59,
        93,
        153,
        208,
    ]
    assert statistics.mcnemar(14, 4) == pytest.approx(0.031, abs=5e-4)
    assert statistics.worst_by_chance([1.0] * 9 + [0.0], 5) == pytest.approx(0.9**5)
