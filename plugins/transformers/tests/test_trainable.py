"""A model as training sees it: the tokens by which it is judged, and the way back."""

from __future__ import annotations

import pytest
from seatrial_transformers import causal_lm

from seatrial.errors import ModelError

TALK = [{"role": "user", "content": "yes?"}, {"role": "assistant", "content": "no."}]


def test_the_prompt_is_the_one_that_is_asked(tiny):
    for model in (
        causal_lm(tiny),
        causal_lm(tiny, system="be brief"),
        causal_lm(tiny, chat=False, prompt="Q: {input}\nA:"),
    ):
        prompt, (one, other) = model.trainable.encoded("may I drive?", ["yes", "no"])
        (asked,) = model.prompts(["may I drive?"])
        assert model.tokenizer.decode([*prompt, *one[:-1]]).startswith(asked)
        assert one[-1] == other[-1] == model.tokenizer.eos_token_id
        assert one != other


def test_an_option_has_no_end_and_is_one_of_those_given(tiny):
    model = causal_lm(tiny, prompt="Q: {question}\nA:")
    asked = {"question": "may I drive?", "options": ("yes", "no")}
    prompt, (answer,) = model.trainable.encoded(asked, ["no"])
    assert model.tokenizer.decode([*prompt, *answer]) == "Q: may I drive?\nA: no"
    with pytest.raises(ModelError, match="'maybe' is none of the options"):
        model.trainable.encoded(asked, ["maybe"])


def test_of_a_conversation_the_assistant_turns_are_told(tiny):
    model = causal_lm(tiny)
    ids, mask = model.trainable.dialogue(TALK)
    assert model.tokenizer.decode(ids) == "<|user|>yes?<|end|><|assistant|>no.<|end|>"
    said = [token for token, spoken in zip(ids, mask, strict=True) if spoken]
    assert model.tokenizer.decode(said) == "no.<|end|>"


def test_samples_do_not_depend_on_each_other(tiny):
    model = causal_lm(tiny, max_new_tokens=8)
    both = model.trainable.sampled(["one", "two"], temperature=1.0, seed=3)
    (alone,) = model.trainable.sampled(["two"], temperature=1.0, seed=3)
    assert both[1] == alone
    assert alone == causal_lm(tiny, max_new_tokens=8, temperature=1.0, seed=3).generate(["two"])[0]
    assert model.trainable.sampled(["two"], temperature=1.0, seed=4) != [alone]


def test_the_same_model_is_described_with_other_files(tiny, make_model):
    model = causal_lm(tiny, system="be brief", max_new_tokens=8)
    other = model.trainable.reloaded(make_model(seed=5))
    assert (other.system, other.max_new_tokens) == ("be brief", 8)
    assert other.identity != model.identity
    assert model.trainable.reloaded(tiny).identity == model.identity
