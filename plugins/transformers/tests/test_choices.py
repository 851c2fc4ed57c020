"""Log-likelihoods of options against brute force: one option at a time, whole, in float64."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seatrial_transformers import causal_lm
from seatrial_transformers._choices import LENGTHS
from transformers import AutoModelForCausalLM, AutoTokenizer

from seatrial.errors import ModelError, ParameterError

HEADER = "The quick brown fox jumps over the lazy dog, and 12.5 mg of it is enough for one day. "
QUESTIONS = {
    "plain": ("Question: how do you keep a door open?\nAnswer:", ("put a stone", "drive", "no")),
    "trailing space": ("Answer: ", ("yes", "no", "maybe it is unclear")),
    "trailing spaces": ("Answer:   ", ("yes", "no")),
    "trailing line break": ("Answer:\n\n", ("yes", "no")),
    "option begins with a space": ("Answer:", (" yes", "  no", "maybe")),
    "unicode": ("Größe in 東京:", ("naïve 😀", "東京", "e\u0301")),
    "one token each": ("Answer:", ("yes", "no", "maybe")),
    "shared beginnings": ("Answer:", ("take two", "take two tablets", "take two tablets daily")),
    "braces": ("{question} {0} {{}}", ("{a}", "}")),
    "no prompt": ("", ("yes", "no way")),
    "one option": ("Answer:", ("yes",)),
}


def brute_force(folder, prompt, option, separator=" "):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64).eval()
    bare = prompt.rstrip()
    space = prompt[len(bare) :] or ("" if not bare or option[0].isspace() else separator)
    lead = [] if bare else [tokenizer.eos_token_id]
    before = lead + tokenizer(bare, add_special_tokens=False)["input_ids"]
    whole = lead + tokenizer(bare + space + option, add_special_tokens=False)["input_ids"]
    assert whole[: len(before)] == before
    with torch.no_grad():
        logs = model(input_ids=torch.tensor([whole])).logits[0].log_softmax(-1)
    return sum(float(logs[n - 1, whole[n]]) for n in range(len(before), len(whole)))


def exact(model, questions):
    """Score without the rounding of what is reported."""
    from seatrial_transformers import _choices

    digits, _choices.DIGITS = _choices.DIGITS, 9
    try:
        return model.choices([p for p, _ in questions], [o for _, o in questions])
    finally:
        _choices.DIGITS = digits


@pytest.mark.parametrize("name", QUESTIONS)
def test_log_likelihoods_are_those_of_brute_force(tiny, name):
    prompt, options = QUESTIONS[name]
    (found,) = exact(causal_lm(tiny), [(prompt, options)])
    truth = [brute_force(tiny, prompt, option) for option in options]
    assert found.log_likelihoods == pytest.approx(truth, abs=1e-4)
    assert found.best == truth_best(truth, options)


def truth_best(truth, options):
    scores = [one / len(option) for one, option in zip(truth, options, strict=True)]
    return scores.index(max(scores))


FAMILIES = {
    "absolute positions": ("GPT2", {}, True),
    "soft-capped logits": ("Gemma2", {"head_dim": 8, "final_logit_softcapping": 2.0}, True),
    "sliding window": ("Mistral", {"sliding_window": 36}, True),
    "sliding window shorter than a batch": ("Mistral", {"sliding_window": 80}, True),
    "positions in the mask": ("Bloom", {}, False),
    "recurrent": ("Mamba", {}, False),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_other_architectures_agree_with_brute_force_too(make_model, name):
    family, more, forkable = FAMILIES[name]
    folder = make_model(family, **more)
    model = causal_lm(folder, batch_tokens=40)
    assert model._loaded.forkable is forkable
    questions = [(HEADER + p, o) for p, o in QUESTIONS.values() if p]
    for found, (prompt, options) in zip(exact(model, questions), questions, strict=True):
        truth = [brute_force(folder, prompt, option) for option in options]
        assert found.log_likelihoods == pytest.approx(truth, abs=2e-4)


@pytest.mark.parametrize("batch_tokens", [1, 30, 4096])
def test_a_batch_gives_what_each_question_gives_alone(tiny, batch_tokens):
    questions = [(HEADER + p, o) for p, o in QUESTIONS.values()] + list(QUESTIONS.values())
    together = exact(causal_lm(tiny, batch_tokens=batch_tokens), questions)
    model = causal_lm(tiny)
    for one, question in zip(together, questions, strict=True):
        (alone,) = exact(model, [question])
        assert one.log_likelihoods == pytest.approx(alone.log_likelihoods, abs=1e-4)


letters = st.text(alphabet="abey s.\n{}é😀", min_size=0, max_size=12)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(letters, st.lists(letters.filter(str.strip), min_size=1, max_size=3)),
        min_size=1,
        max_size=5,
    )
)
def test_order_and_company_change_nothing(shared_model, questions):
    forward = exact(shared_model, questions)
    backward = exact(shared_model, questions[::-1])[::-1]
    for one, other in zip(forward, backward, strict=True):
        assert one.log_likelihoods == pytest.approx(other.log_likelihoods, abs=1e-4)


@pytest.fixture(scope="module")
def shared_model(tiny):
    model = causal_lm(tiny, batch_tokens=64)
    assert model.module is model.module
    return model


def test_a_token_that_begins_every_text_is_fed_and_never_scored(tiny, tmp_path):
    import shutil

    from tokenizers.processors import TemplateProcessing

    copy = shutil.copytree(tiny, tmp_path / "copy")
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    beginning = tokenizer.convert_tokens_to_ids("<|system|>")
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|system|> $A <|end|>", special_tokens=[("<|system|>", beginning), ("<|end|>", 0)]
    )
    tokenizer.bos_token = "<|system|>"
    tokenizer.save_pretrained(copy)
    options = [("yes", "maybe it is unclear")]
    (added,) = causal_lm(copy).choices(["Answer:"], options)
    (written,) = causal_lm(tiny).choices(["<|system|>Answer:"], options)
    assert added == written
    (plain,) = causal_lm(tiny).choices(["Answer:"], options)
    assert plain != added


@pytest.mark.parametrize("times", [1, 2])
def test_a_prompt_that_begins_as_every_text_gets_no_second_beginning(tiny, tmp_path, times):
    import shutil

    from tokenizers.processors import TemplateProcessing

    copy = shutil.copytree(tiny, tmp_path / "copy")
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    beginning = tokenizer.convert_tokens_to_ids("<|system|>")
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|system|> " * times + "$A", special_tokens=[("<|system|>", beginning)]
    )
    tokenizer.bos_token = "<|system|>"
    tokenizer.save_pretrained(copy)
    model = causal_lm(copy, chat=False, max_new_tokens=4)
    counts = fed(model)
    bare, led = ["Answer:"], ["<|system|>Answer:"]
    options = [("yes", "maybe it is unclear")]
    assert model.choices(led, options) == model.choices(bare, options)
    assert counts[0] == counts[1]
    assert model.generate(led) == model.generate(bare)
    template = causal_lm(copy, chat=False, prompt="<|system|>{input}")
    found, plain = (
        one.activations(bare, poolings=("mean",)).at(2, "mean") for one in (template, model)
    )
    assert (found == plain).all()


def fed(model):
    """Count the tokens that go through the module, call by call."""
    counts = []

    def count(_module, _args, kwargs):
        counts.append(kwargs["input_ids"].shape[1])

    model.module.register_forward_pre_hook(count, with_kwargs=True)
    return counts


@pytest.mark.parametrize("batch_tokens", [1, 512])
def test_a_prompt_is_computed_once_for_all_its_options(tiny, batch_tokens):
    model = causal_lm(tiny, batch_tokens=batch_tokens)
    counts = fed(model)
    prompt = len(model.tokenizer(HEADER.rstrip())["input_ids"])
    model.choices([HEADER], [("yes", "no", "maybe")])
    assert counts == [prompt]  # options of one token each are read off the prompt's last logits


def test_many_long_options_are_split_so_that_no_batch_grows_without_bound(tiny):
    model = causal_lm(tiny, batch_tokens=16)
    counts = fed(model)
    options = [f"{word} {HEADER}" for word in ("yes", "no", "maybe", "door", "stone", "wind")]
    (found,) = exact(model, [("Answer:", options)])
    longest = max(len(model.tokenizer(option)["input_ids"]) for option in options)
    assert len(counts) > 1
    assert max(counts) <= 2 * (longest + 4)
    truth = [brute_force(tiny, "Answer:", option) for option in options]
    assert found.log_likelihoods == pytest.approx(truth, abs=2e-4)


def test_what_all_prompts_share_is_computed_once_for_all_batches(tiny):
    model = causal_lm(tiny, batch_tokens=12)
    counts = fed(model)
    prompts = [f"{HEADER}{word} of the lazy dog:" for word in ("door", "stone", "wind", "water")]
    model.choices(prompts, [("yes", "no")] * 4)
    alone = [len(model.tokenizer(prompt)["input_ids"]) for prompt in prompts]
    assert len(counts) > 2
    assert max(counts) == counts[0]
    assert sum(counts) < 0.6 * sum(alone)


def test_equal_questions_are_computed_once(tiny):
    model = causal_lm(tiny)
    counts = fed(model)
    one, two = model.choices(["Answer:"] * 2, [("yes", "no")] * 2)
    assert one == two
    assert len(counts) == 1


def test_logits_are_asked_for_only_where_a_successor_is_scored(tiny):
    model = causal_lm(tiny)
    rows = []
    model.module.lm_head.register_forward_hook(lambda _m, _i, out: rows.append(out.shape[:-1]))
    model.choices([HEADER], [("yes", "no", "maybe")])
    assert rows == [(1, 1)]


def test_a_token_across_the_boundary_counts_for_the_option_alone(tiny):
    """P(whole) / P(prompt's own end) when an option's first token swallows the prompt's end."""
    model = causal_lm(tiny, separator="")
    prompt, options = "the qui", ("ck", "te")
    tokenizer = model.tokenizer
    bare = tokenizer(prompt)["input_ids"]
    wholes = [tokenizer(prompt + option)["input_ids"] for option in options]
    assert any(whole[: len(bare)] != bare for whole in wholes)
    (found,) = exact(model, [(prompt, options)])
    full = AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float64).eval()

    def total(ids):
        with torch.no_grad():
            logs = full(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
        return sum(float(logs[n - 1, ids[n]]) for n in range(1, len(ids)))

    truth = [total(whole) - total(bare) for whole in wholes]
    assert found.log_likelihoods == pytest.approx(truth, abs=1e-4)


@pytest.mark.parametrize(
    ("normalization", "length"),
    [("characters", len), ("bytes", lambda text: len(text.encode())), ("none", lambda _: 1)],
)
def test_scores_are_divided_by_the_named_length(tiny, normalization, length):
    options = ("naïve 😀", "no")
    (found,) = causal_lm(tiny).choices(["Answer:"], [options], normalization=normalization)
    for option, sure, score in zip(options, found.log_likelihoods, found.scores, strict=True):
        assert score == pytest.approx(sure / length(option))


def test_tokens_of_an_option_are_counted_as_they_stand_after_the_prompt(tiny):
    model = causal_lm(tiny, normalization="tokens")
    (found,) = model.choices(["Answer:"], [("maybe unclear", "yes")])
    tokens = [
        len(model.tokenizer(f"Answer: {o}")["input_ids"])
        - len(model.tokenizer("Answer:")["input_ids"])
        for o in found.options
    ]
    expected = [one / n for one, n in zip(found.log_likelihoods, tokens, strict=True)]
    assert found.scores == pytest.approx(expected)


def test_equal_options_tie_and_the_first_is_best(tiny):
    (found,) = causal_lm(tiny).choices(["Answer:"], [("yes", " yes")], normalization="none")
    assert found.log_likelihoods[0] == found.log_likelihoods[1]
    assert (found.tie, found.best, found.margin) == (True, 0, 0.0)


def test_blank_options_are_null_and_never_chosen(tiny):
    (found,) = causal_lm(tiny).choices(["Answer: "], [("", "yes", "  ")])
    assert (found.nulls, found.best, found.margin) == ((0, 2), 1, None)
    assert found.log_likelihoods[0] is None
    assert found.probabilities["yes"] == 1.0


def test_options_without_any_text_are_an_error(tiny):
    with pytest.raises(ModelError, match=r"none of the options .* has any text"):
        causal_lm(tiny).choices(["Answer:"], [("", " ")])


@pytest.mark.parametrize("normalization", LENGTHS)
def test_probabilities_are_of_the_log_likelihoods_whatever_divides_them(tiny, normalization):
    options = ("yes", "no", "it is unclear")
    (found,) = causal_lm(tiny).choices(["Answer:"], [options], normalization=normalization)
    odds = [math.exp(one) for one in found.log_likelihoods]
    expected = [one / sum(odds) for one in odds]
    assert list(found.probabilities.values()) == pytest.approx(expected, abs=1e-6)


def test_what_does_not_fit_the_window_is_an_error_that_gives_both_numbers(tiny):
    with pytest.raises(ModelError, match=r"has \d+ tokens, and the model takes 96"):
        causal_lm(tiny).choices([HEADER * 8], [("yes", "no")])


def test_what_just_fits_the_window_is_scored(tiny):
    model = causal_lm(tiny)
    prompt = "yes" * 40
    while len(model.tokenizer(prompt + " yes")["input_ids"]) < 96:
        prompt += " no"
    (found,) = model.choices([prompt], [("yes",)])
    assert found.best == 0


def test_prompts_and_options_must_pair_up(tiny):
    with pytest.raises(ModelError, match="there are 2 and 1"):
        causal_lm(tiny).choices(["a", "b"], [("yes",)])


def test_an_unknown_normalization_is_named(tiny):
    with pytest.raises(ParameterError, match="not 'length'"):
        causal_lm(tiny).choices(["a"], [("yes",)], normalization="length")


def test_bfloat16_stays_close_to_float32(tiny):
    question = [QUESTIONS["plain"]]
    (full,) = exact(causal_lm(tiny), question)
    (half,) = exact(causal_lm(tiny, dtype="bfloat16"), question)
    assert half.log_likelihoods != full.log_likelihoods
    assert half.log_likelihoods == pytest.approx(full.log_likelihoods, rel=0.1)
