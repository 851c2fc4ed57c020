"""The right answer in the prompt."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import evolve, frozen

from seatrial import Case, Finding

from ._common import Check, percent, share_between
from ._evidence import CHANCE, FEWEST, bounded_mean
from ._labels import clusters_of, target_classes
from ._reading import PREFIX, gold_of, normalised, options_of, parts_of

__all__ = ["gold_in_prompt"]

CUE = re.compile(
    r"\b(?:answer|solution|label|target|gold|truth|correct|correct (?:option|choice))\b"
    r"[\"')\]*]*\s*(?:\bis\b|\bwas\b|:|=|->|→)[\s\"'(\[*]*"
)
REACH = 400
FEWEST_SHOWN = 5
LOOKS = 4
# A letter that names an option; "a" before a space is a word.
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
    """Which answers show in which prompts: one row for each, one entry for each of its answers.

    A text without others beside it has a second entry: whether the next case's text shows.
    """

    asked: tuple[Asked, ...]
    rows: tuple[tuple[bool, ...], ...]

    @property
    def right(self) -> npt.NDArray[np.float64]:
        """Where the right answer shows."""
        pairs = zip(self.asked, self.rows, strict=True)
        return np.array([row[one.right] for one, row in pairs], dtype=float)

    @property
    def chance(self) -> npt.NDArray[np.float64]:
        """How often it would show if it were not the right one.

        As often as the others of the same case do; answers that many cases share, as often as they
        show in all of these prompts: so worked examples cancel.
        """
        rates: dict[str, list[bool]] = {}
        for one, row in zip(self.asked, self.rows, strict=True):
            if one.fixed:
                for answer, shows in zip(one.answers, row, strict=True):
                    rates.setdefault(answer, []).append(shows)
        often = {answer: float(np.mean(shows)) for answer, shows in rates.items()}
        found = []
        for one, row in zip(self.asked, self.rows, strict=True):
            others = [shows for at, shows in enumerate(row) if at != one.right]
            found.append(often[one.answers[one.right]] if one.fixed else sum(others) / len(others))
        return np.array(found, dtype=float)

    @property
    def ids(self) -> tuple[str, ...]:
        """The cases whose right answer shows."""
        return tuple(self.asked[at].case.id for at in np.flatnonzero(self.right))

    def told(self) -> Shown:
        """Keep the prompts in which some answer shows."""
        kept = [at for at, row in enumerate(self.rows) if any(row)]
        return Shown(tuple(self.asked[at] for at in kept), tuple(self.rows[at] for at in kept))

    def excess(self) -> tuple[float, float]:
        """Give how much more often than by chance it shows, of what is possible, and a bound."""
        chance = self.chance
        room = max(1.0 - float(chance.mean()), 1e-9)
        clusters = clusters_of([one.case for one in self.asked])
        mean, low, _ = bounded_mean((self.right - chance) / room, clusters, looks=LOOKS)
        return mean, low

    def surely(self) -> bool:
        """Tell whether it is no accident that the right answer shows where some answer does."""
        if len(self.asked) >= FEWEST:
            return self.excess()[1] > 0
        guess = prod(1 / max(len(one.answers), 2) for one in self.asked)
        few = len(self.asked) < FEWEST_SHOWN
        return not few and bool(self.right.all()) and guess < CHANCE / LOOKS


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
        told = cued.told()
        if len(told.ids) >= FEWEST_SHOWN and told.surely():
            share = len(cued.ids) / len(asked)
            yield Finding(
                "gold-in-prompt",
                f"{percent(share)} of the prompts (effect) have the right answer after words "
                f"such as 'answer:'; where any answer stands there, it is right in "
                f"{percent(float(told.right.mean()))}.",
                level="error",
                cases=cued.ids,
                effect=share,
                fix="take the answer out of the template, or out of the parts of the input.",
            )
            return
        quoted = _shown([one for one in asked if one.fixed or len(one.answers) > 1], _anywhere)
        excess, low = quoted.excess() if quoted.asked else (0.0, 0.0)
        if excess >= least and low > least / 2:
            yield Finding(
                "gold-quoted-in-prompt",
                f"the right answer stands in {percent(float(quoted.right.mean()))} of the prompts, "
                f"and the others in far fewer: {excess:.2f} more than by chance (effect).",
                level="warning",
                cases=quoted.ids,
                effect=excess,
                fix="take the answer out of the prompt, or quote the wrong options there too.",
            )

    return check


def _asked(cases: Sequence[Case], template: str | None) -> list[Asked]:
    """Read the prompts; a case without options or classes has only its own answer."""
    texts = [
        evolve(case, target=str(case.target))
        for case in cases
        if isinstance(case.target, str | int) and str(case.target).strip()
    ]
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
    rows = []
    for at, one in enumerate(asked):
        row = [shows(one, answer) for answer in range(len(one.answers))]
        if len(row) == 1:
            other = asked[(at + 1) % len(asked)]
            strange = evolve(one, answers=(other.answers[other.right],), right=0)
            row.append(strange.answers != one.answers and shows(strange, 0))
        rows.append(tuple(row))
    return Shown(tuple(asked), tuple(rows))
