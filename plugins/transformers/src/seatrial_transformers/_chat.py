"""Conversations, and the texts that a chat template makes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from attrs import frozen

from seatrial.errors import ModelError

__all__ = [
    "SEAM",
    "Filled",
    "Message",
    "conversation",
    "neutral",
    "readable",
    "rendered",
    "tokenised",
    "turns",
]

ROLES = ("system", "user", "assistant", "tool")

SEAM = "\udc80"
"""Stands where a text is cut for tokenisation: a lone surrogate, which no encodable text holds."""


@frozen
class Message:
    """One turn: who speaks, and what is said."""

    role: str
    content: str


@frozen
class Filled:
    """A prompt, and from and to which characters it was filled in from a case.

    Control tokens of the rest are the author's; what was filled in is text, whatever it holds.
    """

    text: str
    fields: tuple[tuple[int, int], ...]


def conversation(value: Any) -> tuple[Message, ...] | None:
    """Read a sequence of mappings with `role` and `content`; None for any other value.

    Content is a text, or a sequence of texts and of mappings with `type` "text", which are joined
    by line breaks. Raises `ModelError` for a conversation that the model cannot answer.
    """
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence) or not value:
        return None
    if not all(isinstance(one, Mapping) and "role" in one for one in value):
        return None
    messages = turns(value)
    if messages[-1].role not in ("user", "tool"):
        msg = (
            f"the last turn is the {messages[-1].role}'s, so there is nothing to answer; "
            "end the conversation with a user turn"
        )
        raise ModelError(msg)
    return messages


def turns(value: Sequence[Mapping[str, Any]]) -> tuple[Message, ...]:
    """Read the turns of a conversation, whoever has the last one."""
    messages = tuple(_message(place, one) for place, one in enumerate(value))
    if late := [n for n, one in enumerate(messages) if n and one.role == "system"]:
        msg = f"a system turn must stand first, and turn {late[0]} is one; move it to the beginning"
        raise ModelError(msg)
    return messages


def _message(place: int, given: Mapping[str, Any]) -> Message:
    role, content = given["role"], given.get("content")
    if role not in ROLES:
        msg = f"turn {place} has the role {role!r}; use one of {', '.join(ROLES)}"
        raise ModelError(msg)
    if isinstance(content, str):
        return Message(role, content)
    if isinstance(content, Sequence):
        return Message(role, "\n".join(_part(place, one) for one in content))
    msg = f"turn {place} has the content {content!r}; it must be a text or a sequence of texts"
    raise ModelError(msg)


def _part(place: int, part: Any) -> str:
    if isinstance(part, Mapping) and part.get("type") == "text":
        part = part.get("text")
    if isinstance(part, str):
        return part
    kind = part.get("type") if isinstance(part, Mapping) else type(part).__name__
    msg = f"turn {place} holds a part of type {kind!r}, and a language model reads text alone"
    raise ModelError(msg)


def rendered(
    tokenizer: Any, messages: Sequence[Message], system: str | None, *, answering: bool = True
) -> str:
    """Put a conversation into the chat template, up to where the model's turn begins.

    Without `answering`, no turn begins: the text ends with the last one.

    `system` stands first where the conversation has no system turn of its own. Where the template
    has no place for a system turn, its text begins the first user turn. Control tokens inside the
    turns stay text: `tokenised` spells them with ordinary tokens. Raises `ModelError` when the
    template refuses the conversation or leaves a turn out.
    """
    said = list(messages)
    if system is not None and said[0].role != "system":
        said.insert(0, Message("system", system))
    contents = neutral(tokenizer, [one.content for one in said])
    said = [Message(one.role, text) for one, text in zip(said, contents, strict=True)]
    text, trouble = _applied(tokenizer, said, answering)
    if trouble is not None and said[0].role == "system" and said[1:2]:
        first = said[1]
        merged = [Message(first.role, f"{said[0].content}\n\n{first.content}"), *said[2:]]
        text, trouble = _applied(tokenizer, merged, answering)
    if trouble is not None:
        msg = f"the chat template cannot hold this conversation: {trouble}"
        raise ModelError(msg)
    return text


def _applied(tokenizer: Any, turns: Sequence[Message], answering: bool) -> tuple[str, str | None]:
    """Give the text, and why it will not do."""
    given = [{"role": one.role, "content": one.content} for one in turns]
    try:
        text = str(
            tokenizer.apply_chat_template(given, tokenize=False, add_generation_prompt=answering)
        )
    except Exception as error:  # noqa: BLE001 - a template is foreign code and raises what it likes
        return "", f"{type(error).__name__}: {error}"
    start = 0
    for turn in turns:
        content = turn.content.strip()  # templates may take white space off
        place = text.find(content, start)
        if place < 0 and turn.role != "assistant":  # of which some templates drop the reasoning
            return text, f"it leaves out the {turn.role} turn {readable(content)[:40]!r}"
        start = start if place < 0 else place + len(content)
    return text, None


def _control(tokenizer: Any) -> re.Pattern[str] | None:
    """Find the tokens that steer the model and that a text must not be able to write."""
    added = tokenizer.added_tokens_decoder.values()
    names = {str(one.content) for one in added if one.special} | set(tokenizer.all_special_tokens)
    names = {one for one in names if len(one) > 1}
    longest = sorted(names, key=lambda one: (-len(one), one))
    return re.compile("|".join(map(re.escape, longest))) if names else None


def neutral(tokenizer: Any, texts: Sequence[str | Filled]) -> list[str]:
    """Cut the control tokens in texts, so that `tokenised` spells them with ordinary tokens.

    Of a filled prompt only those are cut that reach into a field.
    """
    control = _control(tokenizer)
    return [
        _cut(text, ((0, len(text)),), control)
        if isinstance(text, str)
        else _cut(text.text, text.fields, control)
        for text in texts
    ]


def _cut(text: str, fields: Sequence[tuple[int, int]], control: re.Pattern[str] | None) -> str:
    pieces = []
    start = place = 0
    while control is not None and (found := control.search(text, place)):
        if any(first < found.end() and found.start() < after for first, after in fields):
            place = found.start() + 1
            pieces.append(text[start:place])
            start = place
        else:
            place = found.end()
    return SEAM.join([*pieces, text[start:]])


def readable(text: str) -> str:
    """Give a text without the places where it is cut."""
    return text.replace(SEAM, "")


def tokenised(
    tokenizer: Any, texts: Sequence[str], *, offsets: bool = False
) -> list[tuple[tuple[int, ...], list[tuple[int, int]]]]:
    """Give the tokens of each text, and with `offsets` from and to which character each stands.

    No token is added. Offsets count the characters of the text as it is given.
    """
    pieces = [text.split(SEAM) for text in texts]
    if not pieces:
        return []
    encoded = tokenizer(
        list(chain.from_iterable(pieces)),
        add_special_tokens=False,
        verbose=False,
        **({"return_offsets_mapping": True} if offsets else {}),
    )
    ids = iter(encoded["input_ids"])
    places = iter(encoded["offset_mapping"] if offsets else ())
    found = []
    for some in pieces:
        tokens: list[int] = []
        spots: list[tuple[int, int]] = []
        start = 0
        for piece in some:
            tokens += next(ids)
            if offsets:
                spots += [(start + first, start + after) for first, after in next(places)]
            start += len(piece) + len(SEAM)
        found.append((tuple(tokens), spots))
    return found
