"""Gather cases from cases, import strings and references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import define, field

from .._cases import Case, duplicates
from .._reference import Reference
from ..errors import ComponentError, PlanError
from ._assets import assets_in, missing
from ._boundary import call

__all__ = ["SHOWN", "Cases", "load_cases", "references_in"]


SHOWN = 3


class Cases(tuple[Case, ...]):  # noqa: SLOT001 - it has an attribute
    """Cases in the order of their ids; their source may name modalities of plugins.

    `references` are where they came from, and empty where some were given as values.
    """

    modalities: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()


def load_cases(given: Any) -> Cases:
    """Gather cases from cases, import strings and references, one or several; ordered by id.

    The order makes every result independent of the order in which the cases were given.
    A function that makes cases of a plugin's modality names it by an attribute, as in
    `cases.modalities = ("audio.clip",)`.

    Raises `PlanError` where there are none, ids are given twice, a source fails, or the file of an
    asset is not there.
    """
    if given is None:
        msg = "no cases were given: pass cases=, or name some in the specification"
        raise PlanError(msg)
    gathered = _Gathered()
    cases = sorted(gathered.from_anything(given), key=lambda case: case.id)
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
    loaded.references = references_in(given)
    return loaded


def references_in(given: Any) -> tuple[Reference, ...]:
    """Give the references from which cases are made; none where some are given as values."""
    if isinstance(given, Cases):
        return given.references
    listed = [given] if isinstance(given, str | Reference) else given
    if not isinstance(listed, list | tuple):
        return ()
    if not all(isinstance(one, str | Reference) for one in listed):
        return ()
    return tuple(Reference(one) if isinstance(one, str) else one for one in listed)


def _gaps(case: Case) -> Iterator[str]:
    for asset in assets_in(case):
        if problem := missing(asset):
            yield f"case {case.id!r}: {problem}"


@define
class _Gathered:
    """What the sources of some cases say of themselves."""

    modalities: list[str] = field(factory=list)

    def from_anything(self, given: Any) -> Iterator[Case]:
        if isinstance(given, Case):
            yield given
            return
        if isinstance(given, str):
            given = Reference(given)
        if isinstance(given, Reference):
            yield from self.from_anything(self._made(given))
            return
        if not isinstance(given, Iterable):
            msg = f"expected cases, got {given!r:.80}"
            raise PlanError(msg)
        self._note(given)
        for one in call("the cases", tuple, given):
            if not isinstance(one, Case | Reference):
                msg = f"expected a Case, got {one!r:.80}"
                raise PlanError(msg)
            yield from self.from_anything(one)

    def _made(self, reference: Reference) -> Any:
        def make() -> Any:
            found = reference()
            self._note(found)
            made = found() if callable(found) else found
            whole = isinstance(made, Case | str | Reference) or not isinstance(made, Iterable)
            self._note(made)
            return made if whole else tuple(made)

        try:
            return call(f"the cases {reference.use}", make)
        except ComponentError as error:
            msg = f"the cases {reference.use} cannot be made: {error.why}"
            raise PlanError(msg) from error.__cause__

    def _note(self, source: Any) -> None:
        named = getattr(source, "modalities", ())
        if isinstance(named, tuple | list):
            self.modalities += [name for name in named if isinstance(name, str)]
