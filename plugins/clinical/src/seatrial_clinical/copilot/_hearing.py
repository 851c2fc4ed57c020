"""A conversation as the copilot takes it: images, their headers, and what was asked last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from ._headers import Header, headers_in, without_headers
from ._sheets import Array
from ._understanding import topic_of

__all__ = ["Heard", "heard_in"]


@frozen(eq=False)
class Heard:
    """What was shown and said; `topic` is None where nothing was asked that the copilot does."""

    pictures: tuple[Array, ...]
    headers: Mapping[int, Header]
    question: str
    topic: str | None


def heard_in(messages: Sequence[Mapping[str, Any]]) -> Heard:
    """Read a conversation: the last question that is about images counts, whatever came after.

    Images are numbered in the order in which they were shown.
    """
    shown: list[Array] = []
    said: list[str] = []
    for message in messages:
        content = message["content"]
        several = content if isinstance(content, tuple | list) else (content,)
        shown += [one for one in several if isinstance(one, np.ndarray)]
        if message["role"] == "user":
            said.append(" ".join(one for one in several if isinstance(one, str)))
    questions = [without_headers(text) for text in reversed(said)]
    question = next((one for one in questions if topic_of(one)), "")
    return Heard(tuple(shown), headers_in(said), question, topic_of(question))
