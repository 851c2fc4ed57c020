"""Log-likelihoods that are no numbers are refused; the others are ranked."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seatrial_transformers._choices import LENGTHS, weighed

from seatrial.errors import ModelError

FINITE = st.floats(-1e4, 0, allow_nan=False)
NO_NUMBER = st.sampled_from([math.nan, -math.nan, math.inf])


def ranked(values, normalization="none"):
    options = tuple(chr(ord("a") + at) for at in range(len(values)))
    return weighed(options, values, [1] * len(values), normalization)


@given(
    st.lists(FINITE | st.none(), max_size=4), NO_NUMBER, st.integers(0, 4), st.sampled_from(LENGTHS)
)
def test_nan_and_infinity_are_refused_wherever_they_stand(others, bad, at, normalization):
    values = [*others[:at], bad, *others[at:]]
    option = chr(ord("a") + min(at, len(others)))
    with pytest.raises(ModelError, match=f"log-likelihood of the option '{option}' is"):
        ranked(values, normalization)


@pytest.mark.parametrize("values", [[-math.inf], [-math.inf, -math.inf], [None, -math.inf]])
def test_options_that_are_all_impossible_cannot_be_ranked(values):
    with pytest.raises(ModelError, match=r"every option of .* has the log-likelihood -inf"):
        ranked(values)


def test_an_impossible_option_ranks_last_with_probability_zero():
    found = ranked([-math.inf, -2.0, -1.0])
    assert (found.best, found.margin, found.nulls) == (2, 1.0, ())
    assert found.probabilities["a"] == 0.0
    only = ranked([-3.0, -math.inf])
    assert (only.best, only.margin, only.tie) == (0, None, False)
    assert only.probabilities == {"a": 1.0, "b": 0.0}


@given(st.lists(FINITE, min_size=1, max_size=5))
def test_the_best_is_the_highest_but_for_rounding(values):
    found = ranked(values)
    assert values[found.best] >= max(values) - 3e-3
    assert sum(found.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_the_best_by_characters_need_not_be_the_most_probable():
    found = weighed(("no", "it is unclear"), [-3.0, -8.0], [1, 3], "characters")
    assert (found.log_likelihoods, found.best) == ((-3.0, -8.0), 1)
    assert found.probabilities == pytest.approx({"no": 0.993307, "it is unclear": 0.006693})
