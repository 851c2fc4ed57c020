"""CLIP and SigLIP as seatrial models: images and texts in one space, and zero-shot answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, define, field, frozen
from attrs.validators import ge, in_, instance_of, optional

from seatrial import Prediction
from seatrial.errors import ModelError, ParameterError
from seatrial.kit import digest

from ._files import digests, locate
from ._zero_shot import named_by_cosine, unit

if TYPE_CHECKING:
    import numpy as np

    from ._pictures import Preparation

__all__ = ["VisionLanguage", "clip"]

SCHEME = 1
"""Raised whenever the same files and options give other answers: old records no longer count."""

FAMILIES = {"clip": "CLIPModel", "siglip": "SiglipModel"}
"""The classes of transformers that are read here, by the type in a model's configuration."""


def _names(given: Any) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    if wrong := [one for one in names if not isinstance(one, str) or not one.strip()]:
        msg = f"classes must be names, and one is {wrong[0]!r}"
        raise ParameterError(msg)
    if twice := [one for index, one in enumerate(names) if one in names[:index]]:
        msg = f"the class {twice[0]!r} is named twice: no answer could tell them apart"
        raise ParameterError(msg)
    return names


def _template(_: Any, __: Any, prompt: str) -> None:
    if prompt.count("{}") != 1:
        msg = f"a prompt has one {{}} for the class, as in 'a photo of a {{}}.'; got {prompt!r}"
        raise ParameterError(msg)


@frozen(eq=False)
class _Loaded:
    module: Any
    tokenizer: Any
    prepare: Preparation
    window: int
    pads: bool
    scale: float


@define(eq=False)
class VisionLanguage:
    """A CLIP or SigLIP model that embeds images and texts, and answers without training.

    Making one checks what is given and reads no weights; they are read when it is first asked.

    - `path`: a local folder of safetensors, or a name on the hub (with `revision`).
    - `classes`: what to choose among; needed to answer, not to embed.
    - `prompt`: stands around each class name; its embedding is the class's prototype.
    - `dtype`: "float32" or "bfloat16"; `device`: as torch names it.
    - `batch_size`: how many images or texts are computed at once. One at a time makes each result
      independent of its neighbours, bit for bit; on an accelerator more is faster.

    Pictures are prepared with Pillow as the model's own file says.
    """

    path: str = field(converter=str)
    classes: tuple[str, ...] = field(default=(), kw_only=True, converter=_names)
    prompt: str = field(
        default="a photo of a {}.", kw_only=True, validator=[instance_of(str), _template]
    )
    dtype: str = field(default="float32", kw_only=True, validator=in_(("float32", "bfloat16")))
    device: str = field(default="cpu", kw_only=True, validator=instance_of(str))
    revision: str | None = field(default=None, kw_only=True, validator=optional(instance_of(str)))
    batch_size: int = field(default=1, kw_only=True, validator=[instance_of(int), ge(1)])
    _lock: Any = field(factory=threading.RLock, init=False, repr=False)
    _memory: _Loaded | None = field(default=None, init=False, repr=False)
    _rows: Any = field(default=None, init=False, repr=False)

    @property
    def identity(self) -> str:
        """The digest of weights, configuration, tokenizer and options; loads none of them."""
        left_out = ("path", "revision", "batch_size", "_lock", "_memory", "_rows")
        options = asdict(self, filter=lambda fact, _: fact.name not in left_out)
        whole = [SCHEME, digests(locate(self.path, self.revision)), options]
        text = json.dumps(whole, sort_keys=True)
        return f"vision-language:{digest(text)}"

    @property
    def module(self) -> Any:
        """The torch module, in evaluation mode."""
        return self._loaded.module

    def embed_image(self, images: Sequence[Any], /) -> np.ndarray[Any, Any]:
        """Give the projected features of images: float32 [images, width], not of unit norm.

        An image is uint8 H×W×3 or float32 in [0, 1]. Raises `ModelError` for any other.
        """
        import numpy as np

        loaded = self._loaded

        def step(torch: Any, batch: Sequence[Any]) -> Any:
            pixels = torch.from_numpy(np.stack([loaded.prepare(one) for one in batch]))
            pixels = pixels.to(self.device, loaded.module.dtype)
            return loaded.module.get_image_features(pixel_values=pixels)

        return self._through(images, step)

    def embed_text(self, texts: Sequence[str], /) -> np.ndarray[Any, Any]:
        """Give the projected features of whole texts: float32 [texts, width], not of unit norm.

        Raises `ModelError` for a text that is longer than the model can read.
        """
        loaded = self._loaded

        def step(_: Any, batch: Sequence[Any]) -> Any:
            # SigLIP was trained on texts padded to full length, and says nothing true otherwise.
            length: dict[str, Any] = {"padding": True}
            if loaded.pads:
                length = {"padding": "max_length", "max_length": loaded.window}
            tokens = loaded.tokenizer(list(batch), **length, return_tensors="pt")
            if tokens["input_ids"].shape[1] > loaded.window:
                longest = max(batch, key=len)
                msg = f"a text is longer than the {loaded.window} tokens it may have: {longest!r}"
                raise ModelError(msg)
            taken = {key: tokens[key] for key in loaded.tokenizer.model_input_names}
            if loaded.pads:
                taken = {"input_ids": taken["input_ids"]}
            placed = {key: value.to(self.device) for key, value in taken.items()}
            return loaded.module.get_text_features(**placed)

        return self._through(texts, step)

    def __call__(self, images: Sequence[Any], /) -> list[Prediction]:
        """Name the class whose prompt is nearest to each image.

        Probabilities are the softmax over the classes of the model's own scale × cosine; for SigLIP
        too, whose sigmoids do not add up to 1. Raises `ModelError` without classes.
        """
        if not self.classes:
            msg = 'to answer, this model needs classes: clip(path, classes=["cat", "dog"])'
            raise ModelError(msg)
        if not len(images):
            return []
        embedded = self.embed_image(images)
        return named_by_cosine(embedded, self._prototypes, self.classes, scale=self._loaded.scale)

    @property
    def _prototypes(self) -> Any:
        with self._lock:
            if self._rows is None:
                self._rows = unit(self.embed_text([self.prompt.format(c) for c in self.classes]))
            return self._rows

    @property
    def _loaded(self) -> _Loaded:
        with self._lock:
            if self._memory is None:
                place = locate(self.path, self.revision)
                self._memory = _load(place, dtype=self.dtype, device=self.device)
            return self._memory

    def _through(
        self, items: Sequence[Any], step: Callable[[Any, Sequence[Any]], Any]
    ) -> np.ndarray[Any, Any]:
        import numpy as np
        import torch

        rows = [np.empty((0, self._width), dtype=np.float32)]
        with torch.inference_mode():
            for start in range(0, len(items), self.batch_size):
                found = step(torch, items[start : start + self.batch_size])
                found = getattr(found, "pooler_output", found)
                rows.append(found.float().cpu().numpy())
        return np.concatenate(rows)

    @property
    def _width(self) -> int:
        config = self._loaded.module.config
        found = getattr(config, "projection_dim", None) or config.vision_config.hidden_size
        return int(found)


