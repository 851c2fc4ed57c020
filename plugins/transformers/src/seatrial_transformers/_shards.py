"""Files of activations, each named after the digest of its content: none is trusted blindly.

A file is written under another name and then renamed, so that it is there whole or not at all.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import frozen

from seatrial.errors import StoreError

from ._files import digest

__all__ = ["Shard", "found", "written"]

SUFFIX = ".safetensors"
UNFINISHED = ".part"
ABANDONED = 3600.0  # seconds; a file that is being written for longer was left by a killed process


@frozen(eq=False)
class Shard:
    """One file, and the facts about it that it carries."""

    file: Path
    facts: Mapping[str, Any]

    def matrix(self, name: str, first: int | None = None, after: int | None = None) -> Any:
        """Read one matrix, or some of its rows, and nothing else of the file."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.file, framework="numpy") as opened:
                return opened.get_slice(name)[first:after]
        except (OSError, SafetensorError) as error:
            msg = f"cannot read the activations in {self.file}: {error}; extract them again"
            raise StoreError(msg) from error


def written(folder: Path, tensors: Mapping[str, Any], facts: Mapping[str, Any]) -> Shard:
    """Write one file. Raises `StoreError` when it cannot be; those before it stay as they are."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    temporary = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=UNFINISHED)
        os.close(handle)
        temporary = Path(name)
        save_file(dict(tensors), temporary, metadata={"facts": json.dumps(facts)})
        file = folder / f"{digest(temporary)}{SUFFIX}"
        temporary.replace(file)
    except (OSError, SafetensorError) as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        msg = (
            f"cannot keep activations in {folder}: {error}; make room or name another folder "
            "with cache=; with a cache, what was read so far is kept"
        )
        raise StoreError(msg) from error
    return Shard(file, facts)


def found(folder: Path) -> list[Shard]:
    """List the files of a folder whose content is what it was when they were written.

    Others are deleted, and so is what a killed process left unfinished.
    """
    if not folder.is_dir():
        return []
    shards = []
    for file in sorted(folder.iterdir()):
        if file.suffix == UNFINISHED:
            _drop_if_abandoned(file)
        elif file.suffix == SUFFIX:
            facts = _facts(file)
            if facts is None:
                file.unlink(missing_ok=True)
            else:
                shards.append(Shard(file, facts))
    return shards


def _drop_if_abandoned(file: Path) -> None:
    with suppress(FileNotFoundError):  # its writer has just finished it
        if time.time() - file.stat().st_mtime > ABANDONED:
            file.unlink()


def _facts(file: Path) -> Mapping[str, Any] | None:
    from safetensors import SafetensorError, safe_open

    try:
        if digest(file) != file.stem:
            return None
        with safe_open(file, framework="numpy") as opened:
            facts: Mapping[str, Any] = json.loads(opened.metadata()["facts"])
            return facts
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None
