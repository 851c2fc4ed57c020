"""Fixed protocols: few-shot learning, domain generalisation and label noise, for all methods."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

from attrs import frozen

from seatrial.errors import PlanError
from seatrial.kit import digest

from ._ape import Ape
from ._baselines import ClipAdapter, LinearProbe, TaskRes, ZeroShot
from ._cells import Cell, read_cells, write_cells
from ._draws import Draw, check_parts, content, draw, held_out
from ._estimator import Estimator, Searched
from ._features import Features
from ._sampling import remap
from ._simnl import SimNL
from ._switches import one_of
from ._tip import Tip
from ._trial import Trial

__all__ = ["ESTIMATORS", "METHODS", "domain_trial", "few_shot_trial", "fitted", "noise_trial"]

ESTIMATORS: Mapping[str, Estimator] = {
    "zero-shot": ZeroShot(),
    "tip": Tip(),
    "tip-f": Tip(trained=True),
    "taskres": TaskRes(),
    "clip-adapter": ClipAdapter(),
    "ape": Ape(),
    "ape-t": Ape(trained=True),
    "linear-probe": LinearProbe(),
    "clap": LinearProbe(penalty="zero-shot"),
    "simnl": SimNL(),
    "simnl-release": SimNL(variant="release"),
}
METHODS = tuple(name for name in ESTIMATORS if name != "simnl-release")
SHOTS = (1, 2, 4, 8, 16)
SEEDS = (1, 2, 3)
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
SELECTIONS = ("loo", "validation", "none")
TEST = "test"

Methods = Sequence[str] | Mapping[str, Estimator]
Progress = Callable[[int, int], None]


def few_shot_trial(
    train: Features,
    test: Features,
    *,
    validation: Features | None = None,
    methods: Methods = METHODS,
    shots: Sequence[int] = SHOTS,
    seeds: Sequence[int] = SEEDS,
    selection: str = "loo",
    to: str | Path | None = None,
    progress: Progress | None = None,
) -> Trial:
    """Measure methods by number of shots, under one protocol that never looks at the test set.

    For each seed and number of shots there is one draw of training images, for the cache, the
    training and all methods. What is searched is chosen by `selection`:

    - "loo": by leaving out shots of the support set; no further image is needed.
    - "validation": on min(shots, 4) images of each class, as in CoOp, drawn by the same seed from
      `validation` or, without it, from the training images that no support set holds. Every trained
      method keeps the epoch that does best on them, and chooses from its `lr_grid`.
    - "none": not at all.

    The test set is scored once, by what was chosen. `methods` are names of `ESTIMATORS`, or your
    own estimators by name. `to` is a folder of one small JSON file for each finished fit: broken
    off, the same call goes on there. `progress` is called with how many fits are done and how many
    there will be. Times of fits that were read from there are those of the first time.
    """
    asked = _Asked(train, {TEST: test}, validation, selection, to)
    points = [_Point(k, seed, 0.0) for k, seed in product(shots, seeds)]
    return asked.measured("shots", methods, points, progress)


def domain_trial(
    source: Features,
    targets: Mapping[str, Features],
    *,
    validation: Features | None = None,
    methods: Methods = METHODS,
    shots: int = 16,
    seeds: Sequence[int] = SEEDS,
    selection: str = "loo",
    to: str | Path | None = None,
    progress: Progress | None = None,
) -> Trial:
    """Adapt on the training images of a source, and score on test sets of other domains.

    `targets` maps names to test sets; let one of them be that of the source. A target may have some
    of the source's classes, in any order (ImageNet-A and -R have 200 of 1000): the logits of these
    are compared, by name. The rest is as in `few_shot_trial`.
    """
    if not targets:
        msg = "targets must name one test set or more"
        raise PlanError(msg)
    asked = _Asked(source, targets, validation, selection, to)
    return asked.measured("on", methods, [_Point(shots, seed, 0.0) for seed in seeds], progress)


def noise_trial(
    train: Features,
    test: Features,
    *,
    rates: Sequence[float] = RATES,
    validation: Features | None = None,
    methods: Methods = METHODS,
    shots: int = 16,
    seeds: Sequence[int] = SEEDS,
    selection: str = "loo",
    to: str | Path | None = None,
    progress: Progress | None = None,
) -> Trial:
    """Measure methods by rate of wrong labels in what they learn from and choose on.

    A higher rate changes the labels that a lower one did, and more; those of the test set stay. The
    rest is as in `few_shot_trial`. The release of SimNL ("simnl-release") is told which classes the
    images were drawn for, as it is in the published code; the other methods know the labels alone.
    """
    asked = _Asked(train, {TEST: test}, validation, selection, to)
    points = [_Point(shots, seed, rate) for rate, seed in product(rates, seeds)]
    return asked.measured("noise", methods, points, progress)


def fitted(estimator: Estimator, train: Features, drawn: Draw, **more: Any) -> Estimator:
    """Fit a fresh copy of an estimator on a draw: cache and training see the same images."""
    places = drawn.places
    fresh = type(estimator)().set_params(**estimator.get_params())
    return fresh.fit(
        train.keys[places],
        drawn.labels,
        text=train.texts["template"],
        cupl=train.texts.get("cupl"),
        negative=train.texts.get("negative"),
        classes=train.classes,
        views=train.views[:, places] if len(train.views) else None,
        blocks=drawn.blocks,
        **more,
    )


@frozen
class _Point:
    shots: int
    seed: int
    noise: float


@frozen(eq=False)
class _Asked:
    train: Features
    tests: Mapping[str, Features]
    validation: Features | None
    selection: str
    to: str | Path | None

    def measured(
        self, axis: str, methods: Methods, points: Sequence[_Point], progress: Progress | None
    ) -> Trial:
        chosen = _named(methods)
        one_of("selection", self.selection, SELECTIONS)
        if not points or min(point.shots for point in points) < 1:
            msg = "a protocol needs one seed and one number of shots or more, each 1 or more"
            raise PlanError(msg)
        most = max(point.shots for point in points)
        from_train = self.selection == "validation" and self.validation is None
        parts = dict(self.tests)
        if self.validation is not None:
            parts["validation"] = self.validation
        check_parts(self.train, parts.items(), most)
        places = {name: remap(self.train.classes, one.classes) for name, one in parts.items()}
        data = {"train": content(self.train)}
        data |= {name: content(one) for name, one in sorted(parts.items())}
        cells: list[Cell] = []
        for done, (point, (name, estimator)) in enumerate(product(points, chosen.items())):
            made_from = {
                "version": version("seatrial-simnl"),
                "data": data,
                "estimator": type(estimator).__name__,
                "params": estimator.get_params(),
                "selection": self.selection,
                "most": most if from_train else None,
                "shots": point.shots,
                "seed": point.seed,
                "noise": point.noise,
            }
            cells += self._finished(name, made_from) or self._fit(
                name, estimator, point, most, places, made_from
            )
            if progress is not None:
                progress(done + 1, len(points) * len(chosen))
        return Trial(axis, self.selection, tuple(cells))

    def _path(self, name: str, made_from: Mapping[str, Any]) -> Path | None:
        if self.to is None:
            return None
        key = digest(json.dumps(made_from, sort_keys=True), size=8)
        at = f"{made_from['shots']}-shot-seed-{made_from['seed']}-noise-{made_from['noise']}"
        return Path(self.to) / f"{name}-{at}-{key}.json"

    def _finished(self, name: str, made_from: Mapping[str, Any]) -> tuple[Cell, ...] | None:
        path = self._path(name, made_from)
        return None if path is None else read_cells(path, made_from)

    def _fit(
        self,
        name: str,
        estimator: Estimator,
        point: _Point,
        most: int,
        places: Mapping[str, Sequence[int]],
        made_from: Mapping[str, Any],
    ) -> tuple[Cell, ...]:
        drawn = draw(self.train, point.shots, seed=point.seed, noise=point.noise)
        learner = type(estimator)().set_params(**estimator.get_params())
        learner.set_params(seed=point.seed)
        more: dict[str, Any] = {}
        if isinstance(learner, Searched):
            learner.set_params(
                selection="val" if self.selection == "validation" else self.selection
            )
        if self.selection == "validation":
            source, held = held_out(
                self.train,
                self.validation,
                point.shots,
                most=most,
                seed=point.seed,
                noise=point.noise,
            )
            more["validation"] = source.plain[held.places], held.labels
        learner = fitted(learner, self.train, drawn, **more)
        setting = {
            "method": name,
            "shots": point.shots,
            "seed": point.seed,
            "noise": point.noise,
            "selected": learner.selected_,
            "seconds": learner.fit_seconds_,
            "parameters": learner.parameters_,
        }
        cells = tuple(
            Cell.of(learner.logits(test.plain)[:, places[on]], test.labels, on=on, **setting)
            for on, test in self.tests.items()
        )
        path = self._path(name, made_from)
        if path is not None:
            write_cells(path, made_from, cells)
        return cells


def _named(methods: Methods) -> Mapping[str, Estimator]:
    if isinstance(methods, Mapping):
        found = dict(methods)
    else:
        for name in methods:
            one_of("each of methods", name, tuple(ESTIMATORS))
        found = {name: ESTIMATORS[name] for name in methods}
    if not found:
        msg = "methods must name one method or more"
        raise PlanError(msg)
    for name in found:
        if not name or set(name) & set('/\\:*?"<>|'):
            msg = f"the name of a method is part of a file's name, and {name!r} cannot be"
            raise PlanError(msg)
    return found
