"""An answer that comes in pieces, put together as if it had come at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from ._faults import Fault
from ._reading import parsed

__all__ = ["joined"]

DATA, END = "data:", "[DONE]"


async def joined(lines: AsyncIterator[str]) -> Mapping[str, Any]:
    """Put the pieces of one answer together; raises `Fault` for a piece that is none.

    What ends without a finish_reason has none here either, and is refused by whoever reads it.
    """
    whole: dict[str, Any] = {}
    message: dict[str, Any] = {}
    choice: dict[str, Any] = {"message": message}
    tokens: list[Any] = []
    async for line in lines:
        text = line.strip()
        if not text.startswith(DATA):
            continue
        text = text.removeprefix(DATA).strip()
        if text == END:
            break
        piece = parsed(text, "")
        whole |= {
            key: piece[key]
            for key in ("id", "model", "system_fingerprint", "usage")
            if piece.get(key)
        }
        choices = piece.get("choices") or []
        if not isinstance(choices, list) or not all(isinstance(one, Mapping) for one in choices):
            msg = "a piece of the stream has no choices"
            raise Fault(msg)
        for one in choices:
            whole["choices"] = [choice]
            delta = one.get("delta")
            for name in ("content", "refusal"):
                more = delta.get(name) if isinstance(delta, Mapping) else None
                if isinstance(more, str) and more:
                    message[name] = message.get(name, "") + more
            if one.get("finish_reason"):
                choice["finish_reason"] = one["finish_reason"]
            if isinstance(given := one.get("logprobs"), Mapping):
                choice["logprobs"] = {**given, "content": tokens}
                more = given.get("content")
                tokens += more if isinstance(more, list) else ()
    return whole
