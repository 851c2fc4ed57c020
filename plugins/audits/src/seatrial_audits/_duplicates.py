"""The same input twice: with different targets, or judged right and wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from seatrial import Case, Finding

from ._common import Check, counted, disagree, fraction_between, golds_of, graded, grouped, percent
from ._reading import input_key, value_key

__all__ = ["contradictory_duplicates", "contradictory_outcomes"]

TOLERANCE = 0.01


def contradictory_duplicates(tolerance: float = TOLERANCE) -> Check:
    """Find inputs that stand there twice and have no right answer in common.

    Such labels cap what any model can reach. Case, white space and the order of options do not
    count. An error from a fraction of `tolerance` of the cases up, else a warning.
    """
    limit = fraction_between("tolerance", tolerance)

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        asked = [case for case in cases if golds_of(case)]
        groups = grouped(asked, lambda case: input_key(case.input)).values()
        wrong = [group for group in groups if len(group) > 1 and disagree(group)]
        if not wrong:
            return
        ids = [case.id for group in wrong for case in group]
        fraction = len(ids) / len(asked)
        capped = 1 - sum(len(group) - _most(group) for group in wrong) / len(asked)
        yield Finding(
            "contradictory-duplicates",
            f"{counted(len(wrong), 'input stands', 'inputs stand')} there more than once with "
            "different targets: "
            f"{percent(fraction)} of the cases (effect), and no model can be right on more than "
            f"{capped:.1%}.",
            level=graded(fraction, limit),
            cases=ids,
            effect=fraction,
            fix="find out which target is right, and keep one case of each input.",
        )

    return check


def _most(group: Sequence[Case]) -> int:
    """Count the cases of a group that one answer can be right for."""
    golds = [golds_of(case) for case in group]
    return max(sum(one in gold for gold in golds) for one in frozenset.union(*golds))


def contradictory_outcomes(tolerance: float = TOLERANCE) -> Check:
    """Find inputs that were judged right once and wrong another time.

    Whatever a model learns from them is noise. Either the targets differ, or the model gives the
    same input different answers. An error from a fraction of `tolerance` of the outcomes up.
    """
    limit = fraction_between("tolerance", tolerance)

    def check(_plan: Any, _model: Any, outcomes: Sequence[Any], /) -> Iterator[Finding]:
        groups = grouped(outcomes, lambda outcome: input_key(outcome.input)).values()
        wrong = [group for group in groups if len({outcome.right for outcome in group}) > 1]
        if not wrong:
            return
        count = sum(len(group) for group in wrong)
        fraction = count / len(outcomes)
        targets = sum(disagree(outcome.case for outcome in group) for group in wrong)
        answers = sum(len({_answer(outcome) for outcome in group}) > 1 for group in wrong)
        yield Finding(
            "contradictory-outcomes",
            f"{counted(len(wrong), 'input was', 'inputs were')} judged right once and wrong "
            f"another time: {percent(fraction)} of the outcomes (effect). In {targets:,} the "
            f"targets differ, in {answers:,} the answers.",
            level=graded(fraction, limit),
            cases=dict.fromkeys(outcome.case.id for group in wrong for outcome in group),
            effect=fraction,
            fix="keep one case of each input; if the answers differ, make the model deterministic.",
        )

    return check


def _answer(outcome: Any) -> Any:
    return None if outcome.prediction is None else value_key(outcome.prediction.value)
