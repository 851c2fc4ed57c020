"""Rows of features on disk, found by what they are features of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field

from seatrial.errors import StoreError
from seatrial.kit import digest, write_atomically

from ._arrays import Matrix

__all__ = ["Rows", "checksum", "read_checked", "write_checked"]

FORMAT = 1
HEADER = "seatrial_simnl"


@define
class Rows:
    """Feature vectors by key, in memory and, with a folder, in safetensors files.

    `facts` say how the rows were made; rows made otherwise live in another folder, named by the
    digest of the facts, and each file repeats the facts in its header. Files are written whole and
    never changed, so an extraction that was broken off goes on where its last file ends.
    """

    facts: Mapping[str, Any]
    folder: Path | None = None
    _known: dict[str, Matrix] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        if self.folder is None:
            return
        name = f"{self.facts['kind']}-{digest(_text(self.facts), size=8)}"
        self.folder = Path(self.folder).expanduser() / name
        for file in sorted(self.folder.glob("*.safetensors")):
            header, arrays = read_checked(file)
            if header.get("facts") != json.loads(_text(self.facts)):
                msg = (
                    f"{file} is stale: it was made from {_differing(header, self.facts)}; delete "
                    "the file, and it is made anew"
                )
                raise StoreError(msg)
            self._known.update(zip(header["keys"], arrays["rows"], strict=True))

    def missing(self, keys: Iterable[str]) -> list[str]:
        """List the keys that have no row, each once."""
        return [key for key in dict.fromkeys(keys) if key not in self._known]

    def __getitem__(self, key: str) -> Matrix:
        return self._known[key]

    def add(self, keys: list[str], rows: Matrix) -> None:
        """Keep rows, on disk too."""
        self._known.update(zip(keys, rows, strict=True))
        if self.folder is None:
            return
        name = digest("\n".join(keys), size=8)
        header = {"facts": dict(self.facts), "keys": keys}
        write_checked(self.folder / f"{name}.safetensors", {"rows": rows}, header)


def _differing(header: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    before = header.get("facts", {})
    pairs = [
        f"{name} {before.get(name)!r} and not {value!r}"
        for name, value in facts.items()
        if before.get(name) != value
    ]
    return ", ".join(pairs) or "something else"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def checksum(arrays: Mapping[str, np.ndarray[Any, Any]]) -> str:
    """Digest arrays with their names, shapes and types."""
    found = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name}{array.shape}{array.dtype}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def write_checked(
    file: Path, arrays: Mapping[str, np.ndarray[Any, Any]], header: Mapping[str, Any]
) -> None:
    """Write arrays and a header whole or not at all."""
    from safetensors.numpy import save

    whole = {"format": FORMAT, "checksum": checksum(arrays), **header}
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{file} cannot be written: {error}"
        raise StoreError(msg) from error
    write_atomically(file, save(plain, metadata={HEADER: _text(whole)}))


def read_checked(file: Path) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Read a header and its arrays, and refuse what is damaged or of another kind."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(file), framework="numpy") as stored:
            text = (stored.metadata() or {}).get(HEADER)
            names = list(stored.keys())
            arrays = {name: stored.get_tensor(name) for name in names}
        header = json.loads(text or "")
        version, given = header["format"], header["checksum"]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        msg = f"{file} is damaged, or no file of features ({error}); delete it"
        raise StoreError(msg) from error
    if version != FORMAT:
        msg = f"{file} was written by another version of seatrial-simnl; delete it"
        raise StoreError(msg)
    if given != checksum(arrays):
        msg = f"{file} is damaged: its checksum is wrong; delete it, and it is made anew"
        raise StoreError(msg)
    return header, arrays
