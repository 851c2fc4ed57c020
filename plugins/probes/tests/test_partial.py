"""Options within a sentence, scored on what follows them."""

from __future__ import annotations

from math import log
from types import SimpleNamespace

import numpy as np
import pytest
from seatrial_probes import partial_scoring

from seatrial.errors import ModelError

GIVEN = {"sentence": "The cup did not fit the box as the _ was small.", "options": ("cup", "box")}


class Table:
    """A language model that is a table of log-likelihoods."""

    identity = "table"

    def __init__(self):
        self.asked = []

    def choices(self, prompts, options):
        self.asked += list(zip(prompts, map(tuple, options), strict=True))
        return [
            SimpleNamespace(log_likelihoods=(log(0.3 if one[-7:] == "the box" else 0.1),))
            for one in prompts
        ]

    def activations(self, inputs, *, layers=None, poolings=("last",), tokens=(), cache=None):
        self.seen = list(inputs)
        values = np.array([[len(one)] for one in inputs], dtype=np.float32)
        return SimpleNamespace(layers=(1,), poolings=poolings, at=lambda *_: values)


def test_what_follows_is_scored_after_each_option_and_the_options_are_not():
    inner = Table()
    (answer,) = partial_scoring(inner)([GIVEN])
    start = "The cup did not fit the box as the "
    assert inner.asked == [(start + one, (" was small.",)) for one in ("cup", "box")]
    assert answer.value == "box"
    assert answer.probabilities == {"cup": 0.25, "box": 0.75}
    assert answer.details["margin"] == pytest.approx(log(3), abs=1e-6)
    assert answer.details["tie"] is False


def test_activations_are_those_of_the_sentence_as_it_was_completed():
    inner = Table()
    found = partial_scoring(inner).activations([GIVEN], layers=[1])
    assert inner.seen == ["The cup did not fit the box as the box was small."]
    assert len(found) == 1
    assert [one.value for one in found.predictions] == ["box"]
    assert found.layers == (1,)
    assert found.at(1, "last").shape == (1, 1)


def test_it_can_do_what_the_inner_model_can():
    inner = Table()
    wrapped = partial_scoring(inner)
    assert wrapped.identity != inner.identity
    assert wrapped.identity == partial_scoring(Table()).identity
    assert hasattr(wrapped, "activations")
    assert not hasattr(wrapped, "generate")
    plain = partial_scoring(SimpleNamespace(choices=inner.choices, generate=len))
    assert not hasattr(plain, "activations")
    assert not hasattr(plain, "identity")
    assert plain.generate is len
    assert wrapped([]) == []


@pytest.mark.parametrize(
    "given",
    [
        "a text",
        {"sentence": "no blank", "options": ("a", "b")},
        {"sentence": "_ and _.", "options": ("a", "b")},
        {"sentence": "ends in _", "options": ("a", "b")},
        {"question": "_ x", "options": ("a", "b")},
    ],
)
def test_an_input_without_one_blank_and_a_rest_is_refused(given):
    with pytest.raises(ModelError, match=r"partial_scoring takes|a sentence needs one blank"):
        partial_scoring(Table())([given])


def test_a_model_that_cannot_score_is_refused():
    with pytest.raises(ModelError, match="with choices"):
        partial_scoring(len)
    with pytest.raises(ModelError, match="make it without a prompt"):
        partial_scoring(SimpleNamespace(choices=len, prompt="{question}"))
    nothing = SimpleNamespace(
        choices=lambda prompts, _: [SimpleNamespace(log_likelihoods=(None,))] * len(prompts)
    )
    with pytest.raises(ModelError, match="no likelihood"):
        partial_scoring(nothing)([GIVEN])
