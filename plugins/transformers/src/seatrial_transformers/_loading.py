"""A model's weights and tokenizer, read from its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from ._blocks import Stream, attach
from ._gguf import converted
from ._pretrained import reading

if TYPE_CHECKING:
    from ._prefix import PrefixCache

__all__ = ["Loaded", "load"]

TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id")
"""What is read from a model's generation settings."""


@frozen(eq=False)
class Loaded:
    """A model in memory.

    `lead` holds the token that the tokenizer puts before every text, if any; `window` is the
    number of tokens that the model can take, None when it does not say; `forkable` says whether
    several continuations may share a forward pass, and `local` how long they may be then; `stream`
    is what passes between its blocks; `prefixes` are the beginnings kept from call to call.
    """

    module: Any
    tokenizer: Any
    lead: tuple[int, ...]
    window: int | None
    forkable: bool
    local: int | None
    stream: Stream
    prefixes: PrefixCache

    def shares(self, tokens: int) -> bool:
        """Say whether a sequence of so many tokens may share a forward pass with others."""
        return self.forkable and (self.local is None or tokens <= self.local)

    def lead_of(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        """Give what begins a text of these tokens: nothing where the text says it itself."""
        return () if tokens[: len(self.lead)] == self.lead else self.lead


def load(
    place: Path,
    *,
    dtype: str,
    device: str,
    threads: int | None,
    blocks: str | None,
    prefix_cache: int,
) -> Loaded:
    """Read a folder of safetensors, or a GGUF file by way of its converted folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    from ._likelihoods import forkable
    from ._prefix import PrefixCache

    if threads is not None:
        torch.set_num_threads(threads)
    folder = converted(place) if place.is_file() else place
    with reading(folder, "a causal language model"):
        tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        module: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
        )
    module = module.to(device).eval()
    # Whatever else the files recommend (sampling, penalties) would make greedy text another text.
    tokens = {name: getattr(module.generation_config, name) for name in TOKENS}
    module.generation_config = GenerationConfig(**tokens)
    config = module.config.get_text_config()
    return Loaded(
        module=module,
        tokenizer=tokenizer,
        lead=_lead(tokenizer),
        window=getattr(config, "max_position_embeddings", None),
        forkable=forkable(module),
        local=_local(config),
        stream=attach(module, blocks),
        prefixes=PrefixCache(prefix_cache),
    )


def _lead(tokenizer: Any) -> tuple[int, ...]:
    first = tokenizer("")["input_ids"][:1]
    return tuple(first) if first and first[0] == tokenizer.bos_token_id else ()


def _local(config: Any) -> int | None:
    """Give the reach of the model's local attention, beyond which its own mask must be used."""
    if getattr(config, "use_sliding_window", True) is False:
        return None
    reaches = [getattr(config, name, None) for name in ("sliding_window", "attention_chunk_size")]
    return min((reach for reach in reaches if isinstance(reach, int)), default=None)
