"""A text tower and an image tower whose weights can be trained."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field
from attrs.validators import ge, in_, instance_of, optional

from seatrial.errors import ModelError, ParameterError
from seatrial.kit import digest

if TYPE_CHECKING:
    import numpy as np

    from ._tower_loading import Loaded

__all__ = ["Towers", "towers"]

POOLINGS = ("first", "mean", "pooler")


def _path(given: str | Path | None) -> str | None:
    return None if given is None else str(given)


@define(eq=False)
class Towers:
    """A text tower and an image tower, as transformers or timm reads them, that can be trained.

    Making one reads no weights; they are read when it is first asked. Every path is a local folder
    of safetensors or a name on the hub.

    - `path`: CLIP, SigLIP or BLIP, which hold both towers and project them into one space; or, with
      `image`, a text encoder (RoBERTa, BERT and their kin).
    - `image`: the image tower: a ViT or another model of transformers, "timm:" and a name, or a
      folder that timm wrote. The two then share no space.
    - `pooling`: how the tokens of a separate encoder become one vector: "first", "mean", or
      "pooler", the encoder's own layer on the first. `roberta-base` has no trained pooler.
    - `shorten`: cut a text that is longer than its tower can read, and list it in `shortened`.
      Without it such a text is an error. The tokens that begin and end every text stay: by its end
      token CLIP reads a text.
    - `device`: as torch names it. `batch_size`: how many texts or images are embedded at once; one
      at a time makes each row independent of its neighbours, bit for bit.
    """

    path: str = field(converter=str)
    image: str | None = field(default=None, converter=_path)
    pooling: str = field(default="first", kw_only=True, validator=in_(POOLINGS))
    shorten: bool = field(default=False, kw_only=True, validator=instance_of(bool))
    device: str = field(default="cpu", kw_only=True, validator=instance_of(str))
    revision: str | None = field(default=None, kw_only=True, validator=optional(instance_of(str)))
    image_revision: str | None = field(
        default=None, kw_only=True, validator=optional(instance_of(str))
    )
    batch_size: int = field(default=1, kw_only=True, validator=[instance_of(int), ge(1)])
    shortened: dict[str, str] = field(factory=dict, init=False, repr=False)
    _lock: Any = field(factory=threading.RLock, init=False, repr=False)
    _memory: Loaded | None = field(default=None, init=False, repr=False)
    _replaced: bool = field(default=False, init=False, repr=False)
    _trained: str | None = field(default=None, init=False, repr=False)

    @property
    def shared_space(self) -> bool:
        """Whether images and texts are projected into one space."""
        return self.image is None

    @property
    def identity(self) -> str:
        """The digest of weights and options; made without loading torch, but after training."""
        from ._tower_loading import files_of

        if self._replaced and self._trained is None:
            self._trained = _digest(self.module)
        options = [self.pooling, self.shorten, self.device]
        return f"order-towers:{digest(f'{files_of(self)} {options} {self._trained}')}"

    @property
    def trainable(self) -> Towers:
        """These towers: what `order.fine-tune` trains a copy of."""
        return self

    @property
    def module(self) -> Any:
        """Both towers as one torch module with the children `text` and `image`."""
        return self._loaded.module

    def with_module(self, module: Any, /) -> Towers:
        """Give these towers with other weights, as training gives them."""
        found = evolve(self)
        found._memory = evolve(self._loaded, module=module)
        found._replaced = True
        return found

    def __call__(self, inputs: Sequence[Any], /) -> list[int]:
        """Say that every pair is in order: no head is trained yet."""
        return [1] * len(inputs)

    def embed_text(self, texts: Sequence[str], /) -> np.ndarray[Any, Any]:
        """Give float32 [texts, width], not of unit norm.

        Raises `ModelError` for a text that is longer than the tower can read, unless `shorten`.
        """
        return self._through(list(texts), self.tokens, self._loaded.module.text)

    def embed_image(self, images: Sequence[Any], /) -> np.ndarray[Any, Any]:
        """Give float32 [images, width], not of unit norm; an image is uint8 or float32 H×W×3."""
        return self._through(list(images), self.pixels, self._loaded.module.image)

    def tokens(self, texts: Sequence[str], /) -> dict[str, Any]:
        """Give what the text tower takes, as torch tensors on the device."""
        found, cut = self._loaded.tokenise(list(texts), cut=self.shorten)
        self.shortened.update(cut)
        return {name: one.to(self.device) for name, one in found.items()}

    def pixels(self, images: Sequence[Any], /) -> Any:
        """Give the images as the image tower takes them: a torch tensor on the device."""
        return self._loaded.prepare(list(images)).to(self.device)

    def _through(
        self, items: list[Any], prepare: Callable[..., Any], tower: Any
    ) -> np.ndarray[Any, Any]:
        import numpy as np
        import torch

        rows = [np.empty((0, tower.width), dtype=np.float32)]
        with torch.inference_mode():
            for start in range(0, len(items), self.batch_size):
                found = tower(prepare(items[start : start + self.batch_size]))
                rows.append(found.float().cpu().numpy())
        return np.concatenate(rows)

    @property
    def _loaded(self) -> Loaded:
        from ._tower_loading import load

        with self._lock:
            if self._memory is None:
                self._memory = load(self)
            return self._memory


def _digest(module: Any) -> str:
    """Name weights by their content."""
    import torch

    found = []
    for name, one in sorted(module.state_dict().items()):
        flat = one.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        found.append(digest(name.encode() + flat.numpy().tobytes()))
    return digest("".join(found))


def towers(path: str | Path, image: str | Path | None = None, **options: Any) -> Towers:
    """Describe a text tower and an image tower; the options are those of `Towers`.

    `towers("openai/clip-vit-base-patch32")`, `towers("roberta-base", "vit-folder")`. Raises
    `ParameterError` for an option that makes no sense, `ModelError` without the extra `towers`.
    """
    from importlib.util import find_spec

    if not path:
        msg = f"towers are read from a folder or by a name on the hub, got {path!r}"
        raise ParameterError(msg)
    if lacking := [one for one in ("seatrial_transformers", "accelerate") if not find_spec(one)]:
        msg = f"towers need {lacking[0]}: pip install 'seatrial-order[towers]'"
        raise ModelError(msg)
    try:
        return Towers(str(path), image, **options)
    except (TypeError, ValueError) as error:
        msg = f"towers: {error.args[0] if error.args else error}"
        raise ParameterError(msg) from error
