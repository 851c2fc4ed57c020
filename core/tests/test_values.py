from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial._values import FrozenMapping, did_you_mean, freeze, frozen_mapping, plain

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(st.text(), NESTED, max_size=5)


@given(MAPPINGS)
def test_freezing_and_thawing_gives_the_same_values(mapping):
    assert plain(frozen_mapping(mapping)) == mapping


@given(MAPPINGS)
def test_a_frozen_mapping_equals_its_copies_and_hashes_like_them(mapping):
    frozen = frozen_mapping(mapping)
    for twin in (
        frozen_mapping(dict(reversed(mapping.items()))),
        copy.copy(frozen),
        copy.deepcopy(frozen),
        pickle.loads(pickle.dumps(frozen)),
        frozen_mapping(frozen),
    ):
        assert twin == frozen
        assert hash(twin) == hash(frozen)


def test_what_is_equal_hashes_alike_however_it_is_written():
    pairs = [
        ({"a": 1}, {"a": 1.0}),
        ({"a": True}, {"a": 1}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}),
        ({"a": [1, {"b": 0.0}]}, {"a": (1, {"b": -0.0})}),
    ]
    for one, other in pairs:
        assert frozen_mapping(one) == frozen_mapping(other)
        assert hash(frozen_mapping(one)) == hash(frozen_mapping(other))


def test_values_that_cannot_be_hashed_do_no_harm():
    assert hash(frozen_mapping({"a": {1, 2}})) == hash(frozen_mapping({"a": {2, 1}}))


def test_a_frozen_mapping_cannot_be_changed():
    frozen = frozen_mapping({"a": [1, 2], "b": {"c": 3}})
    with pytest.raises(TypeError):
        frozen["a"] = 1
    with pytest.raises(TypeError):
        frozen["b"]["c"] = 1
    assert frozen["a"] == (1, 2)


def test_the_original_can_change_without_changing_the_frozen_one():
    inner = {"c": [3]}
    frozen = frozen_mapping({"b": inner})
    inner["c"].append(4)
    inner["d"] = 5
    assert plain(frozen) == {"b": {"c": [3]}}


def test_it_reads_like_a_dictionary():
    frozen = FrozenMapping({"a": 1})
    assert frozen == {"a": 1}
    assert repr(frozen) == "{'a': 1}"
    assert len(frozen) == 1
    assert list(frozen) == ["a"]
    assert {**frozen} == {"a": 1}


@pytest.mark.parametrize("value", [None, 3, "text", ["a"]])
def test_only_mappings_are_frozen_to_mappings(value):
    with pytest.raises(TypeError, match="expected a mapping of names to values"):
        frozen_mapping(value)


def test_other_values_are_frozen_as_they_are():
    thing = object()
    assert freeze(thing) is thing


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("nlpaug.keybord", "; did you mean nlpaug.keyboard?"),
        ("nlpaug.qzx", ""),
        ("nlpaug.", ""),
    ],
)
def test_a_shared_prefix_makes_nothing_alike(word, hint):
    assert did_you_mean(word, ["nlpaug.keyboard", "nlpaug.ocr"], after="nlpaug.") == hint
