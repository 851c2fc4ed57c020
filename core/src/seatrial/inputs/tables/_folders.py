"""Rows of a folder: one for each picture, volume, array or text in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ._rows import Row, Rows, refused

__all__ = ["FILE", "read_folder"]

FILE = "file"
"""The column that names the file itself."""

COLUMNS = (FILE, "path", "name", "folder", "top")
ARRAYS = (".npy", ".npz")
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif")
VOLUMES = (".nii", ".nii.gz", ".mha", ".mhd", ".nrrd", ".mgz", ".dcm")
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
    as a patient). Hidden files are left out. `kind` states what the files are: a modality or
    "text-file"; without it all must be of one kind by their suffix.
    """
    files = list(_files(folder))
    if kind is None:
        kinds = Counter(found for one in files if (found := _kind(one)))
        if not kinds:
            raise refused(str(folder), [_nothing(folder, files)])
        if len(kinds) > 1:
            told = ", ".join(f"{count:,} × {name}" for name, count in kinds.most_common())
            msg = f"{folder} holds files of several kinds ({told}): say which, as in "
            msg += f"types = {{ {FILE} = {kinds.most_common(1)[0][0]!r} }}"
            raise refused(str(folder), [msg])
        (kind,) = kinds
        wanted = KINDS[kind]
    else:
        wanted = ALSO.get(kind, ())
    chosen = [one for one in files if not wanted or one.name.lower().endswith(wanted)]
    if not chosen:
        msg = f"{folder} holds no files that are read as {kind}"
        raise refused(str(folder), [msg])
    rows = [_row(folder, one) for one in chosen]
    return Rows(str(folder), COLUMNS, rows, folder=folder), kind


def _files(folder: Path) -> Iterator[Path]:
    for one in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in one.relative_to(folder).parts)
        if one.is_file() and not hidden:
            yield one


def _kind(path: Path) -> str | None:
    name = path.name.lower()
    return next((kind for kind, suffixes in KINDS.items() if name.endswith(suffixes)), None)


def _row(folder: Path, file: Path) -> Row:
    inside = file.relative_to(folder)
    path = inside.as_posix()
    known = sorted((one for one in sum(KINDS.values(), ()) if path.lower().endswith(one)), key=len)
    values = {
        FILE: path,
        "path": path,
        "name": inside.name[: len(inside.name) - len(known[-1])] if known else inside.stem,
        "folder": inside.parent.name or None,
        "top": inside.parts[0] if len(inside.parts) > 1 else None,
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
