"""The commands that learn from a run: explain its failures, repair its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import MODEL, PATH, Command, allowed, as_json, param, trust

__all__ = ["COMMANDS"]

EXPLAINERS = "The explainer; repeated, several are compared on the same outcomes."


@click.command(cls=Command)
@click.argument("directory", type=PATH)
@click.option("--with", "names", multiple=True, required=True, metavar="NAME", help=EXPLAINERS)
@param
@click.option("--metric", metavar="LABEL", help="The metric that tells right from wrong.")
@click.option("--spec", type=PATH, help="The specification whose model is looked into.")
@click.option("--model", metavar=MODEL, help="The model to look inside, if not the run's.")
@click.option("--seed", default=0, show_default=True, help="The seed of split and explainer.")
@click.option(
    "--held-out",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.25,
    show_default=True,
    help="The fraction to grade on, which no explainer sees.",
)
@click.option(
    "--graded-on",
    type=PATH,
    metavar="DIRECTORY",
    help="Grade on this run of another model or other cases.",
)
@click.option(
    "--confidence", default=0.95, show_default=True, help="One-sided, at each end of an interval."
)
@click.option("--audit", "audits", multiple=True, metavar="NAME", help="Run this audit first.")
@click.option(
    "--causal",
    multiple=True,
    metavar="TEST",
    help="Run this causal test of the explainer, as steer, erase or edit; may be repeated.",
)
@click.option("--sheet", type=PATH, help="Write a sheet for people, .html or .csv, to this file.")
@allowed
@trust
@as_json
def explain(
    directory: Path, names: tuple[str, ...], params: tuple[str, ...], **options: Any
) -> None:
    """Learn which failures of a run can be predicted, and why.

    It learns from a part of the outcomes and is graded on the rest, beside trivial baselines.
    """
    from ._explain import explained
    from ._params import parameters

    explained(directory, names, parameters(params), **options)


@click.command(cls=Command)
@click.argument("directory", type=PATH, required=False, metavar="[DIRECTORY|RECIPE]")
@click.option("--with", "name", metavar="NAME", help="The adapter, if no RECIPE names it.")
@param
@click.option("--spec", type=PATH, help="The specification whose model is repaired.")
@click.option("--model", metavar=MODEL, help="The model to repair.")
@click.option("--cases", metavar="MODULE:NAME", help="The training cases, in place of DIRECTORY.")
@click.option("--metric", metavar="NAME", help="The metric that tells right from wrong.")
@click.option(
    "--held-out",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="The fraction held out for the test, as in explain; .25 of a DIRECTORY.",
)
@click.option("--to", type=PATH, required=True, help="The folder for the repaired model.")
@click.option("--seed", type=int, help="The seed of split and adapter.  [default: RECIPE's, or 0]")
@click.option("--trust", is_flag=True, help="Import the model that DIRECTORY names.")
@as_json
def repair(params: tuple[str, ...], **options: Any) -> None:
    """Train a repaired model on a run or on cases, and save it.

    A RECIPE is a TOML file with the adapter, its parameters, the model, the training cases and the
    seed; options take the place of what it says.
    """
    from ._explain import repaired
    from ._params import parameters

    repaired(params=parameters(params), **options)


COMMANDS = (explain, repair)
