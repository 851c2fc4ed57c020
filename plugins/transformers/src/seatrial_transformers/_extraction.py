"""Runs prompts through a model and collects its activations, some prompts at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
from attrs import field, frozen

from seatrial.errors import ModelError

from ._chat import SEAM, readable, tokenised
from ._likelihoods import Reading, canonical, log_likelihoods
from ._loading import Loaded
from ._logits import headed
from ._prefix import chunks_end
from ._prompts import Question
from ._reading import NotFiniteError, Prompt, Reader, Taken
from ._scoring import encode
from ._tree import kept, shared_length

__all__ = ["Asked", "Extract", "asked_as", "extracted"]


@frozen
class Asked:
    """One prompt as it goes to the model, and where in it the question ends.

    `end` is the place of the question's last character, None where the prompt's last token counts.
    `options` are None for a prompt that is read and not answered.
    """

    question: Question
    text: str
    end: int | None
    templated: bool

    @property
    def options(self) -> tuple[str, ...] | None:
        return self.question.options

    @property
    def name(self) -> str:
        return self.question.prompt[:40]


def asked_as(question: Question, text: str, *, templated: bool, marked: bool) -> Asked:
    """Say what is asked when a question has become this text, and if `marked` where it ends."""
    return Asked(question, text, _end(question, text) if marked else None, templated)


def _end(question: Question, text: str) -> int | None:
    first, after = question.part
    part = question.prompt[first:after].rstrip()
    whole = question.prompt
    bare = whole.strip()  # chat templates may take white space off
    shown = readable(text)
    start = shown.rfind(whole)
    if start < 0:
        start = shown.rfind(bare) - (len(whole) - len(whole.lstrip()))
    if not part or bare not in shown:
        return None
    kept = [place for place, letter in enumerate(text) if letter != SEAM]
    return kept[start + first + len(part) - 1]


@frozen(eq=False)
class Extract:
    """What was read at some prompts, by name ("5.last", "5.tokens"), and how options were found."""

    tensors: dict[str, Any]
    lengths: list[int]
    likelihoods: list[list[float | None]] | None
    counts: list[list[int]] | None
    """The number of tokens of each option."""


@frozen(eq=False)
class _Collected:
    """Room for what is read at prompts, whatever order they come in."""

    reader: Reader
    rows: dict[Prompt, list[int]]
    vectors: list[Any] = field(factory=list, init=False)
    tokens: dict[int, list[Any]] = field(factory=dict, init=False)

    def give(self, prompts: Sequence[Prompt], taken: Taken) -> None:
        import numpy as np

        total = sum(map(len, self.rows.values()))
        if len(taken.vectors) and not self.vectors:
            layers, poolings, _, width = taken.vectors.shape
            self.vectors.append(np.empty((layers, poolings, total, width), dtype=np.float32))
        for layer in taken.tokens:
            self.tokens.setdefault(layer, [None] * total)
        for place, prompt in enumerate(prompts):
            for row in self.rows[prompt]:
                if self.vectors:
                    self.vectors[0][:, :, row] = taken.vectors[:, :, place]
                for layer, each in taken.tokens.items():
                    self.tokens[layer][row] = each[place]

    def tensors(self) -> dict[str, Any]:
        import numpy as np

        found = {
            f"{layer}.{pooling}": matrix
            for layer, matrices in zip(self.reader.layers, *self.vectors, strict=False)
            for pooling, matrix in zip(self.reader.poolings, matrices, strict=True)
        }
        found |= {f"{layer}.tokens": np.concatenate(each) for layer, each in self.tokens.items()}
        return found


def extracted(
    loaded: Loaded, asked: Sequence[Asked], reader: Reader, *, separator: str, batch_tokens: int
) -> Extract:
    """Read all prompts of one kind, with options or without; the model's own errors pass through.

    Raises `ModelError` naming the prompt and the layer where an activation is not finite.
    """
    try:
        return _extracted(loaded, asked, reader, separator, batch_tokens)
    except NotFiniteError as error:
        reader.crop(0)
        if len(asked) == 1:
            msg = (
                f"layer {error.layer} gives activations that are not finite at the input "
                f"{asked[0].name!r}; leave the input out, or try dtype='float32'"
            )
            raise ModelError(msg) from None
        # Its neighbours in the batch are not finite either: each by itself tells which it was.
        for one in asked:
            extracted(loaded, [one], reader, separator=separator, batch_tokens=batch_tokens)
        raise


def _extracted(
    loaded: Loaded, asked: Sequence[Asked], reader: Reader, separator: str, batch_tokens: int
) -> Extract:
    if asked[0].options is None:
        prompts = _plain(loaded, asked)
        collected = _collect(reader, prompts)
        shared, apart = _divided(loaded, list(collected.rows))
        if shared:
            log_likelihoods(
                loaded,
                [[kept(prompt)] for prompt in shared],
                batch_tokens=batch_tokens,
                # The embedding is read before the cache knows how long it is.
                reading=Reading(reader, collected.give, stops=reader.deepest > 0),
            )
        for batch in _batches(apart, 0 if canonical(loaded.module) else batch_tokens):
            collected.give(batch, _forward(loaded.module, batch, reader))
        lengths = [prompt.read for prompt in prompts]
        return Extract(collected.tensors(), lengths, None, None)
    parts = [(one.text, one.options or (), one.templated) for one in asked]
    encoded = encode(loaded, parts, separator=separator)
    ends = _ends(loaded, [one.text.rstrip() for one in asked], asked)
    prompts = [
        _prompt(loaded, whole.prompt, whole.lead, end, one)
        for whole, end, one in zip(encoded, ends, asked, strict=True)
    ]
    collected = _collect(reader, prompts)
    found = log_likelihoods(
        loaded,
        [[kept(prompt), *one.group] for prompt, one in zip(prompts, encoded, strict=True)],
        batch_tokens=batch_tokens,
        reading=Reading(reader, collected.give),
    )
    return Extract(
        collected.tensors(),
        [prompt.read for prompt in prompts],
        [one.likelihoods(values[1:]) for one, values in zip(encoded, found, strict=True)],
        [[one.tokens(place) for place in range(len(one.spans))] for one in encoded],
    )


def _divided(loaded: Loaded, prompts: Sequence[Prompt]) -> tuple[list[Prompt], list[Prompt]]:
    """Tell prompts that begin like another of them from those that are computed apart."""
    ordered = sorted(prompts, key=lambda prompt: prompt.ids)
    begins_alike = [
        chunks_end(shared_length(one.ids[:-1], other.ids[:-1])) > 0
        for one, other in pairwise(ordered)
    ]
    shared: list[Prompt] = []
    apart: list[Prompt] = []
    for prompt, before, after in zip(
        ordered, [False, *begins_alike], [*begins_alike, False], strict=True
    ):
        alike = (before or after) and not canonical(loaded.module)
        (shared if alike and loaded.shares(len(prompt.ids)) else apart).append(prompt)
    return shared, apart


def _collect(reader: Reader, prompts: Sequence[Prompt]) -> _Collected:
    rows: dict[Prompt, list[int]] = {}
    for row, prompt in enumerate(prompts):
        rows.setdefault(prompt, []).append(row)
    return _Collected(reader, rows)


def _plain(loaded: Loaded, asked: Sequence[Asked]) -> list[Prompt]:
    texts = [one.text for one in asked]
    encoded = tokenised(loaded.tokenizer, texts)
    ends = _ends(loaded, texts, asked)
    leads = [
        () if one.templated else loaded.lead_of(ids)
        for one, (ids, _) in zip(asked, encoded, strict=True)
    ]
    return [
        _prompt(loaded, (*lead, *ids), len(lead), end, about)
        for lead, (ids, _), end, about in zip(leads, encoded, ends, asked, strict=True)
    ]


def _prompt(
    loaded: Loaded, ids: tuple[int, ...], lead: int, end: int | None, asked: Asked
) -> Prompt:
    """Leave out a token that begins every text, also where the chat template wrote it."""
    skip = lead or int(ids[:1] == (loaded.tokenizer.bos_token_id,))
    if len(ids) == skip:
        msg = f"the prompt of the input {asked.name!r} is empty: there is nothing to read"
        raise ModelError(msg)
    if loaded.window is not None and len(ids) > loaded.window:
        msg = (
            f"the prompt {readable(asked.text)[:40]!r} has {len(ids)} tokens, and the model takes "
            f"{loaded.window}; shorten it (nothing is cut off silently)"
        )
        raise ModelError(msg)
    question = len(ids) - 1 if end is None else max(lead + end, skip)
    return Prompt(ids, skip, question)


def _ends(loaded: Loaded, texts: list[str], asked: Sequence[Asked]) -> list[int | None]:
    """Find the token that holds each question's last character."""
    if all(one.end is None for one in asked):
        return [None] * len(asked)
    if not loaded.tokenizer.is_fast:
        msg = (
            "the pooling 'question' needs a tokenizer that tells where its tokens stand in the "
            "text (a fast one); use 'last'"
        )
        raise ModelError(msg)
    encoded = tokenised(loaded.tokenizer, texts, offsets=True)
    return [_holding(places, one.end) for (_, places), one in zip(encoded, asked, strict=True)]


