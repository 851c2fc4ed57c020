"""Read a table, whatever it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from ...errors import PlanError
from .._boundary import call
from ._delimited import read_delimited
from ._folders import FILE, read_folder
from ._json import read_json
from ._memory import rows_in_memory
from ._rows import Row, Rows, refused

__all__ = ["Reading", "rows_of"]

JSON = (".json", ".jsonl", ".ndjson")
DELIMITED = (".csv", ".tsv", ".tab", ".txt")
SAVED = ("dataset_dict.json", "dataset_info.json")
"""What the library `datasets` leaves in a folder that it saves."""


def _path(value: str | Path | None) -> Path | None:
    return None if value is None else Path(value)


@frozen(kw_only=True)
class Reading:
    """How a file is read, as far as its name and content do not say it.

    `folder` is where the paths in a table begin, by default beside it.
    """

    types: Mapping[str, str] = field(factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    split: str | None = None
    folder: Path | None = field(default=None, converter=_path)


def rows_of(source: Any, reading: Reading) -> tuple[Rows, Reading] | None:
    """Give the rows of a file, a folder, a data frame, a data set or mappings; None for the rest.

    The reading comes back with the types that the source itself knows.
    """
    if isinstance(source, str | Path):
        return _of_path(Path(source), reading)
    rows = rows_in_memory(source, reading.split)
    return None if rows is None else (rows, reading)


def _of_path(path: Path, reading: Reading) -> tuple[Rows, Reading]:
    if not path.exists():
        where = "" if path.is_absolute() else f" (looked for in {Path.cwd()})"
        raise refused(str(path), [f"{path} does not exist{where}"])
    if path.is_dir():
        return _of_folder(path, reading)
    suffix = path.suffix.lower()
    if suffix in JSON:
        return read_json(path, encoding=reading.encoding), reading
    if suffix == ".parquet":
        return _parquet(path), reading
    if suffix in DELIMITED:
        found = read_delimited(path, delimiter=reading.delimiter, encoding=reading.encoding)
        return found, reading
    msg = f"{path}: tables are read from .csv, .tsv, .json, .jsonl and .parquet"
    if suffix in (".xlsx", ".xls"):
        msg += "; save the sheet as CSV, or give load_cases(pandas.read_excel(...), ...)"
    raise refused(str(path), [msg])


def _of_folder(path: Path, reading: Reading) -> tuple[Rows, Reading]:
    if any((path / name).is_file() for name in SAVED):
        library = _library("datasets", path)
        data = call(str(path), library.load_from_disk, str(path))
        rows = rows_in_memory(data, reading.split)
        if rows is not None:
            return evolve(rows, name=str(path)), reading
    rows, kind = read_folder(path, reading.types.get(FILE))
    return rows, evolve(reading, types={**reading.types, FILE: kind})


def _parquet(path: Path) -> Rows:
    library = _library("pyarrow.parquet", path)
    table = call(str(path), library.read_table, str(path))
    rows = [
        Row(f"{path}, row {number}", str(number), one)
        for number, one in enumerate(table.to_pylist(), start=1)
    ]
    return Rows(str(path), table.column_names, rows, folder=path.parent)


def _library(module: str, path: Path) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        msg = f"to read {path}, install {name}: pip install {name}"
        raise PlanError(msg) from error
