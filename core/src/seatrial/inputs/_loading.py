"""Gather cases from cases, import strings, references, files and tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, field, fields

from .._cases import Case, duplicates
from .._importing import IMPORT_STRING
from .._plans import matches
from .._reference import Reference
from .._table_options import CASES, SOURCE, file_reference, is_source, option_problems
from .._values import FrozenMapping, freeze, plain
from ..errors import ComponentError, PlanError
from ._assets import assets_in, missing
from ._boundary import call
from .tables._layout import Layout, chosen, some_left
from .tables._memory import is_in_memory
from .tables._reading import Reading, rows_of

__all__ = ["SHOWN", "Cases", "load_cases", "references_in"]

T = TypeVar("T")
SHOWN = 3
KNOWN = (Case, Reference, Path)
CHOOSING = ("where", "limit", "sample", "seed")
"""Options that choose among cases, wherever they come from."""


class Cases(tuple[Case, ...]):  # noqa: SLOT001 - it has attributes
    """Cases in the order of their ids; their source may name modalities of plugins.

    `references` say where they can be had again; there are none where some were given as values.
    `narrowed` says that these are only some of what the references give. `limit` is how many were
    taken of more, None where all were.
    """

    modalities: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    narrowed: bool = False
    limit: int | None = None


def load_cases(
    source: Any,
    *,
    input: str | Sequence[str] | None = None,  # noqa: A002 - as the field of a case
    target: str | None = None,
    id: str | None = None,  # noqa: A002 - as the field of a case
    groups: str | Sequence[str] | None = None,
    cluster: str | None = None,
    types: Mapping[str, str] | None = None,
    where: Mapping[str, Any] | None = None,
    limit: int | None = None,
    sample: str | None = None,
    seed: int | None = None,
    empty: str | None = None,
    folder: str | Path | None = None,
    split: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Cases:
    """Gather cases from a file, a folder, a data frame, a data set, or whatever gives cases.

    `source` is a path (CSV, TSV, JSON, JSON lines, Parquet, a folder of pictures, volumes, arrays
    or texts), a pandas data frame, a data set of the library `datasets`, mappings, cases, an import
    string or a reference, or several of these. The result is ordered by id, so that nothing depends
    on the order in which the cases were given.

    `input`, `target`, `id`, `groups` and `cluster` name columns; `answers.text` reads inside a
    value. Where one is not given, the column of that name is taken, if there is one; without ids
    the rows are numbered (those of a data frame have their index). Several inputs are named parts.
    Values keep the types of their source. In CSV, a column of nothing but numbers is numbers, and
    inputs, ids and clusters are texts. `types` states the type of a column: text, integer, number,
    boolean, json, text-file (a path whose text is read), or a modality (a path that becomes an
    `Asset`; relative ones begin in `folder`, by default where the table lies).

    `where` keeps the rows with these values, `limit` the first ones or, with `sample="random"`,
    some that `seed` and their ids alone decide, so that appended rows leave most of a sample as it
    is. A row without input, target, id or cluster is refused unless `empty` is "skip" (left out) or
    "keep". `split` is one of a data set's; `delimiter` and `encoding` are those of the file.

    Of cases, and of what a reference gives, `where` (about groups), `limit`, `sample` and `seed`
    choose again, after whatever the reference itself says; columns mean nothing there. A function
    that makes cases of a plugin's modality names it by an attribute, as in
    `cases.modalities = ("audio.clip",)`.

    Raises `FileError` with the file and line of each row that makes no case, and `PlanError` where
    there are no cases, ids are given twice, a source fails, or the file of an asset is not there.
    """
    options = {
        name: value
        for name, value in (
            *(("input", input), ("target", target), ("id", id), ("groups", groups)),
            *(("cluster", cluster), ("types", types), ("where", where), ("limit", limit)),
            *(("sample", sample), ("seed", seed), ("empty", empty), ("split", split)),
            *(("folder", None if folder is None else str(folder)),),
            *(("delimiter", delimiter), ("encoding", encoding)),
        )
        if value is not None
    }
    return _loaded(source, options)


def _loaded(source: Any, options: Mapping[str, Any]) -> Cases:
    if source is None:
        msg = "no cases were given: pass cases=, or name some in the specification"
        raise PlanError(msg)
    gathered = _Gathered(_checked(options))
    cases = sorted(gathered.cases(source), key=lambda case: case.id)
    if not cases:
        msg = "there are no cases to measure"
        raise PlanError(msg)
    if twice := duplicates([case.id for case in cases]):
        more = f" and {len(twice) - SHOWN} more" if len(twice) > SHOWN else ""
        msg = (
            f"case ids must be unique, and {', '.join(map(repr, twice[:SHOWN]))}{more} "
            f"{'are' if len(twice) > 1 else 'is'} given more than once"
        )
        raise PlanError(msg)
    if gaps := [gap for case in cases for gap in _gaps(case)]:
        more = f"\nand {len(gaps) - SHOWN} more" if len(gaps) > SHOWN else ""
        raise PlanError("\n".join(gaps[:SHOWN]) + more)
    loaded = Cases(cases)
    loaded.modalities = tuple(dict.fromkeys(gathered.modalities))
    loaded.references = references_in(source, options)
    again = source if isinstance(source, Cases) else Cases()
    given = source if isinstance(source, list | tuple) else [source]
    loaded.narrowed = again.narrowed or (
        bool(options) and any(isinstance(one, Case | Reference) for one in given)
    )
    loaded.limit = options["limit"] if gathered.more else again.limit
    return loaded


def _checked(options: Mapping[str, Any]) -> Mapping[str, Any]:
    if problems := [f"{key} {problem}" for key, problem in option_problems(options, CASES)]:
        raise PlanError("; ".join(problems))
    return options


def references_in(
    source: Any, options: Mapping[str, Any] = FrozenMapping()
) -> tuple[Reference, ...]:
    """Name where cases can be had again; nothing where some were given as values.

    Options that choose among what a reference gives are left out of it.
    """
    if isinstance(source, Cases):
        return source.references
    given = source if isinstance(source, list | tuple) else [source]
    if not all(isinstance(one, str | Path | Reference) for one in given):
        return ()
    return tuple(one if isinstance(one, Reference) else _reference(one, options) for one in given)


def _reference(source: str | Path, options: Mapping[str, Any]) -> Reference:
    whole = not options and isinstance(source, str) and IMPORT_STRING.fullmatch(source)
    return (
        Reference(str(source)) if whole else file_reference({"file": str(source), **options}, CASES)
    )


def _gaps(case: Case) -> Iterator[str]:
    for asset in assets_in(case):
        if problem := missing(asset):
            yield f"case {case.id!r}: {problem}"


@define
class _Gathered:
    """What the sources of some cases give, and say of themselves.

    `more` says whether the limit left out any.
    """

    options: Mapping[str, Any]
    modalities: list[str] = field(factory=list)
    more: bool = False

    @property
    def _sample(self) -> str:
        return str(self.options.get("sample", "first"))

    def cases(self, source: Any) -> Iterable[Case]:
        """Give the cases of a source in its order, as many as are wanted."""
        found, rest = chosen(
            self._from_anything(source),
            self.options.get("limit"),
            self._sample,
            self.options.get("seed", 0),
            lambda case: case.id,
        )
        self.more = some_left(rest) or self.more
        return found

    def _from_anything(self, given: Any) -> Iterator[Case]:
        if isinstance(given, Case):
            yield from self._alone(given)
            return
        if isinstance(given, str) and IMPORT_STRING.fullmatch(given):
            given = Reference(given)
        if isinstance(given, Reference):
            yield from self._referred(given)
            return
        if (found := rows_of(given, self._as(Reading))) is not None:
            self.more = (yield from self._as(Layout).cases(*found)) or self.more
            return
        if not isinstance(given, Iterable) or isinstance(given, Mapping):
            msg = f"expected cases, got {given!r:.80}"
            raise PlanError(msg)
        self._note(given)
        for one in call("the cases", tuple, given):
            known = is_source(one) if isinstance(one, str) else isinstance(one, KNOWN)
            if not known:
                msg = f"expected a Case, got {one!r:.80}"
                raise PlanError(msg)
            yield from self._from_anything(one)
            if self.more and self._sample == "first":
                return  # a table alone has as many as are wanted

    def _as(self, kind: type[T]) -> T:
        """Bind the options that are about reading a file, or about its columns."""
        names = {one.name for one in fields(kind)}  # type: ignore[arg-type]
        return kind(**{key: one for key, one in self.options.items() if key in names})

    def _alone(self, case: Case) -> Iterator[Case]:
        if odd := [key for key in self.options if key not in CHOOSING]:
            msg = f"{', '.join(odd)}: this is about the columns of a table, and cases have none"
            raise PlanError(msg)
        if matches(case, freeze(self.options.get("where", {}))):
            yield case

    def _referred(self, reference: Reference) -> Iterator[Case]:
        if reference.use != CASES:
            yield from self._from_anything(self._made(reference))
            return
        params = plain(reference.params or {})
        inner = _Gathered(_checked({k: one for k, one in params.items() if k != SOURCE}))
        for case in inner.cases(params.get(SOURCE)):
            yield from self._alone(case)
        self.modalities.extend(inner.modalities)

    def _made(self, reference: Reference) -> Any:
        def make() -> Any:
            found = reference()
            self._note(found)
            made = found() if callable(found) else found
            alone = isinstance(made, Case | str | Reference | Mapping)
            whole = alone or not isinstance(made, Iterable)
            self._note(made)
            return made if whole or is_in_memory(made) else tuple(made)

        try:
            return call(f"the cases {reference.use}", make)
        except ComponentError as error:
            msg = f"the cases {reference.use} cannot be made: {error.why}"
            raise PlanError(msg) from error.__cause__

    def _note(self, source: Any) -> None:
        named = getattr(source, "modalities", ())
        if isinstance(named, tuple | list):
            self.modalities.extend(name for name in named if isinstance(name, str))
