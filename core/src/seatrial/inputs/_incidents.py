"""Incidents: what went wrong with a model in use, and which priority should have shown it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from .._extending import read_table
from .._plan_checks import named
from .._values import did_you_mean
from ..errors import PlanError
from .tables._reading import Reading, rows_of
from .tables._rows import Row, Rows, refused

__all__ = ["Incident", "load_incidents"]

KEYS = ("id", "what", "covered_by", "source")
TABLES = "incidents"
SEPARATOR = ";"


def _names(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@frozen
class Incident:
    """Something that went wrong: `what` happened, and the priorities that cover it, if any.

    `source` says where it is written down.
    """

    id: str = field(validator=named)
    what: str = field(validator=named)
    covered_by: tuple[str, ...] = field(default=(), converter=_names, kw_only=True)
    source: str | None = field(default=None, kw_only=True)


def load_incidents(source: Any) -> tuple[Incident, ...]:
    """Read incidents from TOML (`[[incidents]]`), CSV, TSV, JSON or JSON lines, or mappings.

    Each has `what`; `id` is the number of the row where there is none. `covered_by` names a
    priority or several: a list, or a text with `;` between. Other columns are left alone. Raises
    `FileError` with the place of each row that is no incident.
    """
    several = isinstance(source, Iterable) and not isinstance(source, str)
    given = tuple(source) if several else ()
    if given and all(isinstance(one, Incident) for one in given):
        return given
    rows = _rows(source)
    problems = [*rows.problems]
    found: dict[str, Incident] = {}
    for row in rows.rows:
        try:
            incident = _incident(row)
        except PlanError as error:
            problems.append(f"{row.place}: {error}")
            continue
        if incident.id in found:
            problems.append(f"{row.place}: another incident has the id {incident.id!r}")
        found[incident.id] = incident
    if problems:
        raise refused(rows.name, problems)
    if not found:
        msg = f"{rows.name} holds no incidents"
        raise PlanError(msg)
    return tuple(found.values())


def _rows(source: Any) -> Rows:
    if isinstance(source, str | Path):
        path = Path(source)
        if path.suffix.lower() == ".toml":
            return _of_toml(path)
        if path.is_dir():
            raise refused(str(path), [f"{path} is a folder: incidents are read from a file"])
    found = rows_of(source, Reading())
    if found is None:
        msg = f"incidents are read from a file or from mappings, got {source!r:.80}"
        raise PlanError(msg)
    rows = found[0]
    if absent := rows.absent(("what",)):
        raise refused(rows.name, [*rows.problems, *absent])
    return rows


def _of_toml(path: Path) -> Rows:
    tables = read_table(path).get(TABLES)
    if not isinstance(tables, list) or not all(isinstance(one, Mapping) for one in tables):
        raise refused(str(path), [f"{path.name}: has no tables [[{TABLES}]]"])
    rows = [
        Row(f"{path.name}.{TABLES}[{at}]", str(at + 1), table) for at, table in enumerate(tables)
    ]
    return Rows(path.name, dict.fromkeys(key for table in tables for key in table), rows)


def _incident(row: Row) -> Incident:
    values = row.values
    if close := list(_misspelt(values)):
        raise PlanError("; ".join(close))
    name, source = values.get("id"), values.get("source")
    return Incident(
        row.label if name in (None, "") else str(name),
        values.get("what") or "",
        covered_by=_covering(values.get("covered_by")),
        source=None if source in (None, "") else str(source),
    )


def _misspelt(values: Iterable[Any]) -> Iterator[str]:
    for key in map(str, values):
        if key not in KEYS and (hint := did_you_mean(key, KEYS)):
            yield f"no such key {key!r}{hint}"


def _covering(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    parts = value.split(SEPARATOR) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(one, str) for one in parts):
        msg = f"covered_by must name priorities, got {value!r:.80}"
        raise PlanError(msg)
    return tuple(dict.fromkeys(part for one in parts if (part := one.strip())))
