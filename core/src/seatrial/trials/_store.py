"""One SQLite database for one run: what was asked for, what was measured, and by one writer."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .._cases import Case
from .._values import freeze, plain
from ..errors import StoreError
from ._measure import Row, dump_prediction
from ._work import Unit, case_digest, content_of

__all__ = ["DATABASE", "STATUSES", "Store"]

DATABASE = "trials.sqlite"
SCHEMA = 1
STATUSES = ("scored", "refused", "errored", "skipped")
BYTES_A_RECORD = 1024  # a generous estimate, asked for before compute is spent

TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cases (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL, content BLOB NOT NULL, input TEXT, target TEXT,
    groups TEXT NOT NULL, cluster TEXT);
CREATE TABLE IF NOT EXISTS plan (
    position INTEGER PRIMARY KEY, key BLOB NOT NULL, use INTEGER NOT NULL, severity INTEGER NOT NULL,
    replicate INTEGER NOT NULL, case_position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS records (
    key BLOB PRIMARY KEY, seed INTEGER, status INTEGER NOT NULL, refused INTEGER, answer INTEGER,
    distance REAL, unchanged INTEGER NOT NULL, prediction TEXT, scores TEXT NOT NULL, error TEXT,
    target TEXT) WITHOUT ROWID;
"""


