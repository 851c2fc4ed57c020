"""Text that the model writes, against transformers' own `generate`, one prompt at a time."""

from __future__ import annotations

import pytest
import torch
from seatrial_transformers import causal_lm

from seatrial.errors import ModelError

PROMPTS = ["The quick brown", "Question: how do you keep a door open in the wind?", "no"]


def own(model, text):
    ids = torch.tensor([model.tokenizer(text, add_special_tokens=False)["input_ids"]])
    out = model.module.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=8,
        do_sample=False,
        pad_token_id=0,
    )
    return model.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)


@pytest.mark.parametrize("batch_tokens", [1, 512])
def test_plain_text_is_continued_as_transformers_does(tiny, batch_tokens):
    model = causal_lm(tiny, chat=False, max_new_tokens=8, batch_tokens=batch_tokens)
    found = model.generate(PROMPTS)
    assert [one.text for one in found] == [own(model, text) for text in PROMPTS]


def test_a_chat_template_is_used_when_there_is_one(tiny):
    model = causal_lm(tiny, max_new_tokens=8)
    found = model.generate(PROMPTS)
    words = [f"<|user|>{text}<|end|><|assistant|>" for text in PROMPTS]
    assert [one.text for one in found] == [own(model, text) for text in words]


def test_a_system_prompt_stands_first(tiny):
    model = causal_lm(tiny, system="Be brief.", max_new_tokens=8)
    (found,) = model.generate(["why?"])
    assert found.text == own(model, "<|system|>Be brief.<|end|><|user|>why?<|end|><|assistant|>")


def test_options_are_scored_in_the_chat_when_it_is_asked_for(tiny):
    (chat,) = causal_lm(tiny, chat=True).choices(["why?"], [("yes", "no")])
    words = ["<|user|>why?<|end|><|assistant|>"]
    (same,) = causal_lm(tiny, chat=False).choices(words, [("yes", "no")])
    assert chat == same
    (plain,) = causal_lm(tiny).choices(["why?"], [("yes", "no")])
    assert plain != chat


def test_a_chat_without_a_template_is_an_error(tmp_path_factory, make_model):
    folder = make_model(seed=3)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="its tokenizer has no chat template"):
        causal_lm(folder, chat=True).generate(["why?"])
    assert len(causal_lm(folder, max_new_tokens=2).generate(["why?"])) == 1


def test_writing_stops_at_the_end_token_or_at_the_limit(tiny):
    model = causal_lm(tiny, chat=False)
    (longer,) = model.generate(["no"], max_new_tokens=5)
    assert (longer.tokens, longer.finish) == (5, "length")
    first = model.tokenizer(longer.text, add_special_tokens=False)["input_ids"][0]
    model.module.generation_config.eos_token_id = [first]
    (stopped,) = model.generate(["no"], max_new_tokens=5)
    assert (stopped.text, stopped.tokens, stopped.finish) == ("", 0, "stop")


def test_what_does_not_fit_the_window_is_an_error(tiny):
    with pytest.raises(ModelError, match=r"max_new_tokens=90 that is more than the 96"):
        causal_lm(tiny).generate(["The quick brown fox"], max_new_tokens=90)


def test_an_empty_prompt_cannot_be_continued(tiny):
    with pytest.raises(ModelError, match="the prompt is empty"):
        causal_lm(tiny, chat=False).generate([""])


def test_samples_depend_on_seed_and_prompt_and_not_on_company(tiny):
    def sampled(seed, prompts):
        model = causal_lm(tiny, chat=False, temperature=1.5, seed=seed, max_new_tokens=8)
        return [one.text for one in model.generate(prompts)]

    assert sampled(1, PROMPTS) == sampled(1, PROMPTS)
    assert sampled(1, PROMPTS)[1:2] == sampled(1, PROMPTS[1:2])
    assert sampled(1, PROMPTS) != sampled(2, PROMPTS)


