"""Turn whatever a command raises into a message and an exit status."""

from __future__ import annotations

import traceback
import warnings
from typing import TYPE_CHECKING, Any

from ..errors import (
    ParameterError,
    PlanError,
    SeatrialError,
    SeatrialWarning,
    UnknownComponentError,
)
from ._output import echo, note

if TYPE_CHECKING:
    import click

__all__ = ["ERROR", "USAGE", "guarded"]

USAGE, ERROR, INTERRUPTED = 2, 4, 130
ASKED_WRONGLY = (ParameterError, PlanError, UnknownComponentError)


def guarded(command: click.Command, arguments: list[str]) -> int:
    """Run a command; give its exit status. An unexpected crash is 4, never 1 ("some fail")."""
    import click

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", SeatrialWarning)
            warnings.showwarning = _warn
            status = command.main(arguments, prog_name="seatrial", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        echo("stopped; the same command goes on from here", err=True)
        return INTERRUPTED
    except SeatrialError as error:
        echo(str(error), err=True)
        return USAGE if isinstance(error, ASKED_WRONGLY) else ERROR
    except Exception:  # noqa: BLE001 - Python would exit with 1, which says that a priority fails
        echo(traceback.format_exc(), err=True)
        echo("this is a fault of seatrial or of a plugin, not of what you asked for", err=True)
        return ERROR
    return status if isinstance(status, int) else 0


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    note(f"warning: {message}")
