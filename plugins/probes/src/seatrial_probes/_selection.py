"""Chooses layer, pooling and strength by validation, counts the search, and fits what was chosen.

Layer and pooling are those of the best AUROC on the validation part. With them fixed, the strength
is chosen once more by cross-validation over everything: one validation part of a few hundred cases
is too few to tell strengths apart (`benchmarks/planted_failure.py`). What was chosen is then fitted
on everything; its scores become probabilities by what probes that never saw a case said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Outcome, derive
from seatrial.errors import MetricError, PlanError
from seatrial.statistics import held_out

from ._families import Family
from ._linear import Linear, platt
from ._threads import one_thread
from ._validation import area, permutation_test

__all__ = ["Chosen", "Sample", "Search", "choose", "search"]

FOLDS: Final = 4
FEWEST: Final = 2
ROUNDING: Final = 1e-12

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Table = Callable[[int, str], Any]


@frozen(eq=False)
class Sample:
    """Who failed, which cases belong together, and which are kept for validation."""

    failed: Booleans
    clusters: tuple[str, ...]
    kept: Booleans
    seed: int

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], fraction: float, seed: int) -> Sample:
        """Split by cluster; raises `PlanError` where either part would lack wrong or right ones."""
        failed = np.array([not one.right for one in outcomes])
        clusters = tuple(one.case.cluster or one.case.id for one in outcomes)
        try:
            kept = held_out(failed, clusters, fraction=fraction, seed=derive(seed, "validation"))
            enough = all(len(np.unique(failed[side])) == len((0, 1)) for side in (kept, ~kept))
        except MetricError:
            enough = False
        if not enough:
            msg = (
                f"only {failed.sum()} of {len(failed)} answers are wrong and {(~failed).sum()} "
                f"right, in {len(set(clusters))} clusters: a probe needs both among the cases that "
                "it learns from and among those that it is validated on; measure more cases"
            )
            raise PlanError(msg)
        return cls(failed, clusters, kept, seed)

    def permutation_test(self, scores: Floats) -> tuple[Floats, float]:
        """Give the AUROC of each row of validation scores, and the p-value of the best of them."""
        clusters = [one for one, here in zip(self.clusters, self.kept, strict=True) if here]
        return permutation_test(scores, self.failed[self.kept], clusters, seed=self.seed)

    def folds(self) -> list[Booleans]:
        """Deal everything into folds by cluster."""
        left, folds = np.ones(len(self.failed), dtype=bool), []
        clusters = np.asarray(self.clusters)
        for many in range(min(FOLDS, len(set(self.clusters))), 1, -1):
            inside = held_out(
                self.failed[left], clusters[left], fraction=1 / many, seed=derive(self.seed, many)
            )
            fold = np.zeros(len(left), dtype=bool)
            fold[np.flatnonzero(left)[inside]] = True
            folds.append(fold)
            left &= ~fold
        return [*folds, left]


@frozen(eq=False)
class Search:
    """What every setting scored on validation [settings, cases], and the best of them.

    `areas` are their AUROC [layers, poolings, strengths].
    """

    layers: tuple[int, ...]
    poolings: tuple[str, ...]
    strengths: tuple[float | None, ...]
    scores: Floats
    areas: Floats
    p_value: float

    @property
    def best(self) -> tuple[int, str, float | None]:
        """The best setting; ties go to the stronger penalty, then to the earlier layer."""
        ordered = np.moveaxis(self.areas, 2, 0)
        first = int(np.argmax(ordered.ravel() > ordered.max() - ROUNDING))
        strength, layer, pooling = np.unravel_index(first, ordered.shape)
        return self.layers[layer], self.poolings[pooling], self.strengths[strength]

    @property
    def searched(self) -> dict[str, Any]:
        """How much was searched, what the best reached, and the p-value of that."""
        return {
            "settings": self.areas.size,
            "best": float(self.areas.max()),
            "p": self.p_value,
        }

    @property
    def curve(self) -> list[dict[str, Any]]:
        """The AUROC of each layer and pooling at its best strength."""
        found = []
        for (i, layer), (j, pooling) in product(enumerate(self.layers), enumerate(self.poolings)):
            best = int(np.argmax(self.areas[i, j]))
            point = {"layer": layer, "pooling": pooling, "auroc": float(self.areas[i, j, best])}
            strength = self.strengths[best]
            found.append(point if strength is None else point | {"C": strength})
        return found


@frozen(eq=False)
class Chosen:
    """The probe fitted on everything, and `probabilities` of failure said of each case unseen.

    `slope` and `lift` turn its scores into log-odds of failure.
    """

    layer: int
    pooling: str
    strength: float | None
    area: float
    probe: Linear
    slope: float
    lift: float
    probabilities: Floats

    @one_thread()
    def predict(self, table: Any) -> Floats:
        """Give the probability of failure for each row of activations."""
        return probabilities_of(self.slope * self.probe(table) + self.lift)


def probabilities_of(logits: Floats) -> Floats:
    """Turn log-odds into probabilities."""
    found: Floats = 0.5 * (1 + np.tanh(logits / 2))
    return found


@one_thread()
def search(
    table: Table,
    layers: Sequence[int],
    poolings: Sequence[str],
    family: Family,
    sample: Sample,
) -> Search:
    """Fit every layer, pooling and strength on the training part; rank each on the validation part.

    `table` reads the activations of one layer and pooling.
    """
    places = list(product(layers, poolings))
    kept, train = sample.kept, ~sample.kept
    scores: list[Floats] = []
    for start in range(0, len(places), family.at_once):
        tables = [table(*place) for place in places[start : start + family.at_once]]
        found = family.search([one[train] for one in tables], sample.failed[train])
        for one, probes in zip(tables, found, strict=True):
            weights = np.stack([probe.weights for probe in probes])
            intercepts = np.array([probe.intercept for probe in probes])
            scores.append(weights @ one[kept].T + intercepts[:, None])
    every = np.concatenate(scores)
    areas, p_value = sample.permutation_test(every)
    shape = len(layers), len(poolings), len(family.strengths)
    return Search(
        tuple(layers),
        tuple(poolings),
        tuple(family.strengths),
        every,
        areas.reshape(shape),
        p_value,
    )


@one_thread()
def choose(table: Table, found: Search, family: Family, sample: Sample) -> Chosen:
    """Fit the best layer and pooling on everything, at the strength that cross-validates best."""
    layer, pooling, _ = found.best
    rows = table(layer, pooling)
    scores = np.empty((len(family.strengths), len(rows)))
    areas = []
    for fold in sample.folds():
        labels = sample.failed[~fold]
        if labels.all() or not labels.any():
            scores[:, fold] = 0.0
            continue
        probes = family.search([rows[~fold]], labels)[0]
        scores[:, fold] = np.stack([probe(rows[fold]) for probe in probes])
        inside = sample.failed[fold]
        if inside.any() and not inside.all():
            areas.append([area(inside, one[fold]) for one in scores])
    mean = np.mean(areas, axis=0) if areas else np.zeros(len(scores))
    best = int(np.argmax(mean > mean.max() - ROUNDING))
    strength = family.strengths[best]
    probe = family.fit(rows, sample.failed, strength)
    slope, lift = platt(scores[best], sample.failed)
    probabilities = probabilities_of(slope * scores[best] + lift)
    return Chosen(layer, pooling, strength, float(mean[best]), probe, slope, lift, probabilities)
