"""How much of each part is trained on, by tokens or by rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from seatrial import derive
from seatrial.errors import ParameterError, PlanError
from seatrial.kit import did_you_mean

from ._sequences import Sequenced

__all__ = ["mixed", "named_mixture", "proportions"]

BY = ("tokens", "cases")
NAMED = {"findap": ({"cpt": 0.5, "it": 0.5}, "cases")}
"""Mixtures by name, each with what it is counted by."""


def named_mixture(
    mixture: Mapping[str, float] | str | None, by: str
) -> tuple[Mapping[str, float] | None, str]:
    """Give the fractions of a mixture and what they are of.

    Raises `ParameterError` for a name that there is not, and fractions that are no mixture.
    """
    if isinstance(mixture, str):
        if mixture not in NAMED:
            msg = f"there is no mixture {mixture!r}; use {', '.join(NAMED)}, or fractions"
            raise ParameterError(msg)
        return NAMED[mixture]
    if by not in BY:
        msg = f"by must be one of {', '.join(BY)}, not {by!r}"
        raise ParameterError(msg)
    if mixture is None:
        return None, by
    values = list(mixture.values())
    if not values or any(not value > 0 for value in values) or not math.isclose(sum(values), 1):
        msg = f"the fractions of a mixture must be positive and sum to 1, not {dict(mixture)!r}"
        raise ParameterError(msg)
    return mixture, by


def mixed(
    cases: Sequence[Sequence[Sequenced]],
    mixture: Mapping[str, float] | None,
    *,
    by: str,
    seed: int,
) -> list[Sequenced]:
    """Give as much as there is in these proportions; nothing is repeated, the rest is left out.

    Whole cases are taken, drawn by the seed, so a part is within one case of its fraction.
    """
    if mixture is None:
        return [one for several in cases for one in several]
    parts: dict[str, list[Sequence[Sequenced]]] = {}
    for several in cases:
        parts.setdefault(several[0].part, []).append(several)
    if missing := [name for name in mixture if name not in parts]:
        hint = did_you_mean(missing[0], parts)
        msg = f"no case is of the part {missing[0]!r} of the mixture{hint}"
        raise PlanError(msg)
    sizes = {name: [_size(one, by) for one in parts[name]] for name in mixture}
    whole = min(sum(sizes[name]) / fraction for name, fraction in mixture.items())
    found: list[Sequenced] = []
    for name, fraction in mixture.items():
        order = list(range(len(parts[name])))
        Random(derive(seed, "mixture", name)).shuffle(order)
        taken = 0.0
        for place in order:
            if taken + sizes[name][place] / 2 > fraction * whole:
                break
            found += parts[name][place]
            taken += sizes[name][place]
    return found


def proportions(sequences: Sequence[Sequenced]) -> dict[str, Any]:
    """Say what of each part there is: sequences, tokens, tokens trained on, and the fraction."""
    total = sum(len(one.ids) for one in sequences)
    told = {}
    for part in sorted({one.part for one in sequences}):
        own = [one for one in sequences if one.part == part]
        tokens = sum(len(one.ids) for one in own)
        told[part] = {
            "sequences": len(own),
            "tokens": tokens,
            "trained_on": sum(one.targets for one in own),
            "fraction_of_tokens": tokens / total,
        }
    return told


def _size(case: Sequence[Sequenced], by: str) -> float:
    return 1 if by == "cases" else sum(len(one.ids) for one in case)
