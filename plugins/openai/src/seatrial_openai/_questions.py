"""What one input asks of an endpoint: messages, and the options to choose among."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from seatrial.errors import ModelError
from seatrial.kit import only_text, plain, template_fields

from ._pictures import data_url, is_picture

__all__ = ["Question", "question"]

WHOLE = "input"
"""The name under which a template finds an input that has no parts."""

RESERVED = ("options", "refusals")
LETTERS = string.ascii_uppercase
CARRIED = ("name", "tool_calls", "tool_call_id")
"""What else a message may say to the endpoint, besides its role and content."""


@frozen
class Question:
    """Messages as they go out, and the options that the last of them lists."""

    messages: tuple[Mapping[str, Any], ...]
    options: tuple[str, ...] | None = None
    refusals: tuple[str, ...] | None = None

    @property
    def letters(self) -> Mapping[str, str]:
        """The options by the letters before them."""
        return dict(zip(LETTERS, self.options or (), strict=False))


def question(value: Any, *, prompt: str | None, system: str | None, instruction: str) -> Question:
    """Read one input of a case: a text, a conversation, or a mapping of parts.

    Raises `ModelError` for what no chat endpoint can be asked.
    """
    parts: Mapping[str, Any] = value if isinstance(value, Mapping) else {WHOLE: value}
    options, refusals = (_texts(parts, name) for name in RESERVED)
    talks = [part for name, part in parts.items() if name not in RESERVED and _is_talk(part)]
    if talks:
        if prompt is not None:
            msg = "a conversation takes no prompt: its turns go out as they are"
            raise ModelError(msg)
        messages = [_message(one) for one in talks[0]]
    else:
        texts = _filled(prompt, parts)
        pictures = [one for part in parts.values() for one in _pictures(part)]
        messages = [{"role": "user", "content": _content([texts, *pictures])}]
    if system is not None and messages[0]["role"] != "system":
        messages.insert(0, {"role": "system", "content": system})
    if options is not None:
        messages[-1:] = _choosing(messages[-1], options, instruction)
    return Question(tuple(messages), options, refusals)


def _is_talk(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(isinstance(one, Mapping) and "role" in one for one in value)
    )


def _message(given: Mapping[str, Any]) -> dict[str, Any]:
    content = given.get("content")
    more = {key: plain(given[key]) for key in CARRIED if key in given}
    if content is None and "tool_calls" in given:
        return {"role": given["role"], "content": None, **more}
    several = content if isinstance(content, list | tuple) else [content]
    return {"role": given["role"], "content": _content(several), **more}


def _content(several: Sequence[Any]) -> Any:
    """Give a text alone as it is, and texts with pictures as the parts of a message."""
    if len(several) == 1 and isinstance(several[0], str):
        return several[0]
    return [_part(one) for one in several]


def _part(one: Any) -> dict[str, Any]:
    if isinstance(one, str):
        return {"type": "text", "text": one}
    if is_picture(one):
        return {"type": "image_url", "image_url": {"url": data_url(one)}}
    msg = f"a chat endpoint takes texts and pictures, not {type(one).__name__}"
    raise ModelError(msg)


def _filled(template: str | None, parts: Mapping[str, Any]) -> str:
    if template is None:
        return only_text(parts, besides=RESERVED)
    text = ""
    for literal, name in template_fields(template):
        text += literal
        if name is not None:
            if not isinstance(parts.get(name), str):
                there = ", ".join(parts) or "none"
                msg = f"the prompt asks for the text {name!r}, and this input has: {there}"
                raise ModelError(msg)
            text += parts[name]
    return text


def _pictures(part: Any) -> list[Any]:
    """Give the pictures of a part; raises `ModelError` for what can neither be told nor shown."""
    if isinstance(part, list | tuple):
        return [one for item in part for one in _pictures(item)]
    if is_picture(part):
        return [part]
    if part is None or isinstance(part, str | int | float | Mapping):
        return []
    msg = f"a chat endpoint takes texts and pictures, not {type(part).__name__}"
    raise ModelError(msg)


def _texts(parts: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    given = parts.get(name)
    if given is None:
        return None
    several = not isinstance(given, str) and isinstance(given, Sequence)
    if not several or not all(isinstance(one, str) for one in given):
        msg = f"the part {name!r} must be a list of texts, got {given!r:.80}"
        raise ModelError(msg)
    if not 0 < len(given) <= len(LETTERS) and name == RESERVED[0]:
        msg = f"from 1 to {len(LETTERS)} options can be told apart by letters, got {len(given)}"
        raise ModelError(msg)
    return tuple(given)


def _choosing(
    message: Mapping[str, Any], options: Sequence[str], instruction: str
) -> list[dict[str, Any]]:
    """List the options after what a person says last, or in a message of their own."""
    listed = "\n".join(f"{letter}) {one}" for letter, one in zip(LETTERS, options, strict=False))
    more = f"{listed}\n\n{instruction}"
    content = message["content"]
    if message["role"] != "user":
        return [dict(message), {"role": "user", "content": more}]
    if isinstance(content, str):
        return [{**message, "content": f"{content}\n\n{more}"}]
    return [{**message, "content": [*content, {"type": "text", "text": more}]}]
