"""Surface features of an input, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import log2
from typing import Any, Final

from ._odds import Feature
from ._rendering import Read, read

__all__ = ["surface_features"]

WORD: Final = re.compile(r"\w+(?:['’]\w+)?")
NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
NEGATION: Final = re.compile(
    r"\b(?:not|no|never|none|nor|neither|without|nothing|nobody|cannot|except|\w+n['’]t)\b",
    re.IGNORECASE,
)
MARK: Final = re.compile(r"[^\w\s]")
SENTENCE: Final = re.compile(r"[.!?]+(?:\s|$)")
OPENERS: Final = {
    opener: kind
    for kind, openers in {
        "what": "what which whose",
        "who": "who whom",
        "when": "when",
        "where": "where",
        "why": "why",
        "how": "how",
        "is it": "is are was were am isn't aren't",
        "does it": "do does did doesn't don't",
        "has it": "has have had",
        "can it": "can could will would shall should may might must",
    }.items()
    for opener in openers.split()
}
"""The words that a question begins with, and the kind of question that they make it."""


def surface_features(inputs: Sequence[Any]) -> list[Mapping[str, Feature]]:
    """Describe each input by its lengths, marks, question word and the looks of its options."""
    return [_of(read(one)) for one in inputs]


def _of(given: Read) -> dict[str, Feature]:
    text = given.text
    words = [word.casefold() for word in WORD.findall(text)]
    count = max(len(words), 1)
    found = {
        f"words in {part}": Feature(f"number of words in `{part}`", "doubling", _log(part_text))
        for part, part_text in given.parts.items()
    }
    found |= {
        "sentences": Feature(
            "number of sentences", "doubling", log2(1 + len(SENTENCE.findall(text)))
        ),
        "word length": Feature("letters in the average word", "amount", _mean(map(len, words))),
        "longest word": Feature(
            "letters in the longest word", "amount", max(map(len, words), default=0)
        ),
        "variety": Feature(
            "percentage points of words that are said once",
            "amount",
            100 * len(set(words)) / count,
        ),
        "capitals": Feature("capitalised words among 100", "amount", 100 * _capitals(text) / count),
        "numbers": Feature(
            "numbers among 100 words", "amount", 100 * len(NUMBER.findall(text)) / count
        ),
        "marks": Feature(
            "punctuation marks to 100 words", "amount", 100 * len(MARK.findall(text)) / count
        ),
        "negation": Feature(
            "a negation in what is asked", "flag", float(bool(NEGATION.search(given.asked)))
        ),
        "number asked about": Feature(
            "a number in what is asked", "flag", float(bool(NUMBER.search(given.asked)))
        ),
    }
    return found | _question(given.asked) | _options(given)


def _question(asked: str) -> dict[str, Feature]:
    """Tell the kind of the question by its first word, or else by its first question word."""
    words = [word.casefold() for word in WORD.findall(asked)]
    interrogative = [word for word in words if OPENERS.get(word, "it").split()[-1] != "it"]
    first = [*words[:1], *interrogative]
    asks = next((OPENERS[word] for word in first if word in OPENERS), None)
    return {
        f"asks {kind}": Feature(
            f"a question that begins like “{kind} …”", "flag", float(kind == asks)
        )
        for kind in dict.fromkeys(OPENERS.values())
    }


def _options(given: Read) -> dict[str, Feature]:
    if not given.options:
        return {}
    sets = [{word.casefold() for word in WORD.findall(option)} for option in given.options]
    rest = {word.casefold() for part in given.parts.values() for word in WORD.findall(part)}
    lengths = [_log(option) for option in given.options]
    shared = [100 * len(one & rest) / max(len(one), 1) for one in sets]
    alike = [100 * len(a & b) / max(len(a | b), 1) for a, b in combinations(sets, 2)]
    return {
        "options": Feature("number of options", "doubling", log2(1 + len(sets))),
        "option length": Feature("words in the average option", "doubling", _mean(lengths)),
        "uneven options": Feature(
            "length of the longest option beside the shortest",
            "doubling",
            max(lengths) - min(lengths),
        ),
        "options repeat the input": Feature(
            "percentage points of an option's words that the input says too",
            "amount",
            _mean(shared),
        ),
        "one option repeats the input": Feature(
            "percentage points by which options differ in repeating the input",
            "amount",
            max(shared) - min(shared),
        ),
        "options alike": Feature(
            "percentage points of words that two options share", "amount", _mean(alike)
        ),
    }


def _log(text: str) -> float:
    return log2(1 + len(WORD.findall(text)))


def _capitals(text: str) -> int:
    return sum(word[0].isupper() for word in WORD.findall(text))


def _mean(values: Any) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0
