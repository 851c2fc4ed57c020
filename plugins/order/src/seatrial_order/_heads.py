"""Heads on frozen features: the paper's linear one, and one that changes its sign when swapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
from attrs import frozen

from seatrial import derive
from seatrial.errors import MetricError
from seatrial.statistics import held_out

from ._rows import Floats

__all__ = ["HEADS", "Head", "HeadKind", "trained"]

HeadKind = Literal["antisymmetric", "linear"]
HEADS = get_args(HeadKind)
FEW = 10  # clusters below which a part of them says too little to choose by
VALIDATION = 0.2
STEPS = 100

Rows = tuple[Floats, ...]


@frozen(eq=False)
class Head:
    """A trained head: standardised features in, the log odds of "in order" out.

    Linear: `w · x + b` on the features of the pair. Antisymmetric: `g(first) - g(second)`, with
    `g(x) = w · x + v · tanh(U x + c)` of one step (RankNet: Burges et al., ICML 2005); swapping the
    steps changes the sign, and orders that it gives are transitive.
    """

    kind: HeadKind
    arrays: Mapping[str, Floats]

    def __call__(self, rows: Rows) -> Floats:
        """Give the log odds for each pair."""
        mean, scale = self.arrays["mean"], self.arrays["scale"]
        weights = {name: one for name, one in self.arrays.items() if name not in ("mean", "scale")}
        # Row by row: a product of many rows at once may round the same row otherwise.
        values = [
            np.array([float(_value(weights, (row - mean) / scale)[0]) for row in one])
            for one in rows
        ]
        if self.kind == "antisymmetric":
            return np.asarray(values[0] - values[1])
        return np.asarray(values[0] + self.arrays["bias"])


def _value(weights: Mapping[str, Floats], x: Floats) -> tuple[Floats, Floats]:
    """Score rows, and give the hidden units."""
    if "hidden" not in weights:
        return x @ weights["direct"], np.empty((len(x), 0))
    hidden = np.tanh(x @ weights["hidden"] + weights["offset"])
    return x @ weights["direct"] + hidden @ weights["out"], hidden


def trained(
    kind: HeadKind,
    rows: Rows,
    labels: Floats,
    clusters: Sequence[str],
    *,
    hidden: int,
    penalties: Sequence[float],
    seed: int,
) -> Head:
    """Fit a head by penalised logistic regression; the penalty is chosen on whole clusters.

    One cluster in five is left out to choose among `penalties`, where there are ten clusters or
    more; else the largest is taken. L-BFGS, so there is no rate and no number of epochs to tune.
    """
    penalty = max(penalties)
    if len(penalties) > 1 and len(set(clusters)) >= FEW:
        try:
            out = held_out(labels, list(clusters), fraction=VALIDATION, seed=seed)
        except MetricError:
            out = np.zeros(len(labels), dtype=bool)
        if out.any():
            fitted = {
                one: _fit(kind, tuple(r[~out] for r in rows), labels[~out], hidden, one, seed)
                for one in penalties
            }
            losses = {
                one: _loss(head(tuple(r[out] for r in rows)), labels[out])
                for one, head in fitted.items()
            }
            penalty = min(losses, key=losses.__getitem__)
    return _fit(kind, rows, labels, hidden, penalty, seed)


def _loss(odds: Floats, labels: Floats) -> float:
    return float(np.logaddexp(0, -(2 * labels - 1) * odds).mean())


def _fit(
    kind: HeadKind, rows: Rows, labels: Floats, hidden: int, penalty: float, seed: int
) -> Head:
    from scipy.optimize import minimize

    every, places = _distinct(rows)
    mean, scale = every.mean(axis=0), every.std(axis=0)
    scale = np.where(scale > 1e-9 * max(float(scale.max()), 1e-300), scale, np.inf)
    x = (every - mean) / scale
    width = every.shape[1]
    shapes: dict[str, tuple[int, ...]] = {"direct": (width,)}
    if kind == "linear":
        shapes["bias"] = (1,)
    elif hidden:
        shapes |= {"hidden": (width, hidden), "offset": (hidden,), "out": (hidden,)}
    draw = np.random.default_rng(derive(seed, "head"))
    start = {name: np.zeros(shape) for name, shape in shapes.items()}
    if "hidden" in start:
        start["hidden"] = draw.standard_normal((width, hidden)) / np.sqrt(width)
        start["out"] = draw.standard_normal(hidden) / np.sqrt(hidden)
    signs = 2 * labels - 1
    penalised = _penalties(shapes, penalty)

    def objective(flat: Floats) -> tuple[float, Floats]:
        weights = _unpacked(flat, shapes)
        values, units = _value(weights, x)
        odds = values[places[0]] + (weights["bias"] if kind == "linear" else -values[places[1]])
        slope = -signs / (1 + np.exp(np.clip(signs * odds, -500, 500))) / len(signs)
        moved = np.bincount(places[0], slope, len(x))
        if kind == "antisymmetric":
            moved -= np.bincount(places[1], slope, len(x))
        gradient = {"direct": x.T @ moved}
        if kind == "linear":
            gradient["bias"] = slope.sum(keepdims=True)
        elif hidden:
            inner = moved[:, None] * weights["out"] * (1 - units**2)
            gradient |= {
                "hidden": x.T @ inner,
                "offset": inner.sum(axis=0),
                "out": units.T @ moved,
            }
        loss = float(np.logaddexp(0, -signs * odds).mean())
        packed = np.concatenate([gradient[name].ravel() for name in shapes])
        return loss + float(penalised @ flat**2) / 2, packed + penalised * flat

    flat = np.concatenate([start[name].ravel() for name in shapes])
    best = minimize(objective, flat, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    learned: dict[str, Any] = {"mean": mean, "scale": scale, **_unpacked(best.x, shapes)}
    return Head(kind, learned)


def _distinct(rows: Rows) -> tuple[Floats, list[np.ndarray[Any, np.dtype[np.intp]]]]:
    """Give each row once, and where the rows of each array are: a step is in several pairs."""
    found: dict[bytes, int] = {}
    places = [
        np.array([found.setdefault(row.tobytes(), len(found)) for row in one]) for one in rows
    ]
    first = np.unique(np.concatenate(places), return_index=True)[1]
    return np.concatenate(rows)[first], places


def _penalties(shapes: Mapping[str, tuple[int, ...]], penalty: float) -> Floats:
    """Penalise every weight and no offset."""
    return np.concatenate(
        [
            np.full(int(np.prod(shape)), 0.0 if name in ("bias", "offset") else penalty)
            for name, shape in shapes.items()
        ]
    )


def _unpacked(flat: Floats, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Floats]:
    found, at = {}, 0
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        found[name] = flat[at : at + size].reshape(shape)
        at += size
    return found
