"""Read the texts of an input, whatever its shape: parts, conversations, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ._cases import Case

__all__ = ["PROTECTED", "protected_spans", "texts_of"]

_UNITS = "%|°C|µg|mcg|mg|g|kg|mL|ml|L|l|mmol|IU|mm|cm|h|hours?|days?|weeks?"  # the units of doses

PROTECTED: Mapping[str, str] = {
    "numbers": rf"[<>≤≥±~-]?\d+(?:[.,:/]\d+)*(?:\s?(?:{_UNITS}))?",
    "negation": r"(?:no|not|never|none|without|cannot|n't)",
    "laterality": r"(?:left|right|bilateral|unilateral)",
    "options": r"\(?[A-E]\)",
}
"""Spans that no perturbation may touch unless it `alters` them, as patterns by kind."""


def texts_of(value: Any) -> Iterator[str]:
    """Give every text of an input, in order: of parts, of conversations, of sequences.

    Who said a message is no text; what was said is.
    """
    if isinstance(value, Case):
        yield from texts_of(value.input)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            if key != "role" or "content" not in value:
                yield from texts_of(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from texts_of(part)


def protected_spans(text: str, alters: Sequence[str] = ()) -> tuple[str, ...]:
    """List what must not change in a text, in order: numbers with units, negation, sides, options.

    `alters` names the kinds that are changed on purpose. The names of drugs are not known here.
    """
    kept = [pattern for kind, pattern in PROTECTED.items() if kind not in alters]
    if not kept:
        return ()
    return tuple(re.findall(rf"(?<!\w)(?:{'|'.join(kept)})(?!\w)", text))
