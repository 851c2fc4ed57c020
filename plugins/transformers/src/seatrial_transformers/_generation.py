"""Texts that a model writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from attrs import frozen

from seatrial import derive, seeded
from seatrial.errors import ModelError

from ._chat import readable, tokenised
from ._loading import Loaded
from ._logits import check_finite

__all__ = ["Completion", "ends_of", "write"]

BREADTH = 16
"""How many times `batch_tokens` a batch may hold here: writing goes one token a row at a time."""


@frozen
class Completion:
    """What a model wrote: the text, its number of tokens, and why it ends.

    `finish` is "stop" when the model ended it and "length" when `max_new_tokens` did.
    """

    text: str
    tokens: int
    finish: str


def write(
    loaded: Loaded,
    prompts: Sequence[str],
    *,
    max_new_tokens: int,
    temperature: float,
    seed: int,
    templated: Sequence[bool],
    batch_tokens: int,
) -> list[Completion]:
    """Continue each prompt, greedily at temperature 0; equal prompts are computed once.

    Above 0 each prompt is sampled with a generator of its own, so that what it gives does not
    depend on its neighbours.
    """
    from ._decoding import decoded, draws
    from ._likelihoods import canonical

    if not prompts:
        return []
    asked = list(zip(prompts, templated, strict=True))
    encoded = tokenised(loaded.tokenizer, prompts)
    ids = {
        one: (() if one[1] else loaded.lead_of(tokens)) + tokens
        for one, (tokens, _) in zip(asked, encoded, strict=True)
    }
    for (text, _), one in ids.items():
        _check_length(loaded, text, len(one), max_new_tokens)
    ends = ends_of(loaded.module, loaded.tokenizer)
    shared = {
        one: draws(derive(seed, "generate", text), temperature)
        for (text, _), one in ids.items()
        if loaded.shares(len(one) + max_new_tokens)
    }
    rows = decoded(
        loaded,
        shared,
        max_new_tokens=max_new_tokens,
        ends=ends,
        batch_tokens=batch_tokens,
        room=BREADTH * batch_tokens,
    )
    apart = {text: one for (text, _), one in ids.items() if one not in shared}
    room = 1 if temperature or canonical(loaded.module) else BREADTH * batch_tokens
    for batch in _batches(apart, max_new_tokens, room):
        several = [apart[text] for text in batch]
        with seeded(derive(seed, "generate", batch[0])) if temperature else nullcontext():
            rows |= _generated(loaded, several, max_new_tokens, temperature, ends)
    written = {one: _completion(loaded.tokenizer, row, ends) for one, row in rows.items()}
    return [written[ids[one]] for one in asked]


def _completion(tokenizer: Any, row: Sequence[int], ends: Sequence[int]) -> Completion:
    end = next((place for place, token in enumerate(row) if token in ends), None)
    kept = list(row if end is None else row[:end])
    return Completion(
        text=tokenizer.decode(kept, skip_special_tokens=True),
        tokens=len(kept),
        finish="length" if end is None else "stop",
    )


def _check_length(loaded: Loaded, text: str, tokens: int, max_new_tokens: int) -> None:
    if not tokens:
        msg = "the prompt is empty: there is nothing to continue"
        raise ModelError(msg)
    if loaded.window is not None and tokens + max_new_tokens > loaded.window:
        msg = (
            f"the prompt {readable(text)[:40]!r} has {tokens} tokens; "
            f"with max_new_tokens={max_new_tokens} that is more than the {loaded.window} that the "
            "model takes; shorten it (nothing is cut off silently)"
        )
        raise ModelError(msg)


def _batches(ids: Mapping[str, Sequence[int]], more: int, room: int) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in sorted(ids, key=lambda one: (-len(ids[one]), one)):
        if batch and (len(batch) + 1) * (len(ids[batch[0]]) + more) > room:
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch


def _generated(
    loaded: Loaded,
    several: Sequence[tuple[int, ...]],
    max_new_tokens: int,
    temperature: float,
    ends: Sequence[int],
) -> dict[tuple[int, ...], list[int]]:
    """Write with transformers' own loop, where prompts cannot share a forward pass."""
    import torch
    from transformers import GenerationConfig, LogitsProcessorList

    module = loaded.module
    padding = loaded.tokenizer.pad_token_id
    if padding is None:
        padding = ends[0] if ends else 0
    longest = max(map(len, several))
    rows = [[padding] * (longest - len(one)) + list(one) for one in several]
    mask = [[0] * (longest - len(one)) + [1] * len(one) for one in several]
    how: dict[str, Any] = {"do_sample": False}
    if temperature:
        how = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    config = GenerationConfig(
        max_new_tokens=max_new_tokens, pad_token_id=padding, eos_token_id=list(ends) or None, **how
    )
    with torch.inference_mode():
        out = module.generate(
            input_ids=torch.tensor(rows, device=module.device),
            attention_mask=torch.tensor(mask, device=module.device),
            generation_config=config,
            logits_processor=LogitsProcessorList([_checked]),
        )
    return dict(zip(several, out[:, longest:].tolist(), strict=True))


def _checked(_ids: Any, logits: Any) -> Any:
    """Refuse the logits of a next token that are no numbers; a hook of transformers."""
    for top in logits.amax(-1).tolist():
        check_finite(top)
    return logits


def ends_of(module: Any, tokenizer: Any) -> list[int]:
    """Give the tokens with which the model may end a text."""
    given = module.generation_config.eos_token_id
    if given is None:
        given = tokenizer.eos_token_id
    if given is None:
        return []
    return [given] if isinstance(given, int) else list(given)
