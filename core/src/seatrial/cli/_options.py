"""What the commands share: their options, and what holds of each while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._output import QUIET
from ._stream import abandon_results, results_only

__all__ = [
    "MODEL",
    "PATH",
    "Command",
    "Group",
    "allowed",
    "as_json",
    "metric_option",
    "model",
    "out",
    "param",
    "reporter",
    "trust",
]

CLOSED_PIPE = 141
"""The exit status where nobody reads on, as of a program that SIGPIPE ends."""
PATH = click.Path(path_type=Path)
MODEL = "MODULE:NAME|FOLDER"
allowed = click.option(
    "--allow",
    multiple=True,
    metavar="NAME",
    help="Go on although audits find this error; may be repeated.",
)
param = click.option(
    "--param", "params", multiple=True, metavar="KEY=VALUE", help="A parameter; may be repeated."
)
trust = click.option(
    "--trust",
    is_flag=True,
    help="Import the model and the cases that the run directory names; stderr says which.",
)
reporter = click.option(
    "--to",
    "name",
    default="table",
    show_default=True,
    metavar="REPORTER",
    help="How to write it: table, json, csv, md, junit, or the reporter of a plugin.",
)
out = click.option("--out", type=PATH, help="Write to this file.  [default: stdout]")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
model = click.option("--model", metavar=MODEL, help="The model, if not the run's own.")
metric_option = click.option(
    "--metric", metavar="LABEL", help="The metric that tells right from wrong."
)


class Command(click.Command):
    """A command whose stdout holds its results and nothing else, and that can be quiet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--quiet", "-q"],
                is_flag=True,
                expose_value=False,
                callback=lambda context, _, value: context.meta.update({QUIET: value}),
                help="Print results and errors alone: no progress, notes or warnings.",
            )
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command with stdout kept for its results."""
        with results_only():
            try:
                return super().invoke(ctx)
            except BrokenPipeError:
                # click would exit with 1, which says that a priority fails
                abandon_results()
                raise click.exceptions.Exit(CLOSED_PIPE) from None


class Group(click.Group):
    """A group of such commands."""

    command_class = Command
