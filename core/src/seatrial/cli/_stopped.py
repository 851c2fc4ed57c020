"""What `seatrial run --json` prints of a run that stopped with an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError, TrialError
from ..runs._report import Report
from ._output import print_json

__all__ = ["telling_why"]


@contextmanager
def telling_why(directory: Path, *, as_json: bool) -> Iterator[None]:
    """Print what was measured before a run stopped, with the error, where JSON is wanted."""
    try:
        yield
    except TrialError as error:
        if as_json:
            try:
                report = Report.load(directory).as_dict()
            except StoreError:  # it stopped before anything was measured
                report = None
            print_json({"directory": str(directory), "error": str(error), "report": report})
        raise
