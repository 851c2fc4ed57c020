"""Call observers; one that raises is reported, not obeyed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from ..errors import ObserverWarning
from ..inputs._boundary import reason

__all__ = ["tell"]


def tell(watching: Iterable[Callable[[Any], Any]], event: Any, failed: set[int]) -> None:
    """Call observers with an event; one that raises is reported, once, by its place in `failed`."""
    for at, observer in enumerate(watching):
        try:
            observer(event)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is anybody's code
            if at not in failed:
                failed.add(at)
                name = getattr(observer, "__qualname__", type(observer).__qualname__)
                msg = f"the observer {name} raised {reason(error)}; the work goes on"
                warnings.warn(msg, ObserverWarning, stacklevel=2)
