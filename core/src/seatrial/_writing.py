"""Write files so that readers never see half of one, and name content by its digest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

from .errors import StoreError

__all__ = ["digest", "write_atomically"]

DIGEST_BYTES = 16


def digest(value: bytes | str | Any, *, size: int = DIGEST_BYTES) -> str:
    """Name content: hexadecimal digits of blake2b over bytes, text, or plain data as JSON.

    Equal content has equal names in every process; mappings are read in the order of their keys.
    `size` is the number of bytes, two digits each.
    """
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    elif not isinstance(value, bytes | bytearray | memoryview):
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        value = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(value, digest_size=size).hexdigest()


def write_atomically(path: str | Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never half of it."""
    path = Path(path)
    draft = path.with_name(f".{path.name}.{uuid4().hex}.draft")  # threads write the same file, too
    try:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        msg = f"{path} cannot be written: {error.strerror or error}"
        raise StoreError(msg) from error
