"""The adapters as seatrial calls them: a model and cases in, a repaired model out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any

import numpy as np
from attrs import NOTHING, AttrsInstance, define, evolve, field, fields

from seatrial import Case
from seatrial.errors import PlanError
from seatrial.protocols import Work

from ._ape import Ape
from ._arrays import Matrix, matrix, unit
from ._baselines import ClipAdapter, LinearProbe, TaskRes, ZeroShot
from ._estimator import Estimator
from ._examples import Examples, set_apart
from ._extraction import prototypes
from ._fingerprint import Fingerprint
from ._model import AdaptedModel, load
from ._prompts import Prompts
from ._sampling import TRUE_CLASS
from ._simnl import SimNL
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
class ClassPrompts:
    """The texts that stand for the classes in an adapter, `{}` standing for a class's name.

    `templates` for and `negatives` against a class; `cupl` maps each class to sentences about it;
    `names` maps a class to the name that stands in the texts; `classes` are all classes, by default
    those of the cases in sorted order.
    """

    templates: Sequence[str] = POSITIVE
    negatives: Sequence[str] = NEGATIVE
    cupl: Mapping[Any, Sequence[str]] | None = None
    names: Mapping[Any, str] | None = None
    classes: Sequence[Any] | None = None
    _prompts: Prompts = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._prompts = Prompts(self.templates, self.negatives or None)

    def texts(self, model: Any, classes: Sequence[Any], width: int) -> dict[str, Matrix]:
        """Embed the prompts of each class: unit prototypes [classes, width]."""
        called = [str((self.names or {}).get(one, one)) for one in classes]
        prompts = self._prompts
        if self.cupl is not None:
            named = zip(called, classes, strict=True)
            about = {name: self.cupl[one] for name, one in named if self.cupl.get(one)}
            prompts = evolve(prompts, cupl=about)
        found = prototypes(model, called, prompts)
        return {side: matrix("texts", rows, width=width) for side, rows in found.items()}


class _Factory:
    """Makes the adapter of a method; it takes the method's parameters, its texts and images."""

    def __init__(self, name: str, estimator: type[Estimator], **fixed: Any) -> None:
        self.__name__ = self.__qualname__ = name
        self.__doc__ = estimator.__doc__
        self._estimator, self._fixed = estimator, fixed
        self.__signature__ = Signature(
            [
                Parameter(
                    one.name,
                    Parameter.KEYWORD_ONLY,
                    default=Parameter.empty if one.default is NOTHING else one.default,
                    annotation=one.type,
                )
                for one in (*fields(estimator), *fields(ClassPrompts), *fields(Examples))
                if one.init and one.name not in {*fixed, "seed"}
            ]
        )

    def __call__(self, **params: Any) -> Callable[..., AdaptedModel]:
        self.__signature__.bind(**params)
        texts_of = ClassPrompts(**_taken(params, ClassPrompts))
        examples = Examples(**_taken(params, Examples))
        examples.check(params.get("selection", getattr(self._estimator(), "selection", None)))
        estimator, fixed = self._estimator, self._fixed

        def adapt(model: Any, cases: Sequence[Case], /, *, seed: int, work: Work) -> AdaptedModel:
            learner = estimator().set_params(**fixed, **params, seed=seed)
            return _adapted(learner, texts_of, examples, model, cases, seed=seed, work=work)

        return adapt


def _taken(params: dict[str, Any], kind: type[AttrsInstance]) -> dict[str, Any]:
    """Take out of the parameters those that another value has."""
    return {one.name: params.pop(one.name) for one in fields(kind) if one.name in params}


def _adapted(
    learner: Estimator,
    texts_of: ClassPrompts,
    examples: Examples,
    model: Any,
    cases: Sequence[Case],
    *,
    seed: int,
    work: Work,
) -> AdaptedModel:
    if not cases:
        msg = f"{learner.name} learns from cases, and there are none"
        raise PlanError(msg)
    without = [case.id for case in cases if case.target is None]
    if without:
        msg = f"{learner.name}: case {without[0]!r} has no target; give it its class"
        raise PlanError(msg)
    found = np.unique([case.target for case in cases]).tolist()
    if unlike := [case.target for case in cases if case.target not in found]:
        msg = f"{learner.name}: targets are labels, all texts or all numbers; got {unlike[0]!r} too"
        raise PlanError(msg)
    classes = list(found if texts_of.classes is None else texts_of.classes)
    cases, held = set_apart(cases, examples.validation, seed=seed)
    seen = examples.seen(model, cases, seed=seed, work=work)
    texts = texts_of.texts(model, classes, seen.plain.shape[1])
    learner.fit(
        seen.cached,
        [case.target for case in cases],
        classes=classes,
        text=texts["template"],
        cupl=texts.get("cupl"),
        negative=texts.get("negative"),
        views=seen.views,
        validation=_validation(model, held),
        blocks=[case.groups.get(TRUE_CLASS, case.target) for case in cases],
    )
    firsts = [some[0] for some in (texts_of.templates, texts_of.negatives) if some]
    prompts = [first.replace("{}", str(one)) for first in firsts for one in classes]
    return AdaptedModel(
        model,
        learner,
        cached=seen.plain,
        cases=[(case.id, case.target) for case in cases],
        fingerprint=Fingerprint.taken(model, prompts, cases[0].input),
    )


def _validation(model: Any, held: Sequence[Case]) -> tuple[Matrix, list[Any]] | None:
    if not held:
        return None
    rows = matrix("images", model.embed_image([case.input for case in held]), rows=len(held))
    return unit(rows), [case.target for case in held]


simnl = _Factory("simnl", SimNL)
zero_shot = _Factory("zero_shot", ZeroShot)
tip = _Factory("tip", Tip, trained=False)
tip_f = _Factory("tip_f", Tip, trained=True)
taskres = _Factory("taskres", TaskRes)
clip_adapter = _Factory("clip_adapter", ClipAdapter)
ape = _Factory("ape", Ape)
clap = _Factory("clap", LinearProbe, penalty="zero-shot")
linear_probe = _Factory("linear_probe", LinearProbe, penalty="none")
