"""The commands that show what is there: components, and whether they keep their promises."""

from __future__ import annotations

from pathlib import Path

import click

from .._components import KINDS, Component
from .._registry import default_registry
from ._new_plugin import KINDS as NEW
from ._new_plugin import write_plugin
from ._options import PATH, Command, as_json, param
from ._output import echo, print_json, print_table

__all__ = ["COMMANDS"]


@click.command("list", cls=Command)
@click.option(
    "--kind",
    type=click.Choice(sorted(KINDS)),
    metavar="KIND",
    help=f"List only this kind of component: {', '.join(sorted(KINDS))}.",
)
@as_json
def list_(kind: str | None, as_json: bool) -> None:
    """List the components of every installed plugin."""
    from .._tables import Table

    registry = default_registry()
    found = registry.all(KINDS[kind] if kind else Component)
    rows = [
        {
            "name": one.name,
            "kind": one.kind(),
            "summary": one.summary,
            "source": str(registry.source(one.namespace)),
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
    else:
        columns = ("name", "kind", "summary", "source")
        print_table(Table(columns, [list(row.values()) for row in rows], spare=("source",)))


@click.command(cls=Command)
@click.argument("name")
@click.option("--text", help="The text on which to preview each rung.")
@click.option("--on", "file", type=PATH, help="The picture or volume on which to preview it.")
@click.option("--out", type=PATH, help="Write a picture of what each rung does to this file.")
@click.option("--seed", default=0, show_default=True, help="The seed of the preview.")
@as_json
def show(
    name: str, text: str | None, file: Path | None, out: Path | None, seed: int, as_json: bool
) -> None:
    """Show one component, and what each of its rungs does.

    A perturbation of texts is shown on a text; one of images or volumes in a picture, with --out.
    """
    from ._show import describe, tables

    shown = describe(default_registry(), name, text, seed)
    if out is not None:
        from ._preview import draw

        draw(default_registry(), name, file, out, seed)
    elif file is not None:
        msg = "--on FILE shows nothing without --out PICTURE"
        raise click.UsageError(msg)
    if as_json:
        print_json(shown)
        return
    for table in tables(shown):
        print_table(table)
        echo()


@click.command(cls=Command)
@click.argument("name")
@click.option(
    "--on",
    "cases",
    required=True,
    metavar="CASES",
    help="The cases to measure: MODULE:NAME, a file or a folder.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="How often each case is perturbed at each rung.",
)
@param
@as_json
def calibrate(name: str, cases: str, seeds: int, params: tuple[str, ...], as_json: bool) -> None:
    """Measure how far rungs move cases, and propose equal steps.

    Nothing is asked of a model. The rungs are measured by distance (and structural similarity,
    where there is one), over cases and seeds.
    """
    from ._calibrate import calibrated
    from ._params import parameters

    calibrated(name, cases, seeds, parameters(params), as_json=as_json)


@click.command(cls=Command)
@click.argument("distribution")
@click.option("--strict", is_flag=True, help="Fail on checks that were not exercised, too.")
@as_json
def check(distribution: str, strict: bool, as_json: bool) -> int:
    """Check that the components of a distribution keep the contract."""
    from ._check import checked

    return checked(distribution, strict=strict, as_json=as_json)


@click.command("new-plugin", cls=Command)
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(sorted(NEW)),
    default="perturbation",
    show_default=True,
    metavar="KIND",
    help=f"The kind of its first component: {', '.join(sorted(NEW))}.",
)
@click.option(
    "--to",
    "folder",
    type=PATH,
    metavar="FOLDER",
    help="Where to write it, by default ./seatrial-NAME.",
)
@as_json
def new_plugin(name: str, kind: str, folder: Path | None, as_json: bool) -> None:
    """Write a plugin that works, with a component and its test."""
    target = folder or Path(f"seatrial-{name.replace('_', '-')}")
    written = [str(path) for path in write_plugin(name, kind, target)]
    if as_json:
        print_json({"folder": str(target), "files": written})
        return
    for path in written:
        echo(path)
    echo(f"\nNext: pip install -e '{target}[test]', then seatrial check seatrial-{name} --strict")


@click.command(cls=Command)
@click.argument("what", default="specification")
@click.option("--json", is_flag=True, expose_value=False, help="It is JSON anyhow.")
def schema(what: str) -> None:
    """Print the JSON Schema of specifications or of an output.

    WHAT is `specification`, which editors check files by, or a command for what its --json prints,
    such as `judge` or "run --dry-run".
    """
    from .._values import did_you_mean
    from ._schemas import SCHEMAS

    if what not in SCHEMAS:
        hint = did_you_mean(what, SCHEMAS) or f"; there are {', '.join(SCHEMAS)}"
        msg = f"there is no schema of {what!r}{hint}"
        raise click.UsageError(msg)
    print_json(SCHEMAS[what]())


COMMANDS = (list_, show, calibrate, check, new_plugin, schema)
