"""What each subcommand takes and does; everything heavy is imported when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .._components import KINDS, Component
from .._registry import default_registry
from ._output import echo, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["seatrial"]

PATH = click.Path(path_type=Path)
allowed = click.option(
    "--allow",
    multiple=True,
    metavar="NAME",
    help="Go on although audits find this error; may be repeated.",
)
param = click.option(
    "--param", "params", multiple=True, metavar="KEY=VALUE", help="A parameter; may be repeated."
)
EXPLAINERS = "The explainer; repeated, several are compared on the same outcomes."
trust = click.option(
    "--trust",
    is_flag=True,
    help="Import the model and the cases that the run directory names; stderr says which.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seatrial")
def seatrial() -> None:
    r"""Sea trials for a model before it ships.

    \b
    Exit status: 0 all priorities pass · 1 some fail · 2 usage
                 3 some are inconclusive, none fails · 4 error
    """


@seatrial.command("list")
@click.option("--kind", type=click.Choice(sorted(KINDS)), help="List only this kind of component.")
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
        print_table(Table(columns, [list(row.values()) for row in rows]))


@seatrial.command()
@click.argument("name")
@click.option("--text", help="The text on which to preview each rung.")
@click.option("--on", "file", type=PATH, help="The picture or volume on which to preview it.")
@click.option("--out", type=PATH, help="Write a picture of what each rung does to this file.")
@click.option("--seed", default=0, show_default=True, help="The seed of the preview.")
@as_json
def show(
    name: str, text: str | None, file: Path | None, out: Path | None, seed: int, as_json: bool
) -> None:
    """Show one component: its parameters, its ladder, and what each rung does.

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


@seatrial.command()
@click.argument("name")
@click.option("--on", "cases", required=True, metavar="MODULE:NAME", help="The cases to measure.")
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
    """Measure how far each rung of a perturbation moves cases, and propose equal steps.

    Nothing is asked of a model. The rungs are measured by distance (and structural similarity,
    where there is one), over cases and seeds.
    """
    from ._calibrate import calibrated
    from ._params import parameters

    calibrated(name, cases, seeds, parameters(params), as_json=as_json)


@seatrial.command()
@click.argument("subject", type=PATH, metavar="SPEC|DIRECTORY")
@click.option(
    "--with",
    "names",
    multiple=True,
    metavar="NAME",
    help="Run this audit; may be repeated.  [default: every one that is installed]",
)
@allowed
@click.option("--no-model", is_flag=True, help="Do not load the model.")
@trust
@as_json
def audit(
    subject: Path,
    names: tuple[str, ...],
    allow: tuple[str, ...],
    no_model: bool,
    trust: bool,
    as_json: bool,
) -> int:
    """Check an experiment for leaks, wrong labels and the like, before compute is spent.

    Of SPEC the cases are looked at, of a run DIRECTORY also what the model made of them. Exit
    status: 1 when errors are found that --allow does not name, else 0.
    """
    from ._audit import audited

    return audited(subject, names, allow, with_model=not no_model, trust=trust, as_json=as_json)


def _run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--limit", type=click.IntRange(1), help="Take only so many of the cases."),
        click.option(
            "--dry-run", is_flag=True, help="Say what would be measured and decided, and stop."
        ),
        click.option(
            "--icc",
            type=click.FloatRange(0, 1),
            help="The correlation to expect between cases of one cluster, with --dry-run.",
        ),
        click.option(
            "--executor",
            default="serial",
            show_default=True,
            help="Where to measure: serial, threads, processes or another executor's name.",
        ),
        click.option("--workers", type=click.IntRange(1), help="How many threads or processes."),
        click.option("--batch-size", type=click.IntRange(1), help="Inputs per call of the model."),
        click.option("--timeout", type=float, help="Seconds that one call of the model may take."),
        click.option(
            "--retries",
            type=click.IntRange(0),
            default=2,
            show_default=True,
            help="How often an input is asked again after a retryable failure.",
        ),
        click.option("--retry-errors", is_flag=True, help="Measure errored records again."),
        click.option(
            "--stop",
            type=click.Choice(["decided"]),
            help="Stop each priority as soon as it is decided.",
        ),
        click.option(
            "--budget",
            type=click.IntRange(1),
            help="Maximum number of records, with --stop decided.",
        ),
        allowed,
    ):
        command = option(command)
    return command


