"""The same thing on both sides of a split."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from seatrial import Case, Finding

from ._common import Check, cluster_of, counted, fraction_between, graded, grouped, percent
from ._reading import input_key, normalised, parts_of

__all__ = ["split_leak"]

PASSAGE = 100
"""A part of an input that is at least this long (in characters) does not recur by chance."""

FIXES: Mapping[str, str] = {
    "duplicates-across-splits": "keep each input in one split.",
    "clusters-across-splits": "split by cluster, so that what is held out is new.",
    "passages-across-splits": "split by passage, so that what is held out is new.",
    "duplicates-across-clusters": "drop repetitions, or give cases with one input one cluster.",
    "passages-across-clusters": "name the passage as the cluster: questions about one passage are "
    "not independent.",
}


def split_leak(split: str = "split", tolerance: float = 0.01) -> Check:
    """Find what lies on both sides of a split, or in clusters that are taken for independent.

    `split` names the group that says which split a case belongs to, if there is one. Inputs,
    clusters and long parts of inputs (passages) are compared. Across splits an error from
    `tolerance` of the cases up; across clusters at most a warning, because held-out parts and
    intervals are made by cluster, and then mean less than they say.
    """
    limit = fraction_between("tolerance", tolerance)

    def split_of(case: Case) -> Hashable:
        found: Hashable = case.groups.get(split)
        return found

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        things: dict[str, tuple[str, list[list[Case]]]] = {
            "duplicates": ("input", _groups(cases, lambda case: input_key(case.input))),
            "clusters": ("cluster", _groups(cases, cluster_of)),
            "passages": ("passage", _passages(cases)),
        }
        sides: dict[str, tuple[str, Callable[[Case], Hashable]]] = {
            "splits": (split, split_of),
            "clusters": ("cluster", cluster_of),
        }
        for where, (side_name, side) in sides.items():
            for what, (thing, groups) in things.items():
                torn = [group for group in groups if len({side(case) for case in group}) > 1]
                if torn:
                    yield _torn(f"{what}-across-{where}", thing, side_name, torn, len(cases), limit)

    return check


def _torn(
    name: str, thing: str, side: str, groups: list[list[Case]], total: int, limit: float
) -> Finding:
    """Tell of things that lie on more than one side."""
    ids = dict.fromkeys(case.id for group in groups for case in group)
    fraction = len(ids) / total
    worst = graded(fraction, limit) if name.endswith("splits") else graded(fraction, 2.0, limit)
    return Finding(
        name,
        f"{counted(len(groups), f'{thing} lies', f'{thing}s lie')} in more than one {side}: "
        f"{percent(fraction)} of the cases (effect).",
        level=worst,
        cases=ids,
        effect=fraction,
        fix=FIXES[name],
    )


def _groups(cases: Sequence[Case], key: Callable[[Case], Hashable]) -> list[list[Case]]:
    return [group for group in grouped(cases, key).values() if len(group) > 1]


def _passages(cases: Sequence[Case]) -> list[list[Case]]:
    """Group cases by long parts that stand beside others."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        parts = parts_of(case.input)
        long = [part for part in parts.values() if len(part) >= PASSAGE]
        for part in long if len(parts) > 1 else ():
            found.setdefault(normalised(part), []).append(case)
    return [group for group in found.values() if len(group) > 1]
