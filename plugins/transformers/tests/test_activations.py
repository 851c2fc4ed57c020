"""Activations against `output_hidden_states`, hooks of the tests' own and slow poolings."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from seatrial_transformers import causal_lm
from seatrial_transformers._activations import POOLINGS

from seatrial.errors import ModelError
from seatrial.protocols import POOLINGS as AGREED

LONG = ("take two tablets with water; do not drive. " * 4).rstrip()
TEXTS = ["yes", "Question: how do you keep a door open?", LONG, "naïve 東京 and 😀", f"{LONG} no"]
CHOICES = [
    {"question": text, "options": options}
    for text, options in zip(
        TEXTS,
        [("yes", "no"), ("put a stone", "drive"), ("a", "b", "maybe it is"), ("x",), ("no", "a")],
        strict=True,
    )
]


def states(model, ids):
    """Give [the embedding and all layers, tokens, width]; the last layer before the final norm."""
    blocks = list(model.module.get_submodule(BLOCKS[type(model.module).__name__]))
    seen = []
    hooks = [blocks[0].register_forward_pre_hook(lambda _m, args: seen.append(args[0]))]
    hooks += [
        block.register_forward_hook(lambda _m, _a, out: seen.append(first_of(out)))
        for block in blocks
    ]
    with torch.inference_mode():
        hidden = model.module(
            input_ids=torch.tensor([ids]), output_hidden_states=True
        ).hidden_states
    for hook in hooks:
        hook.remove()
    if "Mamba" not in type(model.module).__name__:  # its tuple leaves the embedding out
        for mine, theirs in zip(seen[:-1], hidden[:-1], strict=True):
            assert torch.equal(mine, theirs)
    return np.stack([one[0].float().numpy() for one in seen])


def first_of(out):
    return out[0] if isinstance(out, tuple) else out


BLOCKS = {
    "LlamaForCausalLM": "model.layers",
    "GPT2LMHeadModel": "transformer.h",
    "GPTNeoXForCausalLM": "gpt_neox.layers",
    "Gemma2ForCausalLM": "model.layers",
    "MistralForCausalLM": "model.layers",
    "BloomForCausalLM": "transformer.h",
    "MambaForCausalLM": "backbone.layers",
}


def slowly(rows, pooling):
    if pooling in ("last", "question"):
        return rows[-1]
    if pooling == "mean":
        return rows.astype(np.float64).mean(0)
    if pooling == "max":
        return rows.max(0)
    if pooling == "softmax":
        odds = np.exp(rows.astype(np.float64) / 5)
        return (rows * odds).sum(0) / odds.sum(0)
    if len(rows) < 40:
        return rows.astype(np.float64).mean(0)
    return np.max([rows[n : n + 40].mean(0) for n in range(len(rows) - 39)], axis=0)


def tokens_of(model, text):
    return model.tokenizer(text, add_special_tokens=False)["input_ids"]


def test_the_poolings_are_those_that_seatrial_names():
    assert tuple(AGREED) == POOLINGS


@pytest.mark.parametrize("pooling", POOLINGS)
def test_poolings_agree_with_slow_ones_on_ragged_and_negative_rows(pooling):
    from seatrial_transformers._pooling import pooled

    random = np.random.default_rng(3)
    lengths = [1, 2, 39, 40, 41, 57, 90]
    whole = [(random.normal(-9, 4, (n, 5))).astype(np.float32) for n in lengths]
    longest = max(lengths)
    filled = [np.concatenate([one, one[-1:].repeat(longest - len(one), 0)]) for one in whole]
    counts = torch.tensor(lengths)
    found = pooled(torch.tensor(np.stack(filled)), counts, counts - 1, [pooling])[0].numpy()
    for one, vector in zip(whole, found, strict=True):
        np.testing.assert_allclose(vector, slowly(one, pooling), atol=1e-5)


FAMILIES = {
    "Llama": {},
    "GPT2": {},
    "GPTNeoX": {},
    "Gemma2": {"head_dim": 8},
    "Mistral": {"sliding_window": 36},
    "Bloom": {},
    "Mamba": {},
}


@pytest.mark.parametrize("with_options", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_layer_and_pooling_is_that_of_a_single_pass(make_model, family, with_options):
    model = causal_lm(make_model(family, **FAMILIES[family]), chat=False, batch_tokens=64)
    inputs = CHOICES if with_options else TEXTS
    found = model.activations(inputs, layers=(0, 1, 2), poolings=POOLINGS, tokens=(1, 2))
    assert len(found) == len(TEXTS)
    for place, text in enumerate(TEXTS):
        truth = states(model, tokens_of(model, text.rstrip() if with_options else text))
        for layer in (0, 1, 2):
            for pooling in POOLINGS:
                vector = found.at(layer, pooling)[place]
                np.testing.assert_allclose(
                    vector, slowly(truth[layer], pooling), atol=1e-4, rtol=1e-5
                )
        for layer in (1, 2):
            np.testing.assert_allclose(found.tokens(layer)[place], truth[layer], atol=1e-4)


@pytest.mark.parametrize("batch_tokens", [1, 50, 4096])
def test_a_batch_gives_what_each_input_gives_alone(tiny, batch_tokens):
    model = causal_lm(tiny, batch_tokens=batch_tokens, chat=False)
    for inputs in (CHOICES, TEXTS):
        together = model.activations(inputs, poolings=POOLINGS)
        for place, one in enumerate(inputs):
            alone = causal_lm_of(tiny).activations([one], poolings=POOLINGS)
            for pooling in POOLINGS:
                np.testing.assert_allclose(
                    together.at(2, pooling)[place], alone.at(2, pooling)[0], atol=1e-4
                )


_models: dict = {}


def causal_lm_of(folder):
    return _models.setdefault(folder, causal_lm(folder, chat=False))


@pytest.mark.parametrize("family", ["Llama", "Mamba"])
def test_the_predictions_of_the_pass_are_those_of_the_model(make_model, family):
    model = causal_lm(make_model(family), prompt="Question: {question}\nAnswer:", batch_tokens=80)
    found = model.activations(CHOICES)
    for one, other in zip(found.predictions, model(CHOICES), strict=True):
        assert one.value == other.value
        assert one.details["log_likelihoods"] == pytest.approx(
            other.details["log_likelihoods"], abs=2e-3
        )


def test_no_token_goes_through_the_model_twice_and_no_logits_are_made_for_prompts(tiny):
    model = causal_lm(tiny, chat=False)
    fed, logits = [], []
    model.module.register_forward_pre_hook(
        lambda _m, _a, kwargs: fed.append(kwargs["input_ids"].numel()), with_kwargs=True
    )
    model.module.lm_head.register_forward_hook(lambda _m, _a, out: logits.append(out.shape[1]))
    model([CHOICES[2]])
    model.activations([CHOICES[2]], poolings=POOLINGS)
    assert len(fed) == 2
    assert fed[0] == fed[1]
    assert logits[0] == logits[1]
    model.activations([TEXTS[2]], poolings=POOLINGS)
    assert len(logits) == 2
    assert fed[2] == len(tokens_of(model, TEXTS[2]))


def test_a_pass_ends_after_the_last_layer_asked_for(tiny):
    model = causal_lm(tiny, chat=False)
    reached = []
    model.module.model.layers[1].register_forward_pre_hook(lambda *_: reached.append(1))
    model.activations(TEXTS, layers=(1,))
    assert reached == []


def test_instructions_that_all_prompts_share_are_read_for_each(tiny):
    header = "Question: how do you keep a door open in the wind? Answer: put a heavy stone. "
    inputs = [{"q": header + t, "options": ("yes", "no way")} for t in ("fox", "dog", "12.5 mg")]
    model = causal_lm(tiny, batch_tokens=8)
    fed = []
    model.module.register_forward_pre_hook(
        lambda _m, _a, kwargs: fed.append(kwargs["input_ids"].shape[1]), with_kwargs=True
    )
    found = model.activations(inputs, poolings=POOLINGS)
    assert max(fed) >= 16
    assert len(fed) > 1
    for place, one in enumerate(inputs):
        truth = states(model, tokens_of(model, one["q"]))
        for pooling in POOLINGS:
            expected = slowly(truth[2], pooling)
            np.testing.assert_allclose(found.at(2, pooling)[place], expected, atol=1e-4)


def test_a_prompt_into_whose_end_an_option_reaches_is_read_to_its_end(tiny):
    model = causal_lm(tiny, separator="")
    found = model.activations([{"q": "the qui", "options": ("ck", "te")}])
    truth = states(model, tokens_of(model, "the qui"))
    np.testing.assert_allclose(found.at(2, "last")[0], truth[2][-1], atol=1e-4)


def with_beginning(tiny, folder):
    import shutil

    from tokenizers.processors import TemplateProcessing
    from transformers import AutoTokenizer

    copy = shutil.copytree(tiny, folder)
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    beginning = tokenizer.convert_tokens_to_ids("<|system|>")
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|system|> $A", special_tokens=[("<|system|>", beginning)]
    )
    tokenizer.bos_token = "<|system|>"
    tokenizer.save_pretrained(copy)
    return copy, beginning


@pytest.mark.parametrize("with_options", [True, False])
def test_a_token_that_begins_every_text_is_fed_and_counts_in_no_pooling(
    tiny, tmp_path, with_options
):
    copy, beginning = with_beginning(tiny, tmp_path / "copy")
    model = causal_lm(copy, chat=False)
    inputs = CHOICES if with_options else TEXTS
    found = model.activations(inputs, poolings=POOLINGS, tokens=(2,))
    for place, text in enumerate(TEXTS):
        truth = states(model, [beginning, *tokens_of(model, text.rstrip())])[2][1:]
        if with_options or text == text.rstrip():
            assert found.tokens(2)[place].shape == truth.shape
            for pooling in POOLINGS:
                expected = slowly(truth, pooling)
                np.testing.assert_allclose(found.at(2, pooling)[place], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("prompt", "parts", "ends"),
    [
        ("Q: {question}\nAnswer:", {"question": "why so naïve 😀"}, "Q: why so naïve 😀"),
        ("{question} {passage} End", {"question": "why  ", "passage": "it is"}, "why"),
        ("{passage} {other}. End", {"passage": "it is", "other": "no way"}, "it is no way"),
        (None, {"text": "it is so"}, "it is so"),
    ],
)
def test_question_is_the_last_token_of_that_part_or_of_the_last_one(tiny, prompt, parts, ends):
    model = causal_lm(tiny, prompt=prompt)
    found = model.activations([{**parts, "options": ("a", "b")}], poolings=("question",))
    whole = parts["text"] if prompt is None else prompt.format(**parts)
    ids = tokens_of(model, whole)
    reach = [len(model.tokenizer.decode(ids[: n + 1]).encode()) for n in range(len(ids))]
    place = next(n for n, reached in enumerate(reach) if reached >= len(ends.encode()))
    truth = states(model, ids)[1][place]
    np.testing.assert_allclose(found.at(1, "question")[0], truth, atol=1e-4)


def test_a_question_inside_a_chat_template_is_found(tiny):
    model = causal_lm(tiny, prompt="{question} please")
    found = model.activations([{"question": "why so"}], poolings=("question", "last"))
    ids = tokens_of(model, "<|user|>why so please<|end|><|assistant|>")
    question = tokens_of(model, "<|user|>why so")
    assert ids[: len(question)] == question
    truth = states(model, ids)[2]
    np.testing.assert_allclose(found.at(2, "question")[0], truth[len(question) - 1], atol=1e-4)
    np.testing.assert_allclose(found.at(2, "last")[0], truth[-1], atol=1e-4)


def test_bfloat16_is_pooled_in_float32(tiny):
    model = causal_lm(tiny, chat=False, dtype="bfloat16")
    found = model.activations([LONG], poolings=("mean",), tokens=(2,))
    rows = found.tokens(2)[0]
    np.testing.assert_allclose(found.at(2, "mean")[0], rows.mean(0), rtol=1e-5, atol=1e-6)
    rounded = torch.tensor(found.at(2, "mean")).bfloat16().float().numpy()
    assert not np.array_equal(rounded, found.at(2, "mean"))


def test_equal_inputs_are_read_once_and_stand_in_their_places(tiny):
    model = causal_lm(tiny, chat=False)
    found = model.activations(["yes", "no", "yes"])
    assert np.array_equal(found.at(1, "last")[0], found.at(1, "last")[2])
    assert not np.array_equal(found.at(1, "last")[0], found.at(1, "last")[1])


def test_no_inputs_give_matrices_without_rows(tiny):
    found = causal_lm(tiny).activations([])
    assert found.at(2, "last").shape == (0, 32)
    assert found.predictions is None


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"layers": (3,)}, "no layer 3: the model has the layers 1 to 2"),
        ({"layers": (-1,)}, "no layer -1"),
        ({"tokens": (9,)}, "no layer 9"),
        ({"layers": ("5",)}, "a layer is a whole number"),
        ({"poolings": ("least",)}, "no pooling 'least'; there are last, question"),
        ({"poolings": "last"}, "must be a list of names"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_what_can(tiny, more, message):
    with pytest.raises(ModelError, match=message):
        causal_lm(tiny).activations(["yes"], **more)


def test_what_was_not_read_is_an_error_that_says_what_was(tiny):
    found = causal_lm(tiny, chat=False).activations(["yes"], layers=(1,), tokens=(2,))
    with pytest.raises(ModelError, match="was not read; there are the layers 1 with last"):
        found.at(2, "last")
    with pytest.raises(ModelError, match=r"layer 1 were not kept \(kept: 2\)"):
        found.tokens(1)


def test_inputs_of_two_kinds_are_an_error(tiny):
    with pytest.raises(ModelError, match="1 of 2 inputs have options"):
        causal_lm(tiny).activations([CHOICES[0], "yes"])


@pytest.mark.parametrize("value", ["", {"q": " ", "options": ("a", "b")}])
def test_an_empty_prompt_is_an_error(tiny, value):
    with pytest.raises(ModelError, match="is empty: there is nothing to read"):
        causal_lm(tiny, chat=False).activations([value])


def test_a_prompt_beyond_the_window_is_an_error(tiny):
    with pytest.raises(ModelError, match=r"has \d+ tokens, and the model takes 96"):
        causal_lm(tiny, chat=False).activations([f"{LONG} " * 4])


@pytest.mark.parametrize("with_options", [True, False])
def test_activations_that_are_not_finite_name_the_input_and_the_layer(tiny, with_options):
    model = causal_lm(tiny, chat=False)
    (poison,) = tokens_of(model, "😀")[-1:]
    assert not any(poison in tokens_of(model, text) for text in (TEXTS[1], TEXTS[2]))
    with torch.no_grad():
        model.module.model.embed_tokens.weight[poison] = torch.nan
    inputs = (CHOICES if with_options else TEXTS)[1:4]
    with pytest.raises(ModelError, match=r"layer 1 gives activations that are not .*naïve 東京"):
        model.activations(inputs)


def test_blocks_in_an_unknown_place_are_an_error_that_shows_the_places(tiny):
    model = causal_lm(tiny, blocks="model.stack")
    assert model([CHOICES[0]]) == causal_lm(tiny)([CHOICES[0]])
    with pytest.raises(ModelError, match=r"no list of blocks at 'model.stack'.*model.layers \(2\)"):
        model.activations(["yes"])


def test_blocks_are_taken_from_the_place_that_is_named(tiny):
    named = causal_lm(tiny, blocks="model.layers").activations(CHOICES)
    assert np.array_equal(named.at(2, "last"), causal_lm(tiny).activations(CHOICES).at(2, "last"))


def test_another_number_of_blocks_than_the_configuration_says_is_not_trusted(tiny):
    from seatrial_transformers._blocks import attach

    module = causal_lm(tiny).module
    module.config.num_hidden_layers = 3
    assert "the 3 blocks of a LlamaForCausalLM are at none" in attach(module, None).trouble


def test_describing_a_model_that_can_be_read_loads_nothing_heavy():
    code = (
        "import sys, seatrial_transformers as s; s.causal_lm('x').intervened({1: print});"
        "s.text_encoder('x');"
        "print([m for m in ('torch', 'transformers', 'numpy', 'safetensors') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
