"""Which answers show in the prompts: after a cue, or anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import prod

import numpy as np
import numpy.typing as npt
from attrs import evolve, frozen

from seatrial import Case

from ._evidence import ERROR_RATE, MIN_CASES, bounded_mean
from ._labels import clusters_of, target_classes
from ._numerals import number_of
from ._reading import PREFIX, gold_of, normalised, options_of, rendered

__all__ = ["MIN_SHOWN", "Asked", "Shown", "after_a_cue", "anywhere", "asked_of", "shown"]

CUE = re.compile(
    r"\b(?:answer|solution|label|target|gold|truth|correct|correct (?:option|choice))\b"
    r"[\"')\]*]*\s*(?:\bis\b|\bwas\b|:|=|->|→)[\s\"'(\[*]*"
)
REACH = 400
MIN_SHOWN = 5
LOOKS = 4
NUMERAL = re.compile(r"[-+]?[\d.,]+|[a-z]+(?:[ -][a-z]+){0,5}")
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
    def expected(self) -> npt.NDArray[np.float64]:
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

    def only_shown(self) -> Shown:
        """Keep the prompts in which some answer shows."""
        kept = [at for at, row in enumerate(self.rows) if any(row)]
        return Shown(tuple(self.asked[at] for at in kept), tuple(self.rows[at] for at in kept))

    def excess(self) -> tuple[float, float]:
        """Give how much more often than by chance it shows, of what is possible, and a bound."""
        expected = self.expected
        room = max(1.0 - float(expected.mean()), 1e-9)
        clusters = clusters_of([one.case for one in self.asked])
        mean, low, _ = bounded_mean((self.right - expected) / room, clusters, looks=LOOKS)
        return mean, low

    def surely(self) -> bool:
        """Tell whether it is no accident that the right answer shows where some answer does."""
        if len(self.asked) >= MIN_CASES:
            return self.excess()[1] > 0
        guess = prod(1 / max(len(one.answers), 2) for one in self.asked)
        few = len(self.asked) < MIN_SHOWN
        return not few and bool(self.right.all()) and guess < ERROR_RATE / LOOKS


def asked_of(cases: Sequence[Case], template: str | None) -> list[Asked]:
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
        fixed = len(known) > 1 and gold in known
        answers = known if fixed else options if gold in options else (gold,)
        prompt = normalised(rendered(case.input, template))
        after = tuple(prompt[one.end() : one.end() + REACH] for one in CUE.finditer(prompt))
        found.append(Asked(case, prompt, after, answers, answers.index(gold), fixed))
    return found


def _bare(text: str) -> str:
    return normalised(PREFIX.sub("", text))


def after_a_cue(asked: Asked, answer: int) -> bool:
    """Tell whether an answer, its number or its letter follows words such as 'answer:'."""
    text = asked.answers[answer]
    number = number_of(text) if NUMERAL.fullmatch(text) else None
    for after in asked.after_cues:
        if _starts(after, text) or (number is not None and number_of(after) == number):
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


def anywhere(asked: Asked, answer: int) -> bool:
    """Tell whether an answer stands in the prompt as words of their own."""
    text = asked.answers[answer]
    at = asked.prompt.find(text)
    while at >= 0:
        before, after = asked.prompt[at - 1 : at], asked.prompt[at + len(text) :][:1]
        if not before.isalnum() and not after.isalnum():
            return True
        at = asked.prompt.find(text, at + 1)
    return False


def shown(asked: Sequence[Asked], shows: Callable[[Asked, int], bool]) -> Shown:
    rows = []
    for at, one in enumerate(asked):
        row = [shows(one, answer) for answer in range(len(one.answers))]
        if len(row) == 1:
            other = asked[(at + 1) % len(asked)]
            strange = evolve(one, answers=(other.answers[other.right],), right=0)
            row.append(strange.answers != one.answers and shows(strange, 0))
        rows.append(tuple(row))
    return Shown(tuple(asked), tuple(rows))
