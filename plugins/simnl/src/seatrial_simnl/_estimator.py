"""What all adapters on features share: scikit-learn's conventions, selection, saving."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from math import isfinite
from numbers import Real
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import torch
from attrs import define, evolve, fields

from seatrial.errors import ModelError, ParameterError, PlanError

from ._arrays import Matrix, unit_matrix
from ._descent import Held, standing
from ._kernel import Tensor
from ._saved import moved, write
from ._search import Grid, Mixed, table
from ._support import Support, places_of
from ._switches import one_of

__all__ = ["Classifier", "Estimator", "Searched", "untrained"]

SELECTIONS = ("none", "val", "loo")


class Classifier(Protocol):
    """What an adapter has learned."""

    def logits(self, features: Tensor, /) -> Tensor:
        """Give [queries, classes]."""
        ...

    def evidence(self, features: Tensor, /) -> dict[str, Tensor]:
        """Give the evidence for and against each class."""
        ...


@define(kw_only=True, eq=False, slots=False)
class Estimator(ABC):
    """An adapter on cached unit features, as a scikit-learn style classifier.

    The constructor only stores; `fit` checks. `seed` is all that anything drawn depends on. The
    labels may be texts or numbers; the rows of the text prototypes are the classes in sorted order,
    or in that of `classes`.

    After `fit`: `classes_`, `selected_` (the chosen hyper-parameters), `losses_` (the mean loss of
    each epoch), `parameters_` (how many numbers were learned) and `fit_seconds_`.
    """

    seed: int = 0
    device: str = "cpu"

    name: ClassVar[str]
    """The component's name."""

    def fit(
        self,
        features: Any,
        labels: Any,
        *,
        text: Any,
        cupl: Any = None,
        negative: Any = None,
        classes: Sequence[Any] | None = None,
        views: Any = None,
        validation: tuple[Any, Any] | None = None,
        blocks: Any = None,
    ) -> Self:
        """Learn from a support set.

        `features` float32 [rows, width] of unit norm; `text`, `cupl` and `negative` are unit
        prototypes [classes, width] of template, CuPL and negative prompts; `views` [views, rows,
        width] are features of augmented images, seen in training in turn; `validation` is a pair
        of features and labels on which the epoch, the rate of `lr_grid` and what is searched are
        chosen, never the test set.

        `blocks` are the classes that the rows were drawn for, where `labels` may be wrong. Only
        SimNL's negative keys "per_shot" (its release) read them: they pair the shots of one place.
        """
        started = perf_counter()
        support = Support.of(
            features,
            labels,
            text=text,
            cupl=cupl,
            negative=negative,
            classes=classes,
            views=views,
            device=self.device,
            blocks=blocks if self._by_block() else None,
        )
        held: Held | None = None
        if validation is not None:
            seen = unit_matrix("validation", validation[0], width=support.keys.shape[1])
            places = places_of(validation[1], support.classes)
            if len(places) != len(seen) or not len(seen):
                msg = f"validation has {len(seen)} features and {len(places)} labels"
                raise PlanError(msg)
            held = (
                torch.from_numpy(seen).to(self.device),
                torch.from_numpy(places).to(self.device),
            )
        self._check(held is not None)
        self.losses_: tuple[float, ...] = ()
        self.parameters_ = 0
        learned, self.selected_ = self._selected(support, held)
        lost = held is None and not all(map(isfinite, self.losses_))
        if lost or not bool(learned.logits(support.keys).isfinite().all()):
            msg = (
                f"{self.name}: the training diverged, it is not finite any more; lower the rate lr"
            )
            raise ModelError(msg)
        self._learned: Any = moved(learned, "cpu")
        self.classes_ = np.array(support.classes)
        self.width_ = support.keys.shape[1]
        self.fit_seconds_ = perf_counter() - started
        return self

    def decision_function(self, features: Any) -> Matrix:
        """Give the logits of unit features: float32 [n, classes]."""
        found: Matrix = self._fitted.logits(self._seen(features)).numpy()
        return found

    logits = decision_function

    def predict_proba(self, features: Any) -> Matrix:
        """Give the probability of each class: float32 [n, classes]."""
        found: Matrix = self._fitted.logits(self._seen(features)).softmax(1).numpy()
        return found

    def predict(self, features: Any) -> Any:
        """Give the most probable class of each row."""
        best = self.decision_function(features).argmax(1)
        return self.classes_[best]

    def score(self, features: Any, labels: Any) -> float:
        """Give the accuracy."""
        return float(np.mean(self.predict(features) == np.asarray(labels)))

    def evidence(self, features: Any) -> dict[str, Matrix]:
        """Give the evidence for each class ("positive") and, with SimNL, "negative" likewise."""
        found = self._fitted.evidence(self._seen(features))
        return {name: one.numpy() for name, one in found.items()}

    def save(self, path: str | Path) -> None:
        """Write all that answers depend on to one safetensors file."""
        write(path, self._fitted, self.facts())

    def facts(self) -> dict[str, Any]:
        """Say what it is and how it was made, as plain data."""
        _ = self._fitted
        return {
            "method": self.name,
            "estimator": type(self).__name__,
            "params": self.get_params(),
            "classes": self.classes_.tolist(),
            "width": self.width_,
            "selected": self.selected_,
            "losses": list(self.losses_),
            "parameters": self.parameters_,
            "fit_seconds": self.fit_seconds_,
        }

    @classmethod
    def restored(cls, learned: Any, facts: Mapping[str, Any]) -> Self:
        """Make a fitted estimator of what `save` wrote."""
        params = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in facts["params"].items()
        }
        found = cls().set_params(**params)
        found._learned = learned
        found.classes_ = np.array(facts["classes"])
        found.width_ = facts["width"]
        found.selected_ = facts["selected"]
        found.losses_ = tuple(facts["losses"])
        found.parameters_ = facts["parameters"]
        found.fit_seconds_ = facts["fit_seconds"]
        return found

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - nothing is nested
        """Give the parameters of the constructor."""
        return {one.name: getattr(self, one.name) for one in fields(type(self)) if one.init}

    def set_params(self, **params: Any) -> Self:
        """Change parameters of the constructor."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                msg = f"{type(self).__name__} has no parameter {name!r}; it has {', '.join(known)}"
                raise ParameterError(msg)
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what this is, where it is installed."""
        from sklearn.utils import ClassifierTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
        )

    @property
    def _fitted(self) -> Any:
        if not hasattr(self, "_learned"):
            msg = f"this {type(self).__name__} has learned nothing yet: call fit first"
            raise ModelError(msg)
        return self._learned

    def _seen(self, features: Any) -> Tensor:
        _ = self._fitted
        return torch.from_numpy(unit_matrix("features", features, width=self.width_))

    def _check(self, validated: bool) -> None:
        """Refuse parameters that make no sense; `validated` says that a validation set is used."""
        rates = getattr(self, "lr_grid", ())
        if rates and not validated:
            msg = "lr_grid needs validation=(features, labels) to choose by, and selection='val'"
            raise PlanError(msg)
        real = isinstance(rates, Sequence) and all(isinstance(one, Real) for one in rates)
        if not real or not all(isfinite(one) and one > 0 for one in rates):
            msg = f"lr_grid must be learning rates, numbers greater than 0, got {rates!r}"
            raise ParameterError(msg)

    def _by_block(self) -> bool:
        """Say whether the classes that rows were drawn for are read beside their labels."""
        return False

    @abstractmethod
    def _learn(self, support: Support, held: Held | None) -> Any:
        """Learn from the support set, and keep the epoch that does best on `held`."""

    def _trained(self, support: Support, held: Held | None) -> tuple[Any, dict[str, float]]:
        """Learn at each rate of `lr_grid`, and keep the one that does best on `held`."""
        rates: Sequence[float] = getattr(self, "lr_grid", ())
        if held is None or not rates:
            return self._learn(support, held), {}
        found = []
        for rate in rates:
            one = type(self)().set_params(**{**self.get_params(), "lr": rate})
            learned = one._learn(support, held)
            found.append((standing(learned.logits(held[0]), held[1]), rate, one, learned))
        _, rate, best, learned = max(found, key=lambda one: one[0])
        self.losses_, self.parameters_ = best.losses_, best.parameters_
        return learned, {"lr": rate}

    def _selected(self, support: Support, held: Held | None) -> tuple[Any, dict[str, float]]:
        return self._trained(support, held)


