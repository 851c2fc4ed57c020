"""A run directory: one writer at a time, whole files, and errors that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError

__all__ = ["DATABASE", "explained", "writing"]

DATABASE = "trials.sqlite"


def _writable(directory: Path) -> None:
    """Make a run directory, and find out now whether it can be written."""
    if directory.is_file():
        msg = f"{directory} is a file; a run needs a directory of its own"
        raise StoreError(msg)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".writable"
        probe.write_bytes(b"0" * 4096)
        probe.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{directory} cannot be written: {error.strerror or error}"
        raise StoreError(msg) from error
    strangers = [entry.name for entry in directory.iterdir()]
    if strangers and DATABASE not in strangers and set(strangers) - {"lock"}:
        msg = (
            f"{directory} is not a run directory: it holds {min(strangers)!r} and no "
            f"{DATABASE}; choose an empty or a new directory"
        )
        raise StoreError(msg)


@contextmanager
def explained(path: Path | None) -> Iterator[None]:
    """Turn SQLite's errors into ones that say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "full" in text or "disk I/O" in text or "too large" in text:
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
        except sqlite3.Error as error:
            msg = (
                f"{directory}: another run is writing here; wait until it is done, or choose "
                "another directory"
                if "locked" in str(error)
                else f"{directory / 'lock'}: {error}; remove this file"
            )
            raise StoreError(msg) from error
        yield
    finally:
        lock.close()
