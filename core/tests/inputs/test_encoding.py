"""What is written down reads back the same, and one name stands for one content."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from value_strategies import images, masks, texts, volumes

import seatrial as sea
from seatrial._values import freeze
from seatrial.errors import PlanError
from seatrial.inputs._content import attributes_digest, case_digest
from seatrial.inputs._encoding import Encoded, as_json, decode, encode, name_content

numbers = st.integers(-(2**63), 2**63 - 1) | st.floats() | st.booleans() | st.none()
leaves = texts | numbers | images | masks | volumes
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def back(value):
    written = encode(value)
    return decode(written.text, written.artifacts.__getitem__)


@given(values)
def test_a_value_reads_back_as_it_was(value):
    read = back(value)
    assert name_content(read) == name_content(value)
    assert encode(read).text == encode(value).text
    assert alike(read, freeze(value))


def alike(one, other):
    if isinstance(other, np.ndarray):
        return np.array_equal(one, other) and one.dtype == other.dtype
    if isinstance(other, float) and math.isnan(other):
        return math.isnan(one)
    if isinstance(other, tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if hasattr(other, "keys"):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in other)
    return one == other and type(one) is type(other)


@given(values, values)
def test_two_values_have_one_name_exactly_where_they_are_written_alike(one, other):
    assert (name_content(one) == name_content(other)) == (encode(one).text == encode(other).text)


@given(values)
def test_naming_writes_no_array_and_says_the_same(value):
    named, written = encode(value, keep=False), encode(value)
    assert not named.artifacts
    assert (named.text, named.digest) == (written.text, written.digest)
    assert as_json(value) == as_json(back(value))


@pytest.mark.parametrize(
    "value",
    [
        {"$artifact": "x", "modality": "image"},
        {"$float": "nan"},
        {"$asset": "/etc/passwd", "modality": "text"},
        {"$": 1, "$$a": {"$$$": 2}},
    ],
)
def test_marks_in_a_users_own_keys_mean_nothing(value):
    assert back(value) == freeze(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), "object .* cannot be stored"),
        ({1, 2}, "set .* cannot be stored"),
        (b"x", "bytes .* cannot be stored"),
        (1j, "complex .* cannot be stored"),
        (10**5000, "64 bits"),
        (2**63, "64 bits"),
        ("\ud800", "lone surrogate"),
        ({"a": ["\udfff"]}, "lone surrogate"),
        (np.array([None]), "cannot be stored"),
        ({1: "a", "1": "b"}, "differ as texts"),
        ({("a",): 1}, "keys of mappings"),
        ({10**5000: 1}, "64 bits"),
    ],
    ids=lambda one: one if isinstance(one, str) and one.isascii() else type(one).__name__,
)
def test_what_cannot_be_kept_is_refused_with_its_type(value, said):
    with pytest.raises(PlanError, match=said):
        encode(value)


def test_numpy_scalars_are_the_numbers_that_they_hold():
    value = (np.float32(0.5), np.int64(3), np.bool_(True), np.str_("a"))
    assert back(value) == (0.5, 3, True, "a")
    assert [type(one) for one in back(value)] == [float, int, bool, str]


def test_keys_that_are_numbers_become_text():
    assert back({0: "a", np.int64(1): "b"}) == freeze({"0": "a", "1": "b"})


def test_an_encoded_value_made_by_hand_names_its_text():
    assert Encoded('"a"', {}).digest == encode("a").digest


def test_equal_pictures_are_kept_once():
    picture = np.zeros((2, 2, 3), np.uint8)
    assert len(encode([picture, picture.copy(), {"again": picture}]).artifacts) == 1


# Cases


def case(**changes):
    return sea.Case(**{"id": "a", "input": {"q": "why", "x": np.eye(3)}, "target": "b"} | changes)


def test_a_case_is_named_by_id_input_and_target():
    others = [case(id="b"), case(input="why"), case(target=np.eye(3)), case(target=None)]
    assert len({case_digest(one) for one in [case(), *others]}) == 5
    assert case_digest(case()) == case_digest(case(groups={"site": "x"}, cluster="p"))
    assert attributes_digest(case()) != attributes_digest(case(groups={"site": "x"}))
    assert attributes_digest(case()) != attributes_digest(case(cluster="p"))


def test_a_case_that_cannot_be_kept_is_named():
    with pytest.raises(PlanError, match="case 'a': set"):
        case_digest(case(target={1}))
