"""Paths reach the parts of an input, and what is not there is said with what is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import seatrial as sea
from seatrial._values import freeze
from seatrial.errors import PlanError
from seatrial.inputs._parts import parse_path, parts_of, put, value_at, written

PICTURE = np.zeros((2, 3, 3), np.uint8)
TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": ["What is this?", PICTURE, "Tell me."]},
]


def of(modality, **more):
    return sea.Perturbation(
        name=f"local.{modality}", summary="For a test.", modality=modality, factory="x:y", **more
    )


def paths(modality, given_, on=None, **more):
    return parts_of(of(modality, **more)(on=on), sea.Case("c", given_))


names = st.text("abc_-é 1", min_size=1, max_size=4)
steps = st.lists(names | st.integers(-5, 5), min_size=1, max_size=5).map(tuple)


@given(steps)
def test_a_path_reads_back_as_it_is_written(path):
    assert parse_path(written(path)) == path


@pytest.mark.parametrize("wrong", ["", "a[", "a[x]", "[1", ".a", "a..b", "a.", "a]b", "[--1]"])
def test_what_is_no_path_is_refused(wrong):
    with pytest.raises(LookupError, match="is no path"):
        parse_path(wrong)
    with pytest.raises(PlanError, match=r"local\.text on .*case 'c': on=.* is no path"):
        paths("text", {"q": "a"}, wrong)


nested = st.recursive(
    st.integers(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(names, inner, min_size=1)
    ),
    max_leaves=8,
)


@given(nested, st.data())
def test_what_is_put_is_found_and_the_rest_stays(value, data):
    value, path, at = freeze(value), (), None
    at = value
    while not isinstance(at, int) and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(range(len(at)) if isinstance(at, tuple) else list(at)))
        path, at = (*path, key), at[key]
    new = put(value, path, "new")
    assert value_at(new, path) == "new"
    assert put(new, path, at) == value


@pytest.mark.parametrize(
    ("modality", "given_", "on", "found"),
    [
        ("text", "hello", None, [()]),
        ("image", PICTURE, None, [()]),
        ("messages", TALK, None, [()]),
        ("text", {"question": "a", "n": 3}, None, [("question",)]),
        ("image", {"question": "a", "scan": PICTURE}, None, [("scan",)]),
        ("text", {"a": "x", "b": "y"}, ["b", "a"], [("b",), ("a",)]),
        ("text", {"a": "x"}, ["a", "a"], [("a",)]),
        ("text", {"a.b[0]": "x"}, "a.b[0]", [("a.b[0]",)]),
        ("text", {"a": {"b": ["x", "y"]}}, "a.b[1]", [("a", "b", 1)]),
        ("text", {"options": ["x", "y"]}, "options", [("options", 0), ("options", 1)]),
        ("text", TALK, "[0].content", [(0, "content")]),
        ("text", TALK, "[-1].content", [(-1, "content", 0), (-1, "content", 2)]),
        ("image", TALK, "[-1].content", [(-1, "content", 1)]),
        ("text", {"talk": TALK, "id": "x"}, "talk[0].content", [("talk", 0, "content")]),
        ("messages", {"talk": TALK, "id": "x"}, None, [("talk",)]),
    ],
)  # fmt: skip
def test_the_parts_that_are_meant_are_found(modality, given_, on, found):
    assert list(paths(modality, given_, on)) == found


@pytest.mark.parametrize(
    ("modality", "given_", "on", "said"),
    [
        ("text", PICTURE, None, r"expected str \(text\), got ndarray of uint8, shape \(2, 3, 3\)"),
        ("image", "hello", None, r"expected uint8.* \(image\), got str 'hello'"),
        ("text", TALK, None, r"to act on what was said last, write on='\[-1\]\.content'"),
        ("text", {"talk": TALK}, None, r"write on='talk\[-1\]\.content'"),
        ("text", {"scan": PICTURE, "n": 3}, None, r"there are scan \(image\), n \(int\)"),
        ("text", {}, None, "there are none"),
        ("text", {"a": "x", "b": "y"}, None, r"2 parts \(a, b\) .* as in text\(on='a'\)"),
        ("text", {"question": "x"}, "qestion", "no part 'qestion'; it has question; did you mean"),
        ("text", "hello", "question", "has no parts, so there is no 'question'"),
        ("text", {"a": "x"}, "a.b", "'a' has no parts, so there is no 'b'"),
        ("text", {"a": "x"}, "a[0]", "'a' is no sequence but str 'x'"),
        ("text", TALK, "[5].content", r"the input has 2 items, so there is no \[5\]"),
        ("text", TALK, "content", r"found by position, as in '\[-1\]'"),
        ("text", {"talk": TALK}, "talk.content", r"as in 'talk\[-1\]'"),
        ("text", {"scan": PICTURE}, "scan", r"part 'scan': expected str"),
        ("image", {"options": ["a"]}, "options", r"part 'options': expected uint8"),
        ("image", {"scan": PICTURE.astype(float)}, None, "no part is of modality 'image'"),
    ],
)
def test_what_is_not_there_is_said_with_the_cases_id(modality, given_, on, said):
    with pytest.raises(PlanError, match=f"case 'c': .*{said}"):
        paths(modality, given_, on)


def test_what_sees_the_case_gets_it_whole_if_anything_in_it_fits():
    assert paths("image", {"scan": PICTURE}, sees_case=True) == ((),)
    assert paths("text", TALK, sees_case=True) == ((),)
    with pytest.raises(PlanError, match="expected uint8"):
        paths("image", "hello", sees_case=True)
    with pytest.raises(PlanError, match="leave out on="):
        paths("text", {"a": "x"}, "a", sees_case=True)


def test_an_asset_has_the_modality_that_it_names():
    scan = sea.Asset("scan.npy", "image")
    assert list(paths("image", {"scan": scan, "question": "a"})) == [("scan",)]
    with pytest.raises(PlanError, match="case 'c'"):
        paths("text", scan)
