"""Illustrated how-to articles: their format, their filters, and their splits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from seatrial import default_registry
from seatrial.errors import FileError, PlanError
from seatrial.kit import write_atomically

__all__ = [
    "Article",
    "Filtered",
    "Step",
    "filtered",
    "opened",
    "read_articles",
    "split_articles",
    "text_of",
    "write_articles",
]

MIN_STEPS = 2
MIN_SPLIT = 2


@frozen(eq=False)
class Step:
    """One step: its headline, and its image as a path, an array H×W×3, or None."""

    headline: str
    image: Any = None


def _steps(given: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(given)


def _orders(given: Iterable[Iterable[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(one) for one in given)


@frozen(eq=False)
class Article:
    """One how-to article: its steps in their order, its title and its category.

    `orders` are other orders of the steps that are right as well, each a permutation of 0, 1, …:
    a pair that they do not agree on has no label, and a decoded order may be any of them.
    """

    id: str
    title: str
    category: str
    steps: tuple[Step, ...] = field(converter=_steps)
    orders: tuple[tuple[int, ...], ...] = field(default=(), converter=_orders)

    @orders.validator
    def _permute(self, _: Any, orders: tuple[tuple[int, ...], ...]) -> None:
        wanted = list(range(len(self.steps)))
        if wrong := [one for one in orders if sorted(one) != wanted]:
            msg = f"article {self.id}: {list(wrong[0])} is no order of its {len(wanted)} steps"
            raise PlanError(msg)


@frozen
class Filtered:
    """The articles that may be used, and why each other one may not (id → reason)."""

    kept: tuple[Article, ...]
    dropped: Mapping[str, str]


def read_articles(path: str | Path) -> tuple[Article, ...]:
    """Read articles from a JSONL file, one a line; paths of images start at the file's folder.

    `{"id": "a1", "title": "Tie a tie", "category": "Style", "steps": [{"headline": "Cross it.",
    "image": "a1/1.png"}]}`; `id` (by default the line's number), `image` and `orders` (other orders
    that are right) may be left out.
    Raises `FileError`, which lists every mistake with its line.
    """
    path = Path(path)
    found: list[Article] = []
    problems: list[str] = []
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(_article(json.loads(line), number, path.parent))
        except (ValueError, TypeError, KeyError) as error:
            said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            problems.append(f"{path}:{number}: {said}")
    seen: set[str] = set()
    for one in found:
        if one.id in seen:
            problems.append(f"{path}: two articles have the id {one.id!r}")
        seen.add(one.id)
    if problems:
        raise FileError(str(path), tuple(problems))
    return tuple(found)


def text_of(path: Path) -> str:
    """Read a text file; raises `FileError` where it is missing or no text."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(str(path), (f"{path} cannot be read: {error}",)) from error


def _article(given: Any, number: int, folder: Path) -> Article:
    if not isinstance(given, dict):
        msg = "an article is an object with a title, a category and steps"
        raise TypeError(msg)
    if not isinstance(given["steps"], list):
        msg = "steps are a list of objects with a headline each"
        raise TypeError(msg)
    steps = []
    for at, one in enumerate(given["steps"], start=1):
        if not isinstance(one, dict) or "headline" not in one:
            msg = f"step {at} is an object with a headline and maybe an image, got {one!r:.60}"
            raise TypeError(msg)
        headline = one["headline"]
        if not isinstance(headline, str):
            msg = f"the headline of step {at} is a text, got {headline!r}"
            raise TypeError(msg)
        image = one.get("image")
        if not isinstance(image, str | None):
            msg = f"the image of step {at} is a path, got {image!r:.60}"
            raise TypeError(msg)
        steps.append(Step(headline, None if image is None else folder / image))
    title, category = given["title"], given.get("category", "")
    if not isinstance(title, str) or not isinstance(category, str):
        msg = "title and category are texts"
        raise TypeError(msg)
    orders = given.get("orders", ())
    return Article(str(given.get("id", number)), title, category, steps, orders)


