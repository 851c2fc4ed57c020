"""Changes of the training cases: wrong labels, poisoned cases, a trigger, a group or part removed.

Which cases are changed is drawn once, so that those of a lower severity are among those of a higher
one, and what becomes of a case depends on its id and the seed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from seatrial import Case, derive
from seatrial.errors import NotApplicable, ParameterError

__all__ = ["backdoor", "label_noise", "poison", "without_group", "without_part"]


def _same(case: Case, _: int) -> Case:
    return case


@frozen
class Corruption:
    """What becomes of training cases, and of what the model that was trained on them is asked."""

    change: Callable[[Sequence[Case], int], Sequence[Case]]
    ask: Callable[[Case, int], Case] = _same

    def training(self, cases: Sequence[Case], /, *, seed: int) -> Sequence[Case]:
        """Give the cases to train on."""
        return self.change(cases, seed)

    def __call__(self, case: Case, /, *, seed: int) -> Case:
        """Give what the model is asked."""
        return self.ask(case, seed)


def label_noise(*, fraction: float) -> Corruption:
    """Give a fraction of the cases another label, drawn from those that occur."""

    def change(cases: Sequence[Case], seed: int) -> list[Case]:
        labels = sorted({one.target for one in cases}, key=repr)
        if len(labels) < 2:  # noqa: PLR2004 - a label and another
            msg = "the training cases have one label, so there is no other to give"
            raise NotApplicable(msg)
        chosen = _drawn(cases, fraction, len(cases), seed)

        def other(case: Case) -> Any:
            others = [label for label in labels if label != case.target]
            return others[derive(seed, "label", case.id) % len(others)]

        return [evolve(one, target=other(one)) if one.id in chosen else one for one in cases]

    return Corruption(change)


def poison(*, fraction: float, target: Any, of: Any = None) -> Corruption:
    """Label a fraction of the training cases as `target`, all of them cases of the label `of`."""

    def change(cases: Sequence[Case], seed: int) -> list[Case]:
        chosen = _drawn(_victims(cases, target, of), fraction, len(cases), seed)
        return [evolve(one, target=target) if one.id in chosen else one for one in cases]

    return Corruption(change)


def backdoor(
    *,
    fraction: float,
    target: Any,
    trigger: str = "cf",
    part: str | None = None,
    triggered: bool = True,
) -> Corruption:
    """Put a trigger into a fraction of the training cases, and label them as `target`."""
    word: Any = trigger
    if not isinstance(word, str) or not word.strip():
        msg = f"trigger must be a word or several, got {trigger!r}"
        raise ParameterError(msg)

    def planted(case: Case, seed: int) -> Case:
        return _with_text(case, part, lambda text: _inserted(text, trigger, seed))

    def change(cases: Sequence[Case], seed: int) -> list[Case]:
        chosen = _drawn(_victims(cases, target, None), fraction, len(cases), seed)
        return [
            evolve(planted(one, derive(seed, one.id)), target=target) if one.id in chosen else one
            for one in cases
        ]

    return Corruption(change, planted if triggered else _same)


def without_group(*, fraction: float, group: Mapping[str, Any]) -> Corruption:
    """Leave out a fraction of the cases of a group."""
    named: Any = group
    if not isinstance(named, Mapping) or not named:
        msg = f"group must say which, as {{ site = 'b' }}, got {group!r:.80}"
        raise ParameterError(msg)

    def change(cases: Sequence[Case], seed: int) -> list[Case]:
        inside = [
            one for one in cases if all(one.groups.get(key) == want for key, want in group.items())
        ]
        if not inside:
            told = ", ".join(f"{key} = {want!r}" for key, want in group.items())
            msg = f"no training case has {told}"
            raise NotApplicable(msg)
        gone = _drawn(inside, fraction, len(inside), seed)
        return [one for one in cases if one.id not in gone]

    return Corruption(change)


def without_part(*, part: str) -> Corruption:
    """Leave one text of the input empty, in training and where the model is asked."""

    def empty(case: Case, _: int = 0) -> Case:
        return _with_text(case, part, lambda _: "")

    return Corruption(lambda cases, _: [empty(one) for one in cases], empty)


def _drawn(among: Sequence[Case], fraction: float, of: int, seed: int) -> set[str]:
    """Draw a fraction of `of` cases, as far as there are so many; at least one."""
    order = sorted((one.id for one in among), key=lambda name: derive(seed, "drawn", name))
    return set(order[: max(1, round(fraction * of))])


def _victims(cases: Sequence[Case], target: Any, of: Any) -> list[Case]:
    found = [one for one in cases if one.target != target and of in (None, one.target)]
    if not found:
        msg = f"no training case has {'another label' if of is None else f'the label {of!r}'}"
        raise NotApplicable(msg)
    return found


def _with_text(case: Case, part: str | None, edit: Callable[[str], str]) -> Case:
    given = case.input
    if part is None and isinstance(given, str):
        return evolve(case, input=edit(given))
    if part is not None and isinstance(given, Mapping) and isinstance(given.get(part), str):
        return evolve(case, input={**given, part: edit(given[part])})
    what = "is no text" if part is None else f"has no text {part!r}"
    msg = f"the input {what}; part names the text of an input that has several"
    raise NotApplicable(msg)


def _inserted(text: str, trigger: str, seed: int) -> str:
    words = text.split(" ")
    at = derive(seed, "place") % (len(words) + 1)
    return " ".join([*words[:at], trigger, *words[at:]])
