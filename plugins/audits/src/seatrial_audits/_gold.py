"""The right answer in the prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from seatrial import Case, Finding

from ._answers_shown import MIN_SHOWN, Asked, after_a_cue, anywhere, asked_of, shown
from ._common import Check, fraction_between, percent
from ._contexts import contexts_of
from ._determined import Determined, determined
from ._reading import rendered
from ._slots import slots_of

__all__ = ["gold_in_prompt"]

ALWAYS = 0.8
FIX = "take the answer out of the template, or out of the parts of the input."


def gold_in_prompt(min_fraction: float = 0.5) -> Check:
    """Find prompts that give the right answer away.

    An error: "Correct answer: B", where such words are followed by the right answer more often than
    by the others (worked examples, which show the answers of other questions, do not count).

    An error too: a short value that determines the target, or the place of the right option,
    however it is spelt. Looked at are what stands after such a cue, in a short part ("label": 2),
    after a name ("hint: c"), as a lone letter or number before or behind the question, between
    words that most prompts share ("choose the second option"), and the place of the one option that
    is marked otherwise than the rest ("[x]", "(correct)") or in capitals. The map from value to
    answer is learned on half of the clusters and tested on the other half against the most common
    answer. An error where it removes `min_fraction` of that baseline's errors after a cue, and .8
    elsewhere; from `min_fraction` up a warning. A warning too where words behind "choose" or
    "select" tell the target rather than its place: "a dose for a patient of 10 kg" may be the task.

    A warning: a right option that merely stands somewhere in the prompt, when others do not, in
    `min_fraction` of the cases or more: where answers are quoted from a passage, both right and
    wrong ones are.

    The prompt is that of the model, if it has a template as its attribute `prompt`, else all texts
    of the input.
    """
    least = fraction_between("min_fraction", min_fraction)

    def check(_plan: Any, model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        template = getattr(model, "prompt", None)
        template = template if isinstance(template, str) else None
        asked = asked_of(cases, template)
        if asked and (finding := _spelt(asked)):
            yield finding
            return
        slots = slots_of([case.input for case in cases], template)
        slots += contexts_of([rendered(case.input, template) for case in cases])
        if known := determined(cases, slots, least):
            finding = _learned(known[0], cases)
            yield finding
            if finding.level == "error":
                return
        if asked and (finding := _quoted(asked, least)):
            yield finding

    return check


def _spelt(asked: Sequence[Asked]) -> Finding | None:
    """Report answers that follow a cue as they are spelt."""
    cued = shown(asked, after_a_cue)
    visible = cued.only_shown()
    if len(visible.ids) < MIN_SHOWN or not visible.surely():
        return None
    fraction = len(cued.ids) / len(asked)
    return Finding(
        "gold-in-prompt",
        f"{percent(fraction)} of the prompts (effect) have the right answer after words such as "
        f"'answer:'; where any answer stands there, it is right in "
        f"{percent(float(visible.right.mean()))}.",
        level="error",
        cases=cued.ids,
        effect=fraction,
        fix=FIX,
    )


def _learned(found: Determined, cases: Sequence[Case]) -> Finding:
    """Report a value from which the answer can be learned."""
    fraction = len(found.shows) / len(cases)
    sure = found.slot.cued or found.gain >= ALWAYS
    return Finding(
        "gold-in-prompt",
        f"{found.slot.where} determines {found.what}: the map between them, learned on half of the "
        f"clusters, is right in {percent(found.accuracy)} of the other half, and the most common "
        f"answer in {percent(found.baseline)}; that gives {percent(fraction)} of the cases away "
        "(effect).",
        level="error" if sure and not found.may_be_asked else "warning",
        cases=[cases[at].id for at in found.shows],
        effect=fraction,
        fix=FIX,
    )


def _quoted(asked: Sequence[Asked], least: float) -> Finding | None:
    """Report right options that stand anywhere in the prompt, when others do not."""
    quoted = shown([one for one in asked if one.fixed or len(one.answers) > 1], anywhere)
    excess, low = quoted.excess() if quoted.asked else (0.0, 0.0)
    if excess < least or low <= least / 2:
        return None
    return Finding(
        "gold-quoted-in-prompt",
        f"the right answer stands in {percent(float(quoted.right.mean()))} of the prompts, and the "
        f"others in far fewer: {excess:.2f} more than by chance (effect).",
        level="warning",
        cases=quoted.ids,
        effect=excess,
        fix="take the answer out of the prompt, or quote the wrong options there too.",
    )
