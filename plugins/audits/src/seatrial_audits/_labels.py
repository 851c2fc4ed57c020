"""What there is to predict about a case: its class, or the place of its right option."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Case

from ._common import cluster_of
from ._evidence import MIN_CASES, codes_of
from ._reading import gold_of, options_of

__all__ = ["Labels", "clusters_of", "labels_of", "target_classes"]

MOST_CLASSES = 20
CASES_A_CLASS = 5


@frozen
class Labels:
    """One label for each of some cases: what it is, and which; `at` are places in the cases.

    `shuffled` says that it is a place which what the options say does not determine.
    """

    what: str
    at: npt.NDArray[np.intp]
    values: tuple[str, ...]
    shuffled: bool = False

    @property
    def codes(self) -> npt.NDArray[np.intp]:
        """The labels as numbers."""
        return codes_of(self.values)

    def common(self) -> list[str]:
        """List the labels that enough cases have to say something about; of two, one will do."""
        counts = Counter(self.values)
        common = [
            value
            for value, count in counts.most_common()
            if MIN_CASES <= count <= len(self.values) - MIN_CASES
        ]
        return common[:1] if len(counts) == 2 else common  # noqa: PLR2004


def target_classes(cases: Sequence[Case]) -> Labels | None:
    """Give the targets, if they are a few classes that recur and not texts of their own."""
    at = [place for place, case in enumerate(cases) if isinstance(case.target, str | int | float)]
    values = tuple(str(cases[place].target) for place in at)
    classes = len(set(values))
    if not 1 <= classes <= MOST_CLASSES or len(values) < CASES_A_CLASS * classes:
        return None
    return Labels("the target", np.array(at, dtype=np.intp), values)


def right_places(cases: Sequence[Case]) -> list[Labels]:
    """Give the place of the right option, for each number of options by itself."""
    found: dict[int, tuple[list[int], list[str], list[tuple[str, ...]]]] = {}
    for at, case in enumerate(cases):
        options, gold = options_of(case.input), gold_of(case)
        if gold in options:
            places, values, offered = found.setdefault(len(options), ([], [], []))
            places.append(at)
            values.append(f"option {options.index(gold) + 1}")
            offered.append(options)
    return [
        Labels(
            f"the place of the right one of {count} options",
            np.array(at),
            tuple(values),
            _are_shuffled(offered),
        )
        for count, (at, values, offered) in sorted(found.items())
    ]


def _are_shuffled(offered: Sequence[Sequence[str]]) -> bool:
    """Tell options of their own, or in changing order, from the same classes in the same order."""
    at: dict[str, set[int]] = {}
    for options in offered:
        for place, option in enumerate(options):
            at.setdefault(option, set()).add(place)
    several = sum(len(places) > 1 for places in at.values())
    return 2 * len(at) > sum(map(len, offered)) or 2 * several > len(at)


def labels_of(cases: Sequence[Case]) -> list[Labels]:
    """Give every kind of label that these cases have."""
    classes = target_classes(cases)
    return [*([classes] if classes else []), *right_places(cases)]


def clusters_of(cases: Sequence[Case]) -> npt.NDArray[np.intp]:
    """Number the clusters."""
    return codes_of([cluster_of(case) for case in cases])
