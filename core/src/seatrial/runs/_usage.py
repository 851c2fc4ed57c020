"""What models report of their usage (tokens, prices), summed over all sessions of a run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

__all__ = ["USAGE", "add_usage"]

USAGE = "usage"
"""The name under which the sums are kept."""


def add_usage(database: sqlite3.Connection, usage: Mapping[str, float]) -> None:
    """Add to the sums, inside a transaction."""
    found = database.execute("SELECT value FROM meta WHERE name = ?", (USAGE,)).fetchone()
    spent = json.loads(found[0]) if found else {}
    total = {**spent, **{name: spent.get(name, 0) + more for name, more in usage.items()}}
    database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (USAGE, json.dumps(total)))