def _holding(places: Sequence[tuple[int, int]], end: int | None) -> int | None:
    if end is None:
        return None
    return max((n for n, (first, after) in enumerate(places) if first <= end < after), default=None)


def _batches(prompts: list[Prompt], batch_tokens: int) -> Iterator[list[Prompt]]:
    batch: list[Prompt] = []
    for prompt in sorted(prompts, key=lambda one: (-len(one.ids), one.ids)):
        if batch and (len(batch) + 1) * len(batch[0].ids) > batch_tokens:
            yield batch
            batch = []
        batch.append(prompt)
    if batch:
        yield batch


def _forward(module: Any, batch: Sequence[Prompt], reader: Reader) -> Taken:
    """Run prompts side by side, filled up at their ends, where no token of theirs looks.

    What fills a row up is its own last token: a causal model needs no mask then, and the padding
    token, which some models treat in their own way, need not exist.
    """
    width = len(batch[0].ids)
    rows = [one.ids + one.ids[-1:] * (width - len(one.ids)) for one in batch]
    paths = [range(width * place, width * place + len(one.ids)) for place, one in enumerate(batch)]
    given = {"input_ids": torch.tensor(rows, device=module.device), "use_cache": False}
    with torch.inference_mode(), reader.reading(batch, paths, module.device, stops=True):
        module(**given, **headed(module, 1))
    return reader.taken()
