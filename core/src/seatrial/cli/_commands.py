"""The `seatrial` command and its subcommands; each imports what is heavy when it runs."""

from __future__ import annotations

import click

from . import _inspecting, _learning, _reading, _trials

__all__ = ["seatrial"]

HELP = """Sea trials for a model before it ships.

\b
Exit status: 0 all priorities pass, 1 some fail, 2 wrong usage,
             3 some are inconclusive and none fails, 4 error
"""


@click.group(help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seatrial")
def seatrial() -> None:
    """Hold the subcommands."""


for _command in (
    *(_inspecting.list_, _inspecting.show, _trials.audit, _trials.run, _trials.judge),
    *(
        _reading.cases,
        _reading.replay,
        _trials.report,
        _trials.compare,
        _learning.explain,
        _learning.repair,
    ),
    *(_inspecting.check, _inspecting.schema),
):
    seatrial.add_command(_command)
