"""Few-shot draws: a few labelled cases of each class, by a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from seatrial import Case, derive
from seatrial.errors import PlanError

from ._pictures import rewrapped

__all__ = ["TRUE_CLASS", "few_shot", "relabelled", "remap"]

TRUE_CLASS = "true class"
"""The attribute under which a case with a changed label keeps its own."""

WHOLE = 1 << 63


def few_shot(
    cases: Sequence[Case],
    shots: int | Mapping[str, int],
    *,
    seed: int,
    classes: Sequence[str] | None = None,
    replace: bool = False,
    noise: float = 0.0,
) -> Sequence[Case]:
    """Draw a few cases of each class, the rows of a class together.

    A larger draw with the same seed holds the smaller one, so curves over shots compare like with
    like. `shots` is one number, or one for each class. A class with fewer cases gives all it has;
    with `replace` it gives some again, under ids that say so. `noise` is the probability that a
    case gets the label of another class, as in `relabelled`.
    """
    entries = list(getattr(cases, "entries", cases))
    names = _classes(entries, classes)
    wanted = shots if isinstance(shots, Mapping) else dict.fromkeys(names, shots)
    if strange := [name for name in wanted if name not in names]:
        msg = f"shots are asked of {strange[0]!r}, which is none of the classes {names!r:.200}"
        raise PlanError(msg)
    drawn: list[Case] = []
    for name in names:
        count = wanted.get(name, 0)
        if isinstance(count, bool) or count != int(count) or count < 0:
            msg = f"shots must be whole numbers from 0, not {count!r} for {name!r}"
            raise PlanError(msg)
        there = [case for case in entries if case.target == name]
        if not there and count:
            msg = f"the class {name!r} has no case to draw; leave it out of classes"
            raise PlanError(msg)
        there.sort(key=lambda case: derive(seed, "few-shot", case.id))
        drawn += there[:count]
        for place in range(len(there), count if replace else 0):
            round_, index = divmod(place, len(there))
            drawn.append(evolve(there[index], id=f"{there[index].id}#{round_ + 1}"))
    return relabelled(rewrapped(cases, drawn), noise, seed=seed, classes=names)


def relabelled(
    cases: Sequence[Case], rate: float, *, seed: int, classes: Sequence[str] | None = None
) -> Sequence[Case]:
    """Give cases of which some have the label of another class, drawn evenly among the others.

    Each case is changed with probability `rate`, and every case keeps its own label in the group
    "true class". A higher rate changes what a lower one did, and more.
    """
    if not 0 <= rate <= 1:
        msg = f"a rate of label noise lies between 0 and 1, not {rate!r}"
        raise PlanError(msg)
    entries = list(getattr(cases, "entries", cases))
    if not rate:
        return rewrapped(cases, entries)
    names = _classes(entries, classes)
    changed = []
    for case in entries:
        target = case.target
        others = [name for name in names if name != target]
        if others and derive(seed, "label-noise", case.id) < rate * WHOLE:
            target = others[derive(seed, "noisy-label", case.id) % len(others)]
        groups = {**case.groups, TRUE_CLASS: case.groups.get(TRUE_CLASS, case.target)}
        changed.append(evolve(case, target=target, groups=groups))
    return rewrapped(cases, changed)


def remap(source: Sequence[str], target: Sequence[str]) -> list[int]:
    """Give the place of each target class among the source's, for tests on some of the classes.

    ImageNet-A and -R have 200 of ImageNet's 1000 classes: `logits[:, remap(imagenet, names)]` are
    the logits among those, and so are the rows of prototypes.
    """
    from seatrial.kit import did_you_mean

    place = {name: index for index, name in enumerate(source)}
    if len(place) != len(source):
        msg = "the source names a class twice, so its place is not known"
        raise PlanError(msg)
    if strange := [name for name in target if name not in place]:
        hint = did_you_mean(strange[0], source)
        msg = f"{len(strange)} target classes are none of the source's, as {strange[0]!r}{hint}"
        raise PlanError(msg)
    return [place[name] for name in target]


def _classes(cases: Sequence[Case], classes: Sequence[str] | None) -> list[Any]:
    if without := [case.id for case in cases if case.target is None]:
        msg = f"the case {without[0]!r} has no target to draw by"
        raise PlanError(msg)
    found = dict.fromkeys(case.target for case in cases)
    return sorted(found) if classes is None else list(dict.fromkeys(classes))
