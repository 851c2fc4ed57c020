"""Cases of the preference stage: pairs that are given, and questions to sample answers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from seatrial import Case, Preference
from seatrial.errors import ModelError, PlanError
from seatrial.kit import cluster_of, plain

from ._pairs import pairs_of

if TYPE_CHECKING:
    from seatrial_transformers import Trainable

__all__ = ["check_asked", "given_pair", "is_pair"]

SIDES = {"chosen", "rejected"}
ANY = "x"  # an answer, where only its prompt is of interest


def is_pair(case: Case) -> bool:
    """Say whether a case is a pair that is given. Raises `PlanError` for half of one."""
    target = case.target
    if not isinstance(target, Mapping) or not SIDES & set(target):
        return False
    if lacking := SIDES - set(target):
        msg = f"the preference of case {case.id!r} has no {lacking.pop()!r}: it has "
        raise PlanError(msg + ", ".join(map(repr, target)))
    return True


def given_pair(case: Case) -> Preference:
    """Make a preference of a case that has both sides."""
    target = plain(case.target)
    return Preference(
        case.input,
        target["chosen"],
        target["rejected"],
        case_id=case.id,
        cluster=cluster_of(case),
    )


def check_asked(trainable: Trainable, cases: Sequence[Case], *, judged: bool) -> None:
    """Raise `PlanError` for what this stage could not train on, before anything is trained.

    `judged` says whether there is a judge: without one a question needs a target.
    """
    pairs_of(trainable, [given_pair(one) for one in cases if is_pair(one)])
    longest = trainable.model.max_new_tokens
    for case in cases:
        if is_pair(case):
            continue
        if case.target is None and not judged:
            msg = f"case {case.id!r} has no target to judge an answer by: give it one, or a judge"
            raise PlanError(msg)
        if isinstance(case.input, Mapping) and "options" in case.input:
            continue  # refused where answers are sampled
        try:
            prompt, _ = trainable.encoded(case.input, [ANY])
        except ModelError as error:
            msg = f"case {case.id!r} cannot be asked: {error}"
            raise PlanError(msg) from error
        if trainable.window is not None and len(prompt) + longest > trainable.window:
            msg = (
                f"case {case.id!r} has {len(prompt)} tokens; with max_new_tokens={longest} that is "
                f"more than the {trainable.window} that the model takes: leave it out, or shorten "
                "it (nothing is cut off)"
            )
            raise PlanError(msg)
