"""Illustrated articles made by rule, whose order stands in the pictures, the words, or both."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np

from seatrial import derive

from ._articles import Article, Step
from ._rows import Floats

__all__ = ["Hashed", "generated_articles"]

CATEGORIES: Final = ("Baking", "Repair")
STAGES: Final = ("gather", "mix", "shape", "finish")
THINGS: Final = ("dough", "frame", "paint", "cloth", "stone", "glass", "paper", "clay")
SIDE: Final = 16
WIDTH: Final = 96
PLACES: Final = 24  # of words whose place counts

OrderIn = Literal["pictures", "words", "both"]


def generated_articles(
    order_in: OrderIn,
    *,
    articles: int,
    seed: int,
    categories: Sequence[str] = CATEGORIES,
    noise: float = 0.0,
) -> tuple[Article, ...]:
    """Make articles of four steps whose order is known to be in one place and nowhere else.

    A step's word is one of four, and its picture has one of four bright quarters. With "pictures"
    the quarter is the step's place and the word is random; with "words" it is the other way round.
    With "both" the word is random and the quarter is the step's place plus the word, modulo four:
    each alone is independent of the order, and together they determine it. `noise` is the
    probability that a step's clue is random, for tasks that nobody can do perfectly.
    """
    found = []
    for number in range(articles):
        draw = np.random.default_rng(derive(seed, "articles", order_in, number))
        thing, category = THINGS[draw.integers(len(THINGS))], categories[number % len(categories)]
        steps = []
        for place in range(len(STAGES)):
            free = int(draw.integers(len(STAGES)))
            clue = int(draw.integers(len(STAGES))) if draw.random() < noise else place
            word = clue if order_in == "words" else free
            quarter = {"pictures": clue, "words": free, "both": (clue + free) % len(STAGES)}
            headline = f"{STAGES[word]} the {thing}"
            steps.append(Step(headline, _picture(quarter[order_in], draw)))
        found.append(Article(f"{order_in}-{number}", f"Work with {thing}", category, steps))
    return tuple(found)


def _picture(quarter: int, draw: np.random.Generator) -> np.ndarray[Any, np.dtype[np.uint8]]:
    pixels = draw.integers(0, 90, (SIDE, SIDE, 3))
    half = SIDE // 2
    top, left = divmod(quarter, 2)
    pixels[top * half : (top + 1) * half, left * half : (left + 1) * half] += 120
    return pixels.astype(np.uint8)


class Hashed:
    """Two towers that know nothing: words at their places by hashing, pictures by their pixels.

    A text is the sum of one fixed random vector for each word, and of one for each word at its
    place; a picture is its 4×4 thumbnail, projected at random. What a head reaches on them is what
    words and rough layouts give without any pretraining. The two share no space.
    """

    identity = "seatrial-order hashed towers 1"
    shared_space = False

    def __init__(self) -> None:
        self._projection = np.random.default_rng(derive(0, "hashed")).standard_normal((48, WIDTH))

    def __call__(self, inputs: Sequence[Any], /) -> list[int]:
        """Say that every pair is in order: the answer of a model that has learned nothing."""
        return [1] * len(inputs)

    def embed_text(self, texts: Sequence[str], /) -> Floats:
        """Sum the vectors of the words: float64 [texts, 96]."""
        return np.array([_sum(text.casefold().split()) for text in texts]).reshape(-1, WIDTH)

    def embed_image(self, images: Sequence[Any], /) -> Floats:
        """Project the thumbnails: float64 [images, 96]."""
        rows = [_thumbnail(np.asarray(one)).ravel() @ self._projection for one in images]
        return np.array(rows).reshape(-1, WIDTH)


def _sum(words: Sequence[str]) -> Floats:
    parts = [_vector(one) for one in words]
    parts += [_vector(f"{place} {one}") for place, one in enumerate(words[:PLACES])]
    return np.asarray(np.sum(parts, axis=0) if parts else np.zeros(WIDTH))


@lru_cache(maxsize=100_000)
def _vector(word: str) -> Floats:
    seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
    return np.random.default_rng(seed).standard_normal(WIDTH)


def _thumbnail(image: np.ndarray[Any, Any]) -> Floats:
    """Average 4×4 parts of a picture with three colours, in [0, 1]."""
    whole = image.astype(np.float64) / (1 if image.dtype.kind == "f" else np.iinfo(image.dtype).max)
    whole = np.broadcast_to(whole, (*whole.shape[:2], 3))
    height, width = whole.shape[:2]
    down, across = (np.minimum(np.arange(4) * size // 4, size - 1) for size in (height, width))
    sums = np.add.reduceat(np.add.reduceat(whole, down, axis=0), across, axis=1)
    rows, columns = np.add.reduceat(np.ones(height), down), np.add.reduceat(np.ones(width), across)
    return np.asarray(sums / (rows[:, None, None] * columns[None, :, None]))
