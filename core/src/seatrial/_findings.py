"""What audits and explainers find."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

from attrs import field, frozen
from attrs.validators import in_

__all__ = ["LEVELS", "Finding", "Level"]

Level = Literal["error", "warning", "note"]

LEVELS: tuple[Level, ...] = get_args(Level)


def _ends(values: Iterable[float] | None) -> tuple[float, float] | None:
    if values is None:
        return None
    low, high = values
    return low, high


def _ids(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen
class Finding:
    """One thing that an audit or an explainer found.

    `level` is "error" (stops a run unless it is allowed by name), "warning" or "note".
    `effect` is the size of the effect in the unit that the summary names; `fix` says what to do.

    An explainer may say more: `condition` under which failures are more or less frequent (in words,
    or as data), the `count` of outcomes that meet it, their failure `rate`, its `difference` from
    that of the others with its `interval`, and ids of cases as `examples`.
    """

    name: str
    summary: str
    level: Level = field(default="note", kw_only=True, validator=in_(LEVELS))
    cases: tuple[str, ...] = field(default=(), kw_only=True, converter=_ids)
    effect: float | None = field(default=None, kw_only=True)
    fix: str = field(default="", kw_only=True)
    condition: Any = field(default=None, kw_only=True)
    count: int | None = field(default=None, kw_only=True)
    rate: float | None = field(default=None, kw_only=True)
    difference: float | None = field(default=None, kw_only=True)
    interval: tuple[float, float] | None = field(default=None, kw_only=True, converter=_ends)
    examples: tuple[str, ...] = field(default=(), kw_only=True, converter=_ids)