@seatrial.command()
@click.argument("spec", type=PATH)
@click.option(
    "--to", "directory", type=PATH, help="The run directory; the same command resumes there."
)
@_run_options
@as_json
def run(
    spec: Path,
    directory: Path | None,
    dry_run: bool,
    icc: float | None,
    limit: int | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Measure what SPEC demands, and judge it.

    The run directory holds everything that was measured. After a crash, or with a changed SPEC,
    the same command measures only what is missing.
    """
    from .._files import load_specification
    from ..inputs._loading import load_cases
    from ..verbs._forecast import forecast, obstacles
    from ..verbs._judge import judge
    from ..verbs._run import run as measure
    from ._stopped import telling_why

    specification = load_specification(spec)
    if dry_run:
        counted = forecast(specification, load_cases(specification.cases, limit=limit), icc=icc)
        if as_json:
            print_json(counted.as_dict())
        else:
            print_table(counted.table())
        return 0
    if directory is None:
        msg = "--to DIR is needed: everything that is measured is kept there"
        raise click.UsageError(msg)
    cases = load_cases(specification.cases, limit=limit)
    for obstacle in obstacles(specification, cases):
        echo(f"cannot pass: {obstacle}", err=True)
    with telling_why(directory, as_json=as_json), progress_bar() as tell:
        report = measure(specification, cases=cases, to=directory, observers=[tell], **options)
    judgement = judge(specification, report)
    if as_json:
        print_json({"directory": str(directory), **judgement.as_dict(), "report": report.as_dict()})
    else:
        print_table(judgement.table())
        echo(f"\n{report.accounting}\nrun directory: {directory}")
    return judgement.exit_status


@seatrial.command()
@click.argument("spec", type=PATH)
@click.argument("directory", type=PATH)
@as_json
def judge(spec: Path, directory: Path, as_json: bool) -> int:
    """Judge the run in DIRECTORY by SPEC; nothing is measured."""
    from .._files import load_specification
    from ..runs._report import Report
    from ..verbs._judge import judge as hold

    judgement = hold(load_specification(spec), Report.load(directory))
    if as_json:
        print_json(judgement.as_dict())
    else:
        print_table(judgement.table())
    return judgement.exit_status


@seatrial.command()
@click.argument("directory", type=PATH)
@click.option(
    "--to",
    "reporter",
    default="table",
    show_default=True,
    metavar="REPORTER",
    help="How to write it: table, json, csv, md, or the reporter of a plugin.",
)
@param
@click.option("--out", type=PATH, help="Write to this file.  [default: stdout]")
@as_json
def report(
    directory: Path, reporter: str, params: tuple[str, ...], out: Path | None, as_json: bool
) -> None:
    """Write what the run in DIRECTORY has measured, and what was made of it."""
    from ._params import parameters
    from ._report import reported

    name = "json" if as_json else reporter
    reported(directory, name, parameters(params), out, alone=as_json)


@seatrial.command()
@click.argument("before", type=PATH)
@click.argument("after", type=PATH)
@click.option("--by", help="Compare within each value of this group, such as vendor.")
@click.option("--spec", type=PATH, help="Compare by the priorities of this specification too.")
@as_json
def compare(before: Path, after: Path, by: str | None, spec: Path | None, as_json: bool) -> None:
    """Compare two runs of the same cases, paired; what got worse comes first."""
    from .._files import load_specification
    from ..judging._judge import judgement_of
    from ..judging._pareto import pareto
    from ..runs._report import Report
    from ..verbs._compare import compare as paired

    specification = load_specification(spec) if spec else None
    runs = {"before": Report.load(before), "after": Report.load(after)}
    comparison = paired(runs["before"], runs["after"], specification=specification, by=by)
    tables = [comparison.table(), comparison.forgetting()]
    found = comparison.as_dict()
    if specification:
        trade_offs = pareto({name: judgement_of(specification, run) for name, run in runs.items()})
        found["trade_offs"] = trade_offs.as_dict()["standings"]
        tables = [comparison.by_priority(), trade_offs.table(), *tables]
    if as_json:
        print_json(found)
        return
    for at, table in enumerate(one for one in tables if one.rows):
        if at:
            echo()
        print_table(table)


@seatrial.command()
@click.argument("directory", type=PATH)
@click.option("--with", "names", multiple=True, required=True, metavar="NAME", help=EXPLAINERS)
@param
@click.option("--metric", metavar="LABEL", help="The metric that tells right from wrong.")
@click.option("--model", metavar="MODULE:NAME", help="The model to look inside, if not the run's.")
@click.option("--seed", default=0, show_default=True, help="The seed of split and explainer.")
@click.option(
    "--held-out",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.25,
    show_default=True,
    help="The fraction to grade on, which no explainer sees.",
)
@click.option(
    "--confidence", default=0.95, show_default=True, help="One-sided, at each end of an interval."
)
@click.option("--audit", "audits", multiple=True, metavar="NAME", help="Run this audit first.")
@allowed
@trust
@as_json
def explain(
    directory: Path, names: tuple[str, ...], params: tuple[str, ...], **options: Any
) -> None:
    """Ask an explainer which failures of the run in DIRECTORY can be predicted, and why.

    It learns from a part of the outcomes and is graded on the rest, beside trivial baselines.
    """
    from ._explain import explained
    from ._params import parameters

    explained(directory, names, parameters(params), **options)


@seatrial.command()
@click.argument("directory", type=PATH, required=False)
@click.option("--with", "name", required=True, metavar="NAME", help="The adapter.")
@param
@click.option("--spec", type=PATH, help="The specification whose model is repaired.")
@click.option("--model", metavar="MODULE:NAME", help="The model to repair.")
@click.option("--cases", metavar="MODULE:NAME", help="The training cases, in place of DIRECTORY.")
@click.option("--metric", metavar="NAME", help="The metric that tells right from wrong.")
@click.option(
    "--held-out",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="The fraction held out for the test, as in explain; .25 of a DIRECTORY.",
)
@click.option("--to", type=PATH, required=True, help="The folder for the repaired model.")
@click.option("--seed", default=0, show_default=True, help="The seed of split and adapter.")
@click.option("--trust", is_flag=True, help="Import the model that DIRECTORY names.")
@as_json
def repair(params: tuple[str, ...], **options: Any) -> None:
    """Train a repaired model on a run (DIRECTORY) or on cases, and save it."""
    from ._explain import repaired
    from ._params import parameters

    repaired(params=parameters(params), **options)


@seatrial.command()
@click.argument("distribution")
@click.option("--strict", is_flag=True, help="Fail on checks that were not exercised, too.")
@as_json
def check(distribution: str, strict: bool, as_json: bool) -> int:
    """Check that the components of DISTRIBUTION (or of a namespace) keep the contract."""
    from ._check import checked

    return checked(distribution, strict=strict, as_json=as_json)
