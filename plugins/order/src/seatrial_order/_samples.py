"""What the conformance kit tries the components on."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from seatrial import Case
from seatrial.testing import Example, Samples

from ._generated import STAGES, Hashed, OrderIn, generated_articles
from ._pairs import cases_of, sample_pairs

__all__ = ["Rule", "collapse_examples", "gap_examples", "samples", "trainable_samples"]


class Rule:
    """Reads generated articles by the rule they were made by, with or without the pictures."""

    def __init__(self, *, pictures: bool) -> None:
        self.pictures = pictures

    def __call__(self, inputs: Sequence[Any], /) -> list[int]:
        """Answer 1 where the first step has the smaller number."""
        return [int(self._place(one, 1) <= self._place(one, 2)) for one in inputs]

    def _place(self, value: Any, place: int) -> int:
        word = STAGES.index(value[f"headline_{place}"].split()[0])
        if not self.pictures:
            return word
        image = np.asarray(value[f"image_{place}"])
        half = len(image) // 2
        quarters = [
            image[row : row + half, column : column + half].mean()
            for row in (0, half)
            for column in (0, half)
        ]
        return (int(np.argmax(quarters)) - word) % len(STAGES)


def _cases(order_in: OrderIn, articles: int) -> tuple[Case, ...]:
    made = generated_articles(order_in, articles=articles, seed=1)
    return cases_of(sample_pairs(made, per_article=2, seed=1))


def samples() -> Samples:
    """Give pairs whose order stands in the pictures, and two towers that know nothing."""
    return Samples(cases=_cases("pictures", 8), models=[Hashed()])


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    from ._random_towers import random_towers

    folder = tempfile.TemporaryDirectory(prefix="seatrial-order-")
    random_towers(folder.name)
    return folder


def trainable_samples() -> Samples:
    """Give few pairs, and a tiny CLIP with random weights."""
    from ._towers import towers

    return Samples(
        cases=_cases("pictures", 4),
        models=[towers(_folder().name)],
        params={"learning_rate": 1e-3, "epochs": 1},
    )


def collapse_examples() -> tuple[Example, ...]:
    """A model that does not look at pictures, and one that needs them as much as the words."""
    return (
        Example(_cases("words", 70), finds=["images-ignored"], model=Rule(pictures=False)),
        Example(_cases("both", 70), model=Rule(pictures=True)),
    )


def gap_examples() -> tuple[Example, ...]:
    """Towers that share no space by their own statement, and cases without pictures."""
    words = [
        Case(one.id, {"title": one.input["title"]}, one.target, one.groups, one.cluster)
        for one in _cases("words", 4)
    ]
    return (
        Example(_cases("pictures", 4), finds=["no-shared-space"], model=Hashed()),
        Example(words, model=Hashed()),
    )
