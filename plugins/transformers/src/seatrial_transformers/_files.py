"""Where a model's files are, and digests of what is in them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path

from seatrial import kit
from seatrial.errors import ModelError, StoreError

__all__ = ["cache_folder", "digest", "digests", "locate"]

SUFFIXES = (".safetensors", ".json", ".jinja", ".model", ".txt", ".tiktoken")
"""What a model consists of: weights, configuration, tokenizer and template; no code, no pickle."""

HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
LARGE = 4 << 20  # bytes; hashing less than this is faster than looking the digest up
SETTLED = 2.0  # seconds; a file younger than this may change again within one tick of its clock


def cache_folder() -> Path:
    """Give the folder for what can be computed again: `SEATRIAL_CACHE`, or the platform's own."""
    if chosen := os.environ.get("SEATRIAL_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "seatrial"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/seatrial"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seatrial"


def locate(path: str, revision: str | None = None) -> Path:
    """Find a model's folder or GGUF file; a hub name becomes its snapshot in the hub's local cache.

    A name that is not in that cache yet, or not completely, is downloaded into it.
    """
    local = Path(path).expanduser()
    if local.is_dir() or (local.is_file() and local.suffix == ".gguf"):
        return local.resolve()
    if local.is_file():
        msg = f"{path} is neither a folder nor a .gguf file; other weights are not loaded"
        raise ModelError(msg)
    if not HUB_NAME.fullmatch(path) or path.endswith(".gguf"):
        msg = f"there is no model at {path}: give a folder, a .gguf file or a name on the hub"
        raise ModelError(msg)
    return _snapshot(path, revision)


def _snapshot(name: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    patterns = [f"*{suffix}" for suffix in SUFFIXES]
    try:
        there = snapshot_download(
            name, revision=revision, allow_patterns=patterns, local_files_only=True
        )
        if any(Path(there).glob("*.safetensors")):
            return Path(there)
    except LocalEntryNotFoundError:
        pass
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=patterns))
    except Exception as error:
        msg = f"{name} is no local folder or file, and the hub does not give it: {error}"
        raise ModelError(msg) from error


def digests(place: Path) -> dict[str, str]:
    """Give the digest of each file that makes up the model at this place."""
    if place.is_file():
        return {"gguf": digest(place)}
    names = sorted(one.name for one in place.iterdir() if one.suffix in SUFFIXES)
    if not any(name.endswith(".safetensors") for name in names):
        msg = (
            f"{place} holds no .safetensors file: pickled weights are not loaded; "
            "save the model again with save_pretrained"
        )
        raise ModelError(msg)
    return {name: digest(place / name) for name in names}


def digest(file: Path) -> str:
    """Hash a file's content; a large file's digest is kept until the file is touched."""
    now = file.stat()
    if now.st_size < LARGE:
        return _hashed(file)
    stamp = [now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino]
    key = kit.digest(str(file.resolve()))
    note = cache_folder() / "digests" / f"{key}.json"
    try:
        known = json.loads(note.read_text())
        if known["stamp"] == stamp:
            return str(known["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    found = _hashed(file)
    if time.time() - max(now.st_mtime, now.st_ctime) > SETTLED:
        _keep(note, json.dumps({"stamp": stamp, "digest": found}))
    return found


def _hashed(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _keep(note: Path, text: str) -> None:
    with suppress(OSError, StoreError):  # an unwritable cache costs time, not correctness
        note.parent.mkdir(parents=True, exist_ok=True)
        kit.write_atomically(note, text)
