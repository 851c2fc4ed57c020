"""One SQLite database for one run: what was asked for, what was measured, and by one writer."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .._cases import STATUSES, Case, Prediction
from .._registry import Registry, default_registry
from ..errors import PlanError, SeatrialError, StoreError
from ..inputs._content import case_digest
from ..inputs._encoding import encode
from ..inputs._modalities import Modalities, core_modalities
from ._artifacts import ARTIFACTS, Artifacts
from ._directory import DATABASE, explained, writing
from ._encoding import Row, dump_scores, load_prediction, record_row
from ._keeping import Keeper, withheld
from ._looks import Looked, note_look
from ._schema import SCHEMA, TABLES
from ._usage import add_usage

__all__ = ["STATUSES", "Store"]

BYTES_A_RECORD = 1024  # a generous estimate, asked for before compute is spent
CACHE_KIB = 32 * 1024  # keys are hashes, so their index is touched all over
PAGES_OF_LOG = 8192  # each checkpoint waits for the disk
TAKE = "SELECT status, refused, answer, prediction, scores, error FROM records WHERE key = ?"
ERRORED, ANSWER = STATUSES.index("errored"), 2  # where TAKE gives the answer
INSERT = "INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Store:
    """Reads and writes the database of one run; every batch is one transaction.

    The directory is the state: a killed run loses at most the batches that were being measured.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path | None,
        registry: Registry | None = None,
    ) -> None:
        self._connection = connection
        self.path = path
        self.artifacts = Artifacts(
            None if path is None else path / ARTIFACTS, registry or default_registry()
        )
        self._keeper = Keeper(self.artifacts)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")

    @classmethod
    def in_memory(cls, registry: Registry | None = None) -> Store:
        """Make a store that lives as long as the report does."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.executescript(TABLES)
        return cls(connection, None, registry)

    @classmethod
    def create(cls, directory: Path, registry: Registry | None = None) -> Store:
        """Open the database of a run directory for writing, making both if need be."""
        with explained(directory):
            connection = sqlite3.connect(
                directory / DATABASE, check_same_thread=False, isolation_level=None
            )
            store = cls(connection, directory, registry)
            store._check_sound()
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_OF_LOG}")
            connection.executescript(TABLES)
        store.artifacts.forget_drafts()
        return store

    @classmethod
    def open(cls, directory: Path, registry: Registry | None = None) -> Store:
        """Open the database of a finished or interrupted run for reading."""
        path = directory / DATABASE
        if not path.is_file():
            msg = f"{directory} is not a run directory: it has no {DATABASE}"
            raise StoreError(msg)
        # A finished run has no log beside it, and can be read where nothing can be written.
        log = path.with_name(f"{DATABASE}-wal")
        frozen = not os.access(directory, os.W_OK) and not log.exists()
        with explained(directory):
            connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?{'immutable=1' if frozen else 'mode=rw'}",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
            )
            connection.execute("PRAGMA query_only = ON")
            store = cls(connection, directory, registry)
            store._check_sound()
            if store.meta("schema") is None:
                msg = (
                    f"{directory}: the run was stopped before it began; run the same command again"
                )
                raise StoreError(msg)
        return store

    def _check_sound(self) -> None:
        """Refuse a database that was cut short, or that has another schema.

        Other damage raises where it is met: looking for it takes seconds in a large run.
        """
        (pages,), (size,) = (
            self._connection.execute(f"PRAGMA {what}").fetchone()
            for what in ("page_count", "page_size")
        )
        file = (self.path or Path()) / DATABASE
        log = file.with_name(f"{DATABASE}-wal")
        if not (log.exists() and log.stat().st_size) and file.stat().st_size < pages * size:
            msg = "the file is shorter than it says"
            raise sqlite3.DatabaseError(msg)
        known = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'"
        if self._connection.execute(known).fetchone() == (0,):
            return
        schema = self.meta("schema")
        if schema is not None and schema != SCHEMA:
            msg = (
                f"{self.path} was written by another version of seatrial: its schema is {schema}, "
                f"and this version reads {SCHEMA}; read it with that version, or measure again in "
                "another directory"
            )
            raise StoreError(msg)

    def close(self) -> None:
        """Close the database; nothing can be read afterwards."""
        self._connection.close()

    def save(self, directory: Path, cases: Iterable[Case] = ()) -> None:
        """Copy the database, its artifacts and the targets of cases to a new run directory."""
        with writing(directory):
            if (directory / DATABASE).exists():
                msg = f"{directory} already holds a run; choose an empty or a new directory"
                raise StoreError(msg)
            with explained(directory):
                target = sqlite3.connect(directory / DATABASE)
                try:
                    self._connection.backup(target)
                finally:
                    target.close()
            self.artifacts.copy_to(directory / ARTIFACTS)
            there = Artifacts(directory / ARTIFACTS)
            for case in cases:
                there.keep(encode(case.target, self.modalities))

    @cached_property
    def modalities(self) -> Modalities:
        """The modalities by which values of the run are recognised: the core's, and those named."""
        return Modalities(self.artifacts.registry).with_names(self.meta("modalities") or ())

    def settle(self) -> None:
        """Bring everything into the one file, so that it can be copied by itself."""
        with explained(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _read(self, query: str, *values: Any) -> Iterator[Any]:
        with explained(self.path):
            cursor = self._connection.execute(query, values)
            while batch := cursor.fetchmany(4096):
                yield from batch

    def meta(self, name: str) -> Any:
        """Read one named value, None when there is none."""
        for (text,) in self._read("SELECT value FROM meta WHERE name = ?", name):
            return json.loads(text)
        return None

    def note(self, name: str, value: Any) -> None:
        """Write one named value."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, json.dumps(value)))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with explained(self.path):
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
        units: Iterable[tuple[int, bytes, int, int, int, int]],
        modalities: Modalities | None = None,
    ) -> None:
        """Replace what is asked for; what was measured stays, but for scores by older metrics.

        `units` are rows of the table `plan`: position, key, use, severity, replicate, case.
        `meta["keep"]` says what is kept of the inputs that the model saw, and `modalities` how to
        store values of cases.
        """
        self._keeper = Keeper(self.artifacts, meta.get("keep", "failures"), meta["metrics"])
        self.__dict__.pop("modalities", None)  # they are named below
        known = modalities or core_modalities()
        old = self.meta("scored_by") or {}
        new = {one["label"]: [one["revision"], one["origin"]] for one in meta["metrics"]}
        changed = frozenset(label for label, maker in new.items() if old.get(label, maker) != maker)
        with self._transaction() as database:
            if changed:
                database.create_function("without", 1, lambda text: _without(text, changed))
                database.execute("UPDATE records SET scores = without(scores)")
            for table in ("cases", "plan"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - two literal names
            names = {"modalities": list(known.named), "scored_by": {**old, **new}}
            values = {"schema": SCHEMA, **meta, **names}
            database.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                [(name, json.dumps(value)) for name, value in values.items()],
            )
            database.executemany(
                "INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._case_row(position, case, known) for position, case in enumerate(cases)),
            )
            database.executemany(
                "INSERT INTO plan VALUES (?, ?, ?, ?, ?, ?)",
                units,
            )

    def looked(self, run: str, ids: Sequence[str], planned: int) -> Looked:
        """Note that the cases are looked at, and tell when each first was."""
        with explained(self.path):
            return Looked.of(note_look(self._connection, self.path, run, planned), ids, planned)

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

    def forget(self, status: str, where: str = "") -> None:
        """Drop the records of one status, so that they are measured again."""
        query = f"DELETE FROM records WHERE status = ? {where}"  # noqa: S608 - literals of ours
        with self._transaction() as database:
            database.execute(query, (STATUSES.index(status),))

    def forget_failures(self) -> None:
        """Drop the records without an answer where every record that is asked for has failed."""
        found = self._read("SELECT DISTINCT status FROM plan JOIN records USING (key)")
        if list(found) == [(ERRORED,)]:
            self.forget("errored", "AND prediction IS NULL")

    def counts(self) -> tuple[int, int, int]:
        """Count the records asked for, those already measured, and those of earlier plans."""
        planned, kept, stored = (
            count
            for query in ("FROM plan", "FROM plan JOIN records USING (key)", "FROM records")
            for (count,) in self._read(f"SELECT count(*) {query}")
        )
        return planned, kept, stored - kept

    def pending(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Mark, by position in the plan, what is still to be measured."""
        missing = "SELECT records.key IS NULL FROM plan LEFT JOIN records USING (key)"
        rows = self._read(f"{missing} ORDER BY plan.position")
        return np.fromiter((row[0] for row in rows), dtype=bool)

    @property
    def keeper(self) -> Keeper:
        """What settles rows in workers, where artifacts are written without travelling."""
        return self._keeper

    def write(
        self,
        batch: Iterable[tuple[bytes, int | None, Row, bytes | None]],
        usage: Mapping[str, float] | None = None,
    ) -> int:
        """Store a batch of (key, seed, row, key of the clean record) in one transaction.

        `usage` is what it cost, by name; it is added to what was spent before. An unchanged input
        takes the clean record's prediction, scores, and fate; the clean record is stored, or comes
        before it in the batch. Gives how many records are errors.
        """
        rows: dict[bytes, tuple[Any, ...]] = {}

        def clean_of(key: bytes | None) -> tuple[Any, ...] | None:
            if key in rows:
                return rows[key][2:8]  # as TAKE reads them
            return next(self._read(TAKE, key), None) if key is not None else None

        with self._transaction() as database:
            for key, seed, row, clean in batch:
                if row.unchanged:
                    taken = clean_of(clean)
                    if taken is None:
                        msg = f"{self.path}: an unchanged input has no clean record to stand for it"
                        raise StoreError(msg)
                    rows[key] = (key, seed, *taken, row.distance, 1, None, None, row.queries, 0)
                    continue
                there = clean_of(clean) if row.seen is not None and row.seen.artifacts else None
                self._keeper.settle(row, None if there is None else there[ANSWER])
                rows[key] = record_row(key, seed, row)
            database.executemany(INSERT, rows.values())
            if usage:
                add_usage(database, usage)
        return sum(row[2] == ERRORED for row in rows.values())

    def answered(self) -> Iterator[tuple[bytes, str, str, int, str | None, int]]:
        """Read (key, prediction, scores, status, changed target, case) of every answered record."""
        yield from self.rows(
            "records.key, prediction, scores, status, records.target, plan.case_position",
            "prediction IS NOT NULL",
        )

    def rescore(self, rows: Mapping[bytes, Row]) -> None:
        """Replace the scores of records that are already here."""
        with self._transaction() as database:
            database.executemany(
                "UPDATE records SET scores = ?, status = ?, error = ? WHERE key = ?",
                (
                    (dump_scores(row.scores), STATUSES.index(row.status), row.error, key)
                    for key, row in rows.items()
                ),
            )

    def rows(self, columns: str, where: str = "") -> Iterator[Any]:
        """Read columns of plan, cases and records, in order; of unmeasured ones they are NULL."""
        clause = f"WHERE {where}" if where else ""
        yield from self._read(
            f"SELECT {columns} FROM plan "  # noqa: S608 - literals of this package
            "JOIN cases ON cases.position = plan.case_position "
            f"LEFT JOIN records ON records.key = plan.key {clause} ORDER BY plan.position"
        )

    def table(self, name: Literal["plan", "records"], columns: str, order: str) -> Iterator[Any]:
        """Read columns of one table from start to end."""
        query = f"SELECT {columns} FROM {name} ORDER BY {order}"  # noqa: S608 - literals of ours
        yield from self._read(query)

    def errors(self) -> Iterator[tuple[str, int, str, int]]:
        """Read (error, how many records, first case, its position), the commonest first."""
        yield from self._read(
            "SELECT error, count(*), cases.id, min(plan.position) FROM plan "
            "JOIN cases ON cases.position = plan.case_position "
            "JOIN records ON records.key = plan.key WHERE error IS NOT NULL AND status = ? "
            "GROUP BY error ORDER BY 2 DESC, 4",  # the case is that of the first position
            ERRORED,
        )

    def cases(self) -> Iterator[tuple[str, bytes, str, str, str, str | None]]:
        """Read (id, digest, input, target, groups, cluster) of every case, in order."""
        yield from self._read(
            "SELECT id, content, input, target, groups, cluster FROM cases ORDER BY position"
        )

    def _case_row(self, position: int, case: Case, known: Modalities) -> tuple[Any, ...]:
        """Store a case: its texts, and the arrays of its target where there is a directory."""
        given = encode(case.input, known, keep=False)
        target = encode(case.target, known, keep=self.path is not None)
        return (
            position,
            case.id,
            case_digest(case, known),
            (withheld(given) if self._keeper.keep == "none" else given).text,
            self.artifacts.keep(target).text,
            self._groups(case, known),
            case.cluster,
        )

    def _groups(self, case: Case, known: Modalities) -> str:
        try:
            return encode(case.groups, known).text
        except SeatrialError as error:
            msg = f"case {case.id!r}: a group: {error}"
            raise PlanError(msg) from error

    def prediction(self, text: str) -> Prediction:
        """Read back a stored prediction."""
        return load_prediction(text, self.artifacts.read)


def _without(scores: str, labels: frozenset[str]) -> str:
    return dump_scores(
        {key: value for key, value in json.loads(scores).items() if key not in labels}
    )
