"""A model called as seatrial calls it, and what identifies it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest
from seatrial_transformers import causal_lm

from seatrial import Case, Prediction
from seatrial.errors import ModelError, ParameterError

PROMPT = "Question: {question}\nAnswer:"


def test_importing_and_describing_a_model_loads_nothing_heavy(tmp_path):
    code = (
        "import sys, seatrial_transformers as s; s.causal_lm('somewhere', prompt='{question}');"
        "print([m for m in ('torch', 'transformers', 'numpy', 'tokenizers') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_identity_loads_nothing_heavy(tiny):
    code = (
        f"import sys, seatrial_transformers as s; s.causal_lm({str(tiny)!r}).identity;"
        "print([m for m in ('torch', 'transformers', 'numpy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_options_are_chosen_among_and_texts_are_written_in_the_order_of_the_inputs(tiny):
    model = causal_lm(tiny, prompt=PROMPT, max_new_tokens=3, chat=False)
    parts = {"question": "keep a {door} open?", "options": ["yes", "no"], "refusals": ["no"]}
    inputs = [{"question": "why?"}, Case("a", parts).input, {**parts, "question": "why?"}]
    text, choice, other = model(inputs)
    (expected,) = model.choices(["Question: keep a {door} open?\nAnswer:"], [("yes", "no")])
    assert choice.value == expected.options[expected.best]
    assert choice.refused is (choice.value == "no")
    assert dict(choice.probabilities) == expected.probabilities
    assert dict(choice.details) == {
        "margin": expected.margin,
        "tie": False,
        "nulls": (),
        "log_likelihoods": expected.log_likelihoods,
        "scores": expected.scores,
    }
    assert other.value in {"yes", "no"}
    assert isinstance(text, Prediction)
    assert text.details["tokens"] <= 3
    assert text.refused is None


def test_details_can_be_written_as_json(tiny):
    from seatrial.kit import plain

    model = causal_lm(tiny, max_new_tokens=2)
    for answer in model([{"q": "why?", "options": ["yes", ""]}, "why?"]):
        json.dumps(plain(answer.details), allow_nan=False)


def test_without_refusals_it_is_not_known_whether_an_answer_refuses(tiny):
    (answer,) = causal_lm(tiny)([{"q": "why?", "options": ("yes", "no")}])
    assert answer.refused is None


def test_no_inputs_give_no_answers_and_load_nothing(tiny):
    model = causal_lm(tiny)
    assert model([]) == []
    assert model._memory is None


@pytest.mark.parametrize(
    ("value", "prompt", "message"),
    [
        ({"context": "x"}, PROMPT, "asks for the part 'question', and this input has: context"),
        ({"question": 3}, PROMPT, "which is no text but int"),
        ({"a": "x", "b": "y"}, None, "exactly one part of text, and it has: a, b"),
        (7, None, "not int"),
        ({"q": "x", "options": "yes"}, None, "'options' must be a list of texts, not str"),
        ({"q": "x", "options": ["yes", 1]}, None, "holds 1"),
        ({"q": "x", "options": []}, None, "'options' is empty"),
        ({"q": "x", "options": ["a", "a"]}, None, "the option 'a' is listed twice"),
        ({"q": "x", "options": ["a"], "refusals": ["b"]}, None, "refusal 'b' is none of"),
    ],
)
def test_an_input_that_makes_no_sense_is_an_error_that_names_the_fault(
    tiny, value, prompt, message
):
    with pytest.raises(ModelError, match=message):
        causal_lm(tiny, prompt=prompt)([value])


@pytest.mark.parametrize(
    "prompt", ["{q.__class__}", "{q[0]}", "{}", "{0}", "{q!r}", "{q:>9}", "{q", "}"]
)
def test_a_template_takes_plain_names_only(prompt):
    with pytest.raises(ParameterError, match="prompt"):
        causal_lm("somewhere", prompt=prompt)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dtype": "float16"}, "'dtype' must be in"),
        ({"normalization": "words"}, "'normalization' must be in"),
        ({"max_new_tokens": 0}, "'max_new_tokens' must be >= 1"),
        ({"threads": 0}, "'threads' must be >= 1"),
        ({"temperature": -1}, "'temperature' must be >= 0"),
        ({"chat": False, "system": "Be brief."}, "a system prompt needs the chat template"),
        ({"promt": "x"}, "promt.*its options are prompt, system"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_at_once(options, message):
    with pytest.raises(ParameterError, match=message):
        causal_lm("somewhere", **options)


def test_identity_is_the_same_for_the_same_model_elsewhere(tiny, tmp_path, make_model):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)
    assert causal_lm(copy).identity == causal_lm(tiny).identity == causal_lm(tiny).identity
    assert causal_lm(make_model(seed=1)).identity != causal_lm(tiny).identity


@pytest.mark.parametrize(
    "options",
    [
        {"prompt": "{question}"},
        {"system": "Be brief."},
        {"chat": True},
        {"separator": ""},
        {"normalization": "none"},
        {"max_new_tokens": 5},
        {"temperature": 0.5},
        {"seed": 1},
        {"dtype": "bfloat16"},
        {"device": "cuda"},
    ],
)
def test_identity_changes_with_every_option_that_can_change_an_answer(tiny, options):
    assert causal_lm(tiny, **options).identity != causal_lm(tiny).identity


def test_identity_does_not_change_with_what_only_makes_it_faster(tiny):
    assert causal_lm(tiny, threads=1, batch_tokens=64).identity == causal_lm(tiny).identity


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "chat_template.jinja"])
def test_identity_changes_with_every_file_that_makes_up_the_model(tiny, tmp_path, name):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)
    before = causal_lm(copy).identity
    content = bytearray((copy / name).read_bytes())
    content[-2] ^= 1
    (copy / name).write_bytes(content)
    assert causal_lm(copy).identity != before


def test_several_threads_load_the_weights_once(tiny):
    model = causal_lm(tiny)
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(model.module)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert len(set(map(id, seen))) == 1


def test_models_say_how_batches_are_best_made(tiny):
    from seatrial_transformers import text_encoder

    model = causal_lm(tiny)
    assert model.prefers == model.intervened({}).prefers == "same-case"
    assert text_encoder(tiny).prefers == "same-length"
