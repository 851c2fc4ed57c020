"""Whether a short value determines the target, or the place of the right option, in new cases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Case, statistics

from ._evidence import ERROR_RATE, MIN_CASES, codes_of
from ._labels import Labels, clusters_of, labels_of
from ._reading import normalised, options_of
from ._slots import Slot

__all__ = ["Determined", "determined"]

WORD = re.compile(r"[^\W_]+")
BINS = 8
MOST_LABELS = 100
FORMS = 3
"""How many values of running text, for each label, may name it; more are what is asked about."""

NONE = -1

Codes = npt.NDArray[np.intp]


@frozen
class Determined:
    """How well a value predicts a label in the half of the clusters that it was not learned on.

    `accuracy` and `baseline` (always the most common label) are means over clusters; `shows` are
    the places of the cases that it predicts, of which the audit names those. `may_be_asked` says
    that it may be what is asked about: running text that tells the target, not the place of it.
    """

    slot: Slot
    what: str
    accuracy: float
    baseline: float
    clusters: int
    shows: Codes
    may_be_asked: bool

    @property
    def gain(self) -> float:
        """The part of the baseline's errors that the value removes."""
        return (self.accuracy - self.baseline) / max(1 - self.baseline, 1e-9)


def determined(cases: Sequence[Case], slots: Sequence[Slot], least: float) -> list[Determined]:
    """Give what predicts more than the baseline by no accident and a gain of `least`, best first.

    The map from value to label is learned on one half of the clusters and tested on the other, and
    the other way round, so it may be any map: letters, numbers from 0 or 1, number words, codes.
    Its accuracy is compared with the baseline by an exact binomial test, over all that is tested.
    """
    clusters = clusters_of(cases)
    labels = [one for one in labels_of(cases) if 1 < len(set(one.values)) <= MOST_LABELS]
    options = [tuple(map(_words, options_of(case.input))) for case in cases] if slots else []
    columns = [(slot, codes) for slot in slots for codes in _readings(slot, options)]
    tested = [
        one
        for label in labels
        for slot, codes in columns
        if slot.cued or label.shuffled or not slot.plain
        if (one := _tested(slot, codes[label.at], label, clusters[label.at])) is not None
    ]
    confidence = 1 - ERROR_RATE / max(len(tested), 1)
    sure = [one for one in tested if one.gain >= least and _low(one, confidence) > one.baseline]
    return sorted(sure, key=_rank, reverse=True)


def _rank(one: Determined) -> tuple[bool, bool, float]:
    return not one.may_be_asked, one.slot.cued, one.gain * one.clusters


def _low(one: Determined, confidence: float) -> float:
    hits = min(one.accuracy * one.clusters, float(one.clusters))
    return statistics.clopper_pearson(hits, one.clusters, confidence).low


def _tested(slot: Slot, values: Codes, label: Labels, clusters: Codes) -> Determined | None:
    """Learn the map on either half and test it on the other."""
    there = np.flatnonzero(values != NONE)
    if len(there) < MIN_CASES:
        return None
    x, y = np.unique(values[there], return_inverse=True)[1], label.codes[there]
    if 2 * (x.max() + 1) > len(there):  # nearly every value is new, and maps to nothing
        return None
    if slot.plain and x.max() >= FORMS * len(set(label.values)):
        return None
    units = np.unique(clusters[there], return_inverse=True)[1]
    half = np.random.default_rng(0).permutation(units.max() + 1)[units] % 2
    predicted = np.full(len(there), NONE)
    for fold in (0, 1):
        table = np.zeros((x.max() + 1, y.max() + 1))
        np.add.at(table, (x[half == fold], y[half == fold]), 1)
        known = (half != fold) & (table.sum(axis=1) > 0)[x]
        predicted[known] = table.argmax(axis=1)[x[known]]
    seen = np.flatnonzero(predicted != NONE)
    of = np.unique(units[seen], return_inverse=True)[1]
    if len(seen) < len(there) / 2 or of.max(initial=NONE) + 1 < MIN_CASES:
        return None
    weights = 1 / np.bincount(of)[of] / (of.max() + 1)
    right = predicted[seen] == y[seen]
    baseline = float(np.bincount(y[seen], weights).max())
    return Determined(
        slot,
        label.what,
        float(weights @ right),
        baseline,
        int(of.max() + 1),
        label.at[there[seen[right]]],
        slot.plain and not label.shuffled,
    )


def _readings(slot: Slot, options: Sequence[tuple[str, ...]]) -> Iterator[Codes]:
    """Give the values as codes, read in every way in which they may stand for a label."""
    given = [value or "" for value in slot.values]
    words = [WORD.findall(value.casefold()) for value in given]
    columns = (
        [one.casefold().strip(" .,;:()[]*\"'") or one for one in given],
        [found[0] if found else "" for found in words],
        [found[-1] if found else "" for found in words],
        ["".join(found)[:1] for found in words],
        ["".join(found)[-1:] for found in words],
        [_option(*pair) for pair in zip(given, options, strict=True)],
        _bins(given),
    )
    for column in dict.fromkeys(map(tuple, columns)):
        if len(set(column) - {""}) > 1:
            codes = codes_of(column)
            codes[[not one for one in column]] = NONE
            yield codes


def _option(value: str, options: Sequence[str]) -> str:
    """Name the one option that says this, by its place."""
    said = _words(value) if options else ""
    within = [at for at, one in enumerate(options) if said.strip() and said in one]
    return str(within[0]) if len(within) == 1 else ""


def _words(text: str) -> str:
    return f" {' '.join(WORD.findall(normalised(text)))} "


def _bins(values: Sequence[str]) -> list[str]:
    """Sort numbers into bins of about equal size, so that a threshold can be learned."""
    numbers = np.full(len(values), np.nan)
    for at, value in enumerate(values):
        try:
            numbers[at] = float(value.rstrip("%"))
        except ValueError:
            continue
    finite = np.isfinite(numbers)
    if len(np.unique(numbers[finite])) <= BINS:  # so few values are their own bins
        return [""] * len(values)
    edges = np.quantile(numbers[finite], np.linspace(0, 1, BINS + 1)[1:-1])
    bins = np.searchsorted(edges, numbers)
    return [str(one) if known else "" for one, known in zip(bins, finite, strict=True)]
