"""Mistakes are told where they are made, by name."""

from __future__ import annotations

import math

import pytest
from seatrial_nlpaug import delete, keyboard, seatrial_perturbations, split

from seatrial.errors import ParameterError

ALL = seatrial_perturbations()


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
@pytest.mark.parametrize("value", [None, 5, b"bytes", ["a list"], {"question": "a part"}])
def test_what_is_no_text_is_refused_with_the_name_and_the_type(one, value):
    expected = rf"{one.name} takes a text \(str\), got {type(value).__name__}"
    with pytest.raises(ParameterError, match=expected):
        one.at(1)(value, seed=1)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
@pytest.mark.parametrize("rate", [-0.1, 1.1, math.nan, "half", None, True])
def test_rates_outside_0_to_1_are_refused_when_it_is_built(one, rate):
    for name in one.ladder[0]:
        params = {**one.ladder[0], name: rate}
        with pytest.raises(
            ParameterError, match=rf"{one.name}.*{name} must be a number from 0 to 1"
        ):
            one.build(params)


@pytest.mark.parametrize(("one", "smallest"), [(keyboard, 1), (delete, 2), (split, 3)])
def test_words_too_short_to_be_edited_cannot_be_asked_for(one, smallest):
    for wrong in (smallest - 1, 4.0, True):
        with pytest.raises(
            ParameterError, match=f"min_letters must be a whole number from {smallest}"
        ):
            one.at(1, {"min_letters": wrong})
    assert one.at(5, {"min_letters": smallest})("abc xyz", seed=1) != "abc xyz"


def test_what_the_ladder_sets_cannot_be_set_twice():
    with pytest.raises(ParameterError, match=r"nlpaug\.keyboard: words is set by the ladder"):
        keyboard.at(1, {"words": 0.5})


def test_an_unknown_parameter_is_told_with_those_that_there_are():
    with pytest.raises(ParameterError, match="it takes words, chars, min_letters, protect, alters"):
        keyboard.at(1, {"language": "en"})
