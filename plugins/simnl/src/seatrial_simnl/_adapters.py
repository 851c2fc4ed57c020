"""The adapters as seatrial calls them: a model and cases in, a repaired model out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any

import numpy as np
from attrs import NOTHING, define, field, fields

from seatrial import Case
from seatrial.errors import PlanError

from ._ape import Ape
from ._arrays import Matrix, matrix, unit
from ._baselines import ClipAdapter, LinearProbe, TaskRes, ZeroShot
from ._estimator import Estimator
from ._model import AdaptedModel, load
from ._simnl import SimNL
from ._support import prototypes
from ._tip import Tip

__all__ = [
    "ape",
    "clap",
    "clip_adapter",
    "linear_probe",
    "load",
    "simnl",
    "taskres",
    "tip",
    "tip_f",
    "zero_shot",
]

POSITIVE = ("a photo of a {}.",)
NEGATIVE = ("a photo without {}.",)


@define(kw_only=True)
class Prompts:
    """What is said to the text tower about each class, `{}` standing for its name.

    `templates` for and `negatives` against a class; `cupl` maps each class to sentences about it;
    `names` maps a class to the name that stands in the texts; `classes` are all classes, by default
    those of the cases in sorted order. `backbone` is the import string of the original model (or
    of what makes it), so that a saved model can be loaded by its path alone.
    """

    templates: Sequence[str] = POSITIVE
    negatives: Sequence[str] = NEGATIVE
    cupl: Mapping[Any, Sequence[str]] | None = None
    names: Mapping[Any, str] | None = None
    classes: Sequence[Any] | None = None
    backbone: str | None = field(default=None)

    def __attrs_post_init__(self) -> None:
        for template in (*self.templates, *self.negatives):
            if "{}" not in template:
                msg = f"a template needs {{}} where the class goes, got {template!r}"
                raise PlanError(msg)

    def texts(self, model: Any, classes: Sequence[Any], width: int) -> dict[str, Matrix]:
        """Embed the prompts of each class: unit prototypes [classes, width]."""
        called = [str((self.names or {}).get(one, one)).replace("_", " ") for one in classes]
        said = {
            "text": [[one.format(name) for one in self.templates] for name in called],
            "negative": [[one.format(name) for one in self.negatives] for name in called],
        }
        if self.cupl is not None:
            missing = [one for one in classes if not self.cupl.get(one)]
            if missing:
                msg = f"cupl has no sentences for {missing!r:.200}; its keys must be the classes"
                raise PlanError(msg)
            said["cupl"] = [list(self.cupl[one]) for one in classes]
        return {side: _embedded(model, prompts, width) for side, prompts in said.items()}


def _embedded(model: Any, prompts: Sequence[Sequence[str]], width: int) -> Matrix:
    flat = [prompt for one in prompts for prompt in one]
    found: Matrix = prototypes(
        matrix("texts", model.embed_text(flat), rows=len(flat), width=width),
        [len(one) for one in prompts],
    )
    return found


def _reference(model: Any) -> str | None:
    """Name a model that stands in a module by itself."""
    module, name = getattr(model, "__module__", None), getattr(model, "__qualname__", None)
    if name and module in sys.modules and getattr(sys.modules[module], name, None) is model:
        return f"{module}:{name}"
    return None


class _Factory:
    """Makes the adapter of one method; takes the method's parameters and those of the prompts."""

    def __init__(self, name: str, estimator: type[Estimator], **fixed: Any) -> None:
        self.__name__ = self.__qualname__ = name
        self.__doc__ = estimator.__doc__
        self._estimator, self._fixed = estimator, fixed
        self._own = {one.name for one in fields(Prompts)}
        self.__signature__ = Signature(
            [
                Parameter(
                    one.name,
                    Parameter.KEYWORD_ONLY,
                    default=Parameter.empty if one.default is NOTHING else one.default,
                    annotation=one.type,
                )
                for one in (*fields(estimator), *fields(Prompts))
                if one.init and one.name not in {*fixed, "seed"}
            ]
        )

    def __call__(self, **params: Any) -> Callable[..., AdaptedModel]:
        self.__signature__.bind(**params)
        prompts = Prompts(**{name: params.pop(name) for name in self._own & params.keys()})
        estimator, fixed = self._estimator, self._fixed

        def adapt(model: Any, cases: Sequence[Case], /, *, seed: int) -> AdaptedModel:
            learner = estimator().set_params(**fixed, **params, seed=seed)
            return _adapted(learner, prompts, model, cases)

        return adapt


def _adapted(
    learner: Estimator, prompts: Prompts, model: Any, cases: Sequence[Case]
) -> AdaptedModel:
    if not cases:
        msg = f"{learner.name} learns from cases, and there are none"
        raise PlanError(msg)
    without = [case.id for case in cases if case.target is None]
    if without:
        msg = f"{learner.name}: case {without[0]!r} has no target; give it its class"
        raise PlanError(msg)
    labels = [case.target for case in cases]
    classes = list(np.unique(labels).tolist() if prompts.classes is None else prompts.classes)
    raw = matrix("images", model.embed_image([case.input for case in cases]), rows=len(cases))
    cached = unit(raw)
    texts = prompts.texts(model, classes, cached.shape[1])
    learner.fit(
        cached,
        labels,
        classes=classes,
        text=texts["text"],
        cupl=texts.get("cupl"),
        negative=texts["negative"],
    )
    probe = prompts.templates[0].format(classes[0])
    return AdaptedModel(
        model,
        learner,
        cached=cached,
        cases=[(case.id, case.target) for case in cases],
        probe=(probe, matrix("texts", model.embed_text([probe]), rows=1)),
        backbone=prompts.backbone or _reference(model),
    )


simnl = _Factory("simnl", SimNL)
zero_shot = _Factory("zero_shot", ZeroShot)
tip = _Factory("tip", Tip, trained=False)
tip_f = _Factory("tip_f", Tip, trained=True)
taskres = _Factory("taskres", TaskRes)
clip_adapter = _Factory("clip_adapter", ClipAdapter)
ape = _Factory("ape", Ape)
clap = _Factory("clap", LinearProbe, penalty="zero-shot")
linear_probe = _Factory("linear_probe", LinearProbe, penalty="none")
