"""ROUGE, by the library rouge-score."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Final

from seatrial.errors import MetricError

from ._input import case_at, paired, texts

__all__ = ["rouge_1", "rouge_2", "rouge_l"]

PerCase = Callable[[Sequence[Any], Sequence[Any]], list[float]]
MEASURES: Final = {"f": "fmeasure", "precision": "precision", "recall": "recall"}
SHORT: Final = 3
"""Words up to this length are not stemmed, as in rouge-score."""

ALONE: Final = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
"""Kana and Chinese characters."""


def rouge_1(*, measure: str = "f", stem: bool = False) -> PerCase:
    """Compare words. `measure` is "f", "precision" or "recall"; `stem` compares stems (Porter's).

    Words are runs of letters and digits in lower case: in plain English those of rouge-score, and
    in other scripts whole words with their accents, which rouge-score would drop. Chinese
    characters and kana count one each; scripts without spaces, such as Thai, are not segmented. A
    target without words is an error. A target may be a list of references; the one with the best F
    counts. Signs and decimal points are no words: "-5" and "5" overlap, and exact match tells them
    apart.
    Source: Lin, Text Summarization Branches Out, 2004.
    """
    return _rouge("metrics.rouge-1", "rouge1", measure, stem=stem)


def rouge_2(*, measure: str = "f", stem: bool = False) -> PerCase:
    """Compare pairs of adjacent words; parameters as in `rouge_1`. One word alone scores 0."""
    return _rouge("metrics.rouge-2", "rouge2", measure, stem=stem)


def rouge_l(*, measure: str = "f", stem: bool = False) -> PerCase:
    """Compare the longest common subsequence of words; parameters as in `rouge_1`.

    It runs over the whole text (what rouge-score calls "rougeL"), not sentence by sentence.
    """
    return _rouge("metrics.rouge-l", "rougeL", measure, stem=stem)


class Words:
    """Splits a text into words of any script; has the method that rouge-score asks for."""

    def __init__(self, *, stem: bool) -> None:
        from nltk.stem.porter import PorterStemmer

        self._stem = PorterStemmer().stem if stem else None

    def tokenize(self, text: str) -> list[str]:
        """Give the words in order."""
        text = unicodedata.normalize("NFC", text).lower()
        text = "".join(one if one.isalnum() or _is_accent(one) else " " for one in text)
        words = ALONE.sub(r" \g<0> ", text).split()
        if self._stem is None:
            return words
        return [self._stem(word) if len(word) > SHORT else word for word in words]


def _is_accent(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _rouge(name: str, kind: str, measure: str, *, stem: bool) -> PerCase:
    from rouge_score.rouge_scorer import RougeScorer

    if measure not in MEASURES:
        msg = f"measure must be one of {', '.join(map(repr, MEASURES))}, got {measure!r}"
        raise ValueError(msg)
    tokenizer = Words(stem=stem)
    scorer = RougeScorer([kind], tokenizer=tokenizer)

    def score(targets: Sequence[Any], answers: Sequence[Any], /) -> list[float]:
        paired(name, targets, answers)
        found = []
        for place, (target, answer) in enumerate(zip(targets, answers, strict=True)):
            case = case_at(place, len(targets))
            references = texts(name, case, target)
            for reference in references:
                if not tokenizer.tokenize(reference):
                    msg = f"{name}: {case}: its target has no word: {reference!r}"
                    raise MetricError(msg)
            if not isinstance(answer, str):
                msg = f"{name}: {case}: expected a text as the answer, got {answer!r}"
                raise MetricError(msg)
            best = scorer.score_multi(references, answer)[kind]
            found.append(float(getattr(best, MEASURES[measure])))
        return found

    return score
