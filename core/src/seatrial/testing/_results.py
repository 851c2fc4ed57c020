"""What a check says, and how many checks said it."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen
from attrs.validators import in_

__all__ = ["CheckResult", "NotExercised", "Skipped", "expect", "summary"]

OUTCOMES = ("failed", "passed", "expected", "not exercised", "skipped")


class Skipped(Exception):  # noqa: N818 - a statement about a check, not a fault
    """A check does not apply to this component; the message says why."""


class NotExercised(Skipped):
    """A check applies, but the kit could not run it (no samples, no model); the message says why.

    This is no pass: `seatrial check --strict` fails on it.
    """


@frozen
class CheckResult:
    """What one check said about one component.

    `outcome` is "passed", "failed", "skipped" (it does not apply), "not exercised" (it applies, but
    there was nothing to run it on) or "expected" (it failed, as was declared with a reason).
    `reason` says why, `help` what the check asks for and how to mend it; `component` is the label
    of what was checked.
    """

    name: str
    outcome: str = field(validator=in_(OUTCOMES))
    reason: str = ""
    help: str = field(default="", repr=False)
    component: str = field(default="", kw_only=True)


def expect(condition: object, message: str) -> None:
    """Fail a check unless the condition holds; unlike `assert`, also under `python -O`."""
    if not condition:
        raise AssertionError(message)


def summary(results: Iterable[CheckResult]) -> str:
    """Count the results in one line: "12 passed, 1 skipped: no samples of modality 'audio'"."""
    results = tuple(results)
    parts = []
    for outcome in OUTCOMES:
        found = [one for one in results if one.outcome == outcome]
        if not found:
            continue
        why = {
            f"{one.name}: {one.reason}" if outcome == "failed" else one.reason: None
            for one in found
            if outcome != "passed"
        }
        parts.append(f"{len(found)} {outcome}" + (f": {'; '.join(why)}" if why else ""))
    return ", ".join(parts) or "no checks"
