"""Turn whatever a command raises into a message and an exit status."""

from __future__ import annotations

import errno
import os
import traceback
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import (
    ParameterError,
    PlanError,
    SeatrialError,
    SeatrialWarning,
    UnknownComponentError,
)
from ._output import echo, note
from ._stream import abandon_results

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

__all__ = ["ERROR", "USAGE", "guarded"]

USAGE, ERROR, INTERRUPTED = 2, 4, 130
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What is raised where nothing more can be written."""
ASKED_WRONGLY = (ParameterError, PlanError, UnknownComponentError)


def guarded(command: click.Command, arguments: list[str]) -> int:
    """Run a command; give its exit status. An unexpected crash is 4, never 1 ("some fail")."""
    import click

    try:
        with warnings.catch_warnings(), _no_sudden_end():
            warnings.simplefilter("always", SeatrialWarning)
            warnings.showwarning = _warn
            status = command.main(arguments, prog_name="seatrial", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        goes_on = "; the same command goes on from here" if arguments[:1] == ["run"] else ""
        echo(f"stopped{goes_on}", err=True)
        return INTERRUPTED
    except SeatrialError as error:
        echo(str(error), err=True)
        return USAGE if isinstance(error, ASKED_WRONGLY) else ERROR
    except Exception as error:  # noqa: BLE001 - Python would exit with 1: "a priority fails"
        return _unexpected(error)
    return status if isinstance(status, int) else 0


@contextmanager
def _no_sudden_end() -> Iterator[None]:
    """Make `os._exit` in this process what `sys.exit` is: a model's must not end it with status 0.

    Processes that it started end as they like.
    """
    leave, own = os._exit, os.getpid()

    def refused(status: int) -> NoReturn:
        if os.getpid() != own:
            leave(status)
        raise SystemExit(status)

    os._exit = refused
    try:
        yield
    finally:
        os._exit = leave


def _unexpected(error: Exception) -> int:
    """Tell that stdout is full, or else whose fault it is."""
    if isinstance(error, OSError) and error.errno in FULL and error.filename is None:
        abandon_results()
        echo(f"the results cannot be written to stdout: {error.strerror}", err=True)
    else:
        echo(traceback.format_exc(), err=True)
        echo("this is a fault of seatrial or of a plugin, not of what you asked for", err=True)
    return ERROR


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    note(f"warning: {message}")
