"""The original of a repaired model: which model it was, and whether it still answers alike."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from .._reference import Reference
from ..engine._calls import called, concurrency
from ..errors import ComponentError, ModelError
from ..inputs._models import Subject, stated_identity
from ..runs._encoding import dump_prediction, encode

__all__ = ["Original", "ask", "reference_of"]

ASKED: Final = 8
"""How many inputs the original is asked before and after, and again when a repair is loaded."""


def _tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


@frozen
class Original:
    """What is known of the model that was repaired.

    `identity` is its text, if it has one, and `derived` says that it follows from code and files.
    Else `inputs` are a few inputs with the `answers` that the original gave, as digests.
    """

    identity: str | None
    derived: bool = False
    inputs: tuple[Any, ...] = field(default=(), converter=_tuple)
    answers: tuple[str, ...] = field(default=(), converter=_tuple)

    @classmethod
    def of(cls, subject: Subject, inputs: Sequence[Any]) -> Original:
        """Ask the model now."""
        known = subject.known
        derived = bool(known and known.derived)
        some = tuple(inputs[:ASKED])
        return cls(known.text if known else None, derived, some, ask(subject.model, some))

    def check_unchanged(self, model: Any, label: str) -> None:
        """Raise `ModelError` where the original no longer answers as it did before the repair."""
        if self.answers and ask(model, self.inputs) != self.answers:
            msg = (
                f"{label} changed the original model: it answers otherwise than before; an adapter "
                "must copy what it changes"
            )
            raise ModelError(msg)

    def check(self, subject: Subject, where: str) -> None:
        """Raise `ModelError` where another model is given than the one that was repaired."""
        known = subject.known
        if self.derived and not (known and known.derived):
            known = Subject(subject.model, reference_of(subject)).known
        stated = stated_identity(subject.model)
        if self.derived and known is not None and known.derived:
            same = known.text == self.identity
        elif self.identity is not None and (stated or self.derived):
            same = stated == self.identity.partition(" [")[0]
        else:
            same = True
        if not same:
            given = known.text if known else "without an identity"
            msg = (
                f"{where} repairs {self.identity!r}, and the model given is {given!r}: give the "
                "original, or repair this one"
            )
            raise ModelError(msg)
        if self.answers and ask(subject.model, self.inputs) != self.answers:
            msg = (
                f"{where} repairs another model: the one given answers otherwise than the original "
                "did; give the original, or repair this one"
            )
            raise ModelError(msg)

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data; inputs are kept only where the identity is not derived."""
        kept = () if self.derived else self.inputs
        return {
            "identity": self.identity,
            "derived": self.derived,
            "inputs": list(kept),
            "answers": list(self.answers) if kept else [],
        }

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Original:
        """Read back what `as_dict` gave."""
        return cls(**value)


def ask(model: Any, inputs: Sequence[Any]) -> tuple[str, ...]:
    """Give the answers of a model in writing; empty where it cannot be asked or is not exact."""
    if not inputs or getattr(model, "deterministic", True) is False:
        return ()
    try:
        free = asyncio.Semaphore(concurrency(model))
        (found,) = called(model, [list(inputs)], None, free)
        if isinstance(found, Exception):
            return ()
        return tuple(dump_prediction(encode(one))[0].digest for one in found)
    except (ComponentError, ModelError):
        return ()


def reference_of(subject: Subject) -> Reference | None:
    """Name the import string of a model; None for an object that no module has."""
    try:
        return subject.portable()
    except ModelError:
        return None
