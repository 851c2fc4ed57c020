"""Prompts: templates over the named parts of a case's input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from seatrial.errors import ModelError
from seatrial.kit import only_text, template_fields

from ._chat import Filled, Message, conversation

__all__ = ["Question", "question"]

WHOLE = "input"
"""The name under which a template finds an input that has no parts."""

ASKED = "question"
"""The part after whose last token the pooling of that name looks."""

RESERVED = ("options", "refusals")


@frozen
class Question:
    """What one input asks: its prompt, and its options when there are any.

    `part` says from which character to which the part `question` stands in the prompt, or the last
    part where none has that name.
    """

    prompt: str
    part: tuple[int, int]
    fields: tuple[tuple[int, int], ...]
    """From and to which characters the prompt was filled in; the rest is the template's."""
    options: tuple[str, ...] | None = None
    refusals: tuple[str, ...] | None = None
    messages: tuple[Message, ...] | None = None
    """The conversation whose last turn is the prompt; None for a prompt that stands alone."""

    @property
    def asked(self) -> Filled | tuple[Message, ...]:
        """What goes to the model: the conversation, or the prompt."""
        return Filled(self.prompt, self.fields) if self.messages is None else self.messages


def question(value: Any, template: str | None) -> Question:
    """Read one input of a case: a text, a conversation, or a mapping of parts.

    A mapping may have `options`, and one part of it may be a conversation.
    """
    if isinstance(value, str):
        return Question(*_prompted(value, template, {WHOLE: value}))
    messages = conversation(value)
    if messages is not None:
        return _conversing(messages, template, None, None)
    if not isinstance(value, Mapping):
        kind = type(value).__name__
        msg = f"a language model takes a text, a conversation or a mapping of parts, not {kind}"
        raise ModelError(msg)
    options, refusals = (_texts(value, name) for name in RESERVED)
    for name, part in value.items():
        found = None if name in RESERVED else conversation(part)
        if found is not None:
            if options is not None:
                _check_options(options, refusals or ())
            return _conversing(found, template, options, refusals)
    prompted = _prompted(only_text(value) if template is None else "", template, value)
    if options is not None:
        _check_options(options, refusals or ())
    return Question(*prompted, options, refusals)


def _conversing(
    messages: tuple[Message, ...],
    template: str | None,
    options: tuple[str, ...] | None,
    refusals: tuple[str, ...] | None,
) -> Question:
    if template is not None:
        msg = "a conversation takes no prompt: its turns go through the chat template as they are"
        raise ModelError(msg)
    last = messages[-1].content
    whole = (0, len(last))
    return Question(last, whole, (whole,), options, refusals, messages)


def _prompted(
    text: str, template: str | None, parts: Mapping[str, Any]
) -> tuple[str, tuple[int, int], tuple[tuple[int, int], ...]]:
    """Give a prompt, where its question stands, and where it was filled in."""
    if template is not None:
        return _filled(template, parts)
    whole = (0, len(text))
    return text, whole, (whole,)


def _filled(
    template: str, parts: Mapping[str, Any]
) -> tuple[str, tuple[int, int], tuple[tuple[int, int], ...]]:
    text = ""
    places: list[tuple[int, int]] = []
    asked: tuple[int, int] | None = None
    for literal, name in template_fields(template):
        text += literal
        if name is None:
            continue
        if name not in parts:
            there = ", ".join(parts) or "none"
            msg = f"the prompt asks for the part {name!r}, and this input has: {there}"
            raise ModelError(msg)
        if not isinstance(parts[name], str):
            kind = type(parts[name]).__name__
            msg = f"the prompt asks for the part {name!r}, which is no text but {kind}"
            raise ModelError(msg)
        places.append((len(text), len(text) + len(parts[name])))
        text += parts[name]
        asked = places[-1] if name == ASKED else asked
    return text, asked or (places[-1] if places else (0, 0)), tuple(places)


def _texts(parts: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    if name not in parts:
        return None
    given = parts[name]
    if isinstance(given, str) or not isinstance(given, Sequence):
        msg = f"the part {name!r} must be a list of texts, not {type(given).__name__}"
        raise ModelError(msg)
    if wrong := [one for one in given if not isinstance(one, str)]:
        msg = f"the part {name!r} must be a list of texts, and holds {wrong[0]!r}"
        raise ModelError(msg)
    return tuple(given)


def _check_options(options: tuple[str, ...], refusals: tuple[str, ...]) -> None:
    if not options:
        msg = "the part 'options' is empty: a question with options needs at least one"
        raise ModelError(msg)
    if repeated := [one for one in options if options.count(one) > 1]:
        msg = f"the option {repeated[0]!r} is listed twice: no answer could tell them apart"
        raise ModelError(msg)
    if strange := [one for one in refusals if one not in options]:
        msg = f"the refusal {strange[0]!r} is none of the options {list(options)!r}"
        raise ModelError(msg)
