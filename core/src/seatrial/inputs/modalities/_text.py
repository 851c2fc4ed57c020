"""Texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..._edit_distance import edit_distance
from ..._writing import digest

__all__ = ["Texts", "text"]

SHOWN = 80


class Texts:
    """The carrier of `text`."""

    def holds(self, value: Any, /) -> bool:
        """Tell whether this is a string that can be written down (no lone surrogates)."""
        if not isinstance(value, str):
            return False
        try:
            value.encode()
        except UnicodeEncodeError:
            return False
        return True

    def digest(self, value: Any, /) -> str:
        """Name the text."""
        return digest(value)

    def freeze(self, value: Any, /) -> Any:
        """Give it as it is."""
        return str(value)

    def dump(self, value: Any, /) -> bytes:
        """Write UTF-8."""
        return str(value).encode()

    def load(self, data: bytes, /) -> Any:
        """Read UTF-8."""
        return data.decode()

    def read(self, path: Path, /) -> Any:
        """Read a file of UTF-8."""
        return path.read_bytes().decode("utf-8-sig")

    def distance(self, clean: Any, perturbed: Any, /) -> float | None:
        """Give the edit distance over the longer length, in [0, 1]."""
        longest = max(len(clean), len(perturbed))
        return edit_distance(clean, perturbed) / longest if longest else 0.0

    def preview(self, value: Any, /) -> str:
        """Show the beginning, in one line."""
        line = " ".join(value.split())
        return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"

    def samples(self) -> Sequence[Any]:
        """Give sentences of several lengths and scripts."""
        return (
            "Can I take 200 mg of ibuprofen every 6 hours, but not with alcohol?",
            "The left lung shows no sign of pneumonia; the right one was not examined.",
            "Please return my money for order 17.",
            "Which is heavier?\n(A) a kilogram of feathers\n(B) 900 g of lead",
            "Où se trouve la pharmacie la plus proche, s'il vous plaît ?",
            "请解释第一个问题的答案",
        )

    def edges(self) -> Sequence[Any]:
        """Give nothing, a space, one letter, a number, and line breaks alone."""
        return ("", " ", "a", "42", "\n\n", "é")


def text() -> Texts:
    """Make the carrier."""
    return Texts()
