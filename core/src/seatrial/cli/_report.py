"""What `seatrial report` writes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._components import Reporter
from .._registry import default_registry
from .._writing import write_atomically
from ..errors import PlanError
from ..inputs._boundary import call
from ..runs._bundle import Bundle
from ..runs._report import Report
from ._output import print_table

__all__ = ["reported"]


def reported(directory: Path, name: str, params: Mapping[str, Any], out: Path | None) -> None:
    """Write the results of a run by a reporter, to a file or to stdout."""
    use = default_registry().get(name, Reporter)(**params)
    bundle = Bundle(Report.load(directory))
    if name == "table" and out is None and not params:
        for table in (one.table() for one in bundle.named().values()):
            print_table(table)
        return
    written = call(use.label, use.build(), bundle)
    if not isinstance(written, bytes | bytearray):
        msg = f"{use.label} must give bytes, got {type(written).__qualname__}"
        raise PlanError(msg)
    if out is not None:
        write_atomically(out, bytes(written))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()
