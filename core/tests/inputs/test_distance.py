"""Distances against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.inputs._distance import distance, same
from seatrial.kit import edit_distance

texts = st.text(alphabet="abcd é", max_size=40) | st.text(max_size=90)


def levenshtein(one, other):
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


@given(texts, texts)
def test_edit_distance_is_that_of_the_dynamic_programme(one, other):
    assert edit_distance(one, other) == levenshtein(one, other)


@given(texts, texts, texts)
def test_edit_distance_is_a_metric(one, two, three):
    assert edit_distance(one, one) == 0
    assert (edit_distance(one, two) == 0) == (one == two)
    assert edit_distance(one, two) == edit_distance(two, one)
    assert edit_distance(one, three) <= edit_distance(one, two) + edit_distance(two, three)


@given(texts, texts)
def test_the_distance_of_texts_lies_between_none_and_all(one, other):
    assert distance(one, other) == pytest.approx(
        levenshtein(one, other) / max(len(one), len(other), 1)
    )


def test_the_distance_of_arrays_is_the_root_mean_squared_error_over_the_range():
    clean = np.array([0.0, 2.0, 4.0, 10.0])
    assert distance(clean, clean + np.array([1.0, -1.0, 1.0, -1.0])) == pytest.approx(0.1)
    assert distance(clean.astype(np.uint8), clean.astype(np.uint8)) == 0.0
    assert distance(np.array([0, 255], np.uint8), np.array([255, 0], np.uint8)) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.zeros(3), np.ones(3)),
        (np.zeros(3), np.zeros(4)),
        (np.zeros(0), np.zeros(0)),
        (np.array([0.0, 1.0]), np.array([0.0, np.nan])),
        (np.array([0.0, np.nan]), np.array([0.0, 1.0])),
        (3, 4),
        ("a", 4),
    ],
)
def test_where_no_distance_is_defined_there_is_none(one, other):
    assert distance(one, other) is None


def test_parts_and_turns_are_averaged_over_those_that_can_be_measured():
    clean = {"question": "abcd", "options": ("yes", "no"), "year": 3}
    assert distance(clean, {**clean, "question": "abcx"}) == pytest.approx(0.125)
    turns = ({"role": "user", "content": "abcd"}, {"role": "bot", "content": "no"})
    changed = ({"role": "user", "content": "xxcd"}, turns[1])
    assert distance(turns, changed) == pytest.approx(0.125)


def test_same_looks_at_every_part():
    assert same({"a": np.arange(3), "b": "x"}, {"a": np.arange(3), "b": "x"})
    assert not same({"a": np.arange(3)}, {"a": np.arange(3) + 1})
    assert not same({"a": "x"}, {"b": "x"})
    assert not same(np.arange(3), np.arange(4))
