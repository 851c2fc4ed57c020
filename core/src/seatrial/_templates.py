"""What is asked of a model: a template with the plain names of parts in braces, or the one text."""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping
from typing import Any

from .errors import ModelError, ParameterError

__all__ = ["only_text", "template_fields"]


def only_text(parts: Mapping[str, Any], *, besides: Collection[str] = ()) -> str:
    """Give the one text of an input for which there is no template.

    Parts named in `besides` do not count. Raises `ModelError` for none, and for several.
    """
    texts = [one for name, one in parts.items() if isinstance(one, str) and name not in besides]
    if len(texts) != 1:
        there = ", ".join(parts) or "none"
        msg = (
            f"without a prompt an input needs exactly one part of text, and it has: {there}; "
            'give the model a prompt, as in prompt="{question}"'
        )
        raise ModelError(msg)
    return str(texts[0])


def template_fields(template: str) -> tuple[tuple[str, str | None], ...]:
    """Split a template into pairs of literal text and part name, and refuse all but plain names.

    Attribute and index access (`{a.b}`, `{a[0]}`), conversions and format specifications are
    refused: a specification may come from elsewhere, and a prompt needs none of them. Raises
    `ParameterError`.
    """
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError as error:
        msg = f"prompt {template!r}: {error}; write {{{{ and }}}} for braces in the text"
        raise ParameterError(msg) from None
    for _, name, specification, conversion in pieces:
        if name is not None and (not name.isidentifier() or specification or conversion):
            msg = (
                f"prompt {template!r}: a field must be the plain name of a part, "
                f"as in {{question}}, not {name!r}"
            )
            raise ParameterError(msg)
    return tuple((literal, name) for literal, name, _, _ in pieces)
