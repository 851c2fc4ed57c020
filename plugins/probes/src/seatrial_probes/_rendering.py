"""What an explainer of texts reads: every input of a case, as text, in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from seatrial.errors import PlanError

__all__ = ["Read", "read", "shortened"]

WHOLE = "text"
"""What an input without parts is called."""

OPTIONS = "options"


@frozen
class Read:
    """The texts of one input: its parts by name, and its options when there are any."""

    parts: Mapping[str, str]
    options: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Everything below each other: the parts as they come, then one option a line."""
        return "\n".join([*self.parts.values(), *(f"- {option}" for option in self.options)])

    @property
    def named(self) -> str:
        """The same with the names of the parts, for those who read it."""
        if set(self.parts) == {WHOLE} and not self.options:
            return self.parts[WHOLE]
        lines = [f"{name.capitalize()}: {text}" for name, text in self.parts.items()]
        return "\n".join([*lines, *(f"- {option}" for option in self.options)])

    @property
    def asked(self) -> str:
        """What is asked: the part `question`, or else the last part."""
        return self.parts.get("question") or next(reversed(list(self.parts.values())), "")


def read(value: Any) -> Read:
    """Read an input: a text, messages, or a mapping of parts with or without `options`.

    Parts that are no texts are passed over. Raises `PlanError` where nothing can be read.
    """
    if isinstance(value, str):
        return Read({WHOLE: value})
    found = Read({})
    if isinstance(value, Mapping):
        options = value.get(OPTIONS, ())
        listed = () if isinstance(options, str) or not isinstance(options, Sequence) else options
        found = Read(
            {name: part for name, part in value.items() if isinstance(part, str)},
            tuple(one for one in listed if isinstance(one, str)),
        )
    elif isinstance(value, Sequence):
        said = [one.get("content") for one in value if isinstance(one, Mapping)]
        found = Read(
            {WHOLE: "\n".join(one for one in said if isinstance(one, str))} if said else {}
        )
    if not found.parts and not found.options:
        msg = (
            f"an explainer of texts reads texts, messages and mappings of texts, and this input "
            f"is {type(value).__name__}; choose an explainer of its modality, for pictures "
            "probes.appearance or probes.regions"
        )
        raise PlanError(msg)
    return found


def shortened(text: str, characters: int) -> str:
    """Leave out the middle of a text that is longer than so many characters."""
    if len(text) <= characters:
        return text
    half = max((characters - 3) // 2, 1)
    return f"{text[:half]} … {text[-half:]}"
