"""Results as tables: aligned text, and Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..._tables import Table
from ...protocols import Render

__all__ = ["md", "table"]


def table() -> Render:
    """Write every result as a table of aligned text."""
    return lambda bundle, /: _joined(one.text() for one in tables_of(bundle))


def md() -> Render:
    """Write every result as a Markdown table; what cases, models and titles say is escaped.

    After the verdicts stands a fragment of a safety case: claim, evidence and limits of each.
    """
    return lambda bundle, /: _joined(
        one.markdown() for one in (*tables_of(bundle), *argued(bundle))
    )


def tables_of(bundle: Any) -> list[Table]:
    """Lay out every result of a bundle."""
    return [one.table() for one in bundle.named().values()]


def argued(bundle: Any) -> Iterator[Table]:
    """Lay out what the judgement argues, where there is one that says what it claims."""
    if bundle.judgement is not None and bundle.judgement.arguments:
        yield bundle.judgement.safety_case()


def _joined(texts: Any) -> bytes:
    return ("\n\n".join(texts) + "\n").encode("utf-8", "backslashreplace")
