"""The sides of a pair that is made of a recorded answer, and what kind of pair that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seatrial import Outcome
from seatrial.kit import plain

__all__ = ["CLEAN", "asked", "chosen_side", "kept_side", "kind_of", "said_refusal"]

CLEAN = "clean"


def chosen_side(one: Outcome, clean: Outcome | None, refusal: str | None) -> str | None:
    """Give the right answer to put in the place of a wrong one; None where none is known."""
    target = one.case.target
    own = None if clean is None or clean.prediction is None else clean.prediction.value
    same = clean is not None and plain(clean.case.target) == plain(target)
    if clean is not None and clean.right and same and isinstance(own, str):
        return own
    return target if isinstance(target, str) else refusal


def kept_side(one: Outcome, wrong: Iterable[Outcome]) -> Any:
    """Give a wrong answer to hold a right one against; None where none is known.

    It is one that the run recorded for the same case and target, else the most probable of the
    other options; first those that refuse where the right answer does not, and the other way.
    """
    answer: Any = one.prediction
    refused, refusals, target = said_refusal(one), _refusals(one), plain(one.case.target)
    recorded = [
        other.prediction.value
        for other in wrong
        if other.prediction is not None and plain(other.case.target) == target
    ]
    offered = one.input.get("options", ()) if isinstance(one.input, Mapping) else ()
    probable = answer.probabilities or {}
    options = sorted(offered, key=lambda text: -probable.get(text, 0.0))
    found = [text for text in (*recorded, *options) if text != answer.value]
    if offered:
        found = [text for text in found if text in offered]
    opposite = [text for text in found if (text in refusals) != refused]
    return next(iter((*opposite, *found)), None)


def said_refusal(one: Outcome) -> bool:
    """Say whether an answer refused."""
    answer: Any = one.prediction
    return answer.refused is True or answer.value in _refusals(one)


def kind_of(one: Outcome, chosen: str, clean: Outcome | None, *, must_refuse: bool) -> str:
    """Name the failure."""
    answer: Any = one.prediction
    earlier = [turn for turn in answer.details.get("turns", ()) if turn["all_parts"]][:-1]
    if any(turn["answer"] == chosen for turn in earlier):
        return "flipped under challenge"
    refuses = must_refuse or chosen in _refusals(one)
    if refuses != said_refusal(one):
        return "answered what must be refused" if refuses else "refused what must be answered"
    if one.perturbation != CLEAN and clean is not None and clean.right:
        return "changed a right answer"
    return "answered wrong"


def asked(one: Outcome) -> Any:
    """Give the input as the model was last asked; None for a conversation of more than text.

    In a conversation under trial the model's own turns are what it said.
    """
    answer: Any = one.prediction
    transcript = answer.details.get("transcript")
    if transcript is None:
        return one.input
    said = tuple(transcript[:-1])
    parts = one.input if isinstance(one.input, Mapping) else {None: one.input}
    name, talk = next((name, part) for name, part in parts.items() if _is_talk(part))
    if not all(isinstance(turn.get("content") or "", str) for turn in talk):
        return None
    return said if name is None else {**one.input, name: said}


def _is_talk(part: Any) -> bool:
    turns = part if isinstance(part, Sequence) and not isinstance(part, str) else ()
    return bool(turns) and all(isinstance(one, Mapping) and "role" in one for one in turns)


def _refusals(one: Outcome) -> Sequence[str]:
    return one.input.get("refusals", ()) if isinstance(one.input, Mapping) else ()
