"""Preferences that were made, and what became of everything that could have been one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from seatrial import Preference
from seatrial.kit import digest, plain

__all__ = ["Made", "Making"]


class Made(tuple[Preference, ...]):  # noqa: SLOT001 - it has attributes
    """Preferences for `repair(cases=...)`.

    `counts` says how many were made for each reason, and how many candidates were left out for
    each; `clusters` are all clusters that had a part in it, which no verdict on what learns from
    them may count. `provenance` says of each preference, in their order, what it was made of.
    """

    counts: Mapping[str, int] = {}
    clusters: frozenset[str] = frozenset()
    provenance: tuple[Mapping[str, Any], ...] = ()


class Making:
    """Collects preferences, each once, and counts."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Preference, Mapping[str, Any]]] = {}
        self._counts: Counter[str] = Counter()

    def add(self, kind: str, pair: Preference, /, **facts: Any) -> bool:
        """Take a pair, unless it says nothing or was taken before; say whether it was taken.

        `facts` are its provenance.
        """
        sides = [
            one.strip() if isinstance(one, str) else "" for one in (pair.chosen, pair.rejected)
        ]
        if not all(sides):
            self.leave_out("one side is empty or no text")
        elif sides[0] == sides[1]:
            self.leave_out("both sides are equal")
        else:
            key = digest([plain(pair.input), *sides])
            if key in self._found:
                self.leave_out("the same pair was made before")
            else:
                self._found[key] = (pair, {"kind": kind, "case": pair.case_id, **facts})
                self._counts[kind] += 1
                return True
        return False

    def __len__(self) -> int:
        return len(self._found)

    def leave_out(self, why: str, count: int = 1) -> None:
        """Count candidates of which nothing was made."""
        if count:
            self._counts[f"left out: {why}"] += count

    def made(self, clusters: Iterable[Any]) -> Made:
        """Give what was collected."""
        made = Made(pair for pair, _ in self._found.values())
        made.provenance = tuple(facts for _, facts in self._found.values())
        made.counts = dict(sorted(self._counts.items()))
        made.clusters = frozenset(clusters)
        return made
