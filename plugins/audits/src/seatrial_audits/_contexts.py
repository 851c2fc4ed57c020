"""Values in running text: what stands between words that nearly all prompts share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from ._slots import ANSWER, Slot

__all__ = ["contexts_of"]

SAMPLED = 300
"""Prompts in which shared words are looked for; values are then read in all."""

SHARED = 0.6
"""How many of the prompts must have the words, as a fraction."""

MOST = 60
LONGEST = 40
LOOKED_BACK = 60
"""Characters before a value, of its sentence, in which words announce an answer."""

TOKEN = re.compile(r"[^\W_]+|\n+")
CHOOSING = re.compile(
    r"\b(?:choose|pick|select|take|tick|mark|hint|right|best|go (?:with|for))\b", re.IGNORECASE
)
SENTENCE = re.compile(r"[.!?\n]")
BETWEEN = r"[^\w\n]+(?:_+[^\w\n]*)?"
START, END = "^", "$"
Context = tuple[str, str]


def contexts_of(texts: Sequence[str]) -> Iterator[Slot]:
    """Give what stands after, and before, two words that nearly all of these prompts have.

    "Choose the second option" and "it is the second one" are found by "choose the" and "is the",
    whatever words or letters name the option. Such a value counts only where it takes few forms;
    and only for the place of an option, unless words such as "answer" or "choose" stand before it:
    what a question says may well determine what the answer to it is.
    """
    places = range(len(texts))
    if len(texts) > SAMPLED:
        places = np.random.default_rng(0).permutation(len(texts))[:SAMPLED].tolist()
    after: Counter[Context] = Counter()
    before: Counter[Context] = Counter()
    for at in places:
        words = [START, *TOKEN.findall(texts[at].casefold()), END]
        pairs = dict.fromkeys(pairwise(words))
        after.update(one for one in pairs if one[1] != END)
        before.update(one for one in pairs if one[0] != START)
    for counts, pattern in ((after, _after), (before, _before)):
        common = [one for one, count in counts.most_common(MOST) if count >= SHARED * len(places)]
        for context in common:
            slot = _slot(texts, context, pattern(context))
            if slot is not None:
                yield slot


def _slot(texts: Sequence[str], context: Context, pattern: re.Pattern[str]) -> Slot | None:
    values: list[str | None] = []
    cued = 0
    for text in texts:
        found = pattern.search(text)
        values.append(found["value"].strip() if found else None)
        if found:
            said = SENTENCE.split(text[max(found.start() - LOOKED_BACK, 0) : found.start("value")])
            cued += bool(ANSWER.search(said[-1]) or CHOOSING.search(said[-1]))
    there = sum(one is not None for one in values)
    if len({one for one in values if one}) < 2:  # noqa: PLR2004 - one value tells nothing apart
        return None
    side = "after" if pattern.pattern.endswith(VALUE) else "before"
    words = " ".join(one for one in context if one not in (START, END)).replace("\n", " ").strip()
    where = f"what stands {side} {words!r}" if words else "the first word"
    return Slot(where, 2 * cued > there, tuple(values), plain=True)


VALUE = rf"(?P<value>[^\W_][^\n]{{0,{LONGEST - 1}}})"


def _after(context: Context) -> re.Pattern[str]:
    first, second = map(_word, context)
    between = "" if context[0] == START else BETWEEN
    return re.compile(f"(?i){first}{between}{second}{BETWEEN}{VALUE}")


def _before(context: Context) -> re.Pattern[str]:
    first, second = map(_word, context)
    between = "" if context[1] == END else BETWEEN
    return re.compile(rf"(?i)(?P<value>(?<![^\W_])[^\W_]+){BETWEEN}{first}{between}{second}")


def _word(word: str) -> str:
    if word == START:
        return r"\A\W*"
    if word == END:
        return r"\W*\Z"
    return r"\n+" if word.isspace() else rf"(?<![^\W_]){re.escape(word)}(?![^\W_])"
