"""Trivial features of texts: what a shortcut would look at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["OF_OPTIONS", "first_words", "of_options", "of_prompts"]

NEGATIONS = frozenset(("no", "not", "never", "none", "nothing", "without", "cannot", "don't"))
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
COMMON = 0.05
MOST_FIRST_WORDS = 12
OF_PROMPTS = (
    "its length in characters",
    "its number of words",
    "its mean word length",
    "its number of digits",
    "its number of negations",
    "its number of question marks",
    "its fraction of capitals",
    "its number of lines",
)
OF_OPTIONS = (
    "it is the longest",
    "it has the most words",
    "it has the most digits",
    "it has the most negations",
    "it has the longest words",
    "most of its words stand in the prompt",
)


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _digits(text: str) -> int:
    return sum(map(str.isdecimal, text))


def of_prompts(prompts: Sequence[str]) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """Give the names of features and their values [prompts, features]."""
    rows = []
    for text in prompts:
        words = _words(text)
        letters = sum(map(len, words))
        rows.append(
            (
                len(text),
                len(words),
                letters / max(len(words), 1),
                _digits(text),
                sum(word in NEGATIONS for word in words),
                text.count("?"),
                sum(map(str.isupper, text)) / max(len(text), 1),
                text.count("\n"),
            )
        )
    names, first = first_words(prompts)
    return (*OF_PROMPTS, *names), np.hstack([np.array(rows, dtype=float), first])


def first_words(prompts: Sequence[str]) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """Give one feature for each word that many prompts begin with."""
    begins = [text.split(maxsplit=1)[0].casefold() if text.split() else "" for text in prompts]
    counts = Counter(begins)
    common = [
        word
        for word, count in counts.most_common(MOST_FIRST_WORDS)
        if word and COMMON * len(prompts) <= count < len(prompts)
    ]
    return (
        tuple(f"that it begins with {word!r}" for word in common),
        np.array([[begin == word for word in common] for begin in begins], dtype=float).reshape(
            len(prompts), len(common)
        ),
    )


def of_options(prompt: str, options: Sequence[str]) -> npt.NDArray[np.float64]:
    """Give the features of each option [options, OF_OPTIONS]."""
    asked = frozenset(_words(prompt))
    rows = []
    for text in options:
        words = _words(text)
        rows.append(
            (
                len(text),
                len(words),
                _digits(text),
                sum(word in NEGATIONS for word in words),
                sum(map(len, words)) / max(len(words), 1),
                sum(word in asked for word in words) / max(len(words), 1),
            )
        )
    return np.array(rows, dtype=float)
