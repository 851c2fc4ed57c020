"""The `seatrial` command and those of a trial; what is heavy is imported when one runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import _inspecting, _learning, _reading
from ._options import MODEL, PATH, Group, allowed, as_json, out, param, reporter, trust
from ._output import echo, note, print_json, print_table
from ._progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["seatrial"]

HELP = """Sea trials for a model before it ships.

\b
Exit status: 0 all priorities pass, 1 some fail, 2 wrong usage,
             3 some are inconclusive and none fails, 4 error
"""


@click.group(cls=Group, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seatrial")
def seatrial() -> None:
    """Hold the subcommands."""


for _command in (*_inspecting.COMMANDS, *_reading.COMMANDS, *_learning.COMMANDS):
    seatrial.add_command(_command)


@seatrial.command()
@click.argument("subject", type=PATH, metavar="SPEC|DIRECTORY")
@click.option(
    "--with",
    "names",
    multiple=True,
    metavar="NAME",
    help="Run this audit; may be repeated.  [default: all that need no parameters]",
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
    """Check an experiment before compute is spent on it.

    It looks for leaks, wrong labels and the like: of SPEC in the cases, of a run DIRECTORY also in
    what the model made of them. Exit status: 1 when errors are found that --allow does not name,
    else 0.
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
        click.option(
            "--timeout",
            type=click.FloatRange(0, min_open=True),
            help="Seconds that one call of the model may take.",
        ),
        click.option(
            "--retries",
            type=click.IntRange(0),
            default=2,
            show_default=True,
            help="How often an input is asked again after a retryable failure.",
        ),
        click.option(
            "--retry-wait",
            type=click.FloatRange(0),
            default=0.5,
            show_default=True,
            help="Seconds before it is asked again; then twice as long, and so on.",
        ),
        click.option("--retry-errors", is_flag=True, help="Measure errored records again."),
        click.option(
            "--stop",
            type=click.Choice(["decided"]),
            help="Stop each priority as soon as it is decided.",
        ),
        click.option(
            "--keep",
            type=click.Choice(["failures", "all", "none"]),
            default="failures",
            show_default=True,
            help="Of which inputs to keep what the model saw; none keeps digests alone.",
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
@click.option(
    "--model", metavar=MODEL, help="Measure this model, or repaired model, in place of SPEC's."
)
@_run_options
@as_json
def run(
    spec: Path,
    directory: Path | None,
    model: str | None,
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
    from ..inputs._models import check_there
    from ..verbs._forecast import forecast, obstacles
    from ..verbs._judge import judge
    from ..verbs._run import run as measure
    from ._model import model_of
    from ._stopped import telling_why

    specification = load_specification(spec)
    if dry_run:
        counted = forecast(specification, load_cases(specification.cases, limit=limit), icc=icc)
        check_there(model_of(model, specification))
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
        note(f"cannot pass: {obstacle}")
    with telling_why(directory, as_json=as_json), progress() as observers:
        report = measure(
            specification,
            model_of(model, specification),
            cases,
            to=directory,
            observers=observers,
            **options,
        )
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
@reporter
@param
@out
@as_json
def judge(
    spec: Path,
    directory: Path,
    name: str,
    params: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> int:
    """Judge a run by a specification; nothing is measured."""
    from .._files import load_specification
    from ..runs._bundle import Bundle
    from ..runs._report import Report
    from ..verbs._judge import judge as hold
    from ._params import parameters
    from ._report import written

    judgement = hold(load_specification(spec), Report.load(directory))
    chosen = "json" if as_json else name
    written(Bundle(judgement=judgement), chosen, parameters(params), out)
    return judgement.exit_status


@seatrial.command()
@click.argument("directory", type=PATH)
@reporter
@param
@out
@click.option(
    "--within",
    multiple=True,
    type=click.FloatRange(0, min_open=True),
    metavar="DISTANCE",
    help="Tell which variants lie within this distance instead; may be repeated.",
)
@as_json
def report(
    directory: Path,
    name: str,
    params: tuple[str, ...],
    out: Path | None,
    within: tuple[float, ...],
    as_json: bool,
) -> None:
    """Write what a run has measured, and what was made of it.

    With --within it writes how many of the perturbed inputs lie within distance bounds, by
    perturbation and severity: as table, md or json.
    """
    from ._params import parameters
    from ._report import reported, written_alone

    chosen = "json" if as_json else name
    if within:
        from ..runs._distances import distances
        from ..runs._report import Report

        if params:
            msg = "--param is about a reporter, and --within has none"
            raise click.UsageError(msg)
        written_alone(distances(Report.load(directory), within), chosen, out)
        return
    reported(directory, chosen, parameters(params), out, alone=as_json)


@seatrial.command()
@click.argument("before", type=PATH)
@click.argument("after", type=PATH)
@click.option("--by", help="Compare within each value of this group, such as vendor.")
@click.option("--spec", type=PATH, help="Compare by the priorities of this specification too.")
@as_json
def compare(before: Path, after: Path, by: str | None, spec: Path | None, as_json: bool) -> None:
    """Compare two runs of the same cases, what got worse first."""
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
