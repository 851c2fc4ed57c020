"""Gold that is the opposite of what it should be."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations
from typing import Any

from seatrial import Case, Finding
from seatrial.kit import import_string

from ._common import Check, disagree, golds_of, graded, grouped, percent
from ._labels import target_classes
from ._reading import input_key, options_of, value_key

__all__ = ["flipped_gold", "flipped_outcomes"]

SHARED = 5
"""So many inputs must lie on both sides before anything is said of the two."""

MOSTLY = 0.9
TOLERANCE = 0.01
RATHER, BY_CHANCE = 0.05, 0.4


def flipped_gold(reference: Any = None) -> Check:
    """Find gold that is opposite between groups, or differs from a reference.

    Groups (each attribute of `groups`) are compared where the same inputs lie in two of them: when
    nine in ten such inputs have another gold label, one of the groups is flipped. `reference` gives
    the gold to compare with: cases, or the import string of cases ("module:name", called if it is a
    function); inputs are matched by what they say.
    """
    known = _by_input(_cases(reference)) if reference is not None else {}

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        asked = [case for case in cases if golds_of(case)]
        yield from _between_groups(asked)
        yield from _against(known, asked, "gold-differs-from-reference")

    return check


def _between_groups(cases: Sequence[Case]) -> Iterator[Finding]:
    twice = [group for group in _by_input(cases).values() if len(group) > 1]
    for attribute in dict.fromkeys(name for case in cases for name in case.groups):
        shared: dict[tuple[Hashable, Hashable], list[tuple[Case, Case]]] = {}
        for group in twice:
            for pair in combinations(group, 2):
                sides = tuple(value_key(case.groups.get(attribute)) for case in pair)
                if sides[0] != sides[1]:
                    one, other = sorted(
                        zip(sides, pair, strict=True), key=lambda side: repr(side[0])
                    )
                    shared.setdefault((one[0], other[0]), []).append((one[1], other[1]))
        for (one_side, other_side), pairs in shared.items():
            opposite = [pair for pair in pairs if disagree(pair)]
            fraction = len(opposite) / len(pairs)
            if len(pairs) < SHARED or fraction < MOSTLY:
                continue
            yield Finding(
                "flipped-gold",
                f"of {len(pairs):,} inputs that lie in both {attribute}={one_side} and "
                f"{attribute}={other_side}, {percent(fraction)} have another gold label (effect): "
                "one of the groups is flipped.",
                level="error",
                cases=dict.fromkeys(case.id for pair in opposite for case in pair),
                effect=fraction,
                fix="take the gold of both groups from the source again.",
            )


def _against(known: dict[Any, list[Case]], cases: Sequence[Case], name: str) -> Iterator[Finding]:
    pairs = [(case, known[key][0]) for case in cases if (key := input_key(case.input)) in known]
    wrong = [case for case, true in pairs if disagree((case, true))]
    if known and not pairs:
        yield Finding(
            name,
            "none of the inputs stands in the reference, so no gold could be compared.",
            fix="give a reference with the same inputs.",
        )
    if not wrong:
        return
    fraction = len(wrong) / len(pairs)
    yield Finding(
        name,
        f"of {len(pairs):,} inputs that stand in the reference, {percent(fraction)} carry another "
        "gold (effect).",
        level=graded(fraction, TOLERANCE),
        cases=[case.id for case in wrong],
        effect=fraction,
        fix="take the gold from the reference, or find out why it differs.",
    )


def flipped_outcomes(reference: Any = None) -> Check:
    """Find wrong answers that were made by flipping the gold of right ones.

    Where the same inputs were judged right and wrong, and nine in ten of the wrong ones carry
    another gold, the labels are synthetic: nothing about the model can predict them. Also looks
    whether `right` agrees with the answers (the answer equals the target), and with `reference`
    (see `audits.flipped-gold`) whether the gold of right and of wrong answers does.
    """
    known = _by_input(_cases(reference)) if reference is not None else {}

    def check(_plan: Any, _model: Any, outcomes: Sequence[Any], /) -> Iterator[Finding]:
        yield from _both_ways(outcomes)
        yield from _not_as_answered(outcomes)
        for right in (True, False):
            cases = [outcome.case for outcome in outcomes if outcome.right == right]
            name = "right" if right else "wrong"
            asked = [case for case in cases if golds_of(case)]
            yield from _against(known, asked, f"gold-of-{name}-differs-from-reference")

    return check


def _both_ways(outcomes: Sequence[Any]) -> Iterator[Finding]:
    groups = grouped(outcomes, lambda outcome: input_key(outcome.input)).values()
    both = [
        ([one.case for one in group if one.right], [one.case for one in group if not one.right])
        for group in groups
    ]
    both = [(right, wrong) for right, wrong in both if right and wrong]
    opposite = [pair for pair in both if disagree((pair[0][0], pair[1][0]))]
    if len(both) < SHARED or len(opposite) < MOSTLY * len(both):
        return
    fraction = len(opposite) / len(both)
    yield Finding(
        "flipped-outcomes",
        f"of {len(both):,} inputs that were judged both right and wrong, {percent(fraction)} have "
        "the opposite gold label where they are wrong (effect): the wrong ones are flipped "
        "right ones.",
        level="error",
        cases=dict.fromkeys(case.id for _, wrong in opposite for case in wrong),
        effect=fraction,
        fix="judge the model's own answers; labels made by flipping say nothing about it.",
    )


def _not_as_answered(outcomes: Sequence[Any]) -> Iterator[Finding]:
    """Compare `right` with the answer, where the answer is one of the options or classes."""
    classes = target_classes([outcome.case for outcome in outcomes])
    known = frozenset(map(value_key, classes.values)) if classes else frozenset()
    pairs = []
    for outcome in outcomes:
        if outcome.prediction is None or outcome.prediction.refused:
            continue
        answer = value_key(outcome.prediction.value)
        given = frozenset(map(value_key, options_of(outcome.input)))
        golds = golds_of(outcome.case)
        if golds and answer in (given or known):
            pairs.append((outcome, (answer in golds) == outcome.right))
    if len(pairs) < SHARED:
        return
    strange = [outcome for outcome, agrees in pairs if not agrees]
    fraction = len(strange) / len(pairs)
    if fraction < RATHER:
        return
    yield Finding(
        "right-is-not-right",
        f"of {len(pairs):,} answers, {percent(fraction)} are called right although they are not "
        "the target, or wrong although they are (effect).",
        level=graded(fraction, BY_CHANCE),
        cases=dict.fromkeys(outcome.case.id for outcome in strange),
        effect=fraction,
        fix="find out which metric or file said what is right, and judge again.",
    )


def _by_input(cases: Sequence[Case]) -> dict[Any, list[Case]]:
    found: dict[Any, list[Case]] = {}
    for case in cases:
        found.setdefault(input_key(case.input), []).append(case)
    return found


def _cases(reference: Any) -> list[Case]:
    if isinstance(reference, str):
        reference = import_string(reference, what="reference")
    found = list(reference() if callable(reference) else reference)
    if wrong := [one for one in found if not isinstance(one, Case)]:
        msg = f"it must be cases, and holds {wrong[0]!r:.80}"
        raise ValueError(msg)
    return found
