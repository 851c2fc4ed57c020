"""Arrays of a run, each in a file of its own under the digest of its content."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

from attrs import define, field

from .._registry import Registry, default_registry
from .._values import freeze
from .._writing import write_atomically
from ..errors import SeatrialError, StoreError
from ..inputs._encoding import Encoded, decode, encode
from ..inputs._modalities import Modalities

__all__ = ["ARTIFACTS", "Artifacts", "digests_in"]

ARTIFACTS = "artifacts"
NAMED = re.compile(r'"\$artifact":"([^"]*)","modality":"([^"]*)"')
MODALITY = re.compile(r'"modality":"([^"]*)"')
FILE = re.compile(r'"\$asset":"([^"]*)"')
DIGEST = re.compile(r"[0-9a-f]{16,64}")


def digests_in(text: str) -> list[str]:
    """List the artifacts that an encoded value names."""
    return [digest for digest, _ in NAMED.findall(text)]


@define(eq=False)
class Artifacts:
    """A folder of artifacts: written atomically, once for equal content, and checked when read.

    It can be sent to workers, which write to the same folder. Without a run directory the folder is
    a temporary one, which goes when the report does.
    """

    folder: Path | None = None
    registry: Registry = field(factory=default_registry)

    def __getstate__(self) -> tuple[Path]:
        return (self.folder or self.place(),)

    def __setstate__(self, state: tuple[Path]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def place(self) -> Path:
        """Give the folder, making it if need be."""
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="seatrial-"))
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def has(self, digest: str) -> bool:
        """Tell whether an artifact is here."""
        return self.folder is not None and (self.folder / digest).is_file()

    def keep(self, value: Encoded) -> Encoded:
        """Write the arrays of a value, and give it without them."""
        if not value.artifacts:
            return value
        for digest, content in value.artifacts.items():
            if not self.has(digest):
                write_atomically(self.place() / digest, content)
        return Encoded(value.text)

    def fetch(self, digest: str) -> bytes:
        """Read the bytes of an artifact; raises `StoreError` that names it."""
        if not DIGEST.fullmatch(digest):
            msg = f"{digest!r} is no name of an artifact: the run directory is damaged"
            raise StoreError(msg)
        if not self.has(digest):
            msg = f"the artifact {self._named(digest)} is missing; restore it from a copy"
            raise StoreError(msg)
        try:
            return (self.place() / digest).read_bytes()
        except OSError as error:
            msg = f"{self._named(digest)} cannot be read: {error.strerror or error}"
            raise StoreError(msg) from error

    def read(self, text: str) -> Any:
        """Decode a value, and check that its arrays and files are those that it names."""
        if '"$' not in text:
            return freeze(json.loads(text))
        known = Modalities(self.registry).with_names(MODALITY.findall(text))
        try:
            value = decode(text, self.fetch, known)
            if encode(value, known, keep=False).text == text:
                return value
            why = "its content is another than was stored"
        except StoreError:
            raise
        except SeatrialError as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - a damaged file may raise anything
            why = f"{type(error).__name__}: {error}"
        named = [self._named(digest) for digest in digests_in(text)] + FILE.findall(text)
        msg = f"{', '.join(named) or text[:80]} is damaged or was changed ({why}); restore it"
        raise StoreError(msg)

    def forget_drafts(self) -> None:
        """Remove what a killed process left half written."""
        if self.folder is not None and self.folder.is_dir():
            for draft in self.folder.glob(".*.draft"):
                draft.unlink(missing_ok=True)

    def copy_to(self, folder: Path) -> None:
        """Copy every artifact to another folder."""
        if self.folder is None or not self.folder.is_dir():
            return
        try:
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        except OSError as error:
            msg = f"{folder} cannot be written: {error.strerror or error}"
            raise StoreError(msg) from error

    def _named(self, digest: str) -> str:
        return str((self.folder or Path(ARTIFACTS)) / digest)
