"""Answers, outcomes and clusters that are too few or too much alike to say much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Any

from seatrial import Case, Finding

from ._common import Check, clean_of, cluster_of, fraction_between, graded, percent, whole_number
from ._evidence import ERROR_RATE, MIN_CASES, two_sided
from ._labels import target_classes
from ._reading import gold_of, options_of

__all__ = ["answer_imbalance", "outcome_imbalance", "too_few_clusters"]

LOPSIDED = 0.75
PLACE_EXCESS, PLACE_WARNING = 0.1, 0.25
CLUSTERS = 30


def answer_imbalance(max_fraction: float = 0.9) -> Check:
    """Find classes, or places of the right option, that are nearly always the answer.

    Then accuracy says little: a model that always gives that answer is nearly always right. A
    warning from `max_fraction` of the cases up (for places: .25 above their expected fraction), a
    note from .75 (.1) up.
    """
    limit = fraction_between("max_fraction", max_fraction)

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        labels = target_classes(cases)
        if labels is not None and len(labels.values) >= MIN_CASES:
            (value, count), *_ = Counter(labels.values).most_common(1)
            fraction = count / len(labels.values)
            if fraction >= min(LOPSIDED, limit):
                yield Finding(
                    "answer-imbalance",
                    f"the target is {value!r} in {percent(fraction)} of {len(labels.values):,} "
                    "cases (effect).",
                    level=graded(fraction, 2.0, limit),
                    cases=[
                        cases[at].id
                        for at, one in zip(labels.at, labels.values, strict=True)
                        if one != value
                    ],
                    effect=fraction,
                    fix="add cases of other classes (those named), or measure balanced accuracy.",
                )
        yield from _places(cases)

    return check


def _places(cases: Sequence[Case]) -> Iterator[Finding]:
    """Compare how often each place holds the right option with its expected fraction."""
    here: dict[int, list[str]] = {}
    fair: Counter[int] = Counter()
    spread: Counter[int] = Counter()
    asked = 0
    for case in cases:
        options, gold = options_of(case.input), gold_of(case)
        if gold not in options or len(options) == 1:
            continue
        asked += 1
        here.setdefault(options.index(gold), []).append(case.id)
        expected = 1 / len(options)
        for place in range(len(options)):
            fair[place] += expected  # type: ignore[assignment]
            spread[place] += expected * (1 - expected)  # type: ignore[assignment]
    if asked < MIN_CASES:
        return
    place, ids = max(here.items(), key=lambda item: len(item[1]) - fair[item[0]])
    excess = (len(ids) - fair[place]) / asked
    p_value = two_sided((len(ids) - fair[place]) / sqrt(spread[place]))
    if excess < PLACE_EXCESS or p_value > ERROR_RATE / len(fair):
        return
    yield Finding(
        "answer-place",
        f"the right option is number {place + 1} in {percent(len(ids) / asked)} of {asked:,} "
        f"cases, {excess:.2f} above its expected fraction (effect).",
        level=graded(excess, 2.0, PLACE_WARNING),
        cases=ids,
        effect=excess,
        fix="shuffle the options of each case.",
    )


def outcome_imbalance(min_fraction: float = 0.1) -> Check:
    """Find outcomes of which too few are right, or too few wrong, to learn from.

    A warning below a fraction of `min_fraction`, or below 20 of them; a note below a quarter.
    """
    limit = fraction_between("min_fraction", min_fraction, high=0.5)

    def check(_plan: Any, _model: Any, outcomes: Sequence[Any], /) -> Iterator[Finding]:
        clean = clean_of(outcomes)
        right = [outcome.case.id for outcome in clean if outcome.right]
        wrong = [outcome.case.id for outcome in clean if not outcome.right]
        few, name = (wrong, "wrong") if len(wrong) <= len(right) else (right, "right")
        if not clean or (len(few) >= (1 - LOPSIDED) * len(clean) and len(few) >= MIN_CASES):
            return
        fraction = len(few) / len(clean)
        yield Finding(
            "outcome-imbalance",
            f"only {len(few):,} of {len(clean):,} answers are {name}, a fraction of {fraction:.3f} "
            "(effect).",
            level="warning" if fraction < limit or len(few) < MIN_CASES else "note",
            cases=few,
            effect=fraction,
            fix="measure more or harder cases before you explain; few failures explain little.",
        )

    return check


def too_few_clusters(min_clusters: int = CLUSTERS) -> Check:
    """Find cases that come from fewer than `min_clusters` clusters (30): a note."""
    needed = whole_number("min_clusters", min_clusters, 1)

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        clusters = Counter(map(cluster_of, cases))
        if len(clusters) < min(needed, len(cases)):
            yield Finding(
                "too-few-clusters",
                f"{len(cases):,} cases come from {len(clusters)} clusters (effect), and only those "
                "are independent: intervals will be wide.",
                cases=[case.id for case in cases],
                effect=float(len(clusters)),
                fix="add cases from other clusters, rather than more from these.",
            )

    return check
