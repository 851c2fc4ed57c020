"""How the chosen option stands to the others, and the question to the rest, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log2
from typing import Final

import numpy as np

from ._odds import Feature
from ._rendering import Read
from ._surface import NEGATION, WORD

__all__ = ["asked_beside_the_rest", "chosen_beside_others"]

SHORT: Final = 3
"""Words of at most so many letters say little about what is asked."""

WINDOW: Final = 30


def chosen_beside_others(given: Read, answer: str) -> dict[str, Feature]:
    """Tell by how much the chosen option is longer, said more, and named earlier than the others.

    Each number is that of the chosen option less the mean of the others: the logarithm of its
    length, the fraction of its words that the input says, and how often the input names it. Whether
    the input names it first counts 1, and another -1. Empty where the answer is no option.
    """
    if answer not in given.options or len(set(given.options)) == 1:
        return {}
    ordered = [answer, *(one for one in given.options if one != answer)]
    text = "\n".join(given.parts.values()).casefold()
    folded = [one.casefold() for one in ordered]
    said = set(WORD.findall(text))
    own, *others = (text.find(one) for one in folded)
    named = own >= 0 and min(others) >= 0
    found = {
        "longer": _lead([log2(1 + len(one)) for one in ordered]),
        "repeats": _lead([_repeated(one, said) for one in folded]),
        "more often": _lead([text.count(one) for one in folded]),
        "first": float(np.sign(min(others) - own)) if named else 0.0,
    }
    return {name: Feature(name, "amount", value) for name, value in found.items()}


def asked_beside_the_rest(given: Read) -> dict[str, Feature]:
    """Tell how much of what is asked the other parts say, how often and how close together.

    Empty where the input has one part.
    """
    asked = given.asked
    rest = "\n".join(part for part in given.parts.values() if part != asked)
    if not rest:
        return {}
    words = [word.casefold() for word in WORD.findall(asked)]
    said = [word.casefold() for word in WORD.findall(rest)]
    about = {word for word in words if len(word) > SHORT}
    pairs = set(pairwise(said))
    places = [at for at, word in enumerate(said) if word in about]
    closest = max((len(about.intersection(said[at : at + WINDOW])) for at in places), default=0)
    found = {
        "answered words": len(about.intersection(said)) / max(len(about), 1),
        "unanswered words": len(about.difference(said)),
        "answered pairs": sum(pair in pairs for pair in pairwise(words)) / max(len(words) - 1, 1),
        "answered together": closest / max(len(about), 1),
        "answered often": log2(1 + len(places)),
        "answered densely": len(places) / max(len(said), 1),
        "negations around": len(NEGATION.findall(rest)) / max(len(said), 1),
    }
    return {name: Feature(name, "amount", value) for name, value in found.items()}


def _lead(values: Sequence[float]) -> float:
    own, *others = values
    return float(own - np.mean(others))


def _repeated(option: str, said: set[str]) -> float:
    words = set(WORD.findall(option))
    return len(words & said) / max(len(words), 1)
