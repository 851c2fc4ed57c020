"""Results as tables: aligned text, and Markdown."""

from __future__ import annotations

from typing import Any

from ..._tables import Table
from ...protocols import Render

__all__ = ["md", "table"]


def table() -> Render:
    """Write every result as a table of aligned text."""
    return lambda bundle, /: _joined(one.text() for one in tables_of(bundle))


def md() -> Render:
    """Write every result as a Markdown table; what cases, models and titles say is escaped."""
    return lambda bundle, /: _joined(one.markdown() for one in tables_of(bundle))


def tables_of(bundle: Any) -> list[Table]:
    """Lay out every result of a bundle."""
    return [one.table() for one in bundle.named().values()]


def _joined(texts: Any) -> bytes:
    return ("\n\n".join(texts) + "\n").encode("utf-8", "backslashreplace")
