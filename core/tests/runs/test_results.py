"""Results are saved whole, load as what they are, and nothing else does."""

from __future__ import annotations

import json
import math
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.errors import StoreError
from seatrial.runs._results import keep_result, kept_results, load_result, save_result

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def same(one, other):
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other and type(one) is type(other)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=60,
)
@given(value=st.dictionaries(st.text(min_size=1), PLAIN, max_size=3))
def test_what_is_saved_is_what_is_loaded(tmp_path, value):
    value = {key: one for key, one in value.items() if key not in ("kind", "schema")}
    save_result(tmp_path / "one.json", "judgement", 1, value)
    found = load_result(tmp_path / "one.json", "judgement", 1)
    assert found.keys() == value.keys()
    assert all(same(value[key], found[key]) for key in value)


def test_arrays_lie_beside_the_file(tmp_path):
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    save_result(tmp_path / "one.json", "explanation", 1, {"weights": weights})
    assert np.array_equal(load_result(tmp_path / "one.json", "explanation", 1)["weights"], weights)
    assert "weights" in json.loads((tmp_path / "one.json").read_text())
    assert len(list((tmp_path / "artifacts").iterdir())) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"kind": "comparison", "schema": 1}', "holds a comparison, not a judgement"),
        ('{"kind": "judgement", "schema": 9}', "reads schema 1 of a judgement, and the file has 9"),
        ("[]", "holds no judgement"),
        ("{}", "holds no result, not a judgement"),
        ("{", "cannot be read as a judgement"),
    ],
)
def test_what_is_no_such_result_is_refused(tmp_path, text, said):
    (tmp_path / "one.json").write_text(text)
    with pytest.raises(StoreError, match=said):
        load_result(tmp_path / "one.json", "judgement", 1)
    with pytest.raises(StoreError, match=r"none\.json cannot be read as a judgement"):
        load_result(tmp_path / "none.json", "judgement", 1)


def test_results_are_kept_beside_their_run_once(tmp_path):
    first = keep_result(tmp_path, "judgement", 1, {"title": "a"})
    assert keep_result(tmp_path, "judgement", 1, {"title": "a"}) == first
    second = keep_result(tmp_path, "judgement", 1, {"title": "b"})
    keep_result(tmp_path, "comparison", 1, {"title": "b"})
    assert set(kept_results(tmp_path, "judgement")) == {first, second}
    (tmp_path / "trials.sqlite").touch()
    later = second.stat().st_mtime_ns + 10**9
    os.utime(tmp_path / "trials.sqlite", ns=(later, later))  # the run went on
    assert kept_results(tmp_path, "judgement") == []
    assert keep_result(None, "judgement", 1, {"title": "a"}) is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert keep_result(tmp_path, "judgement", 1, {"title": "a"}) is None
    assert not list(tmp_path.iterdir())
