"""Pairs of steps of one article, and the cases that ask for their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import inf
from pathlib import Path
from random import Random
from typing import Any

from attrs import frozen

from seatrial import Asset, Case, derive
from seatrial.errors import PlanError

from ._articles import Article

__all__ = ["Pair", "all_pairs", "cases_of", "sample_pairs"]


@frozen
class Pair:
    """Two steps of an article in the order in which they are shown, counted from 0."""

    article: Article
    first: int
    second: int

    @property
    def label(self) -> int:
        """1 where the steps are shown in their order, 0 where they are swapped."""
        return int(self.first < self.second)

    @property
    def distance(self) -> int:
        """How many steps lie between them, and one."""
        return abs(self.second - self.first)

    @property
    def id(self) -> str:
        """The id of the case: the article, and the steps from 1 in the order shown."""
        return f"{self.article.id}:{self.first + 1}-{self.second + 1}"

    def swapped(self) -> Pair:
        """Show the same two steps the other way round."""
        return Pair(self.article, self.second, self.first)


def all_pairs(articles: Sequence[Article]) -> tuple[Pair, ...]:
    """Give every pair of every article, in both orders: what decoding and swap tests ask for."""
    return tuple(
        pair
        for article in articles
        for i, j in combinations(range(len(article.steps)), 2)
        for pair in (Pair(article, i, j), Pair(article, j, i))
    )


def sample_pairs(
    articles: Sequence[Article],
    *,
    per_article: int | None = None,
    distances: Mapping[int, float] | None = None,
    total: int | None = None,
    seed: int,
) -> tuple[Pair, ...]:
    """Draw pairs within articles, half of each category in order and half swapped.

    At most `per_article` pairs of an article are drawn, without repetition; `distances` maps the
    distance of two steps to its relative weight (others are never drawn; None draws all pairs
    alike); `total` is how many to keep at random. An odd pair goes to one label in one category and
    to the other in the next, so the labels differ by at most one. What is drawn of an article hangs
    on the seed and on its id, and not on the other articles (before `total`).
    """
    for name, count in (("per_article", per_article), ("total", total)):
        if count is not None and count < 1:
            msg = f"{name} is a number of pairs, 1 or more, got {count}"
            raise PlanError(msg)
    if wrong := [one for one in (distances or {}).values() if not 0 <= one < inf]:
        msg = f"the weight of a distance is 0 or more, got {wrong[0]}"
        raise PlanError(msg)
    drawn: list[Pair] = []
    for article in articles:
        draw = Random(derive(seed, "pairs", article.id))
        pairs = [
            Pair(article, i, j)
            for i, j in combinations(range(len(article.steps)), 2)
            if distances is None or distances.get(j - i, 0) > 0
            if all(order.index(i) < order.index(j) for order in article.orders)
        ]
        # Weighted draws without repetition, by exponential lots (Efraimidis and Spirakis, 2006).
        lots = {
            pair: draw.expovariate(1.0) / (1.0 if distances is None else distances[pair.distance])
            for pair in pairs
        }
        drawn += sorted(pairs, key=lots.__getitem__)[:per_article]
    if not drawn:
        msg = "no article has two steps at these distances: there are no pairs to draw"
        raise PlanError(msg)
    draw = Random(derive(seed, "labels"))
    if total is not None:
        if total > len(drawn):
            msg = f"{total} pairs are asked for, and the articles give {len(drawn)}"
            raise PlanError(msg)
        drawn = draw.sample(drawn, total)
    by_category: dict[str, list[Pair]] = defaultdict(list)
    for pair in drawn:
        by_category[pair.article.category].append(pair)
    found: list[Pair] = []
    extra = 0
    for category in sorted(by_category):
        pairs = by_category[category]
        half, odd = divmod(len(pairs), 2)
        count = half + (odd and extra)
        extra ^= odd
        swapped = set(draw.sample(range(len(pairs)), count))
        found += [one.swapped() if at in swapped else one for at, one in enumerate(pairs)]
    return tuple(found)


def cases_of(pairs: Sequence[Pair]) -> tuple[Case, ...]:
    """Make a case of each pair: title, two headlines and two images in, 1 or 0 as the target.

    The parts of the input are `title`, `headline_1`, `headline_2` and, where the steps have them,
    `image_1` and `image_2`; a perturbation acts on some with `on=`. Groups are the category and the
    distance, the cluster is the article: its pairs are not independent. Images in files stay there.
    """
    return tuple(
        Case(
            pair.id,
            _parts(pair),
            pair.label,
            {"category": pair.article.category, "distance": str(pair.distance)},
            pair.article.id,
        )
        for pair in pairs
    )


def _parts(pair: Pair) -> dict[str, Any]:
    steps = [pair.article.steps[at] for at in (pair.first, pair.second)]
    found: dict[str, Any] = {"title": pair.article.title}
    found |= {f"headline_{at}": one.headline for at, one in enumerate(steps, start=1)}
    if all(one.image is not None for one in steps):
        found |= {f"image_{at}": _image(one.image) for at, one in enumerate(steps, start=1)}
    return found


def _image(image: Any) -> Any:
    return Asset(Path(image), "image") if isinstance(image, str | Path) else image
