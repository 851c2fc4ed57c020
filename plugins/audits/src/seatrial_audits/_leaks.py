"""The same thing on both sides of a split."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from seatrial import Case, Finding

from ._common import Check, cluster_of, graded, grouped, percent, share_between
from ._reading import input_key, normalised, parts_of

__all__ = ["split_leak"]

PASSAGE = 100
"""A part of an input that is at least this long (in characters) does not recur by chance."""


def split_leak(split: str = "split", tolerated: float = 0.01) -> Check:
    """Find what lies on both sides of a split, or in clusters that are taken for independent.

    `split` names the group that says which split a case belongs to, if there is one. Inputs,
    clusters and long parts of inputs (passages) are compared. Across splits an error from a share
    of `tolerated` of the cases up; across clusters at most a warning, because held-out parts and
    intervals are made by cluster, and then mean less than they say.
    """
    limit = share_between("tolerated", tolerated)

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        def side(case: Case) -> Hashable:
            return case.groups.get(split)

        def crossing(
            key: Callable[[Case], Hashable], sides: Callable[[Case], Hashable]
        ) -> list[list[Case]]:
            groups = grouped(cases, key).values()
            return [group for group in groups if len({sides(case) for case in group}) > 1]

        def finding(name: str, what: str, groups: list[list[Case]], fix: str) -> Iterator[Finding]:
            if not groups:
                return
            ids = dict.fromkeys(case.id for group in groups for case in group)
            share = len(ids) / len(cases)
            across = name.endswith("splits")
            plain = "warning" if share >= limit else "note"
            yield Finding(
                name,
                f"{len(groups):,} {what}: {percent(share)} of the cases (effect).",
                level=graded(share, limit) if across else plain,
                cases=ids,
                effect=share,
                fix=fix,
            )

        if any(side(case) is not None for case in cases):
            yield from finding(
                "duplicates-across-splits",
                f"inputs lie in more than one {split}",
                crossing(lambda case: input_key(case.input), side),
                "keep each input in one split.",
            )
            yield from finding(
                "clusters-across-splits",
                f"clusters lie in more than one {split}",
                crossing(cluster_of, side),
                "split by cluster, so that what is held out is new.",
            )
            yield from finding(
                "passages-across-splits",
                f"passages lie in more than one {split}",
                _passages(cases, side),
                "split by passage, so that what is held out is new.",
            )
        yield from finding(
            "duplicates-across-clusters",
            "inputs lie in more than one cluster",
            crossing(lambda case: input_key(case.input), cluster_of),
            "drop the repetitions, or give cases with one input the same cluster.",
        )
        yield from finding(
            "passages-across-clusters",
            "passages lie in more than one cluster",
            _passages(cases, cluster_of),
            "name the passage as the cluster: questions about one passage are not independent.",
        )

    return check


def _passages(cases: Sequence[Case], side: Callable[[Case], Hashable]) -> list[list[Case]]:
    """Group cases by long parts that stand beside others, where a group has several sides."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        parts = parts_of(case.input)
        if len(parts) < 2:  # noqa: PLR2004 - a part needs another one beside it
            continue
        for part in parts.values():
            if len(part) >= PASSAGE:
                found.setdefault(normalised(part), []).append(case)
    return [group for group in found.values() if len({side(case) for case in group}) > 1]
