"""Models as they are given: a callable, an import string, or a reference in a file."""

from __future__ import annotations

import json
import sys
from typing import Any

from attrs import frozen

from .._plans import Reference
from .._values import plain
from ..errors import ModelError, SeatrialError

__all__ = ["Subject", "subject_of"]


@frozen
class Subject:
    """A model under trial: the callable, how to build it elsewhere, and what it is."""

    model: Any
    reference: Reference | None
    identity: str | None

    def durable_identity(self) -> str:
        """Give the identity that records are stored under, or say how to give the model one."""
        if self.identity is None:
            msg = (
                f"a durable run needs to know which model it measures, and {_name(self.model)} has "
                "no identity: give the model as an import string (model='module:name'), or set its "
                "attribute `identity` to a text that changes whenever its answers may"
            )
            raise ModelError(msg)
        return self.identity

    def portable(self) -> Reference:
        """Give the reference from which another process builds the model."""
        if self.reference is not None:
            return self.reference
        module = getattr(self.model, "__module__", None)
        name = getattr(self.model, "__qualname__", "")
        if module in sys.modules and module != "__main__" and "<" not in name:
            found: Any = sys.modules[module]
            for part in name.split("."):
                found = getattr(found, part, None)
            if found is self.model:
                return Reference(f"{module}:{name}")
        msg = (
            f"{_name(self.model)} cannot be rebuilt in another process; models never travel as "
            "pickles, so give the model as an import string: model='module:name'"
        )
        raise ModelError(msg)


def subject_of(model: Any) -> Subject:
    """Resolve a model argument: a callable, an import string, or a `Reference`."""
    reference = None
    if isinstance(model, str):
        model = Reference(model)
    if isinstance(model, Reference):
        reference, model = model, _made(model)
    if model is None:
        msg = "no model was given: pass model=, or name one in the specification"
        raise ModelError(msg)
    if not callable(model):
        msg = f"a model must be callable, from a list of inputs to a list of answers; got {model!r}"
        raise ModelError(msg)
    identity = getattr(model, "identity", None)
    identity = identity() if callable(identity) else identity
    if identity is None and reference is not None:
        params = json.dumps(plain(reference.params or {}), sort_keys=True, ensure_ascii=False)
        identity = f"{reference.use}({params})"
    if identity is not None and (not isinstance(identity, str) or not identity):
        msg = f"the identity of {_name(model)} must be some text, got {identity!r}"
        raise ModelError(msg)
    return Subject(model, reference, identity)


def _made(reference: Reference) -> Any:
    try:
        return reference()
    except SeatrialError:
        raise
    except Exception as error:
        msg = f"the model {reference.use} cannot be made: {type(error).__name__}: {error}"
        raise ModelError(msg) from error


def _name(model: Any) -> str:
    return str(getattr(model, "__qualname__", None) or type(model).__qualname__)
