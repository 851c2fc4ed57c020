"""The commands that show what is there: components, and whether they keep their promises."""

from __future__ import annotations

import click

from .._components import KINDS, Component
from .._registry import default_registry
from ._options import Command, as_json
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
@click.option("--seed", default=0, show_default=True, help="The seed of the preview.")
@as_json
def show(name: str, text: str | None, seed: int, as_json: bool) -> None:
    """Show one component, and what each of its rungs does to a text."""
    from ._show import describe, tables

    shown = describe(default_registry(), name, text, seed)
    if as_json:
        print_json(shown)
        return
    for table in tables(shown):
        print_table(table)
        echo()


@click.command(cls=Command)
@click.argument("distribution")
@click.option("--strict", is_flag=True, help="Fail on checks that were not exercised, too.")
@as_json
def check(distribution: str, strict: bool, as_json: bool) -> int:
    """Check that the components of a distribution keep the contract."""
    from ._check import checked

    return checked(distribution, strict=strict, as_json=as_json)


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


COMMANDS = (list_, show, check, schema)
