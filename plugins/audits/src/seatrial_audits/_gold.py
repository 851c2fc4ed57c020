"""The right answer in the prompt."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from attrs import evolve, frozen

from seatrial import Case, Finding

from ._common import Check, percent, share_between
from ._evidence import bounded_mean
from ._labels import clusters_of, target_classes
from ._reading import PREFIX, gold_of, normalised, options_of, parts_of

__all__ = ["gold_in_prompt"]

CUE = re.compile(
    r"\b(?:answer|solution|label|target|gold|truth|correct|correct (?:option|choice))\b"
    r"[\"')\]*]*\s*(?:\bis\b|\bwas\b|:|=|->|→)[\s\"'(\[*]*"
)
REACH = 400
FEWEST_SHOWN = 5
LETTER = re.compile(r"([a-z])(?:[).:]|\s*$|(?<!a)\s)")


@frozen
class Asked:
    """One case as an audit of its prompt reads it: all in normal form, `right` among `answers`.

    With `fixed`, the answers are the same for many cases (yes, no), else they are this case's own.
    """

    case: Case
    prompt: str
    after_cues: tuple[str, ...]
    answers: tuple[str, ...]
    right: int
    fixed: bool


@frozen
class Shown:
    """In how many prompts the right answer shows, and how much more often than by chance."""

    rate: float
    excess: float
    low: float
    ids: tuple[str, ...]


def gold_in_prompt(often: float = 0.5) -> Check:
    """Find prompts that give the right answer away.

    "Correct answer: B" counts where such words are followed by the right answer more often than by
    the others: worked examples, which show the answers of other questions, do not count. That is an
    error. A right option that merely stands somewhere in the prompt, when others do not, is a
    warning from a share of `often` of the cases up: where answers are quoted from a passage, both
    right and wrong ones are.
    The prompt is that of the model, if it has a template as its attribute `prompt`, else all texts
    of the input.
    """
    least = share_between("often", often)

    def check(_plan: Any, model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        template = getattr(model, "prompt", None)
        asked = _asked(cases, template if isinstance(template, str) else None)
        if not asked:
            return
        cued = _shown(asked, _after_a_cue)
        if len(cued.ids) >= FEWEST_SHOWN and cued.low > 0:
            yield Finding(
                "gold-in-prompt",
                f"words such as 'answer:' are followed by the right answer in {percent(cued.rate)} "
                f"of the prompts, which is {cued.excess:.2f} more than by chance (effect).",
                level="error",
                cases=cued.ids,
                effect=cued.excess,
                fix="take the answer out of the template, or out of the parts of the input.",
            )
            return
        quoted = _shown([one for one in asked if one.fixed or len(one.answers) > 1], _anywhere)
        if quoted.excess >= least and quoted.low > least / 2:
            yield Finding(
                "gold-quoted-in-prompt",
                f"the right answer stands in {percent(quoted.rate)} of the prompts, and the others "
                f"in far fewer: that is {quoted.excess:.2f} more than by chance (effect).",
                level="warning",
                cases=quoted.ids,
                effect=quoted.excess,
                fix="take the answer out of the prompt, or quote the wrong options there too.",
            )

    return check


def _asked(cases: Sequence[Case], template: str | None) -> list[Asked]:
    """Read the prompts; a case without options or classes has only its own answer."""
    texts = [case for case in cases if isinstance(case.target, str) and case.target.strip()]
    classes = target_classes(texts)
    known = tuple(sorted(set(map(normalised, classes.values)))) if classes else ()
    found = []
    for case in texts:
        gold = _bare(gold_of(case) or "")
        options = tuple(_bare(one) for one in options_of(case.input))
        fixed = gold in known
        answers = known if fixed else options if gold in options else (gold,)
        prompt = normalised(_rendered(case.input, template))
        after = tuple(prompt[one.end() : one.end() + REACH] for one in CUE.finditer(prompt))
        found.append(Asked(case, prompt, after, answers, answers.index(gold), fixed))
    return found


def _bare(text: str) -> str:
    return normalised(PREFIX.sub("", text))


def _rendered(value: Any, template: str | None) -> str:
    """Fill a template as models do; without one, write each part below its name."""
    parts = parts_of(value)
    if template is not None:
        try:
            pieces = [(text, name) for text, name, *_ in string.Formatter().parse(template)]
        except ValueError:
            pieces = []
        if pieces and all(name is None or name in parts for _, name in pieces):
            return "".join(text + parts.get(name or "", "") for text, name in pieces)
    return "\n".join(text if len(parts) == 1 else f"{name}: {text}" for name, text in parts.items())


def _after_a_cue(asked: Asked, answer: int) -> bool:
    """Tell whether an answer, or its letter, follows words such as 'answer:'."""
    text = asked.answers[answer]
    for after in asked.after_cues:
        if _starts(after, text):
            return True
        letter = LETTER.match(after)
        if letter and not asked.fixed and len(asked.answers) > 1:
            named = ord(letter[1]) - ord("a")
            if named == answer and not any(_starts(after, one) for one in asked.answers):
                return True
    return False


def _starts(text: str, answer: str) -> bool:
    head = answer[:REACH]
    return text.startswith(head) and not text[len(head) : len(head) + 1].isalnum()


def _anywhere(asked: Asked, answer: int) -> bool:
    """Tell whether an answer stands in the prompt as words of their own."""
    text = asked.answers[answer]
    at = asked.prompt.find(text)
    while at >= 0:
        before, after = asked.prompt[at - 1 : at], asked.prompt[at + len(text) :][:1]
        if not before.isalnum() and not after.isalnum():
            return True
        at = asked.prompt.find(text, at + 1)
    return False


def _shown(asked: Sequence[Asked], shows: Callable[[Asked, int], bool]) -> Shown:
    """Count where the right answer shows, against what would show if it were not the right one.

    For answers that many cases share, that is how often this answer shows in all prompts (so that
    worked examples cancel); for a case's own options, how often the others show; for a text alone,
    how often the next case's text would.
    """
    if not asked:
        return Shown(0.0, 0.0, -1.0, ())
    hits = np.array([shows(one, one.right) for one in asked], dtype=float)
    chance = np.zeros(len(asked))
    shared: dict[str, list[float]] = {}
    for one in asked:
        if one.fixed:
            for at, answer in enumerate(one.answers):
                shared.setdefault(answer, []).append(float(shows(one, at)))
    rates = {answer: float(np.mean(found)) for answer, found in shared.items()}
    for at, one in enumerate(asked):
        if one.fixed:
            chance[at] = rates[one.answers[one.right]]
        elif len(one.answers) > 1:
            others = [shows(one, other) for other in range(len(one.answers)) if other != one.right]
            chance[at] = float(np.mean(others))
        else:
            other = asked[(at + 1) % len(asked)]
            strange = evolve(one, answers=(other.answers[other.right],))
            chance[at] = float(strange.answers != one.answers and shows(strange, 0))
    room = max(1.0 - float(chance.mean()), 1e-9)
    clusters = clusters_of([one.case for one in asked])
    mean, low, _ = bounded_mean((hits - chance) / room, clusters, looks=4)
    ids = tuple(one.case.id for one, hit in zip(asked, hits, strict=True) if hit)
    return Shown(float(hits.mean()), mean, low, ids)
