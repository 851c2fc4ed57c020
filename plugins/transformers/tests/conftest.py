"""A tiny causal language model with random weights, made from a configuration: no download."""

from __future__ import annotations

from pathlib import Path

import pytest

TEXT = (
    "Question: how do you keep a door open in the wind? Answer: put a heavy stone before it. "
    "The quick brown fox jumps over the lazy dog, and 12.5 mg of it is enough for one day. "
    "yes no maybe unclear, take two tablets with water; do not drive. Größe, naïve, 東京 and 😀."
)
CHAT = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
WINDOW = 96


def save_tokenizer(folder: Path, *, chat: str | None = CHAT) -> int:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        show_progress=False,
        special_tokens=["<|end|>", "<|user|>", "<|assistant|>", "<|system|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator([TEXT] * 3, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>")
    fast.chat_template = chat
    fast.save_pretrained(folder)
    return tokenizer.get_vocab_size()


def save_model(folder: Path, family: str = "Llama", *, seed: int = 0, **more) -> Path:
    import torch
    import transformers

    size = save_tokenizer(folder)
    sizes = {
        "vocab_size": size,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": WINDOW,
        "initializer_range": 0.4,
        "bos_token_id": None,
        "eos_token_id": 0,
        "pad_token_id": None,
    }
    sizes |= more
    config = getattr(transformers, f"{family}Config")(**sizes)
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    model.save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch, request):
    if "slow" not in request.keywords:
        monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    return save_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def make_model(tmp_path_factory):
    def make(family: str = "Llama", **more) -> Path:
        return save_model(tmp_path_factory.mktemp(family.lower()), family, **more)

    return make


@pytest.fixture(scope="session")
def make_tokenizer():
    return save_tokenizer
