"""What `seatrial check` prints."""

from __future__ import annotations

from .._tables import Table
from ..testing import check_distribution, summary
from ._output import echo, print_json, print_table

__all__ = ["checked"]


def checked(distribution: str, *, strict: bool, as_json: bool) -> int:
    """Run the conformance checks of a distribution; give 0 when all hold and 1 when some fail.

    With `strict`, a check that was not exercised fails too.
    """
    results = check_distribution(distribution)
    bad = ("failed", "not exercised") if strict else ("failed",)
    failed = any(result.outcome in bad for result in results)
    if as_json:
        print_json(
            [
                {
                    "component": result.component,
                    "check": result.name,
                    "outcome": result.outcome,
                    "reason": result.reason,
                }
                for result in results
            ]
        )
        return int(failed)
    listed = [result for result in results if result.outcome != "passed"]
    if listed:
        rows = [
            (r.outcome, r.component, r.name, r.reason.splitlines()[0] if r.reason else "")
            for r in listed
        ]
        print_table(Table(("outcome", "component", "check", "reason"), rows))
    echo(summary(results))
    return int(failed)
