"""What is no model yet: the one line that is missing between it and a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["MADE_FIRST", "ONE_AT_A_TIME", "estimator", "of_a_class", "pipeline"]

ONE_AT_A_TIME = (
    "a model takes a list of inputs and gives a list of answers; if yours takes one input, give "
    "model=lambda inputs: [model(one) for one in inputs]"
)

MADE_FIRST = (
    "if this function makes the model, give what it returns; in a specification "
    'model = { use = "module:name", params = {} }, which calls it'
)

LABEL = frozenset({"label", "score"})
RANKED = frozenset({"labels", "scores"})
WRITTEN = "generated_text"

PIPELINE = {
    "label": '[one["label"] for one in pipe(texts)]',
    "labels": '[one["labels"][0] for one in pipe(texts, ...)]',
    "written": f'[one[0]["{WRITTEN}"] for one in pipe(texts)]',
    "all labels": (
        '[seatrial.Prediction(max(one, key=lambda l: l["score"])["label"], '
        'probabilities={l["label"]: l["score"] for l in one}) for one in pipe(texts, top_k=None)]'
    ),
}


def pipeline(answers: Sequence[Any]) -> str | None:
    """Say how answers of a pipeline of transformers become answers; None for all others."""
    first = answers[0] if len(answers) else None
    kind = None
    if isinstance(first, Mapping):
        kind = _kind(first)
    elif isinstance(first, list) and first and isinstance(first[0], Mapping):
        kind = {"label": "all labels", "written": "written"}.get(_kind(first[0]) or "")
    if kind is None:
        return None
    return (
        "these are the answers of a transformers pipeline, not labels or texts to compare with "
        f"targets: give model=lambda texts: {PIPELINE[kind]}"
    )


def _kind(answer: Mapping[Any, Any]) -> str | None:
    keys = set(answer)
    if keys == LABEL:
        return "label"
    if keys >= RANKED:
        return "labels"
    return "written" if WRITTEN in keys else None


def of_a_class(model: Any) -> str | None:
    """Say how a class becomes a model: by an object of it; None for all that is no such class."""
    if not isinstance(model, type):
        return None
    callable_objects = any("__call__" in vars(one) for one in model.__mro__)
    if not callable_objects and not callable(getattr(model, "predict", None)):
        return None
    name = f"{model.__module__}:{model.__qualname__}"
    return (
        f"{model.__qualname__} is a class, and a model is an object: give one, made and trained; "
        f'in a specification model = {{ use = "{name}", params = {{}} }} makes one'
    )


def estimator(model: Any, where: str | None) -> str | None:
    """Say how an estimator of scikit-learn becomes a model; None for what has no `predict`.

    `where` is the import string that it came from, if it did.
    """
    if not callable(getattr(model, "predict", None)):
        return None
    given = f'model = "{where}.predict"' if where else "model=clf.predict"
    told = f"{type(model).__name__} has predict: give {given}"
    if callable(getattr(model, "predict_proba", None)):
        told += (
            ", or with probabilities model=lambda inputs: [seatrial.Prediction(answer, "
            "probabilities=dict(zip(clf.classes_, row))) for answer, row in "
            "zip(clf.predict(inputs), clf.predict_proba(inputs))]"
        )
    return told
