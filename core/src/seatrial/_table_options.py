"""What may be said of a file of cases or of recorded answers, and how a reference says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ._importing import IMPORT_STRING
from ._reference import Reference
from ._settings import Check, slice_of_cases, text, whole
from ._values import did_you_mean, plain

__all__ = [
    "ANSWERS",
    "CASES",
    "SOURCE",
    "as_table",
    "file_reference",
    "is_source",
    "option_problems",
    "referred",
    "written",
]

CASES = "seatrial:load_cases"
ANSWERS = "seatrial:load_answers"
"""What a table with `file = …` stands for: a public function, called with the table's keys."""

SOURCE = "source"
KINDS = ("text", "integer", "number", "boolean", "json", "text-file")
SAMPLES = ("first", "random")
EMPTY = ("refuse", "skip", "keep")
SUFFIXES = (
    *(".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet"),
    *(".xlsx", ".xls", ".txt", ".arrow", ".feather"),
)


def _columns(value: Any) -> str | None:
    names = (value,) if isinstance(value, str) else value
    if isinstance(names, list | tuple) and names and all(isinstance(n, str) and n for n in names):
        twice = [name for name in names if list(names).count(name) > 1]
        return f"names {twice[0]!r} more than once" if twice else None
    return f"must name a column, or a list of columns, got {value!r}"


def _groups(value: Any) -> str | None:
    return None if isinstance(value, list | tuple) and not value else _columns(value)


def _types(value: Any) -> str | None:
    if isinstance(value, Mapping) and all(isinstance(one, str) and one for one in value.values()):
        return None
    return (
        f"must be a table of columns and their types ({', '.join(KINDS)}, or a modality such as "
        f"image), got {value!r}"
    )


def _one_of(known: tuple[str, ...]) -> Check:
    def check(value: Any) -> str | None:
        if value in known:
            return None
        hint = did_you_mean(value, known) if isinstance(value, str) else ""
        return f"must be {' or '.join(map(repr, known))}, got {value!r}{hint}"

    return check


def _seed(value: Any) -> str | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return None if is_whole else f"must be a whole number, got {value!r}"


def _letter(value: Any) -> str | None:
    if isinstance(value, str) and len(value) == 1 and value not in '"\r\n':
        return None
    return f"must be one character, such as ';', got {value!r}"


READING: Mapping[str, Check] = {
    "types": _types,
    "delimiter": _letter,
    "encoding": text,
    "split": text,
}
OPTIONS: Mapping[str, Mapping[str, Check]] = {
    CASES: {
        "input": _columns,
        "target": text,
        "id": text,
        "groups": _groups,
        "cluster": text,
        "where": slice_of_cases,
        "limit": whole,
        "sample": _one_of(SAMPLES),
        "seed": _seed,
        "empty": _one_of(EMPTY),
        "folder": text,
        **READING,
    },
    ANSWERS: {
        **dict.fromkeys(("id", "perturbation", "severity", "replicate"), text),
        **dict.fromkeys(("answer", "probabilities", "refused", "error", "input"), text),
        **READING,
    },
}
"""The keys that may stand beside `file`, by what the file holds, and the check of each."""


def option_problems(options: Mapping[str, Any], use: str) -> Iterator[tuple[str, str]]:
    """Say what is wrong with the keys of a file of cases or answers, each with its key."""
    known = OPTIONS[use]
    for key, value in options.items():
        if key not in known:
            yield key, f"no such key{did_you_mean(key, ('file', *known))}"
        elif problem := known[key](value):
            yield key, problem
    if options.get("sample") == "random" and "limit" not in options:
        yield "sample", "needs limit: how many to take"


def file_reference(table: Mapping[str, Any], use: str) -> Reference:
    """Give the reference that a table with `file = …` stands for."""
    options = {key: value for key, value in table.items() if key != "file"}
    return Reference(use, {SOURCE: table["file"], **options})


def as_table(reference: Reference) -> dict[str, Any] | None:
    """Write such a reference as the table again; None for any other."""
    params: Mapping[str, Any] = reference.params or {}
    if reference.use not in OPTIONS or not isinstance(params.get(SOURCE), str):
        return None
    return {"file": params[SOURCE], **{k: v for k, v in params.items() if k != SOURCE}}


def written(reference: Reference) -> Any:
    """Write a reference as a file has it: an import string, a table with its parameters, a file."""
    if (table := as_table(reference)) is not None:
        return plain(table)
    if reference.params is None:
        return reference.use
    return {"use": reference.use, "params": plain(reference.params)}


def is_source(value: str) -> bool:
    """Tell whether a text is the path of a file of cases or answers, or an import string."""
    return bool(IMPORT_STRING.fullmatch(value)) or value.lower().endswith(SUFFIXES)


def referred(value: Any, use: str) -> Any:
    """Turn the text that names a model or cases into a reference; the rest stays as it is."""
    if not isinstance(value, str):
        return value
    if is_source(value) and not IMPORT_STRING.fullmatch(value):
        return file_reference({"file": value}, use)
    return Reference(value)