def _load(place: Path, *, dtype: str, device: str) -> _Loaded:
    import torch
    import transformers
    from transformers import AutoConfig, AutoTokenizer

    from ._pictures import preparation
    from ._pretrained import reading

    digests(place)  # refuses a folder without safetensors, and says what to do
    with reading(place, "CLIP or SigLIP"):
        config = AutoConfig.from_pretrained(place, local_files_only=True, trust_remote_code=False)
        family: Any = getattr(transformers, FAMILIES[_family(config)])
        tokenizer: Any = AutoTokenizer.from_pretrained(
            place, local_files_only=True, trust_remote_code=False
        )
        module: Any = family.from_pretrained(
            place, dtype=getattr(torch, dtype), local_files_only=True, use_safetensors=True
        )
    return _Loaded(
        module=module.to(device).eval().requires_grad_(False),
        tokenizer=tokenizer,
        prepare=preparation(place),
        window=int(config.text_config.max_position_embeddings),
        pads=config.model_type != "clip",
        scale=float(module.logit_scale.exp()),
    )


def _family(config: Any) -> str:
    found = str(config.model_type)
    if found not in FAMILIES:
        msg = f"it is a {found} model; clip and siglip are read here"
        raise ModelError(msg)
    return found


def clip(path: str | Path, **options: Any) -> VisionLanguage:
    """Describe a CLIP or SigLIP model in a folder or on the hub.

    The options are those of `VisionLanguage`. Raises `ParameterError` for one that makes no sense.
    """
    try:
        return VisionLanguage(str(path), **options)
    except ParameterError:
        raise
    except (TypeError, ValueError) as error:
        msg = f"clip: {error.args[0] if error.args else error}"
        raise ParameterError(msg) from error
