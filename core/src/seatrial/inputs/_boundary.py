"""The one way into other people's code: models, perturbations, metrics, case sources and the rest.

`call(what, function, ...)` is how every component, model and case source is called, in the driver
and in workers. Inside it

- every exception is caught, `SystemExit` and those of threads and tasks included, but for the
  driver's own `KeyboardInterrupt`. What seatrial's own tree of errors has (`NotApplicable`,
  `MetricError`, ...) is raised on purpose and handed on; anything else becomes a `ComponentError`
  that says whose fault it is;
- what is printed goes to stderr (see `to_stderr` for what holds at the level of C);
- the current directory is what it was before, also when the code changed it. It belongs to the
  whole process: other threads see a change until the call is over.

Inputs are handed out by `Modalities.freeze`, which gives read-only copies: nothing that is done to
them reaches the case.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import ComponentError, SeatrialError
from ._stdout import to_stderr

__all__ = ["blamed", "call", "reason"]

T = TypeVar("T")

LONGEST = 2000
"""How many characters of an error's message are kept: some quote whole arrays."""


def call(what: str, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Call other people's code; `what` names it in errors ("nlpaug.keyboard", "the model").

    Raises the `SeatrialError`s that the code raises, and `ComponentError` for everything else.
    """
    with to_stderr():
        before = _directory()
        try:
            return function(*args, **kwargs)
        except SeatrialError:
            raise
        except KeyboardInterrupt as error:
            if _may_interrupt():
                raise
            raise blamed(what, error) from error
        except BaseException as error:  # SystemExit too
            raise blamed(what, error) from error
        finally:
            if before is not None and _directory() != before:
                with contextlib.suppress(OSError):
                    os.chdir(before)


def blamed(what: str, error: BaseException) -> ComponentError:
    """Say whose fault an error is; a time-out or a lost connection may pass by itself."""
    if isinstance(error, ComponentError):
        return error
    passing = isinstance(error, TimeoutError | ConnectionError)
    return ComponentError(what, reason(error), retryable=passing)


def reason(error: BaseException) -> str:
    """Write an error as "ValueError: what it says", in text that can be stored anywhere."""
    if isinstance(error, ComponentError):
        return error.why
    try:
        said = str(error).strip()
    except Exception:  # noqa: BLE001 - the error's own code may be wrong too
        said = ""
    said = said[:LONGEST].encode("utf-8", "backslashreplace").decode()
    kind = type(error).__name__
    return f"{kind}: {said}" if said else kind


def _may_interrupt() -> bool:
    """Tell whether a `KeyboardInterrupt` can be the user's: signals reach the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        return False
    return signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def _directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - called for every record
    except OSError:  # it was removed
        return None
