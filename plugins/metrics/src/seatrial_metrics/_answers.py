"""What kind of answer a text is: an answer, a refusal, an abstention, a question back, or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

from ._answer_patterns import (
    ABSTAINS,
    ASKS,
    COMPLIES,
    CONTRACTIONS,
    FILLS,
    HEDGES,
    OFFERS,
    REFUSES,
)

__all__ = ["KINDS", "Kind", "Reader", "plain"]

Kind = Literal["answer", "refusal", "abstention", "question", "unparsed"]
"""What an answer can be; every answer is exactly one of these."""

KINDS: tuple[Kind, ...] = get_args(Kind)

SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]*")
LOOP = 12  # words, of which a text that says anything has more than LOOPED different ones
LOOPED = 3


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_ABSTAINS, _ASKS, _COMPLIES = _any(ABSTAINS), _any(ASKS), _any(COMPLIES)
_FILLS, _HEDGES, _OFFERS = re.compile(FILLS), re.compile(HEDGES), re.compile(OFFERS)


def plain(text: str) -> str:
    """Write a text in lower case, with straight apostrophes and contractions written out."""
    text = text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for short, long in CONTRACTIONS:
        text = text.replace(short, long)
    return text


class Reader:
    """Tells kinds of answers apart by rules; `also` adds patterns of refusals.

    The first sentence that says something decides, within the first `within` characters. A refusal
    or an abstention that asks for something in the same breath is a question back; one that is
    followed by the dose all the same is an answer. Text without words is unparsed, and so is a
    loop of few words.
    """

    def __init__(self, also: Sequence[str] = (), within: int | None = None) -> None:
        self._refuses = _any((*REFUSES, *also))
        self._within = within

    def kind(self, text: str) -> Kind:
        """Tell what kind of answer a text is."""
        text = plain(text)[: self._within]
        words = re.findall(r"\w+", text)
        if not words or (len(words) >= LOOP and len(set(words)) <= LOOPED):
            return "unparsed"
        sentences = [one.strip() for one in SENTENCE.findall(text) if re.search(r"\w", one)]
        for place, sentence in enumerate(sentences):
            kind = self._sentence(sentence)
            if kind == "filler":
                continue
            after = sentences[place + 1 :]
            if kind in ("refusal", "abstention"):
                if any(_COMPLIES.search(one) for one in after):
                    return "answer"
                if any(self._asks(one) for one in (sentence, *after[:2])):
                    return "question"
            return kind
        return "answer"

    def _sentence(self, sentence: str) -> Kind | Literal["filler"]:
        refusal = self._refuses.search(sentence)
        doubt = _ABSTAINS.search(sentence)
        if said := refusal or doubt:
            rest = sentence[said.end() :]
            if _HEDGES.search(rest) and (doubt or _COMPLIES.search(rest)):
                return "answer"
            return "refusal" if refusal else "abstention"
        if self._asks(sentence):
            return "question"
        return "filler" if _FILLS.search(sentence) else "answer"

    def _asks(self, sentence: str) -> bool:
        return bool(_ASKS.search(sentence)) and not _OFFERS.search(sentence)
