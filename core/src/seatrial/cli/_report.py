"""What `seatrial report` writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .._components import Reporter
from .._registry import default_registry
from .._tables import json_text
from .._writing import write_atomically
from ..errors import PlanError
from ..explaining._explanation import Explanation
from ..explaining._kept import kept
from ..inputs._binding import built
from ..inputs._boundary import call
from ..judging._comparison import Comparison
from ..judging._judgement import Judgement
from ..runs._bundle import Bundle
from ..runs._report import Report
from ..runs._results import kept_results
from ._output import echo, print_bytes, print_table

__all__ = ["reported", "written", "written_alone"]


def reported(
    directory: Path, name: str, params: Mapping[str, Any], out: Path | None, *, alone: bool
) -> None:
    """Write the results of a run by a reporter, to a file or to stdout.

    With the report go the last judgement, the last comparison and the last explanation by each
    explainer that were made of the run as it is; `alone` leaves them out.
    """
    report = Report.load(directory)
    bundle = Bundle(report) if alone else Bundle(report, *_kept(directory))
    written(bundle, name, params, out)


def written(bundle: Bundle, name: str, params: Mapping[str, Any], out: Path | None) -> None:
    """Write results by a reporter, to a file or to stdout; a table in a terminal fits it."""
    use = default_registry().get(name, Reporter)(**params)
    if name == "table" and out is None and not params:
        for at, one in enumerate(bundle.named().values()):
            if at:
                echo()
            print_table(one.table())
        return
    made = call(use.label, built(use), bundle)
    if not isinstance(made, bytes | bytearray):
        msg = f"{use.label} must give bytes, got {type(made).__qualname__}"
        raise PlanError(msg)
    if out is None:
        print_bytes(bytes(made))
    else:
        write_atomically(out, bytes(made))


def written_alone(found: Any, name: str, out: Path | None) -> None:
    """Write what no reporter knows: as a table, Markdown or JSON, to a file or to stdout."""
    if name not in ALONE:
        msg = f"this is written as {', '.join(ALONE)}, not {name!r}"
        raise PlanError(msg)
    if name == "table" and out is None:
        print_table(found.table())
        return
    made = f"{ALONE[name](found)}\n".encode("utf-8", "backslashreplace")
    if out is None:
        print_bytes(made)
    else:
        write_atomically(out, made)


ALONE: Mapping[str, Callable[[Any], str]] = {
    "table": lambda found: str(found.table().text()),
    "md": lambda found: str(found.table().markdown()),
    "json": lambda found: json_text(found.as_dict()),
}


def _kept(directory: Path) -> tuple[Judgement | None, Comparison | None, tuple[Explanation, ...]]:
    """Load the last judgement, the last comparison and the last explanations of a run."""
    judgements, comparisons = (
        kept_results(directory, kind) for kind in ("judgement", "comparison")
    )
    return (
        Judgement.load(judgements[-1]) if judgements else None,
        Comparison.load(comparisons[-1]) if comparisons else None,
        kept(directory),
    )
