"""What the conformance kit tries the adapters on: a tiny model with random weights."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from seatrial_transformers import causal_lm

from seatrial import seeded
from seatrial.testing import Samples

__all__ = ["samples", "saved"]

CHAT = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def saved(folder: Path, *, seed: int = 0, chat: str | None = CHAT, **more: Any) -> Path:
    """Write a model of two layers that reads bytes, with a chat template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=len(special) + len(alphabet),
        show_progress=False,
        special_tokens=special,
        initial_alphabet=alphabet,
    )
    tokenizer.train_from_iterator([""], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=special[0])
    fast.chat_template = chat
    fast.save_pretrained(folder)
    sizes = {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "initializer_range": 0.2,
        "bos_token_id": None,
        "eos_token_id": 0,
        "pad_token_id": None,
    }
    with seeded(seed):
        module: Any = LlamaForCausalLM(LlamaConfig(**(sizes | more)))
    module.to(torch.float32).save_pretrained(folder)
    return folder


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="seatrial-posttrain-")
    saved(Path(folder.name))
    return folder


def samples() -> Samples:
    """Give a model that writes a few tokens."""
    return Samples(models=[causal_lm(_folder().name, max_new_tokens=4)])
