"""The chain of thought that a model writes, as features: length, doubt, changes of mind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log2
from typing import Any, Final

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import and_, ge, instance_of, le

from seatrial import Explanation, Outcome
from seatrial.kit import object_with

from ._odds import Feature, explain_by_features
from ._rendering import Read, read
from ._validation import one_sided

__all__ = ["ChainOfThought", "chain_of_thought"]

LEADS: Final = (
    "Think step by step.",
    "Reason carefully before you answer.",
    "Consider each possibility in turn.",
    "Explain your reasoning.",
    "Work it out one step at a time.",
)
ASK: Final = (
    "{text}\n\n{lead} Then write “Answer:” and your answer, and how sure you are in percent."
)

ANSWER: Final = re.compile(r"\b(?:final\s+)?answer\b(?:\s+is)?\s*[:\-]?\s*", re.IGNORECASE)
PERCENT: Final = re.compile(r"\b(100|\d{1,2})(?:\.\d+)?\s*(?:%|percent\b)", re.IGNORECASE)
HEDGE: Final = re.compile(
    r"\b(?:maybe|perhaps|might|may|could|possibly|probably|likely|unsure|uncertain|seems?|appears?"
    r"|not sure|unclear|guess|assume|suppose)\b",
    re.IGNORECASE,
)
SECOND: Final = re.compile(
    r"\b(?:wait|actually|however|alternatively|on second thought|on the other hand|but then|hmm)\b",
    re.IGNORECASE,
)
UNSAID: Final = 50.0
WORD: Final = re.compile(r"\w+")
SPACE: Final = re.compile(r"\W+")


@frozen
class ChainOfThought:
    """Predicts failure from the chain of thought that the model writes before it answers.

    The model writes `samples` traces for each input, each led in by other words and with the
    options in another order, so that also a model that is greedy gives different ones. The answer
    itself is masked before anything is counted: what is tested is foresight, not whether an answer
    looks wrong. Features: length, hedges, second thoughts, changes between options, stated
    confidence, whether the trace was cut off, and how far the answers agree.
    """

    samples: int = field(default=3, validator=and_(instance_of(int), ge(1), le(len(LEADS))))
    max_new_tokens: int = field(default=160, validator=and_(instance_of(int), ge(1)))

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Let the model write about every input, and learn from how it does."""
        if said := one_sided(outcomes):
            return said
        model = object_with(model, "generate", what="probes.chain-of-thought: the model")

        def describe(inputs: Sequence[Any]) -> list[Mapping[str, Feature]]:
            return self._described(model, inputs)

        found = explain_by_features("chain of thought", describe, outcomes, seed=seed)
        calls = {"learning": self.samples * len(outcomes), "for each case": self.samples}
        return evolve(found, details={**found.details, "calls": calls})

    def _described(self, model: Any, inputs: Sequence[Any]) -> list[Mapping[str, Feature]]:
        given = [read(one) for one in inputs]
        prompts = [self._prompt(one, number) for one in given for number in range(self.samples)]
        written = model.generate(prompts, max_new_tokens=self.max_new_tokens)
        traces = [_Trace.of(one, given[place // self.samples]) for place, one in enumerate(written)]
        return [
            _features(traces[start : start + self.samples])
            for start in range(0, len(traces), self.samples)
        ]

    def _prompt(self, given: Read, number: int) -> str:
        turn = number % max(len(given.options), 1)
        turned = evolve(given, options=given.options[turn:] + given.options[:turn])
        return ASK.format(text=turned.named, lead=LEADS[number])


@frozen
class _Trace:
    """One trace with its answer taken out."""

    text: str
    answer: str
    changes: int
    confidence: float | None
    cut: bool

    @classmethod
    def of(cls, written: Any, given: Read) -> _Trace:
        text = str(written.text)
        places = _mentions(text, given.options)
        marks = list(ANSWER.finditer(text))
        ends = text[marks[-1].end() :] if marks else ""
        last = _mentions(ends, given.options) or places[-1:]
        answer = last[0][1] if last else (ends.splitlines() or [""])[0]
        sure = PERCENT.findall(text)
        masked = text[: marks[-1].start()] if marks else text
        before = _mentions(masked, given.options)
        for option in sorted(given.options, key=len, reverse=True):
            masked = re.sub(re.escape(option), "option", masked, flags=re.IGNORECASE)
        return cls(
            PERCENT.sub("", masked),
            SPACE.sub(" ", answer).strip().casefold(),
            sum(one != other for (_, one), (_, other) in pairwise(before)),
            float(sure[-1]) if sure else None,
            getattr(written, "finish", "") == "length",
        )


def _mentions(text: str, options: Sequence[str]) -> list[tuple[int, str]]:
    """Find where options are named, in order; the longer one where two begin alike."""
    wanted = [one for one in sorted(options, key=len, reverse=True) if one.strip()]
    if not wanted:
        return []
    pattern = "|".join(re.escape(one.strip()) for one in wanted)
    found = re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", text, flags=re.IGNORECASE)
    return [(one.start(), one[0].casefold()) for one in found]


def _features(traces: Sequence[_Trace]) -> dict[str, Feature]:
    lengths = [log2(1 + len(WORD.findall(one.text))) for one in traces]
    sure = [one.confidence for one in traces if one.confidence is not None]
    agreed = Counter(one.answer for one in traces).most_common(1)[0][1] / len(traces)
    changes = float(np.mean([one.changes for one in traces]))
    cut = 100 * float(np.mean([one.cut for one in traces]))
    features = [
        ("length", "words of reasoning", "doubling", float(np.mean(lengths))),
        ("uneven", "longest trace beside the shortest", "doubling", float(np.ptp(lengths))),
        ("hedges", "hedges (maybe, might …) to 100 words", "amount", _rate(HEDGE, traces)),
        ("second thoughts", "second thoughts to 100 words", "amount", _rate(SECOND, traces)),
        ("changes", "changes from one option to another", "amount", changes),
        ("cut off", "percentage points of traces cut off", "amount", cut),
        (
            "says how sure",
            "percentage points of traces that say how sure the model is",
            "amount",
            100 * len(sure) / len(traces),
        ),
        (
            "confidence",
            "percentage points of stated confidence",
            "amount",
            float(np.mean(sure)) if sure else UNSAID,
        ),
        ("agreement", "percentage points of traces that agree", "amount", 100 * agreed),
    ]
    return {name: Feature(phrase, unit, value) for name, phrase, unit, value in features}


def _rate(pattern: re.Pattern[str], traces: Sequence[_Trace]) -> float:
    words = sum(len(WORD.findall(one.text)) for one in traces)
    return 100 * sum(len(pattern.findall(one.text)) for one in traces) / max(words, 1)


chain_of_thought = ChainOfThought
