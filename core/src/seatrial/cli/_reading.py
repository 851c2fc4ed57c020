"""The commands that read a run record by record: cases, replay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import PATH, Command, as_json, metric_option, model, out, trust

__all__ = ["COMMANDS"]

case_source = click.option(
    "--cases", metavar="MODULE:NAME", help="The cases, to make again inputs that are not kept."
)
pictures = click.option(
    "--pictures", type=PATH, help="The folder for pictures.  [default: DIRECTORY/pictures]"
)


@click.command(cls=Command)
@click.argument("directory", type=PATH)
@click.option("--failed", is_flag=True, help="Only wrong answers and errors.")
@click.option("--brief", is_flag=True, help="The answer and what the model saw, and no more.")
@click.option("--priority", metavar="NAME", help="Only the records that this priority is about.")
@metric_option
@click.option(
    "--perturbation", "perturbations", multiple=True, metavar="NAME", help="Only this one."
)
@click.option(
    "--severity", "severities", multiple=True, type=click.IntRange(0), help="Only this one."
)
@click.option("--id", "ids", multiple=True, metavar="ID", help="Only this case or record.")
@click.option("--changed", is_flag=True, help="Only where the perturbation changed something.")
@click.option(
    "--sort", type=click.Choice(["distance", "score"]), help="Order by this, the least first."
)
@click.option("--reverse", is_flag=True, help="Turn the order around.")
@click.option(
    "--limit", type=click.IntRange(0), help="At most so many, 0 for all; 10 are shown by default."
)
@click.option("--to", type=PATH, metavar="FILE", help="Write to a .csv, .jsonl, .parquet or .md.")
@pictures
@click.option("--spec", type=PATH, help="The specification, if not the one that was run.")
@case_source
@trust
@as_json
def cases(
    perturbations: tuple[str, ...],
    severities: tuple[int, ...],
    ids: tuple[str, ...],
    changed: bool,
    sort: str | None,
    metric: str | None,
    reverse: bool,
    **options: Any,
) -> None:
    """Show the records of a run, original beside perturbed.

    What differs is coloured, or marked [-so-] and {+so+} where there are no colours. Options of one
    kind may be repeated. An array is shown as a picture in a file.
    """
    from ..runs._selection import Selection
    from ._cases import shown_cases

    selection = Selection(
        perturbations=perturbations,
        severities=severities,
        ids=ids,
        changed=changed,
        sort=sort,
        metric=metric,
        reverse=reverse,
    )
    shown_cases(selection=selection, metric=metric, **options)


@click.command(cls=Command)
@click.argument("directory", type=PATH)
@click.argument("name", metavar="ID")
@click.option("--spec", type=PATH, help="The specification that names the model.")
@model
@case_source
@pictures
@trust
@as_json
def replay(name: str, **options: Any) -> None:
    """Ask the model again for one record: prompt and answer.

    ID is that of a record, as `seatrial cases` writes it. The model is that of --spec or --model;
    with --trust it is the one that the run directory names. Nothing is stored.
    """
    from ._replay import replayed

    replayed(name=name, **options)


@click.command(cls=Command)
@click.argument("spec", type=PATH)
@click.argument("incidents", type=PATH)
@click.option(
    "--to",
    "name",
    default="table",
    show_default=True,
    metavar="FORM",
    help="How to write it: table, json or md.",
)
@out
@as_json
def coverage(spec: Path, incidents: Path, name: str, out: Path | None, as_json: bool) -> int:
    """Tell which incidents no priority of SPEC covers.

    INCIDENTS is a TOML, CSV, TSV, JSON or JSON lines file of what went wrong, and of the priorities
    that cover it. Nothing is measured. Exit status: 1 when one is not covered, else 0.
    """
    from .._files import load_specification
    from ..verbs._coverage import coverage as hold
    from ._report import written_alone

    found = hold(load_specification(spec), incidents)
    written_alone(found, "json" if as_json else name, out)
    return found.exit_status


COMMANDS = (cases, replay, coverage)
