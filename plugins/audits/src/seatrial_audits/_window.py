"""Prompts that are longer than the model can read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from seatrial import Case, Finding

from ._common import Check, fraction_between, graded, percent, whole_number
from ._reading import options_of, prompt_of

__all__ = ["truncated_slot"]

PIECE = re.compile(r"\w+|[^\w\s]")
ENDLESS = 1_000_000
"""Tokenizers that know no limit say an absurd one."""

SETTINGS = ("max_position_embeddings", "n_positions", "max_seq_len", "n_ctx", "seq_length")


def truncated_slot(window: int | None = None, tolerance: float = 0.01) -> Check:
    """Find prompts whose end (the question, the place for the answer) does not fit the window.

    `window` is how many tokens the model reads, by default what the model says (`max_tokens`, or
    its module's configuration, or its tokenizer). Tokens are counted by the model's `tokenizer`;
    without one, words and marks are, which is a few less. The longest option counts too. An error
    from a fraction of `tolerance` of the cases up, else a warning.
    """
    given = None if window is None else whole_number("window", window, 1)
    limit = fraction_between("tolerance", tolerance)

    def check(_plan: Any, model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        room = given or _window(model)
        if room is None:
            return
        count = _counter(model)
        long: dict[str, int] = {}
        for case in cases:
            text = _whole(case, getattr(model, "prompt", None))
            # No tokenizer makes more tokens than there are bytes.
            if len(text.encode("utf-8", "replace")) > room and (tokens := count(text)) > room:
                long[case.id] = tokens
        if not long:
            return
        fraction = len(long) / len(cases)
        yield Finding(
            "truncated-slot",
            f"{len(long):,} prompts have up to {max(long.values()):,} tokens and the window has "
            f"{room:,}: the end of {percent(fraction)} of the cases is cut off (effect).",
            level=graded(fraction, limit),
            cases=long,
            effect=fraction,
            fix="shorten the passage rather than the end, or use a model with a longer window.",
        )

    return check


def _window(model: Any) -> int | None:
    module = getattr(model, "module", None)
    configuration = getattr(module, "config", None)
    tokenizer = getattr(model, "tokenizer", None)
    said = [
        getattr(model, "max_tokens", None),
        *(getattr(configuration, name, None) for name in SETTINGS),
        getattr(tokenizer, "model_max_length", None),
    ]
    known = [one for one in said if isinstance(one, int) and 0 < one < ENDLESS]
    return min(known, default=None)


def _counter(model: Any) -> Callable[[str], int]:
    tokenizer = getattr(model, "tokenizer", None)
    if tokenizer is None:
        return lambda text: len(PIECE.findall(text))
    encode = getattr(tokenizer, "encode", tokenizer)

    def count(text: str) -> int:
        found = encode(text)
        return len(getattr(found, "ids", found))

    return count


def _whole(case: Case, template: Any) -> str:
    literal = re.sub(r"\{\w*\}", "", template) if isinstance(template, str) else ""
    options = options_of(case.input)
    prompt = prompt_of(case.input)
    longest = max((one for one in options if one not in prompt), key=len, default="")
    return "\n".join(text for text in (prompt, literal, longest) if text)
