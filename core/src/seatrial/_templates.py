"""Templates of prompts: texts with the plain names of parts in braces."""

from __future__ import annotations

import string

from .errors import ParameterError

__all__ = ["template_fields"]


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
