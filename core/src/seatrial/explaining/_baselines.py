"""The trivial predictors of failure that every explanation is compared with.

Each learns from the same outcomes as the explainer, and reads nothing but what lies on the surface:
which answer was given, how sure the model was, how long the input is, which words it has. Published
probes have lost to "it answered yes".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from .._cases import Outcome
from .._seeds import derive
from ..inputs._outcome_features import (
    answer_in,
    entropy_in,
    length_of,
    margin_in,
    options_in,
    text_of,
)
from ..statistics._auroc import placements
from ..statistics._checks import Floats
from ..statistics._split import held_out
from ._bag_of_words import Vocabulary, fit_logistic

__all__ = ["TOGETHER", "Fitted", "fit_baselines", "folds_of"]

Rows = npt.NDArray[np.bool_]
Fit = Callable[[Rows, Rows], Floats]
"""Learn from some rows, given the labels of all and using only theirs; score every row."""

TOGETHER: Final = "all together"
FOLDS: Final = 4
PRIOR: Final = 2.0
BUCKETS: Final = 5
STRENGTHS: Final = (0.1, 1.0, 10.0)


@frozen(eq=False)
class Fitted:
    """One baseline: its score for each held-out outcome, higher where it expects failure.

    `cross_validated` is its mean AUROC over four folds of the training part, each predicted from
    the other three.
    """

    scores: Floats
    cross_validated: float


def fit_baselines(
    learning: Sequence[Outcome], held: Sequence[Outcome], clusters: Sequence[str], seed: int
) -> tuple[dict[str, Fitted], dict[str, str]]:
    """Fit every baseline on `learning` and score `held`; say of each that cannot be read why.

    `clusters` are those of `learning`.
    """
    outcomes = (*learning, *held)
    learn = np.arange(len(outcomes)) < len(learning)
    wrong = np.array([not outcome.right for outcome in outcomes])
    wrong[~learn] = False  # nothing below can learn from them, by mistake or otherwise
    folds = folds_of(wrong[learn], clusters, seed)
    found: dict[str, Fitted] = {}
    left_out: dict[str, str] = {}
    columns = []
    for name, make in MAKERS.items():
        fits = make(outcomes, learn)
        if isinstance(fits, str):
            left_out[name] = fits
            continue
        tried = [_cross_validated(fit, learn, wrong, folds) for fit in fits]
        best = int(np.argmax([area for _, area in tried]))
        scores = fits[best](learn, wrong)
        found[name] = Fitted(scores[~learn], tried[best][1])
        columns.append((tried[best][0], scores))
    if len(columns) > 1:
        found[TOGETHER] = _together(columns, learn, wrong, folds)
    return found, left_out


def folds_of(labels: Rows, clusters: Sequence[str], seed: int) -> npt.NDArray[np.intp]:
    """Deal cases to four parts of whole clusters, each with its fraction of every label."""
    parts = np.full(len(labels), FOLDS - 1)
    names = np.asarray(clusters)
    left = np.arange(len(labels))
    for part in range(FOLDS - 1):
        fraction = 1 / (FOLDS - part)
        mine = held_out(
            labels[left], names[left], fraction=fraction, seed=derive(seed, "fold", part)
        )
        parts[left[mine]] = part
        left = left[~mine]
    return parts


def _cross_validated(
    fit: Fit, learn: Rows, wrong: Rows, folds: npt.NDArray[np.intp]
) -> tuple[Floats, float]:
    """Score each fold of the training part by a fit on the other folds."""
    part_of = np.full(len(learn), -1)
    part_of[learn] = folds
    scores = np.zeros(len(learn))
    for part in range(FOLDS):
        mine = part_of == part
        scores[mine] = fit(learn & ~mine, wrong)[mine]
    return scores[learn], _mean_area(wrong[learn], scores[learn], folds)


def _mean_area(wrong: Rows, scores: Floats, folds: npt.NDArray[np.intp]) -> float:
    areas = [
        placements(wrong[mine], scores[mine], None).area
        for mine in (folds == part for part in range(FOLDS))
        if wrong[mine].any() and not wrong[mine].all()
    ]
    return float(np.mean(areas)) if areas else 0.5


def _together(
    columns: Sequence[tuple[Floats, Floats]],
    learn: Rows,
    wrong: Rows,
    folds: npt.NDArray[np.intp],
) -> Fitted:
    """Stack the baselines: a logistic regression on what each says of rows it did not learn from.

    Source: Wolpert, Neural Networks 5 (1992) 241-259.
    """
    unseen = np.column_stack([mine for mine, _ in columns])
    final = np.column_stack([scores[~learn] for _, scores in columns])
    middle, spread = unseen.mean(axis=0), unseen.std(axis=0)
    spread[spread == 0] = 1.0
    unseen, final = (unseen - middle) / spread, (final - middle) / spread
    labels = wrong[learn]
    scores = np.zeros(len(labels))
    for part in range(FOLDS):
        mine = folds == part
        scores[mine] = unseen[mine] @ fit_logistic(unseen[~mine], labels[~mine], 1.0)[:-1]
    weights = fit_logistic(unseen, labels, 1.0)[:-1]
    return Fitted(final @ weights, _mean_area(labels, scores, folds))


# Each maker reads all outcomes and gives one or more ways to fit, or says why there is none.


def _by_rate(keys: Sequence[Hashable | None]) -> Fit:
    """Score by how often what shares a key failed, shrunk towards the mean; unknown keys get it."""
    known = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    codes = np.array([known[key] for key in keys])
    nothing = known.get(None, -1)

    def fit(learn: Rows, wrong: Rows) -> Floats:
        mean = wrong[learn].mean()
        counts = np.bincount(codes[learn], minlength=len(known)).astype(np.float64)
        failed = np.bincount(codes[learn], wrong[learn], minlength=len(known))
        rates = (failed + PRIOR * mean) / (counts + PRIOR)
        if nothing >= 0:
            rates[nothing] = mean
        return np.asarray(rates[codes], dtype=np.float64)

    return fit


def _by_size(numbers: Sequence[float | None], learn: Rows, what: str) -> tuple[Fit, ...] | str:
    """Score by a number, or against it: whichever way it went in the training part."""
    values = np.array([np.nan if one is None else one for one in numbers])
    there = ~np.isnan(values)
    if there[learn].mean() < 1 / 2:
        return f"fewer than half of the outcomes have {what}" if there.any() else f"none has {what}"
    values[~there] = np.median(values[there & learn])
    if np.ptp(values[learn]) == 0:
        return "it is the same for all"

    def fit(rows: Rows, wrong: Rows) -> Floats:
        area = placements(wrong[rows], values[rows], None).area
        return values if area >= 1 / 2 else -values

    return (fit,)


def _answer(outcomes: Sequence[Outcome], learn: Rows) -> tuple[Fit, ...] | str:
    answers = [answer_in(outcome) for outcome in outcomes]
    if all(answer is None for answer in answers):
        return "no answer is a text or a number"
    training = [answer for answer, mine in zip(answers, learn, strict=True) if mine]
    keys: Sequence[Hashable | None] = answers
    if len(set(training)) > len(training) / 2:
        # Hardly any answer is given twice: what is left of it is how long, or how large, it is.
        keys = _bucketed(answers, training)
    if len(set(keys)) == 1:
        return "all answers are the same"
    return (_by_rate(keys),)


def _bucketed(answers: Sequence[Any], training: Sequence[Any]) -> list[Hashable | None]:
    sizes = [
        float(len(one) if isinstance(one, str) else one) for one in training if one is not None
    ]
    edges = np.quantile(sizes, np.linspace(0, 1, BUCKETS + 1)[1:-1])
    often = Counter(training)
    keys: list[Hashable | None] = []
    for one in answers:
        if one is None or often[one] > len(training) / 10:
            keys.append(one)
        else:
            size = len(one) if isinstance(one, str) else one
            keys.append((isinstance(one, str), int(np.searchsorted(edges, size))))
    return keys


def _position(outcomes: Sequence[Outcome], learn: Rows) -> tuple[Fit, ...] | str:
    offered = [options_in(outcome) for outcome in outcomes]
    if not any(offered):
        return "the inputs have no options"
    if len(set(map(repr, offered))) == 1:
        return "all inputs have the same options, so it is the answer"
    places = [
        options.index(answer) if (answer := answer_in(outcome)) in options else None
        for outcome, options in zip(outcomes, offered, strict=True)
    ]
    if len({place for place, mine in zip(places, learn, strict=True) if mine}) == 1:
        return "it is the same for all"
    return (_by_rate(places),)


def _perturbation(outcomes: Sequence[Outcome], _: Rows) -> tuple[Fit, ...] | str:
    cells = [(outcome.perturbation, outcome.severity) for outcome in outcomes]
    if len(set(cells)) == 1:
        return "there is only one"
    return (_by_rate(cells),)


def _words(outcomes: Sequence[Outcome], learn: Rows) -> tuple[Fit, ...] | str:
    texts = [text_of(outcome.input) for outcome in outcomes]
    if all(text is None for text in texts):
        return "no input has a text"
    plain = [text or "" for text in texts]
    vocabulary = Vocabulary.of([one for one, mine in zip(plain, learn, strict=True) if mine])
    vectors = vocabulary.vectors(plain)
    if not vocabulary.places:
        return "no two inputs share a word"

    def fitting(strength: float) -> Fit:
        def fit(rows: Rows, wrong: Rows) -> Floats:
            weights = fit_logistic(vectors[rows], wrong[rows], strength)
            return np.asarray(vectors @ weights[:-1], dtype=np.float64)

        return fit

    return tuple(fitting(strength) for strength in STRENGTHS)


MAKERS: Final[dict[str, Callable[[Sequence[Outcome], Rows], tuple[Fit, ...] | str]]] = {
    "answer": _answer,
    "position": _position,
    "margin": lambda outcomes, learn: _by_size([*map(margin_in, outcomes)], learn, "a margin"),
    "entropy": lambda outcomes, learn: _by_size(
        [*map(entropy_in, outcomes)], learn, "probabilities"
    ),
    "length": lambda outcomes, learn: _by_size([*map(length_of, outcomes)], learn, "a text"),
    "bag-of-words": _words,
    "perturbation": _perturbation,
}
"""The baselines, in the order in which they are told."""
