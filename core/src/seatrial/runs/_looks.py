"""Which cases of a run were judged before, and at which look."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

from ._directory import DATABASE

__all__ = ["Looked", "note_look"]


@frozen
class Looked:
    """The look at which each case was first judged, in the order of the cases.

    `planned` is how many looks were planned at the first one, and `gone` how many cases were judged
    before and are no longer asked for. `recorded` is False where this look could not be noted, so
    that a later one will not know of it.
    """

    looks: tuple[int, ...]
    planned: int
    gone: int
    recorded: bool = True

    @classmethod
    def of(cls, known: Mapping[str, tuple[int, int]], ids: Sequence[str], planned: int) -> Looked:
        """Look cases up; those that are not known are looked at now."""
        now = max((look for look, _ in known.values()), default=0) + 1
        return cls(
            tuple(known[one][0] if one in known else now for one in ids),
            next((plan for look, plan in known.values() if look == 1), planned),
            len(known.keys() - set(ids)),
            known.keys() >= set(ids),
        )

    @classmethod
    def first(cls, cases: int, planned: int) -> Looked:
        """Give the first look at so many cases, of which nothing is noted."""
        return cls((1,) * cases, planned, 0)


def note_look(
    database: sqlite3.Connection, directory: Path | None, run: str, planned: int
) -> dict[str, tuple[int, int]]:
    """Note the cases that are looked at for the first time, in a look after those before.

    `run` names what was measured, and `planned` is how many looks were planned. Nothing is noted
    where nothing can be written. Gives (look, planned) of every case that was looked at.
    """
    new = "FROM cases WHERE id NOT IN (SELECT id FROM looks WHERE run = ?)"
    (count,) = database.execute(f"SELECT count(*) {new}", (run,)).fetchone()
    if count and _writable(directory):
        (reading,) = database.execute("PRAGMA query_only").fetchone()
        stamp = None if directory is None else (directory / DATABASE).stat()
        number = "(SELECT coalesce(max(look), 0) + 1 FROM looks WHERE run = ?)"
        database.execute("PRAGMA query_only = OFF")
        try:
            database.execute(
                f"INSERT INTO looks SELECT ?, id, {number}, ? {new}", (run, run, planned, run)
            )
        finally:
            database.execute(f"PRAGMA query_only = {reading}")
        if directory is not None and stamp is not None:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            # Nothing was measured: what was made of the run before is still of the run as it is.
            os.utime(directory / DATABASE, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    rows = database.execute("SELECT id, look, planned FROM looks WHERE run = ?", (run,))
    return {case: (look, plan) for case, look, plan in rows}


def _writable(directory: Path | None) -> bool:
    """Tell whether a look can be noted: in the directory (for the log) and in the database."""
    return directory is None or all(
        os.access(one, os.W_OK) for one in (directory, directory / DATABASE)
    )
