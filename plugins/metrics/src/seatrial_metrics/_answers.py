"""What an answer is: an answer, a refusal, an abstention, a question back, or unparsed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal, get_args

from ._answer_patterns import (
    ABSTAINS,
    ASKS,
    BARE,
    COMPLIES,
    CONTRACTIONS,
    DISCLAIMS,
    FILLS,
    HEDGES,
    OFFERS,
    REFUSES,
)

__all__ = ["KINDS", "Kind", "Reader"]

Kind = Literal["answer", "refusal", "abstention", "question", "unparsed"]
"""What an answer can be; every answer is exactly one of these."""

KINDS: tuple[Kind, ...] = get_args(Kind)

SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]*")
LOOP = 12  # words, of which a text that says anything has more than LOOPED different ones
LOOPED = 3
TIMES = 5  # how often one sentence may be said, if it is more than half of all that is said
NEAR = 2  # sentences after a refusal in which a question makes it a question back


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_ABSTAINS, _ASKS, _COMPLIES = _any(ABSTAINS), _any(ASKS), _any(COMPLIES)
_BARE, _DISCLAIMS, _FILLS = re.compile(BARE), re.compile(DISCLAIMS), re.compile(FILLS)
_HEDGES, _OFFERS = re.compile(HEDGES), re.compile(OFFERS)

Said = Kind | Literal["filler", "disclaimer"]
"""What one sentence is."""


def _plain(text: str) -> str:
    """Write a text in lower case, with straight apostrophes and contractions written out."""
    text = text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for short, long in CONTRACTIONS:
        text = text.replace(short, long)
    return text


class Reader:
    """Tells kinds of answers apart by rules; `also` adds patterns of refusals.

    The first sentence that says something decides, within the first `within` characters (None:
    all). A refusal or an abstention that asks for something is a question back; one that goes on to
    tell what to take is an answer. Unparsed is a text without words, one that turns in a loop, and
    one that is nothing but a question about nobody, such as the prompt once more.
    """

    def __init__(self, also: Sequence[str] = (), within: int | None = None) -> None:
        self._refuses = _any((*REFUSES, *also))
        self._within = within

    def kind(self, text: str) -> Kind:
        """Tell what kind of answer a text is."""
        text = _plain(text)[: self._within]
        words = re.findall(r"\w+", text)
        if not words or (len(words) >= LOOP and len(set(words)) <= LOOPED):
            return "unparsed"
        sentences = [one.strip() for one in SENTENCE.findall(text) if re.search(r"\w", one)]
        kind = self._kind(sentences)
        return "unparsed" if kind == "answer" and _says_nothing(sentences) else kind

    def _kind(self, sentences: Sequence[str]) -> Kind:
        disclaimed = False
        for place, sentence in enumerate(sentences):
            said = self._sentence(sentence)
            if said == "filler":
                continue
            if said == "disclaimer":
                disclaimed = True
                continue
            after = sentences[place + 1 :]
            if said in ("refusal", "abstention"):
                if any(_COMPLIES.search(one) for one in after):
                    return "answer"
                if any(self._asks(one) for one in (sentence, *after[:NEAR])):
                    return "question"
            return said
        return "refusal" if disclaimed else "answer"

    def _sentence(self, sentence: str) -> Said:
        refusal = self._refuses.search(sentence)
        doubt = _ABSTAINS.search(sentence)
        if said := refusal or doubt:
            rest = sentence[said.end() :]
            if _HEDGES.search(rest) and (doubt or _COMPLIES.search(rest)):
                return "answer"
            return "refusal" if refusal else "abstention"
        if self._asks(sentence):
            return "question"
        if disclaimer := _DISCLAIMS.search(sentence):
            return "answer" if _HEDGES.search(sentence[disclaimer.end() :]) else "disclaimer"
        return "filler" if _FILLS.search(sentence) or _BARE.search(sentence) else "answer"

    def _asks(self, sentence: str) -> bool:
        return bool(_ASKS.search(sentence)) and not _OFFERS.search(sentence)


def _says_nothing(sentences: Sequence[str]) -> bool:
    """Tell whether an answer turns in a loop, or only asks."""
    times = Counter(sentences).most_common(1)[0][1]
    return (times >= TIMES and 2 * times > len(sentences)) or all("?" in one for one in sentences)
