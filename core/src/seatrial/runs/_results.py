"""Results on disk: one JSON file with its kind and schema, and arrays in a folder beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._arguments import as_path
from .._values import FrozenMapping, with_article
from .._writing import digest, write_atomically
from ..errors import StoreError
from ..inputs._encoding import encode
from ._artifacts import ARTIFACTS, Artifacts
from ._directory import DATABASE

__all__ = ["RESULTS", "keep_result", "kept_results", "load_result", "save_result"]

RESULTS = "results"
"""The folder of a run directory that holds what was made of the run."""

NAMED = 12  # digits of the digest in a file's name


def save_result(path: str | Path, kind: str, schema: int, value: Mapping[str, Any]) -> None:
    """Write a result to a file, whole or not at all.

    `value` holds texts, numbers, sequences, mappings and arrays; numbers that are not finite are
    kept. Raises `PlanError` for what cannot be stored, `StoreError` where nothing can be written.
    """
    path = as_path(path, "path")
    encoded = encode({"kind": kind, "schema": schema, **value})
    Artifacts(path.parent / ARTIFACTS).keep(encoded)
    text = json.dumps(json.loads(encoded.text), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(path, text + "\n")


def load_result(path: str | Path, kind: str, schema: int) -> Mapping[str, Any]:
    """Read a result back; raises `StoreError` where the file holds something else."""
    path = as_path(path, "path")
    found = _read(path, kind)
    if found.get("kind") != kind:
        what = f"a {found['kind']}" if isinstance(found.get("kind"), str) else "no result"
        msg = f"{path} holds {what}, not a {kind}"
        raise StoreError(msg)
    if found.get("schema") != schema:
        msg = (
            f"{path}: this version of seatrial reads schema {schema} of a {kind}, and the file has "
            f"{found.get('schema')}; make it anew from its run"
        )
        raise StoreError(msg)
    text = json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    value: Mapping[str, Any] = Artifacts(path.parent / ARTIFACTS).read(text)
    return FrozenMapping({key: one for key, one in value.items() if key not in ("kind", "schema")})


def keep_result(run: Path | None, kind: str, schema: int, value: Mapping[str, Any]) -> Path | None:
    """Keep a result beside its run, once for equal content; give its path.

    A report without a directory, and a directory that cannot be written, keep nothing: None.
    """
    if run is None or not os.access(run, os.W_OK):
        return None
    folder = run / RESULTS
    name = digest(encode(value, keep=False).text)[:NAMED]
    path = folder / f"{kind}-{name}.json"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        msg = f"{folder} cannot be written: {error.strerror or error}"
        raise StoreError(msg) from error
    save_result(path, kind, schema, value)
    return path


def kept_results(run: Path, kind: str) -> list[Path]:
    """List the results of one kind that were made of the run as it is now, the newest last.

    What was made before the run measured more is left out.
    """
    database = run / DATABASE
    changed = database.stat().st_mtime_ns if database.is_file() else 0
    found = {path: path.stat().st_mtime_ns for path in (run / RESULTS).glob(f"{kind}-*.json")}
    return sorted((path for path in found if found[path] >= changed), key=lambda p: (found[p], p))


def _read(path: Path, kind: str) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        msg = f"{path} cannot be read as {with_article(kind)}: {why}"
        raise StoreError(msg) from error
    if not isinstance(found, dict):
        msg = f"{path} holds no {kind}"
        raise StoreError(msg)
    return found
