"""Answers that were paid for, and what was spent, in a file that outlives the process."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import finalize

from seatrial.errors import StoreError

__all__ = ["Ledger"]

FILE = "answers.sqlite"
TABLES = """
CREATE TABLE IF NOT EXISTS answers (request TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS spent (name TEXT PRIMARY KEY, total REAL NOT NULL) STRICT;
"""
ADD = (
    "INSERT INTO spent VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET total = total + excluded.total"
)
WAIT = 30.0


class Ledger:
    """The answers and the sums of one folder; several processes may share it.

    Raises `StoreError` where the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                folder / FILE, timeout=WAIT, check_same_thread=False, isolation_level=None
            )
            finalize(self, self._database.close)
            self._database.execute("PRAGMA trusted_schema = OFF")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(TABLES)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (OSError, sqlite3.Error) as error:
                msg = f"the cache {self._folder} cannot be used: {error}"
                raise StoreError(msg) from error

    def answer(self, request: str) -> Mapping[str, Any] | None:
        """Find what was answered to a request."""
        query = "SELECT body FROM answers WHERE request = ?"
        with self._explained():
            row = self._database.execute(query, (request,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def keep(self, request: str, body: Mapping[str, Any]) -> None:
        """Remember an answer; the first one stays."""
        text = json.dumps(body)
        with self._explained():
            self._database.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (request, text))

    def spend(self, usage: Mapping[str, float]) -> None:
        """Add to the sums."""
        with self._explained():
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(ADD, list(usage.items()))
            self._database.execute("COMMIT")

    @property
    def spent(self) -> dict[str, float]:
        """What was spent so far, by name."""
        with self._explained():
            return dict(self._database.execute("SELECT name, total FROM spent"))
