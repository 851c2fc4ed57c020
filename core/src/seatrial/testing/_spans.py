"""Find what must not change in the sample texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._cases import Case
from ._texts import SPANS

__all__ = ["spans_of"]


def spans_of(value: Any, alters: Sequence[str] = ()) -> list[tuple[str, ...]]:
    """List the protected spans of each text in a value, in their order within the text.

    The texts themselves are sorted, because options may change places as wholes; those that hold no
    span are left out, because a conversation may grow by some.
    """
    kept = [pattern for kind, pattern in SPANS.items() if kind not in alters]
    if not kept:
        return []
    protected = re.compile(rf"(?<!\w)(?:{'|'.join(kept)})(?!\w)")
    found = (tuple(protected.findall(text)) for text in _texts(value))
    return sorted(one for one in found if one)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Case):
        yield from _texts(value.input)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key != "role":
                yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