def untrained(estimator: Any) -> None:
    """Refuse learning rates to choose among where nothing is trained."""
    if estimator.lr_grid and not estimator.trained:
        msg = "lr_grid chooses a learning rate, and nothing is trained: set trained=True"
        raise ParameterError(msg)


@define(kw_only=True, eq=False, slots=False)
class Searched(Estimator):
    """An adapter with hyper-parameters that are chosen after the training.

    `selection`: "none" keeps them as they are given; "val" keeps the epoch that does best on the
    validation set, then takes the grid's best point on it; "loo" leaves out one shot of each class
    at a time (in `folds` parts at most) and takes the best point over all that was left out. With
    one shot of each class there is nothing to leave out, and "loo" keeps them too. Ties go to the
    point nearest to the given ones.
    """

    selection: str = "none"
    folds: int = 4

    @abstractmethod
    def _grid(self) -> Grid:
        """Give the hyper-parameters to choose among."""

    def _check(self, validated: bool) -> None:
        one_of("selection", self.selection, SELECTIONS)
        super()._check(validated and self.selection == "val")
        if self.selection == "val" and not validated:
            msg = "selection 'val' needs validation=(features, labels)"
            raise PlanError(msg)

    def _choose(self, counts: Tensor) -> dict[str, float]:
        grid = self._grid()
        return grid.nearest(counts, {n: getattr(self, n) for n in (*grid.kernels, *grid.weights)})

    def _selected(self, support: Support, held: Held | None) -> tuple[Any, dict[str, float]]:
        counts: list[Tensor] = []
        if self.selection == "loo":
            for remaining, out in support.folds(self.folds):
                learned: Mixed = self._learn(remaining, None)
                counts.append(table(learned, self._grid(), support.keys[out], support.labels[out]))
        model, rate = self._trained(support, held if self.selection == "val" else None)
        if self.selection == "val" and held is not None:
            counts.append(table(model, self._grid(), *held))
        if not counts:
            return model, rate
        chosen = self._choose(torch.stack(counts).sum(0))
        return evolve(model, **chosen), {**chosen, **rate}