def write_articles(path: str | Path, articles: Sequence[Article]) -> None:
    """Write articles to a JSONL file; images held in memory become .npy files beside it."""
    import numpy as np

    path = Path(path)
    lines = []
    for article in articles:
        steps = []
        for at, step in enumerate(article.steps):
            image = step.image
            if image is not None and not isinstance(image, str | Path):
                name = f"{path.stem}-images/{article.id}-{at}.npy"
                (path.parent / name).parent.mkdir(parents=True, exist_ok=True)
                np.save(path.parent / name, np.asarray(image), allow_pickle=False)
                image = name
            elif image is not None and Path(image).is_relative_to(path.parent):
                image = Path(image).relative_to(path.parent).as_posix()
            steps.append(
                {"headline": step.headline} | ({} if image is None else {"image": str(image)})
            )
        facts = {"id": article.id, "title": article.title, "category": article.category}
        other = {"orders": article.orders} if article.orders else {}
        lines.append(json.dumps(facts | {"steps": steps} | other, ensure_ascii=False))
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())


def opened(image: Any) -> Any:
    """Give the pixels of a step's image: uint8 or float32 H×W×3."""
    if isinstance(image, str | Path):
        return default_registry().get("image").build().read(Path(image))
    return image


def filtered(
    articles: Sequence[Article], *, images: bool = True, min_side: int = 1, min_steps: int = 2
) -> Filtered:
    """Keep the articles that can be asked about, and say why each other one cannot.

    An article needs `min_steps` steps, a headline in each, and no headline twice; with `images`
    also a picture in each step that can be read and is at least `min_side` pixels high and wide.
    """
    kept: list[Article] = []
    dropped: dict[str, str] = {}
    for article in articles:
        reason = _text_problem(article, max(min_steps, MIN_STEPS))
        if not reason and images:
            told = (
                _image_problem(at, step.image, min_side)
                for at, step in enumerate(article.steps, start=1)
            )
            reason = next(filter(None, told), "")
        if reason:
            dropped[article.id] = reason
        else:
            kept.append(article)
    return Filtered(tuple(kept), dropped)


def _text_problem(article: Article, min_steps: int) -> str:
    headlines = [" ".join(step.headline.casefold().split()) for step in article.steps]
    if len(headlines) < min_steps:
        return f"it has {len(headlines)} of at least {min_steps} steps"
    if "" in headlines:
        return f"step {headlines.index('') + 1} has no headline"
    twice = [at for at, one in enumerate(headlines) if one in headlines[:at]]
    return f"step {twice[0] + 1} repeats another: which comes first cannot be told" if twice else ""


def _image_problem(number: int, image: Any, min_side: int) -> str:
    if image is None:
        return f"step {number} has no image"
    try:
        height, width = opened(image).shape[:2]
    except Exception as error:  # noqa: BLE001 - a file may be broken in any way
        return f"the image of step {number} cannot be read: {error}"
    if min(height, width) < min_side:
        return f"the image of step {number} is {height}×{width}, less than {min_side} pixels"
    return ""


def split_articles(
    articles: Sequence[Article], *, test: float = 0.2, validation: float = 0.0, seed: int
) -> dict[str, tuple[Article, ...]]:
    """Split whole articles at random into "train", "test" and, if asked for, "validation".

    Each category is split in the same proportion as far as its number of articles allows; a
    category with one article is on one side only. No step of an article is on two sides.
    """
    from seatrial.statistics import held_out

    if len({one.id for one in articles}) < len(articles):
        msg = "two articles have the same id: they could not be told apart in a split"
        raise PlanError(msg)
    if min(test, validation) < 0 or not 0 < test + validation < 1:
        msg = (
            f"test ({test:g}) and validation ({validation:g}) are fractions of the articles that "
            "together leave some to train on"
        )
        raise PlanError(msg)
    rest = sorted(articles, key=lambda one: one.id)
    found: dict[str, tuple[Article, ...]] = {}
    wanted = {"test": test, "validation": validation / (1 - test)}
    for name, fraction in wanted.items():
        if not fraction:
            continue
        if len(rest) < MIN_SPLIT:
            msg = f"{len(rest)} articles cannot be split: each side needs one"
            raise PlanError(msg)
        categories = [one.category for one in rest]
        ids = [one.id for one in rest]
        out = held_out(categories, ids, fraction=fraction, seed=seed)
        found[name] = tuple(one for one, held in zip(rest, out, strict=True) if held)
        rest = [one for one, held in zip(rest, out, strict=True) if not held]
    return {"train": tuple(rest), **found}
