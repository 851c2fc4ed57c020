"""How well an order model does: by category, against another, when swapped, and on whole orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, permutations
from typing import Any

import numpy as np
from attrs import frozen

from seatrial import Case
from seatrial.errors import MetricError
from seatrial.kit import answer_of, cluster_of
from seatrial.statistics import Interval, mcnemar, paired_drop, proportion

from ._articles import Article
from ._pairs import all_pairs, cases_of

__all__ = [
    "Accuracy",
    "Decoded",
    "Paired",
    "accuracy_by",
    "decoded",
    "paired",
    "right_in_one",
    "swap_consistency",
    "swapped",
]

Answers = Sequence[Any]
EXHAUSTIVE = 7  # steps up to which every order is tried


@frozen
class Accuracy:
    """Accuracy in one group of pairs, with its interval over articles."""

    group: str
    pairs: int
    articles: int
    interval: Interval


@frozen
class Paired:
    """One model against another on the same pairs, article by article.

    `difference` is the accuracy of the first less that of the second, with its interval over
    articles. `better` and `worse` count the articles where the first has more, or fewer, pairs
    right; `p` is McNemar's exact test on them.
    """

    difference: Interval
    better: int
    worse: int
    p: float


@frozen
class Decoded:
    """Whole orders made of pairwise answers, over articles.

    `kendall_tau` is the mean over articles, `perfect` the fraction of articles whose order is right
    throughout, and `cycles` the fraction of triples of steps that no order fits (a before b before
    c before a). `orders` maps the id of an article to its decoded order.
    """

    kendall_tau: float
    perfect: float
    cycles: float
    orders: dict[str, tuple[int, ...]]


def accuracy_by(
    cases: Sequence[Case], answers: Answers, *, group: str | None = None, confidence: float = 0.95
) -> tuple[Accuracy, ...]:
    """Give the accuracy over each value of a group ("category", "distance"), or over all pairs.

    The interval counts articles, not pairs; each end is one-sided at `confidence`, as everywhere in
    seatrial. A group with one article has no spread to see: its interval is nearly [0, 1].
    """
    right = _right(cases, answers)
    found = []
    for name in sorted({_value(one, group) for one in cases}, key=_by_number):
        rows = [at for at, one in enumerate(cases) if _value(one, group) == name]
        clusters = [cluster_of(cases[at]) for at in rows]
        interval = proportion(right[rows], clusters, confidence)
        found.append(Accuracy(name, len(rows), len(set(clusters)), interval))
    return tuple(found)


def _value(case: Case, group: str | None) -> str:
    if group is None:
        return "all"
    if group not in case.groups:
        msg = f"case {case.id!r} has no group {group!r}; it has {', '.join(case.groups)}"
        raise MetricError(msg)
    return str(case.groups[group])


def _by_number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() else (0, name)


def paired(
    cases: Sequence[Case], first: Answers, second: Answers, *, confidence: float = 0.95
) -> Paired:
    """Compare two models on the same pairs; articles, not pairs, are what is independent."""
    one, other = _right(cases, first), _right(cases, second)
    clusters = [cluster_of(case) for case in cases]
    names = sorted(set(clusters))
    at = {name: place for place, name in enumerate(names)}
    net = np.bincount([at[name] for name in clusters], weights=one - other)
    better, worse = int((net > 0).sum()), int((net < 0).sum())
    difference = paired_drop(one, other, clusters, confidence)
    return Paired(difference, better, worse, mcnemar(worse, better))


def right_in_one(
    cases: Sequence[Case], first: Answers, second: Answers
) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    """Give the pairs that only the first model has right, and those that only the second has."""
    one, other = _right(cases, first), _right(cases, second)
    return (
        tuple(case for case, more in zip(cases, one > other, strict=True) if more),
        tuple(case for case, more in zip(cases, other > one, strict=True) if more),
    )


def swapped(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Show the two steps of each pair the other way round, and swap the target."""
    found = []
    for case in cases:
        value = dict(case.input)
        for part in ("headline", "image"):
            if f"{part}_1" in value:
                pair = value[f"{part}_2"], value[f"{part}_1"]
                value[f"{part}_1"], value[f"{part}_2"] = pair
        target = None if case.target is None else 1 - case.target
        found.append(Case(f"{case.id}-swapped", value, target, case.groups, case.cluster))
    return tuple(found)


