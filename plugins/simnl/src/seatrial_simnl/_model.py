"""A model repaired by an adapter: it answers images, says why, and saves itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from attrs import frozen

from seatrial import Prediction
from seatrial.errors import ModelError
from seatrial.kit import object_with

from ._arrays import Matrix, matrix, unit
from ._estimator import Estimator
from ._files import restored
from ._fingerprint import Fingerprint, own_identity
from ._saved import digest, read, write

__all__ = ["AdaptedModel", "Reasons", "load"]


@frozen
class Reasons:
    """Why a repaired model answers what it answers.

    `nearest` are the most similar training images: (case, class, cosine), best first;
    `positive` and `negative` map each class to its part of the logit (`negative` is empty where
    there is no negative classifier).
    """

    answer: Any
    probabilities: Mapping[Any, float]
    nearest: tuple[tuple[str, Any, float], ...]
    positive: Mapping[Any, float]
    negative: Mapping[Any, float]


class AdaptedModel:
    """A vision-language model with a learned classifier behind its image tower."""

    def __init__(
        self,
        model: Any,
        estimator: Estimator,
        *,
        cached: Matrix,
        cases: Sequence[tuple[str, Any]],
        fingerprint: Fingerprint,
    ) -> None:
        self.original = model
        self.estimator = estimator
        self._cached, self._cases = cached, tuple(cases)
        self._fingerprint = fingerprint

    @property
    def classes(self) -> list[Any]:
        """The classes, in the order of the probabilities."""
        found: list[Any] = self.estimator.classes_.tolist()
        return found

    @property
    def identity(self) -> str:
        """The digest of what was learned, and what the original says it is."""
        learned = digest(self.estimator._learned)
        return f"{self.estimator.name}:{learned} of {_identity(self.original)}"

    def embed_image(self, images: Sequence[Any], /) -> Any:
        """Embed images as the original does."""
        return self.original.embed_image(images)

    def embed_text(self, texts: Sequence[str], /) -> Any:
        """Embed texts as the original does."""
        return self.original.embed_text(texts)

    def __call__(self, inputs: Sequence[Any], /) -> list[Prediction]:
        """Answer each image with its class and the probability of every class."""
        return [
            Prediction(
                self.classes[int(row.argmax())],
                probabilities={
                    str(name): float(p) for name, p in zip(self.classes, row, strict=True)
                },
            )
            for row in self.predict_proba(inputs)
        ]

    def predict_proba(self, images: Sequence[Any], /) -> Matrix:
        """Give the probability of each class: float32 [images, classes]."""
        if not len(images):
            return np.zeros((0, len(self.classes)), dtype=np.float32)
        return self.estimator.predict_proba(self._features(images))

    def explain(self, image: Any, /, *, nearest: int = 3) -> Reasons:
        """Say which training images are nearest, and what is for and against the class."""
        features = self._features([image])
        logits = self.estimator.predict_proba(features)[0]
        similar = self._cached @ features[0]
        evidence = self.estimator.evidence(features)
        named = {
            side: dict(zip(self.classes, map(float, evidence[side][0]), strict=True))
            for side in evidence
        }
        order = np.argsort(-similar, kind="stable")[:nearest]
        return Reasons(
            self.classes[int(logits.argmax())],
            dict(zip(self.classes, map(float, logits), strict=True)),
            tuple((*self._cases[at], float(similar[at])) for at in order),
            named["positive"],
            named.get("negative", {}),
        )

    def save(self, path: str | Path) -> None:
        """Write everything but the original to one safetensors file; `load` reads it."""
        facts = self.estimator.facts() | {
            "cases": [list(case) for case in self._cases],
            "original": _identity(self.original),
            "towers": self._fingerprint.facts(),
        }
        arrays = {
            "cached": torch.from_numpy(self._cached),
            "texts": torch.from_numpy(self._fingerprint.text_rows),
            "images": torch.from_numpy(self._fingerprint.image_rows),
        }
        write(path, self.estimator._learned, facts, arrays)

    def _features(self, images: Sequence[Any]) -> Matrix:
        found = self.original.embed_image(images)
        return unit(matrix("images", found, rows=len(images), width=self.estimator.width_))


def _identity(model: Any) -> str:
    return own_identity(model) or type(model).__qualname__


def load(path: str | Path, *, model: Any = None) -> AdaptedModel:
    """Read a repaired model; `model` is the original, or the import string of it or of its maker.

    `path` is the file that `AdaptedModel.save` wrote, or the folder of `seatrial.Repaired.save`. It
    holds what was trained and not the original, and nothing that it names is imported.

    Refuses another original than the one that was repaired, with `ModelError`: the identities are
    compared where both models state one, and each tower embeds fixed texts and images, which must
    come out as they did then.
    """
    path = Path(path)
    path = path / "model" if path.is_dir() else path  # what `Repaired.save` writes
    learned, facts, arrays = read(path)
    if "towers" not in facts:
        msg = f"{path} holds an estimator and no repaired model; read it with load_estimator"
        raise ModelError(msg)
    if model is None:
        msg = (
            f"{path} holds what was trained and not its original, {facts['original']}: pass "
            "model=, the original or its import string 'module:name'"
        )
        raise ModelError(msg)
    model = object_with(model, "embed_image", what="model")
    fingerprint = Fingerprint.restored(
        facts["towers"], arrays["texts"].numpy(), arrays["images"].numpy()
    )
    if (difference := fingerprint.difference(model)) is not None:
        msg = (
            f"{path} was learned on the features of {facts['original']}, and {difference}; pass "
            "the original model, with the same pre-processing"
        )
        raise ModelError(msg)
    return AdaptedModel(
        model,
        restored(learned, facts),
        cached=arrays["cached"].numpy(),
        cases=[(case, label) for case, label in facts["cases"]],
        fingerprint=fingerprint,
    )