def test_global_randomness_is_left_alone(tiny):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    causal_lm(tiny, temperature=1.0, max_new_tokens=2).generate(["no"])
    assert torch.equal(torch.rand(3), expected)


SHARED = "take two tablets with water; do not drive. put a heavy stone before it. "
CASES = [
    f"{start}{end}"
    for start in (SHARED, "The quick brown fox jumps over the lazy dog, and 12.5 mg of it. ", "")
    for end in ("why?", "how?", "is it enough for one day", "no")
]


@pytest.mark.parametrize("batch_tokens", [1, 20, 60, 512])
def test_prompts_that_begin_alike_are_continued_as_each_alone(tiny, batch_tokens):
    model = causal_lm(tiny, chat=False, max_new_tokens=8, batch_tokens=batch_tokens)
    assert [one.text for one in model.generate(CASES)] == [own(model, text) for text in CASES]


@pytest.mark.parametrize("family", ["GPT2", "Gemma2", "Bloom", "Mamba"])
def test_other_architectures_write_what_transformers_does(make_model, family):
    more = {"head_dim": 8} if family == "Gemma2" else {}
    model = causal_lm(make_model(family, **more), chat=False, max_new_tokens=8)
    assert [one.text for one in model.generate(CASES)] == [own(model, text) for text in CASES]


def test_texts_of_different_lengths_stop_each_at_its_own_end(tiny):
    model = causal_lm(tiny, chat=False, max_new_tokens=8)
    tokens = [model.tokenizer(one.text)["input_ids"] for one in model.generate(CASES)]
    ends = sorted({row[2] for row in tokens if len(row) > 3} | {row[5] for row in tokens[:2]})
    model.module.generation_config.eos_token_id = ends
    found = model.generate(CASES)
    assert {one.finish for one in found} == {"stop", "length"}
    assert found == [model.generate([text])[0] for text in CASES]


def test_a_shared_beginning_goes_through_the_model_once(tiny):
    model = causal_lm(tiny, chat=False, max_new_tokens=1, prefix_cache=0)
    counts = []
    model.module.register_forward_pre_hook(
        lambda _m, _a, kwargs: counts.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    model.generate(CASES[:4])
    alone = [len(model.tokenizer(text)["input_ids"]) for text in CASES[:4]]
    assert sum(counts) < 0.6 * sum(alone)


def test_greedy_is_greedy_whatever_the_files_recommend(tiny, tmp_path, make_model):
    import json
    import shutil

    advice = {
        "do_sample": True,
        "temperature": 5.0,
        "repetition_penalty": 50.0,
        "no_repeat_ngram_size": 1,
        "min_new_tokens": 3,
        "suppress_tokens": [7, 8],
        "num_beams": 3,
        "forced_eos_token_id": 6,
        "bad_words_ids": [[token] for token in range(10, 300)],
        "stop_strings": ["e", " "],
        "guidance_scale": 4.0,
        "penalty_alpha": 0.6,
        "top_k": 4,
        "max_length": 7,
        "eos_token_id": 0,
    }
    for name, folder in {"tree": tiny, "own loop": make_model("Bloom")}.items():
        copy = shutil.copytree(folder, tmp_path / name)
        (copy / "generation_config.json").write_text(json.dumps(advice))
        plain = causal_lm(folder, chat=False, max_new_tokens=8).generate(CASES)
        assert causal_lm(copy, chat=False, max_new_tokens=8).generate(CASES) == plain


@pytest.mark.parametrize("temperature", [0, 1.0])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("family", ["Llama", "Bloom"])
def test_logits_that_are_no_numbers_write_no_text(make_model, family, bad, temperature):
    model = causal_lm(make_model(family), chat=False, temperature=temperature, max_new_tokens=4)
    weights = next(
        one
        for name, one in model.module.named_parameters()
        if "mlp" in name and name.endswith("weight")
    )
    with torch.no_grad():
        weights[0, 0] = bad
    with pytest.raises(ModelError, match="logit of the next token is nan"):
        model.generate(PROMPTS)