def swap_consistency(
    model: Callable[..., Any], cases: Sequence[Case], *, confidence: float = 0.95
) -> Interval:
    """Give the fraction of pairs whose answer is the opposite when the two steps are swapped."""
    clusters = [cluster_of(case) for case in cases]
    first, second = (
        [answer_of(one).value for one in model([case.input for case in some])]
        for some in (cases, swapped(cases))
    )
    opposite = [float({one, other} == {0, 1}) for one, other in zip(first, second, strict=True)]
    return proportion(opposite, clusters, confidence)


def decoded(model: Callable[..., Any], articles: Sequence[Article]) -> Decoded:
    """Ask for every pair of every article in both orders, and make one order of the answers.

    The order is that with the largest sum of probabilities of its pairs, among all orders up to
    seven steps; beyond, steps are ordered by the sum of their own (Borda). Kendall's tau and the
    perfect match are against the order of the article or, where it names others that are right
    (`orders`), against the nearest.
    """
    usable = [one for one in articles if len(one.steps) > 1]
    if not usable:
        msg = "no article has two steps: there is no order to decode"
        raise MetricError(msg)
    taus, perfect, cycles, triples = [], [], 0, 0
    orders: dict[str, tuple[int, ...]] = {}
    for article in usable:
        before = _probabilities(model, article)
        order = _decode(before)
        orders[article.id] = order
        right = (tuple(range(len(order))), *article.orders)
        tau = max(_tau(order, one) for one in right)
        taus.append(tau)
        perfect.append(order in right)
        for a, b, c in combinations(range(len(order)), 3):
            wins = (before[a, b] > 0.5, before[b, c] > 0.5, before[c, a] > 0.5)  # noqa: PLR2004
            cycles += all(wins) or not any(wins)
            triples += 1
    return Decoded(
        float(np.mean(taus)), float(np.mean(perfect)), cycles / triples if triples else 0.0, orders
    )


def _probabilities(model: Callable[..., Any], article: Article) -> np.ndarray[Any, Any]:
    """Give the probability that step i comes before step j, the mean of both ways to ask."""
    pairs = all_pairs([article])
    said = [answer_of(one) for one in model([case.input for case in cases_of(pairs)])]
    n = len(article.steps)
    asked = np.zeros((n, n))
    for pair, one in zip(pairs, said, strict=True):
        sure = None if one.probabilities is None else one.probabilities.get("1")
        asked[pair.first, pair.second] = float(one.value == 1) if sure is None else float(sure)
    found = (asked + 1 - asked.T) / 2
    # An even vote is broken by the first way to ask, or no triple could be told from a cycle.
    even = np.isclose(found, 0.5, rtol=0, atol=1e-12) & (np.arange(n)[:, None] < np.arange(n))
    found[even] += 1e-9
    found.T[even] -= 1e-9
    return found


def _decode(before: np.ndarray[Any, Any]) -> tuple[int, ...]:
    n = len(before)
    if n > EXHAUSTIVE:
        sums = before.sum(axis=1) - before.diagonal()
        return tuple(int(one) for one in np.argsort(-sums, kind="stable"))
    every = np.array(list(permutations(range(n))))
    worth = np.zeros(len(every))
    for i, j in combinations(range(n), 2):
        worth += before[every[:, i], every[:, j]]
    return tuple(int(one) for one in every[int(worth.argmax())])


def _tau(order: Sequence[int], right: Sequence[int]) -> float:
    place = {step: at for at, step in enumerate(right)}
    ranks = [place[step] for step in order]
    agree = [1 if a < b else -1 for a, b in combinations(ranks, 2)]
    return float(np.mean(agree))


def _right(cases: Sequence[Case], answers: Answers) -> np.ndarray[Any, np.dtype[np.float64]]:
    if len(cases) != len(answers):
        msg = f"{len(answers)} answers to {len(cases)} pairs: give one each"
        raise MetricError(msg)
    return np.array(
        [
            float(answer_of(one).value == case.target)
            for case, one in zip(cases, answers, strict=True)
        ]
    )
