"""ROUGE, by the library rouge-score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from seatrial.errors import MetricError

from ._input import case_at, paired, texts

__all__ = ["rouge_1", "rouge_2", "rouge_l"]

PerCase = Callable[[Sequence[Any], Sequence[Any]], list[float]]
MEASURES: Final = {"f": "fmeasure", "precision": "precision", "recall": "recall"}


def rouge_1(*, measure: str = "f", stem: bool = False) -> PerCase:
    """Compare words. `measure` is "f", "precision" or "recall"; `stem` compares stems (Porter's).

    Words are runs of the letters a to z and digits, in lower case: texts in other scripts have
    none, and such a target is an error. A target may be a list of references; the one with the best
    F counts.
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


def _rouge(name: str, kind: str, measure: str, *, stem: bool) -> PerCase:
    from rouge_score.rouge_scorer import RougeScorer
    from rouge_score.tokenizers import DefaultTokenizer

    if measure not in MEASURES:
        msg = f"measure must be one of {', '.join(map(repr, MEASURES))}, got {measure!r}"
        raise ValueError(msg)
    tokenizer = DefaultTokenizer(use_stemmer=stem)
    scorer = RougeScorer([kind], tokenizer=tokenizer)

    def score(targets: Sequence[Any], answers: Sequence[Any], /) -> list[float]:
        paired(name, targets, answers)
        found = []
        for place, (target, answer) in enumerate(zip(targets, answers, strict=True)):
            case = case_at(place, len(targets))
            references = texts(name, case, target)
            for reference in references:
                if not tokenizer.tokenize(reference):
                    msg = f"{name}: {case}: its target has no word of a-z or 0-9: {reference!r}"
                    raise MetricError(msg)
            if not isinstance(answer, str):
                msg = f"{name}: {case}: expected a text as the answer, got {answer!r}"
                raise MetricError(msg)
            best = scorer.score_multi(references, answer)[kind]
            found.append(float(getattr(best, MEASURES[measure])))
        return found

    return score
