"""How the option that was chosen stands to the others, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

import numpy as np

from ._odds import Feature
from ._rendering import Read
from ._surface import WORD

__all__ = ["chosen_beside_others"]


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


def _lead(values: Sequence[float]) -> float:
    own, *others = values
    return float(own - np.mean(others))


def _repeated(option: str, said: set[str]) -> float:
    words = set(WORD.findall(option))
    return len(words & said) / max(len(words), 1)
