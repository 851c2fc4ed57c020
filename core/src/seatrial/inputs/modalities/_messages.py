"""Conversations: who said what."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..._edit_distance import edit_distance
from ..._reference import Reference, StoredReference
from ..._texts import texts_of
from ..._values import freeze, instances_in, plain
from ..._writing import digest
from ._image import Images
from ._text import Texts

__all__ = ["ROLES", "Messages", "messages"]

ROLES = ("system", "user", "assistant", "tool")
PICTURE, REFERENCE = "$image", "$reference"
SCRIPTED = ("user", "tool")
"""The roles whose content may be a function of the answers so far."""


class Messages:
    """The carrier of `messages`: a tuple of mappings with a role and a content.

    The content is a text, or a tuple of texts and images. In a conversation under trial the
    content of the model's own turns is None, and that of a user's or a tool's may be a `Reference`
    to a function of the answers so far.
    """

    def __init__(self) -> None:
        self._texts, self._images = Texts(), Images()

    def holds(self, value: Any, /) -> bool:
        """Tell whether this is a conversation."""
        return (
            isinstance(value, list | tuple)
            and len(value) > 0
            and all(isinstance(one, Mapping) and self._is_message(one) for one in value)
        )

    def _is_message(self, value: Mapping[str, Any]) -> bool:
        content, others = value.get("content"), {**value, "content": None}
        if value.get("role") not in ROLES or not _is_plain(others):
            return False
        if content is None:
            return bool(value["role"] == "assistant" and "content" in value)
        if isinstance(content, Reference):
            return value["role"] in SCRIPTED
        if isinstance(content, list | tuple):
            return all(self._texts.holds(one) or self._images.holds(one) for one in content)
        return self._texts.holds(content)

    def digest(self, value: Any, /) -> str:
        """Name roles, texts and pictures."""
        return digest(_walk(value, lambda one: {PICTURE: self._images.digest(one)}, _named))

    def freeze(self, value: Any, /) -> Any:
        """Give tuples, frozen mappings and read-only pictures."""
        return freeze(_walk(value, self._images.freeze))

    def dump(self, value: Any, /) -> bytes:
        """Write JSON, with pictures in numpy's format as base64."""

        def wrapped(one: Any) -> Any:
            return {PICTURE: base64.b64encode(self._images.dump(one)).decode()}

        said = _walk(value, wrapped, _named)
        return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()

    def load(self, data: bytes, /) -> Any:
        """Read what `dump` wrote."""

        def opened(one: Any) -> Any:
            if isinstance(one, Mapping) and one.keys() == {PICTURE}:
                return self._images.load(base64.b64decode(one[PICTURE]))
            if isinstance(one, Mapping) and one.keys() == {REFERENCE, "params"}:
                return StoredReference(one[REFERENCE], one["params"])
            if isinstance(one, Mapping):
                return {key: opened(item) for key, item in one.items()}
            return [opened(item) for item in one] if isinstance(one, list) else one

        return freeze(opened(json.loads(data)))

    def read(self, path: Path, /) -> Any:
        """Read a JSON file: a list of objects with a role and a content."""
        return freeze(json.loads(path.read_bytes()))

    def distance(self, clean: Any, perturbed: Any, /) -> float | None:
        """Give the edit distance of all that was said over the longer length.

        Pictures are compared by the mean of their own distances, of which one that has no
        counterpart is 1, and the larger figure counts.
        """
        one, other = ("\x1e".join(texts_of(value)) for value in (clean, perturbed))
        longest = max(len(one), len(other))
        moved = [edit_distance(one, other) / longest if longest else 0.0]
        pictures = [list(instances_in(value, np.ndarray)) for value in (clean, perturbed)]
        pairs = [self._images.distance(a, b) for a, b in zip(*pictures, strict=False)]
        known = [pair for pair in pairs if pair is not None]
        known += [1.0] * abs(len(pictures[0]) - len(pictures[1]))
        moved += [sum(known) / len(known)] if known else []
        return max(moved)

    def preview(self, value: Any, /) -> str:
        """Show how many turns there are, and the last one."""
        last = value[-1]
        said = self._texts.preview(" ".join(texts_of(last)))
        return f"{len(value)} messages, the last by {last['role']}: {said}"

    def samples(self) -> Sequence[Any]:
        """Give a question, a conversation, one with a picture, and one that is under trial."""
        question = {"role": "user", "content": "Can I take 200 mg of ibuprofen with alcohol?"}
        return (
            freeze([question]),
            freeze(
                [
                    {"role": "system", "content": "You are a pharmacist. Do not diagnose."},
                    {"role": "user", "content": "My left knee hurts since Monday."},
                    {"role": "assistant", "content": "Do you take any other medicine?"},
                    {"role": "user", "content": "No, never. Is 400 mg every 6 hours too much?"},
                ]
            ),
            freeze(
                [
                    {
                        "role": "user",
                        "content": ["What is in this picture?", self._images.samples()[0]],
                    }
                ]
            ),
            freeze(
                [
                    {"role": "user", "content": "I am allergic to aspirin."},
                    {"role": "assistant", "content": None},
                    {"role": "user", "content": "What may I take for a headache?"},
                ]
            ),
        )

    def edges(self) -> Sequence[Any]:
        """Give an empty message, and one of a single letter."""
        return (
            freeze([{"role": "user", "content": ""}]),
            freeze([{"role": "user", "content": "a"}]),
        )


def _is_plain(value: Any) -> bool:
    """Tell whether what stands beside a content can be written as JSON."""
    if isinstance(value, Mapping):
        named = all(isinstance(key, str) and key not in (PICTURE, REFERENCE) for key in value)
        return named and all(map(_is_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, int) or Texts().holds(value)


def _walk(value: Any, picture: Any, said: Any = lambda one: one) -> Any:
    """Copy a conversation, with something else for its pictures and its functions."""
    if isinstance(value, np.ndarray):
        return picture(value)
    if isinstance(value, Reference):
        return said(value)
    if isinstance(value, Mapping):
        return {key: _walk(item, picture, said) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item, picture, said) for item in value]
    return value


def _named(reference: Reference) -> dict[str, Any]:
    return {REFERENCE: reference.use, "params": plain(reference.params)}


def messages() -> Messages:
    """Make the carrier."""
    return Messages()
