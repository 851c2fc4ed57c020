"""Gather cases from cases, import strings and references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .._cases import Case, duplicates
from .._plans import Reference
from ..errors import PlanError, SeatrialError

__all__ = ["SHOWN", "load_cases"]


SHOWN = 3


def load_cases(given: Any) -> tuple[Case, ...]:
    """Gather cases from cases, import strings and references, one or several; ordered by id.

    The order makes every result independent of the order in which the cases were given.
    """
    if given is None:
        msg = "no cases were given: pass cases=, or name some in the specification"
        raise PlanError(msg)
    cases = sorted(_gather(given), key=lambda case: case.id)
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
    return tuple(cases)


def _gather(given: Any) -> Iterator[Case]:
    if isinstance(given, Case):
        yield given
        return
    if isinstance(given, str):
        given = Reference(given)
    if isinstance(given, Reference):
        yield from _gather(_made(given))
        return
    if not isinstance(given, Iterable):
        msg = f"expected cases, got {given!r}"
        raise PlanError(msg)
    for one in given:
        if not isinstance(one, Case | Reference):
            msg = f"expected a Case, got {one!r}"
            raise PlanError(msg)
        yield from _gather(one)


def _made(reference: Reference) -> Any:
    try:
        found = reference()
        return found() if callable(found) else found
    except SeatrialError:
        raise
    except Exception as error:
        msg = f"the cases {reference.use} cannot be made: {type(error).__name__}: {error}"
        raise PlanError(msg) from error
