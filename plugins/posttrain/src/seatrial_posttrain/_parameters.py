"""Errors of parameters, with the name of the component that takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from seatrial.errors import ParameterError

__all__ = ["parameters_of"]


@contextmanager
def parameters_of(component: str) -> Iterator[None]:
    """Turn the errors of values that check their fields into `ParameterError`s of a component."""
    try:
        yield
    except ParameterError:
        raise
    except (TypeError, ValueError) as error:
        msg = f"{component}: {error.args[0] if error.args else error}"
        raise ParameterError(msg) from error
