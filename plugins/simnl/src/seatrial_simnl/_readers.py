"""Readers of labelled images: folders, CSV tables, CoOp's split files."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seatrial import Case
from seatrial.errors import FileError, PlanError

from ._data import PARTS, ImageData, assembled
from ._wording import plain_name

__all__ = ["SUFFIXES", "case_of", "csv_file", "folder_at", "image_folder", "split_file"]

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})


def image_folder(path: str | Path, *, classes: Sequence[str] | None = None) -> ImageData:
    """Read a folder of folders: `train/cat/1.jpg`, or `cat/1.jpg` where nothing is split.

    The parts may be called train, val, valid, validation, dev and test; without any, all images are
    for training, and `split` divides them. A class is named after its folder, with underscores as
    spaces.
    """
    root = folder_at(path)
    tops = sorted(one for one in root.iterdir() if one.is_dir() and not one.name.startswith("."))
    parts = {one: PARTS[one.name.casefold()] for one in tops if one.name.casefold() in PARTS}
    if parts and len(parts) < len(tops):
        mixed = next(one for one in tops if one not in parts)
        said = ", ".join(one.name for one in parts)
        msg = f"{root} holds the parts {said}, and {mixed.name}, which is none"
        raise PlanError(msg)
    cases: dict[str, list[Case]] = {}
    for top, part in (parts or {root: "train"}).items():
        for folder in sorted(one for one in top.iterdir() if one.is_dir()):
            for file in sorted(one for one in folder.rglob("*") if one.suffix.lower() in SUFFIXES):
                name = file.relative_to(root).as_posix()
                cases.setdefault(part, []).append(case_of(name, file, plain_name(folder.name)))
    return assembled(cases, classes, where=str(root), lazy=True)


def csv_file(
    path: str | Path,
    *,
    image: str = "image",
    label: str = "label",
    part: str = "split",
    root: str | Path | None = None,
    classes: Sequence[str] | None = None,
) -> ImageData:
    """Read a table with a row for each image: its path, its class, and the part that it belongs to.

    `image`, `label` and `part` name the columns; without the last, all rows are for training. Other
    columns become groups of the cases. Paths are relative to `root`, or to the table's folder.
    """
    file = Path(path)
    base = file.parent if root is None else Path(root)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.DictReader(stream)
            rows = list(table)
            columns = table.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(str(file), (f"{file} cannot be read as CSV: {error}",)) from error
    if missing := [name for name in (image, label) if name not in columns]:
        msg = f"{file} has no column {missing[0]!r}; it has {', '.join(columns) or 'none'}"
        raise FileError(str(file), (msg,))
    problems: list[str] = []
    cases: dict[str, list[Case]] = {}
    for line, row in enumerate(rows, start=2):
        where = PARTS.get((row.get(part) or "train").strip().casefold())
        if where is None:
            problems.append(f"{file}:{line}: {row[part]!r} is no part; use train, val or test")
        elif not (row[image] and row[label]):
            problems.append(f"{file}:{line}: the image or the label is missing")
        else:
            groups = {key: row[key] for key in columns if key not in (image, label, part)}
            case = case_of(row[image], base / row[image], row[label].strip(), groups)
            cases.setdefault(where, []).append(case)
    if problems:
        raise FileError(str(file), tuple(problems))
    return assembled(cases, classes, where=str(file), lazy=True)


def split_file(path: str | Path, images: str | Path) -> ImageData:
    """Read a split file of CoOp (`split_zhou_*.json`) with the folder of its images.

    It has the lists "train", "val" and "test" of [path, number, class name]; the classes are in the
    order of their numbers. Source: Zhou et al., CoOp (IJCV 2022).
    """
    file, base = Path(path), folder_at(images)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(str(file), (f"{file} cannot be read as JSON: {error}",)) from error
    if not isinstance(found, dict) or not found.keys() & {"train", "val", "test"}:
        msg = f"{file} is no split file: it has none of the lists train, val and test"
        raise FileError(str(file), (msg,))
    problems: list[str] = []
    names: dict[int, str] = {}
    cases: dict[str, list[Case]] = {}
    for part in ("train", "val", "test"):
        for place, row in enumerate(found.get(part, ())):
            try:
                relative, number, given = row
                name = plain_name(given)
                if names.setdefault(int(number), name) != name:
                    said = f"{name!r} and {names[int(number)]!r} are both number {number}"
                    problems.append(f"{file}: {part}[{place}]: {said}")
                    continue
                case = case_of(relative, base / relative, name)
            except (TypeError, ValueError, AttributeError):
                problems.append(f"{file}: {part}[{place}] is {row!r}, not [path, number, class]")
                continue
            cases.setdefault(PARTS[part], []).append(case)
    if len(set(names.values())) < len(names):
        problems.append(f"{file}: two numbers have the same class name")
    if problems:
        raise FileError(str(file), tuple(problems))
    return assembled(cases, [names[number] for number in sorted(names)], where=str(file), lazy=True)


def folder_at(path: str | Path) -> Path:
    """Give a folder that is there."""
    root = Path(path).expanduser()
    if not root.is_dir():
        msg = f"there is no folder {root}"
        raise PlanError(msg)
    return root


def case_of(name: str, file: Path, target: str, groups: Any = None) -> Case:
    """Make a case of an image that stays in its file."""
    return Case(name, str(file), target, groups or {})
