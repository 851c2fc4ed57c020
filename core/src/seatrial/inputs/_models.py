"""Models as they are given: a callable, an import string, or a reference in a file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import frozen

from .._importing import import_string
from .._reference import Reference
from .._table_options import ANSWERS, referred
from .._training import TRAINED, Training
from ..errors import ComponentError, ModelError
from ._boundary import call
from ._identity import Identity, of_reference
from ._not_yet import estimator, of_a_class
from ._trained import Trained, of_training, read_reference

__all__ = ["Subject", "asked_anew", "check_there", "named", "stated_identity", "subject_of"]


@frozen
class Subject:
    """A model under trial: the callable, and how to build it elsewhere."""

    model: Any
    reference: Reference | None

    @cached_property
    def known(self) -> Identity | None:
        """What the model is, as far as that can be known; None for an object that does not say."""
        name, stated = _name(self.model), stated_identity(self.model)
        if stated is not None and (not isinstance(stated, str) or not stated):
            msg = f"the identity of {name} must be some text, got {stated!r}"
            raise ModelError(msg)
        if self.reference is not None:
            remote = getattr(self.model, "remote", False) is True
            return of_reference(self.reference, stated, remote=remote)
        return None if stated is None else Identity(stated, derived=False)

    @property
    def identity(self) -> str | None:
        """The text that records are stored under, if there is one."""
        return self.known.text if self.known else None

    def durable_identity(self) -> str:
        """Give the identity that records are stored under, or say how to give the model one."""
        if self.identity is None and isinstance(self.model, Trained):
            msg = (
                "a durable run needs to know which model it measures: give the function of train, "
                "and its cases, as import strings ('module:name')"
            )
            raise ModelError(msg)
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
        if isinstance(self.model, Trained):
            msg = (
                "what train makes of live objects cannot be trained in another process: give its "
                "function, and its cases, as import strings ('module:name')"
            )
            raise ModelError(msg)
        msg = (
            f"{_name(self.model)} cannot be rebuilt in another process; models never travel as "
            "pickles, so give the model as an import string: model='module:name'"
        )
        raise ModelError(msg)


def subject_of(model: Any) -> Subject:
    """Resolve a model argument: a callable, an import string, a `Reference`, or a `Training`."""
    reference = None
    model = referred(model, ANSWERS)
    if isinstance(model, Reference):
        reference, model = model, _made(model)
    if isinstance(model, Training):
        model = call("train", of_training, model)
    if model is None:
        msg = "no model was given: pass model= (--model), or name one in the specification"
        raise ModelError(msg)
    if told := of_a_class(model):
        raise ModelError(told)
    if not callable(model):
        whole = reference is not None and reference.params is None
        msg = estimator(model, reference.use if reference and whole else None) or (
            f"a model must be callable, from a list of inputs to a list of answers; got {model!r}"
        )
        raise ModelError(msg)
    subject = Subject(model, reference)
    _ = subject.known  # what is no identity is refused before anything runs
    return subject


def asked_anew(model: Any) -> Any:
    """Give the model without the answers that it keeps, where it keeps any: `model.uncached`."""
    return getattr(model, "uncached", model)


def check_there(model: Any) -> None:
    """Raise where a model that is given by name is not there, without making it.

    The module of an import string is imported; recorded answers are read.
    """
    model = referred(model, ANSWERS)
    if not isinstance(model, Reference):
        return
    if model.use == ANSWERS:
        _made(model)
    elif model.use == TRAINED:
        params: Mapping[str, Any] = model.params or {}
        call(
            "the function of train",
            import_string,
            read_reference(params["function"]).use,
            what="train",
        )
    else:
        call(f"the model {model.use}", import_string, model.use, what="the model")


def named(model: Any) -> str:
    """Name a model in a few words, without importing it: its reference, identity or class."""
    if isinstance(model, str | Reference):
        return str(model)
    return str(stated_identity(model) or _name(model))


def stated_identity(model: Any) -> Any:
    """Ask a model what it is; None for one that does not say."""

    def stated() -> Any:
        found = getattr(model, "identity", None)
        return found() if callable(found) else found

    return call(f"the identity of {_name(model)}", stated)


def _made(reference: Reference) -> Any:
    try:
        return call(f"the model {reference.use}", reference)
    except ComponentError as error:
        msg = f"the model {reference.use} cannot be made: {error.why}"
        raise ModelError(msg) from error.__cause__


def _name(model: Any) -> str:
    return str(getattr(model, "__qualname__", None) or type(model).__qualname__)
