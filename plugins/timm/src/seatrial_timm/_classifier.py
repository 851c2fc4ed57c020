"""An image classifier as a model of seatrial: from images to classes and their probabilities."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from seatrial import Prediction
from seatrial.errors import ModelError, ParameterError
from seatrial.kit import digest

from ._names import imagenet_names
from ._tower import LITE0, ImageTower, image_tower

if TYPE_CHECKING:
    import numpy as np

    from ._activations import StageActivations

__all__ = ["ImageClassifier", "image_classifier"]

IMAGENET = 1000
DECIMALS = 6


def _names(given: Any) -> tuple[str, ...] | None:
    if given is None:
        return None
    names = (given,) if isinstance(given, str) else tuple(given)
    if wrong := [one for one in names if not isinstance(one, str) or not one.strip()]:
        msg = f"classes must be names, and one is {wrong[0]!r}"
        raise ParameterError(msg)
    if twice := [one for one, count in Counter(names).items() if count > 1]:
        msg = f"the class {twice[0]!r} is named twice: no answer could tell them apart"
        raise ParameterError(msg)
    return names


@define(eq=False)
class ImageClassifier:
    """An image tower that names the class of each image, with the probability of every class.

    - `tower`: see `ImageTower`.
    - `given`: the names of the classes in the order of the logits. Without them, those that were
      saved with the model, or ImageNet's for 1000 classes.
    """

    tower: ImageTower
    given: tuple[str, ...] | None = field(default=None, converter=_names)
    _lock: Any = field(factory=threading.RLock, init=False, repr=False)
    _module: Any = field(default=None, init=False, repr=False)
    _checked: tuple[str, ...] | None = field(default=None, init=False, repr=False)

    @property
    def identity(self) -> str:
        """The digest of the weights, the options and the names of the classes."""
        named = self.given or self.tower.classes
        return f"image-classifier:{digest(json.dumps([self.tower.identity, named]))}"

    @property
    def module(self) -> Any:
        """A torch module from pictures [n, 1 or 3, height, width] in [0, 1] to logits.

        It has the preprocessing inside, so that gradients reach the picture; `module.inner` is the
        network itself.
        """
        from ._from_pictures import FromPictures

        with self._lock:
            if self._module is None:
                self._module = FromPictures(self.tower.module, self.tower.preprocess).eval()
            return self._module

    def with_module(self, module: Any, /) -> ImageClassifier:
        """Give this classifier around a copy of its module, ready to be trained further."""
        found = evolve(self, tower=self.tower.with_module(module.inner))
        found._module = module.requires_grad_(True)  # a model that answers needs no gradients
        return found

    def training_loss(self, inputs: Sequence[Any], targets: Sequence[Any], /) -> Any:
        """Give the mean cross-entropy of some pictures, for training; targets are class names."""
        import torch
        from torch.nn.functional import cross_entropy

        if wrong := [one for one in targets if one not in self.labels]:
            msg = f"the target {wrong[0]!r} is none of the classes {', '.join(self.labels)[:200]}"
            raise ModelError(msg)
        preprocess, device = self.tower.preprocess, self.tower.device
        batch = torch.stack([torch.from_numpy(preprocess(one)) for one in inputs]).to(device)
        wanted = torch.tensor([self.labels.index(one) for one in targets], device=device)
        return cross_entropy(self.tower.module(batch), wanted)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the logits, which they must fit in number."""
        with self._lock:
            if self._checked is None:
                count = len(self.tower.classifier)
                names = self.given or self.tower.classes
                if names is None and count == IMAGENET:
                    names = _told_apart(imagenet_names())
                if names is None:
                    msg = f"this model tells {count} classes apart: name them, classes=[...]"
                    raise ModelError(msg)
                if len(names) != count:
                    msg = f"this model tells {count} classes apart, and classes= names {len(names)}"
                    raise ModelError(msg)
                self._checked = names
            return self._checked

    def __call__(self, images: Sequence[Any], /) -> list[Prediction]:
        """Name the most probable class of each image, with the softmax of the logits.

        An image is H×W×1 or H×W×3, in uint8, uint16 or float32 in [0, 1]. Raises `ModelError` for
        any other.
        """
        return self._answered(self.tower.logits(images)) if len(images) else []

    def embed_image(self, images: Sequence[Any], /) -> np.ndarray[Any, Any]:
        """Give the pooled features before the last layer: float32 [images, width]."""
        return self.tower.embed_image(images)

    def activations(
        self,
        inputs: Sequence[Any],
        /,
        *,
        layers: Sequence[int] | None = None,
        poolings: Sequence[str] = ("mean",),
        tokens: Sequence[int] = (),
        cache: str | Path | None = None,
    ) -> StageActivations:
        """Keep what leaves each stage, pooled over positions by "mean" or "max".

        Layers count from 1. See `seatrial.protocols.Activates`; what images have no notion of (the
        last token) is a `ModelError`.
        """
        from ._activations import activations

        return activations(
            self.tower,
            self._answered,
            inputs,
            layers=layers,
            poolings=poolings,
            tokens=tokens,
            cache=cache,
        )

    def _answered(self, logits: np.ndarray[Any, Any]) -> list[Prediction]:
        import numpy as np

        logits = logits.astype(np.float64)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        return [
            Prediction(
                self.labels[int(row.argmax())],
                probabilities={
                    name: round(float(one), DECIMALS)
                    for name, one in zip(self.labels, row, strict=True)
                },
            )
            for row in probabilities
        ]


def _told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """Add the place to the names that stand twice: a crane is a bird and a machine."""
    several = {one for one, count in Counter(names).items() if count > 1}
    return tuple(
        f"{name} ({place})" if name in several else name for place, name in enumerate(names)
    )


def image_classifier(
    name: str = LITE0, *, classes: Any = None, crop: float | None = None, **options: Any
) -> ImageClassifier:
    """Describe an image classifier: EfficientNet-Lite0, a model of timm, or a folder of one's own.

    `name` and the options (`weights`, `crop`, `bits`, `device`, `batch_size`) are those of
    `ImageTower`; images are cropped as the model is evaluated. `classes` names what the logits
    stand for. Nothing is read before it is first asked. Raises `ParameterError` for an option that
    is unknown or out of range.
    """
    return ImageClassifier(image_tower(name, crop=crop, **options), classes)