class Store:
    """Reads and writes the database of one run; every batch is one transaction.

    The directory is the state: a killed run loses at most the batches that were being measured.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def in_memory(cls) -> Store:
        """Make a store that lives as long as the report does."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.executescript(TABLES)
        return cls(connection, None)

    @classmethod
    def create(cls, directory: Path) -> Store:
        """Open the database of a run directory for writing, making both if need be."""
        with _explained(directory):
            connection = sqlite3.connect(
                directory / DATABASE, check_same_thread=False, isolation_level=None
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(TABLES)
            store = cls(connection, directory)
            store._check_sound()
        return store

    @classmethod
    def open(cls, directory: Path) -> Store:
        """Open the database of a finished or interrupted run for reading."""
        if not (directory / DATABASE).is_file():
            msg = f"{directory} is not a run directory: it has no {DATABASE}"
            raise StoreError(msg)
        with _explained(directory):
            connection = sqlite3.connect(
                f"{(directory / DATABASE).resolve().as_uri()}?mode=rw",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
            )
            connection.execute("PRAGMA query_only = ON")
            store = cls(connection, directory)
            store._check_sound()
        return store

    def _check_sound(self) -> None:
        (verdict,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        schema = self.meta("schema")
        if schema is not None and schema != SCHEMA:
            msg = f"{self.path} was written by another seatrial (schema {schema}, this one has {SCHEMA})"
            raise StoreError(msg)

    def close(self) -> None:
        """Close the database; nothing can be read afterwards."""
        self._connection.close()

    def save(self, directory: Path) -> None:
        """Copy the whole database to another run directory."""
        _writable(directory)
        with _explained(directory):
            target = sqlite3.connect(directory / DATABASE)
            try:
                self._connection.backup(target)
            finally:
                target.close()

    def meta(self, name: str) -> Any:
        """Read one named value, None when there is none."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def begin(
        self,
        meta: dict[str, Any],
        cases: Sequence[Case],
        units: Iterable[tuple[Unit, bytes]],
    ) -> None:
        """Replace what is asked for; what was measured stays."""
        with self._transaction() as database:
            for table in ("cases", "plan"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - two literal names
            values = {"schema": SCHEMA, **meta}
            database.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                [(name, json.dumps(value)) for name, value in values.items()],
            )
            database.executemany(
                "INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?)",
                (_case_row(position, case) for position, case in enumerate(cases)),
            )
            database.executemany(
                "INSERT INTO plan VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (position, key, unit.use, unit.severity, unit.replicate, unit.case)
                    for position, (unit, key) in enumerate(units)
                ),
            )

    def room_for(self, records: int) -> None:
        """Refuse to start when the disk cannot hold the records."""
        if self.path is None:
            return
        free, need = shutil.disk_usage(self.path).free, records * BYTES_A_RECORD
        if free < need:
            msg = (
                f"{self.path}: {records:,} records need about {need / 1e6:,.0f} MB and only "
                f"{free / 1e6:,.0f} MB are free; make room or choose another directory"
            )
            raise StoreError(msg)

    def forget(self, statuses: Sequence[str]) -> None:
        """Drop the records of some statuses, so that they are measured again."""
        with self._transaction() as database:
            database.executemany(
                "DELETE FROM records WHERE status = ?", [(STATUSES.index(s),) for s in statuses]
            )

    def counts(self) -> tuple[int, int, int]:
        """Count the records asked for, those of them already measured, and those of earlier plans."""
        one = self._connection.execute
        (planned,) = one("SELECT count(*) FROM plan").fetchone()
        (kept,) = one("SELECT count(*) FROM plan JOIN records USING (key)").fetchone()
        (stored,) = one("SELECT count(*) FROM records").fetchone()
        return planned, kept, max(0, stored - kept)

    def pending(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Mark, by position in the plan, what is still to be measured."""
        (planned,) = self._connection.execute("SELECT count(*) FROM plan").fetchone()
        mask = np.zeros(planned, dtype=bool)
        for (position,) in self._connection.execute(
            "SELECT position FROM plan LEFT JOIN records USING (key) WHERE records.key IS NULL"
        ):
            mask[position] = True
        return mask

    def write(self, batch: Iterable[tuple[bytes, int | None, Row, bytes | None]]) -> None:
        """Store a batch of (key, seed, row, key of the clean record) in one transaction.

        An unchanged input takes the clean record's prediction, scores, and fate.
        """
        with self._transaction() as database:
            for key, seed, row, clean in batch:
                if row.unchanged:
                    database.execute(
                        "INSERT OR IGNORE INTO records SELECT ?, ?, status, refused, answer, ?, 1, "
                        "prediction, scores, error, target FROM records WHERE key = ?",
                        (key, seed, row.distance, clean),
                    )
                else:
                    database.execute(
                        "INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
                        _record_row(key, seed, row),
                    )

    def rescore(self, rows: Mapping[bytes, Row]) -> None:
        """Replace the scores of records that are already here."""
        with self._transaction() as database:
            database.executemany(
                "UPDATE records SET scores = ?, status = ?, error = ? WHERE key = ?",
                (
                    (_text(row.scores), STATUSES.index(row.status), row.error, key)
                    for key, row in rows.items()
                ),
            )

    def rows(self, columns: str, where: str = "", order: str = "plan.position") -> Iterator[Any]:
        """Read columns of plan, cases and records, in the plan's order; unmeasured ones are NULL."""
        clause = f"WHERE {where}" if where else ""
        cursor = self._connection.execute(
            f"SELECT {columns} FROM plan "  # noqa: S608 - columns and clauses are literals of this package
            "JOIN cases ON cases.position = plan.case_position "
            f"LEFT JOIN records ON records.key = plan.key {clause} ORDER BY {order}"
        )
        while batch := cursor.fetchmany(4096):
            yield from batch

    def cases(self) -> Iterator[tuple[str, str | None, str | None, str, str | None]]:
        """Read (id, input, target, groups, cluster) of every case, in order."""
        yield from self._connection.execute(
            "SELECT id, input, target, groups, cluster FROM cases ORDER BY position"
        )


def _case_row(position: int, case: Case) -> tuple[Any, ...]:
    return (
        position,
        case.id,
        case_digest(case),
        _text(content_of(case.input)),
        _text(content_of(case.target)),
        _text(plain(case.groups)),
        case.cluster,
    )


def _record_row(key: bytes, seed: int | None, row: Row) -> tuple[Any, ...]:
    prediction = row.prediction
    return (
        key,
        seed,
        STATUSES.index(row.status),
        None if prediction is None or prediction.refused is None else int(prediction.refused),
        None if prediction is None else _fingerprint(prediction.value),
        row.distance,
        None if prediction is None else dump_prediction(prediction),
        _text(row.scores),
        row.error,
        None if row.target is None else _text(content_of(row.target)),
    )


def _fingerprint(value: Any) -> int:
    """Give 63 bits that are equal for equal answers, to compare many answers quickly."""
    digest = hashlib.blake2b(_text(plain(value)).encode(), digest_size=8)
    return int.from_bytes(digest.digest(), "big") >> 1


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def read_value(text: str | None) -> Any:
    """Read back a stored input or target."""
    return None if text is None else freeze(json.loads(text))


def _writable(directory: Path) -> None:
    """Make a run directory, and find out now whether it can be written."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".writable"
        probe.write_bytes(b"0" * 4096)
        probe.unlink()
    except OSError as error:
        msg = f"{directory} cannot be written: {error.strerror or error}"
        raise StoreError(msg) from error
    strangers = [entry.name for entry in directory.iterdir()]
    if strangers and DATABASE not in strangers and set(strangers) - {"lock"}:
        msg = (
            f"{directory} is not a run directory: it holds {sorted(strangers)[0]!r} and no {DATABASE}; "
            "choose an empty or a new directory"
        )
        raise StoreError(msg)


@contextmanager
def _explained(path: Path | None) -> Iterator[None]:
    """Turn SQLite's errors into ones that say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "full" in text or "disk I/O" in text:
            todo = "the disk is full or failing; make room and run the same command: it goes on"
        elif "locked" in text:
            todo = "another process is using it; wait until that one is done"
        elif "readonly" in text or "unable to open" in text:
            todo = "it cannot be written; check its permissions"
        else:
            todo = "the database is damaged; restore it from a copy, or remove it to measure again"
        msg = f"{path / DATABASE if path else 'the run in memory'}: {text}: {todo}"
        raise StoreError(msg) from error


@contextmanager
def writing(directory: Path | None) -> Iterator[None]:
    """Hold the one right to write to a run directory; the system frees it when the process dies."""
    if directory is None:
        yield
        return
    _writable(directory)
    lock = sqlite3.connect(directory / "lock", timeout=0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            msg = (
                f"{directory}: another run is writing here; wait until it is done, or choose another "
                "directory"
            )
            raise StoreError(msg) from error
        yield
    finally:
        lock.close()


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new, never half of it."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror or error}"
        raise StoreError(msg) from error
