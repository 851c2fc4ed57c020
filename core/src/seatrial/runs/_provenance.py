"""Where the model and the cases of a run came from, as the run directory says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import asdict, field, frozen

from ._store import Store

__all__ = ["PROVENANCE", "Provenance"]

PROVENANCE = "provenance"


def _strings(values: Iterable[Any] | None) -> tuple[str, ...]:
    return tuple(map(str, values or ()))


@frozen
class Provenance:
    """Names, as text: nothing of it is imported, and no record depends on it.

    `model` is the import string of the model, of a live function too where a module has it.
    `in_place_of` is the model of the specification where another was passed to `run`. `repairs` is
    the identity of the original of a repaired model. `cases` are the references of the cases, empty
    where some were passed as values, and `identities` what each of them was when it was measured.
    """

    model: str | None = None
    in_place_of: str | None = None
    repairs: str | None = None
    cases: tuple[str, ...] = field(default=(), converter=_strings)
    identities: tuple[str, ...] = field(default=(), converter=_strings)

    @classmethod
    def of(cls, store: Store) -> Provenance:
        """Read it from the database of a run."""
        return cls(**(store.meta(PROVENANCE) or {}))

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data, as `of` reads it."""
        return asdict(self)
