"""Edits of the residual stream: seen by whatever the edited model is asked, and by nothing else."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from seatrial_transformers import causal_lm

from seatrial.errors import ModelError

TEXTS = ["how do you keep a door open?", "take two tablets", "the quick brown fox"]
CHOICES = [{"q": text, "options": ("yes", "no way", "maybe it is unclear")} for text in TEXTS]


def shifted(by):
    def edit(hidden):
        return hidden + by

    return edit


@pytest.fixture
def model(tiny):
    return causal_lm(tiny, chat=False, max_new_tokens=5)


def test_an_edit_that_changes_nothing_changes_no_bit(model):
    same = model.intervened({0: lambda h: h, 1: lambda h: h.clone(), 2: lambda h: h})
    assert same(CHOICES) == model(CHOICES)
    assert same(TEXTS) == model(TEXTS)
    one, other = same.activations(CHOICES), model.activations(CHOICES)
    assert np.array_equal(one.at(2, "last"), other.at(2, "last"))


@pytest.mark.parametrize("family", ["Llama", "GPT2"])
def test_adding_a_vector_is_what_adding_it_by_hand_is(make_model, family):
    model = causal_lm(make_model(family), chat=False, max_new_tokens=5)
    vector = torch.linspace(-3, 3, 32)
    edited = model.intervened({1: shifted(vector)})
    answers, texts = edited(CHOICES), edited(TEXTS)
    read = edited.activations(CHOICES)
    original = model.activations(CHOICES)
    np.testing.assert_allclose(
        read.at(1, "last"), original.at(1, "last") + vector.numpy(), atol=1e-5
    )
    by_hand = causal_lm(model.path, chat=False, max_new_tokens=5)
    blocks = by_hand.module.model.layers if family == "Llama" else by_hand.module.transformer.h
    blocks[0].register_forward_hook(lambda _m, _a, out: out + vector)
    assert answers == by_hand(CHOICES)
    assert texts == by_hand(TEXTS)
    assert answers != model(CHOICES)
    expected = by_hand.activations(CHOICES).at(2, "last")
    np.testing.assert_allclose(read.at(2, "last"), expected, atol=1e-5)


def test_an_edit_of_the_embedding_is_layer_0(model):
    edited = model.intervened({0: torch.zeros_like})
    assert not edited.activations(TEXTS, layers=(0,)).at(0, "last").any()
    last = edited.activations(TEXTS).at(2, "last")
    np.testing.assert_allclose(last, np.broadcast_to(last[0], last.shape), atol=1e-5)


def test_the_original_stays_as_it_is_bit_for_bit(model):
    before, weights = model(CHOICES), {k: v.clone() for k, v in model.module.state_dict().items()}
    edited = model.intervened({1: shifted(2.0)})
    assert edited(CHOICES) != before
    assert edited.model.module is model.module
    assert model(CHOICES) == before
    assert all(torch.equal(one, weights[name]) for name, one in model.module.state_dict().items())


def test_an_edit_that_fails_leaves_the_original_as_it_is(model):
    before = model(CHOICES)
    edited = model.intervened({1: lambda hidden: 1 / 0})
    with pytest.raises(ZeroDivisionError):
        edited(CHOICES)
    assert model(CHOICES) == before


def test_threads_that_ask_the_original_never_see_the_edits(model):
    edited = model.intervened({1: shifted(2.0), 2: shifted(-1.0)})
    expected = {"original": model(CHOICES), "edited": edited(CHOICES)}
    assert expected["original"] != expected["edited"]
    seen = {"original": [], "edited": []}

    def ask(name, asked):
        for _ in range(8):
            seen[name].append(asked(CHOICES))

    threads = [
        threading.Thread(target=ask, args=pair)
        for pair in (("original", model), ("edited", edited)) * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, answers in seen.items():
        assert len(answers) == 16
        assert all(answer == expected[name] for answer in answers)


def test_edits_follow_each_other(model):
    twice = model.intervened({1: shifted(1.0)}).intervened({1: lambda h: h * 2, 2: shifted(1.0)})
    once = model.intervened({1: lambda h: (h + 1.0) * 2, 2: shifted(1.0)})
    assert twice(CHOICES) == once(CHOICES)


def test_edits_get_rows_tokens_width_in_the_dtype_of_the_model(tiny):
    seen = []

    def edit(hidden):
        seen.append((hidden.ndim, hidden.shape[-1], hidden.dtype))
        return hidden.float() + 1

    causal_lm(tiny, dtype="bfloat16").intervened({1: edit})(CHOICES)
    assert set(seen) == {(3, 32, torch.bfloat16)}


def test_only_edits_that_are_identified_give_an_identity(model, tmp_path):
    edit = shifted(1.0)
    edited = model.intervened({1: edit})
    assert edited.identity is None
    with pytest.raises(ModelError, match="keeps no activations unless each edit has an attribute"):
        edited.activations(TEXTS, cache=tmp_path)
    edit.identity = "plus 1"
    assert edited.identity not in (None, model.identity)
    assert edited.identity != model.intervened({2: edit}).identity
    one = edited.activations(TEXTS, cache=tmp_path).at(2, "last")
    assert np.array_equal(edited.activations(TEXTS, cache=tmp_path).at(2, "last"), one)
    assert not np.allclose(model.activations(TEXTS, cache=tmp_path).at(2, "last"), one)


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({3: lambda h: h}, "no layer 3: the model has the layers 1 to 2"),
        ({"one": lambda h: h}, "a layer is a whole number"),
        ({1: 0.5}, "layer 1 has 0.5"),
        ({1: lambda h: None}, "the edit of layer 1 must give .* and gave NoneType"),
        ({1: lambda h: h[:, :1, :4]}, r"and gave \(1, 1, 4\)"),
    ],
)
def test_edits_that_make_no_sense_are_an_error(model, edits, message):
    with pytest.raises(ModelError, match=message):
        model.intervened(edits)(CHOICES)


def test_a_copy_of_the_module_carries_no_edits(model):
    import copy

    twin = copy.deepcopy(model.module)
    ids = torch.tensor([[3, 4, 5]])
    with torch.inference_mode():
        expected = model.module(input_ids=ids).logits
        inside = []

        def edit(hidden):
            if not inside:
                inside.append(None)
                inside[0] = twin(input_ids=ids).logits
            return hidden + 1

        model.intervened({1: edit})(CHOICES)
    assert torch.equal(inside[0], expected)
