"""Looking inside SimNL: its four adapters, its hyper-parameters, its negative prototypes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import torch
from attrs import frozen

from seatrial.errors import PlanError

from ._chart import Chart, Line, drawn
from ._draws import check_parts, draw
from ._features import Features
from ._mixture import Mixture
from ._protocol import fitted
from ._search import Grid, points, table
from ._simnl import SimNL
from ._spread import Spread
from ._tables import markdown, plain

__all__ = [
    "BRANCHES",
    "Branches",
    "Looked",
    "Sensitivity",
    "branches",
    "negative_prototypes",
    "sensitivity",
]

BRANCHES = ("positive text", "positive visual", "negative text", "negative visual")
RANGES: Mapping[str, tuple[float, float, int]] = {
    "alpha": (0.0, 7.0, 14),
    "beta": (0.0, 7.0, 14),
    "lam": (0.0, 1.05, 21),
}
TAUS = (0.03, 0.1, 0.3, 1.0, 3.0)
SIGNS = {"alpha": "α, weight of cached images", "beta": "β, sharpness", "lam": "λ, positive weight"}
SIGNS["tau"] = "τ, temperature of weights"


@frozen
class Branches:
    """Accuracy with some of the four adapters, by seed; `rows` maps those that stayed to it."""

    rows: Mapping[tuple[str, ...], Spread]

    def _cells(self) -> list[list[str]]:
        head = [*BRANCHES, "accuracy"]
        body = [
            [*("yes" if name in kept else "" for name in BRANCHES), str(spread)]
            for kept, spread in self.rows.items()
        ]
        return [head, *body]

    def table(self) -> str:
        """Give a table for a terminal: accuracy in percent with 95 % intervals over the seeds."""
        return plain(self._cells(), "accuracy in percent with some of the four adapters")

    def markdown(self) -> str:
        """Give the table in Markdown."""
        return markdown(self._cells())

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {"+".join(kept): spread.as_dict() for kept, spread in self.rows.items()}

    def __str__(self) -> str:
        return self.table()


def branches(
    train: Features,
    test: Features,
    *,
    estimator: SimNL | None = None,
    shots: int = 16,
    seeds: Sequence[int] = (1, 2, 3),
) -> Branches:
    """Score every combination of the four adapters of one trained SimNL.

    The model is trained with all four, once for each seed; then the terms of the logits that the
    others contribute are left out. How a model does that was trained without them is another
    question: compare estimators with `lam=1` or `alpha=0` in `few_shot_trial` for that.
    """
    check_parts(train, [("test", test)], shots)
    kept = [one for one in product((True, False), repeat=len(BRANCHES)) if any(one)]
    mixes = []
    rights = []
    for seed in seeds:
        model = _trained(train, shots, seed, estimator)
        weights = torch.tensor(model.mix(alpha=model.alpha, lam=model.lam))
        mixes = [weights * torch.tensor(one) for one in kept]
        features = torch.from_numpy(test.plain)
        terms = model.parts(model.seen(features), beta=model.beta)
        answers = torch.stack([(terms * mix[:, None, None]).sum(0).argmax(1) for mix in mixes])
        rights.append((answers.numpy() == test.labels).mean(1))
    by_seed = np.array(rights)
    return Branches(
        {
            tuple(name for name, stays in zip(BRANCHES, one, strict=True) if stays): Spread.of(
                by_seed[:, place].tolist()
            )
            for place, one in enumerate(kept)
        }
    )


@frozen
class Sensitivity:
    """Accuracy along each hyper-parameter while the others stay: pairs of (value, accuracy)."""

    given: Mapping[str, float]
    curves: Mapping[str, tuple[tuple[float, float], ...]]

    def figure(self, title: str = "Sensitivity to the hyper-parameters") -> str:
        """Draw all curves as one SVG text."""
        every = [fraction for curve in self.curves.values() for _, fraction in curve]
        low, high = np.floor(min(every) * 10) / 10, np.ceil(max(every) * 10) / 10
        charts = [
            Chart(
                f"{name}, given as {self.given[name]:g}",
                SIGNS[name],
                "accuracy",
                (Line("simnl", curve),),
                (float(low), float(high)),
                doubling=name == "tau",
            )
            for name, curve in self.curves.items()
        ]
        return drawn(title, charts)

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        curves = {name: [list(one) for one in curve] for name, curve in self.curves.items()}
        return {"given": dict(self.given), "curves": curves}


def sensitivity(
    train: Features,
    test: Features,
    *,
    estimator: SimNL | None = None,
    shots: int = 16,
    seeds: Sequence[int] = (1, 2, 3),
    ranges: Mapping[str, tuple[float, float, int]] = RANGES,
    taus: Sequence[float] = TAUS,
) -> Sensitivity:
    """Vary alpha, beta and lam of a trained SimNL, and tau of the training, one at a time.

    `ranges` are (low, high, points), the high end left out. What is shown is the mean accuracy over
    the seeds on `test`; nothing is chosen by it. Logits are linear in alpha and lam, so that a
    model is looked at once for all their values; for each of `taus` it is trained anew.
    """
    check_parts(train, [("test", test)], shots)
    if strange := set(ranges) - set(RANGES):
        msg = f"ranges are of {', '.join(RANGES)}, not of {', '.join(sorted(strange))}"
        raise PlanError(msg)
    base = estimator or SimNL()
    axes = {name: points(one) for name, one in ranges.items()}
    features, labels = torch.from_numpy(test.plain), torch.from_numpy(test.labels)
    found: dict[str, list[Any]] = {name: [] for name in axes}
    for seed in seeds:
        model = _trained(train, shots, seed, base)
        now = {"alpha": [model.alpha], "beta": [model.beta], "lam": [model.lam]}
        for name, values in axes.items():
            here = {**now, name: values}
            grid = Grid({"beta": here["beta"]}, {"alpha": here["alpha"], "lam": here["lam"]})
            found[name].append(table(model, grid, features, labels).reshape(-1).numpy())
    curves = {
        name: _curve(axes[name], np.mean(counts, axis=0) / len(labels))
        for name, counts in found.items()
    }
    if taus:
        fractions = []
        for tau in taus:
            changed = SimNL().set_params(**base.get_params()).set_params(tau=tau)
            learned = [_trained(train, shots, seed, changed) for seed in seeds]
            right = [(one.logits(features).argmax(1) == labels).numpy().mean() for one in learned]
            fractions.append(np.mean(right))
        curves["tau"] = _curve(taus, fractions)
    given = {name: float(getattr(base, name)) for name in (*RANGES, "tau")}
    return Sensitivity(given, curves)


def _curve(values: Sequence[float], fractions: Any) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in zip(values, fractions, strict=True))


def _trained(train: Features, shots: int, seed: int, estimator: SimNL | None) -> Any:
    base = estimator or SimNL()
    learner = SimNL().set_params(**base.get_params()).set_params(seed=seed)
    return fitted(learner, train, draw(train, shots, seed=seed))._fitted


@frozen
class Looked:
    """What the negative classifier makes of images, for one class: ids with the logit N(f).

    `ruled_out` are the images with the lowest N(f), which lie nearest to what the class is not;
    `let_through` those with the highest, in which it finds the least against the class.
    """

    name: str
    ruled_out: tuple[tuple[str, float], ...]
    let_through: tuple[tuple[str, float], ...]


def negative_prototypes(estimator: SimNL, images: Features, *, most: int = 5) -> tuple[Looked, ...]:
    """Show which images each class's negative prototype is nearest to, and farthest from.

    The negative logit `N(f) = scale (1 - f.n) + alpha V'` of a class is low where an image is near
    to what the class is not: to the text prototype n, or to the images of the other classes.
    """
    if most < 1 or not len(images):
        msg = f"there must be an image to show, got most={most!r} of {len(images)} images"
        raise PlanError(msg)
    model: Mixture = estimator._fitted
    logits = model.against(torch.from_numpy(images.plain)).numpy()

    def listed(column: Any, places: Any) -> tuple[tuple[str, float], ...]:
        return tuple((images.ids[place], float(column[place])) for place in places)

    found = []
    for name, column in zip(estimator.classes_.tolist(), logits.T, strict=True):
        order = np.argsort(column, kind="stable")
        found.append(Looked(name, listed(column, order[:most]), listed(column, order[::-1][:most])))
    return tuple(found)
