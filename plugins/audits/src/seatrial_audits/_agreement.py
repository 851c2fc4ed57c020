"""Whether two sources of labels agree by more than chance."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from attrs import frozen

from seatrial import Case, Finding
from seatrial.kit import Level, import_string

from ._common import Check, cluster_of, fraction_between, golds_of, percent
from ._evidence import MIN_CASES, bounded_mean, codes_of
from ._reading import input_key, normalised, prompt_of, value_key

__all__ = ["label_agreement", "outcome_agreement"]

FIX = "find out which source is right before anything is learned from either; label anew."
WITH_REFERENCE = "these cases and the reference"
MIN_TOLD = 10
"""Inputs with another label than the most common one; of fewer, no bound of kappa is sure."""

MOST_NAMES = 20
"""Two sources with no more labels than this that share none of them write them differently."""

Key = tuple[Hashable, Hashable]


@frozen
class _Label:
    """One label of one case."""

    case: Case
    value: Hashable


def label_agreement(reference: Any = None, min_kappa: float = 0.6) -> Check:
    """Find two sources whose gold for the same inputs agrees little more than by chance.

    Sources are the values of each attribute of `groups` (an annotator, a file, a release) where the
    same inputs lie in two of them, and `reference`: cases, or the import string of cases. Inputs of
    another wording are paired by id where most of their words are the same. Agreement
    is Cohen's kappa, 0 for what the two sources' own frequencies would give by chance and 1 where
    they always agree. An error where even its upper bound (p .001, by clusters, over all pairs) is
    below `min_kappa`; a warning where only the estimate is, or where fewer than 10 inputs have
    another label than the most common one. Below 20 shared clusters it says nothing.
    """
    least = fraction_between("min_kappa", min_kappa)
    known = _known(reference, Case, _gold)

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        labels = [one for case in cases if (one := _gold(case)) is not None]
        yield from _found("label-agreement", "gold", labels, known, least)

    return check


def outcome_agreement(reference: Any = None, min_kappa: float = 0.6) -> Check:
    """Find two sources that call the same answers right and wrong as if by lot.

    As `audits.label-agreement`, of what is called right. `reference` gives outcomes, or their
    import string: of the same model, judged elsewhere.
    """
    from seatrial import Outcome

    least = fraction_between("min_kappa", min_kappa)
    known = _known(reference, Outcome, _right)

    def check(_plan: Any, _model: Any, outcomes: Sequence[Any], /) -> Iterator[Finding]:
        labels = [_right(one) for one in outcomes]
        yield from _found("outcome-agreement", "right and wrong", labels, known, least)

    return check


def _gold(case: Case) -> _Label | None:
    golds = golds_of(case)
    said = (one.rstrip(".") or one if isinstance(one, str) else one for one in golds)
    return _Label(case, " or ".join(sorted(map(repr, said)))) if golds else None


def _right(outcome: Any) -> _Label:
    from attrs import evolve

    return _Label(evolve(outcome.case, input=outcome.input), bool(outcome.right))


def _known(
    reference: Any, kind: type, label: Callable[[Any], _Label | None]
) -> Mapping[Key, _Label] | None:
    if reference is None:
        return None
    if isinstance(reference, str):
        reference = import_string(reference, what="reference")
    given = list(reference() if callable(reference) else reference)
    if wrong := [one for one in given if not isinstance(one, kind)]:
        what = "cases" if kind is Case else "outcomes"
        msg = f"it must be {what}, and holds {wrong[0]!r:.80}"
        raise ValueError(msg)
    return _by_input([one for item in given if (one := label(item)) is not None])


def _by_input(labels: Sequence[_Label]) -> dict[Any, _Label]:
    found: dict[Any, _Label] = {}
    for one in labels:
        found.setdefault(input_key(one.case.input), one)
    return found


def _shared(own: Mapping[Any, _Label], known: Mapping[Any, _Label]) -> list[tuple[_Label, _Label]]:
    """Pair labels of the same inputs, and of the same ids where the inputs say much the same.

    Two sets may both count from 0, so an id alone pairs nothing.
    """
    by_id: dict[str, _Label] = {}
    for one in known.values():
        by_id.setdefault(normalised(one.case.id), one)
    both = []
    for key, one in own.items():
        other = known.get(key)
        if other is None and (same := by_id.get(normalised(one.case.id))) is not None:
            other = same if _alike(one.case, same.case) else None
        if other is not None:
            both.append((one, other))
    return both


def _alike(one: Case, other: Case) -> bool:
    """Tell whether most words of the shorter input stand in the other."""
    few, many = sorted(
        (set(normalised(prompt_of(case.input)).split()) for case in (one, other)), key=len
    )
    return 2 * len(few & many) > len(few)


def _found(
    name: str,
    what: str,
    labels: Sequence[_Label],
    known: Mapping[Any, _Label] | None,
    least: float,
) -> Iterator[Finding]:
    sources = dict(_sources(labels, known))
    pairs = {where: both for where, both in sources.items() if len(both) >= MIN_CASES}
    if known is not None and not sources[WITH_REFERENCE]:
        yield Finding(
            name,
            "none of the inputs stands in the reference, so no labels could be compared.",
            fix="give a reference with the same inputs.",
        )
    for where, both in pairs.items():
        finding = _compared(name, what, where, both, least, len(pairs))
        if finding is not None:
            yield finding


def _sources(
    labels: Sequence[_Label], known: Mapping[Any, _Label] | None
) -> Iterator[tuple[str, list[tuple[_Label, _Label]]]]:
    """Give the labels of the same inputs in two sources, and which sources those are."""
    if known is not None:
        yield WITH_REFERENCE, _shared(_by_input(labels), known)
    for attribute in dict.fromkeys(name for one in labels for name in one.case.groups):
        sides: dict[Hashable, list[_Label]] = {}
        for one in labels:
            if attribute in one.case.groups:
                sides.setdefault(value_key(one.case.groups[attribute]), []).append(one)
        by_side = {side: _by_input(some) for side, some in sorted(sides.items(), key=repr)}
        for (one_side, one_labels), (other_side, others) in combinations(by_side.items(), 2):
            yield (
                f"{attribute}={one_side} and {attribute}={other_side}",
                _shared(one_labels, others),
            )


def _compared(
    name: str,
    what: str,
    where: str,
    both: Sequence[tuple[_Label, _Label]],
    least: float,
    looks: int,
) -> Finding | None:
    codes = codes_of([one.value for pair in both for one in pair]).reshape(-1, 2)
    agree = codes[:, 0] == codes[:, 1]
    one_side, other_side = (set(codes[:, side].tolist()) for side in (0, 1))
    few = all(1 < len(side) <= MOST_NAMES for side in (one_side, other_side))
    if few and one_side.isdisjoint(other_side):
        one, other = (label.value for label in both[0])
        return Finding(
            name,
            f"{where} share no label: where one says {one}, the other says {other}, "
            "so they cannot be compared.",
            level="warning",
            fix="write the labels of both alike.",
        )
    kappa, influence = _kappa(codes)
    clusters = codes_of([cluster_of(one.case) for one, _ in both])
    _, low, high = bounded_mean(influence, clusters, looks)
    if not np.isfinite(high) or kappa >= least:
        return None
    told = int((codes != np.bincount(codes.ravel()).argmax()).any(axis=1).sum())
    level: Level = "error" if high < least and told >= MIN_TOLD else "warning"
    return Finding(
        name,
        f"{where} agree on the {what} of {percent(float(agree.mean()))} of {len(both):,} shared "
        f"inputs, Cohen's kappa {kappa:.2f} (effect; {max(low, -1):.2f} to {min(high, 1):.2f}), "
        + (
            "not shown to be more than by chance."
            if low <= 0
            else f"more than by chance and less than the {least:g} that is asked for."
        ),
        level=level,
        cases=dict.fromkeys(
            pair[0].case.id for pair, same in zip(both, agree, strict=True) if not same
        ),
        effect=kappa,
        fix=FIX,
    )


def _kappa(codes: Any) -> tuple[float, Any]:
    """Give Cohen's kappa, and values whose mean it is, as far as cases change it (delta method)."""
    size = codes.max() + 1
    first, second = (np.bincount(codes[:, side], minlength=size) / len(codes) for side in (0, 1))
    agree = (codes[:, 0] == codes[:, 1]).astype(float)
    chance = float(first @ second)
    if chance >= 1:  # both sources say one and the same thing of everything
        return 1.0, np.ones(len(codes))
    kappa = (float(agree.mean()) - chance) / (1 - chance)
    by_chance = second[codes[:, 0]] + first[codes[:, 1]] - 2 * chance
    influence = (agree - agree.mean() - (1 - kappa) * by_chance) / (1 - chance)
    return kappa, kappa + influence
