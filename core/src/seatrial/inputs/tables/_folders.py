"""Rows of a folder: one for each picture, volume, array or text in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ._rows import Row, Rows, refused
from ._series import SCANNER, holds_dicom, volumes_of

__all__ = ["FILE", "read_folder"]

FILE = "file"
"""The column that names the file itself."""

COLUMNS = (FILE, "path", "name", "folder", "top")
ARRAYS = (".npy", ".npz")
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif")
DICOM = ".dcm"
VOLUMES = (".nii", ".nii.gz", ".mgz", ".mgh", DICOM)
TEXTS = (".txt", ".md")
KINDS = {"image": PICTURES, "volume": VOLUMES, "array": ARRAYS, "text-file": TEXTS}
ALSO = {
    "image": (*PICTURES, *ARRAYS),
    "volume": (*VOLUMES, *ARRAYS),
    "mask": (*PICTURES, *VOLUMES, *ARRAYS),
    "array": ARRAYS,
    "text-file": TEXTS,
}
"""What a modality may be read from, where it is stated."""


def read_folder(folder: Path, kind: str | None = None) -> tuple[Rows, str]:
    """List the files of a folder and of those in it; give with them the kind that they are.

    The columns are `file`, `path` (from the folder on, which is the id), `name` (without suffix),
    `folder` (the one that the file lies in, such as its class) and `top` (the first of them, such
    as a patient). A folder of DICOM slices is one row, and `vendor`, `model`, `field_strength` (T)
    and `sequence` are columns. Hidden files are left out. `kind` states what the files are: a
    modality or "text-file"; without it all must be of one kind by their suffix.
    """
    files = list(_files(folder))
    if kind is None:
        kinds = Counter(found for one in files if (found := _kind(one)))
        if not kinds:
            raise refused(str(folder), [_nothing(folder, files)])
        if len(kinds) > 1:
            told = ", ".join(f"{count:,} × {name}" for name, count in kinds.most_common())
            usual = kinds.most_common(1)[0][0]
            odd = next(one for one in files if _kind(one) not in (None, usual))
            msg = (
                f"{folder} holds files of several kinds ({told}; such as "
                f"{odd.relative_to(folder)}): say which, as in types = {{ {FILE} = {usual!r} }}"
            )
            raise refused(str(folder), [msg])
        (kind,) = kinds
        wanted = KINDS[kind]
    else:
        wanted = ALSO.get(kind, ())
    scans = [one for one in files if DICOM in wanted and holds_dicom(one)]
    known = set(scans)
    named = [one for one in files if not wanted or one.name.lower().endswith(wanted)]
    chosen = [one for one in named if one not in known]
    if not chosen and not scans:
        msg = f"{folder} holds no files that are read as {kind}"
        raise refused(str(folder), [msg])
    rows = sorted(_rows(folder, chosen, scans), key=lambda row: row.place)
    columns = (*COLUMNS, *SCANNER) if scans else COLUMNS
    return Rows(str(folder), columns, rows, folder=folder), kind


def _rows(folder: Path, files: Iterable[Path], scans: Iterable[Path]) -> Iterator[Row]:
    for one in files:
        yield _row(folder, one, {})
    for one, scanner in volumes_of(scans):
        yield _row(folder, one, scanner)


def _files(folder: Path) -> Iterator[Path]:
    for one in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in one.relative_to(folder).parts)
        if one.is_file() and not hidden:
            yield one


def _kind(path: Path) -> str | None:
    name = path.name.lower()
    known = next((kind for kind, suffixes in KINDS.items() if name.endswith(suffixes)), None)
    return known or ("volume" if holds_dicom(path) else None)


def _row(folder: Path, file: Path, more: dict[str, Any]) -> Row:
    inside = file.relative_to(folder)
    path = folder.resolve().name if file == folder else inside.as_posix()
    known = sorted((one for one in sum(KINDS.values(), ()) if path.lower().endswith(one)), key=len)
    values = {
        FILE: inside.as_posix(),
        "path": path,
        "name": inside.name[: len(inside.name) - len(known[-1])] if known else inside.stem,
        "folder": inside.parent.name or None,
        "top": inside.parts[0] if len(inside.parts) > 1 else None,
        **more,
    }
    return Row(str(file), path, values)


def _nothing(folder: Path, files: list[Path]) -> str:
    if not files:
        return f"{folder} holds no files"
    suffixes = ", ".join(sorted({one.suffix or one.name for one in files})[:6])
    return (
        f"{folder} holds no pictures, volumes, arrays or texts that can be read (but {suffixes}); "
        "a table of cases is given as a file"
    )
