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
        for one in piece.get("choices") or ():
            if not isinstance(one, Mapping):
                msg = "a piece of the stream is no choice"
                raise Fault(msg)
            whole["choices"] = [choice]
            for name in ("content", "refusal"):
                if more := (one.get("delta") or {}).get(name):
                    message[name] = message.get(name, "") + more
            if one.get("finish_reason"):
                choice["finish_reason"] = one["finish_reason"]
            if isinstance(given := one.get("logprobs"), Mapping):
                choice["logprobs"] = {**given, "content": tokens}
                tokens += given.get("content") or ()
    return whole
