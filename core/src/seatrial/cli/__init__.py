"""The `seatrial` command.

Results go to stdout, progress and complaints to stderr. Exit status: 0 all pass · 1 some fail ·
2 usage · 3 some inconclusive, none fail · 4 error.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..inputs._bars import no_bars_here
from ..inputs._stdout import reserve_stdout
from ._commands import seatrial
from ._exits import guarded
from ._stream import tolerant

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit.

    The folder where the command is started can be imported from, so that `module:name` in a
    specification finds a module beside it. Stdout is kept for results, whatever other people's code
    writes to it, and libraries' own bars of progress are switched off (`TQDM_DISABLE`).
    """
    tolerant(sys.stdout, sys.stderr)
    no_bars_here()
    reserve_stdout()
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    sys.exit(guarded(seatrial, list(sys.argv[1:] if arguments is None else arguments)))
