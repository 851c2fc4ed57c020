"""A DeViSE-style dual encoder: a linear map between two real towers that never saw each other."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field
from attrs.validators import gt, instance_of
from seatrial_transformers import named_by_cosine

from seatrial import Prediction
from seatrial.errors import ModelError, ParameterError
from seatrial.kit import digest

from ._names import imagenet_names
from ._tower import LITE0, image_tower

if TYPE_CHECKING:
    import numpy as np

    from ._ridge import RidgeMap

__all__ = ["DualEncoder", "dual_encoder"]

SCHEME = 1
"""Raised whenever the same towers and options give other answers: old records do not count."""

MINILM = "minilm"


def _images(given: Any) -> Any:
    return image_tower(given) if isinstance(given, str) else given


def _texts(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        from seatrial_transformers import minilm, text_encoder
    except ImportError as error:
        msg = "a text tower by name is made by seatrial-transformers, which cannot be imported"
        raise ModelError(msg) from error
    return minilm() if given == MINILM else text_encoder(given)


def _names(given: Any) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    if wrong := [one for one in names if not isinstance(one, str) or not one.strip()]:
        msg = f"classes must be names, and one is {wrong[0]!r}"
        raise ParameterError(msg)
    if twice := [one for index, one in enumerate(names) if one in names[:index]]:
        msg = f"the class {twice[0]!r} is named twice: no answer could tell them apart"
        raise ParameterError(msg)
    return names


def _can(*wanted: str) -> Any:
    def check(_: Any, fact: Any, tower: Any) -> None:
        # By name alone: to ask a tower for its classifier would load it.
        there = {*dir(type(tower)), *getattr(tower, "__dict__", ())}
        if missing := [name for name in wanted if name not in there]:
            msg = f"the {fact.name} {tower!r} lacks {', '.join(missing)}"
            raise ParameterError(msg)

    return check


def _template(_: Any, __: Any, prompt: str) -> None:
    if prompt.count("{}") != 1:
        msg = f"a prompt has one {{}} for the class, as in 'a photo of a {{}}.'; got {prompt!r}"
        raise ParameterError(msg)


@define(eq=False, kw_only=True)
class DualEncoder:
    """Images and texts in one space, by a linear map between an image and a text tower.

    The map takes the text tower's embedding of each ImageNet class name to that class's row in the
    image tower's classifier: ridge regression over 1000 pairs, in closed form, after Frome et al.,
    DeViSE (NeurIPS 2013). No image and no caption was used. It knows what those names tell it and
    no more: it is weaker than a model trained on pairs, and fails class by class.

    - `image_tower`: a name for `image_tower()`, or a model with `embed_image` and `classifier`.
    - `text_tower`: "minilm", a folder or hub name for `seatrial_transformers.text_encoder`, or a
      model with `embed_text`.
    - `classes`: what to choose among; needed to answer, not to embed.
    - `ridge`: the penalty; between 1 and 10 it hardly matters.
    - `prompt`: stands around the class names, ImageNet's as well as yours.
    - `scale`: multiplies the cosines before the softmax. It sets how peaked the probabilities are
      and changes no answer; 25 is a round figure, not a calibration.
    """

    image_tower: Any = field(
        default=LITE0, converter=_images, validator=_can("embed_image", "classifier")
    )
    text_tower: Any = field(default=MINILM, converter=_texts, validator=_can("embed_text"))
    classes: tuple[str, ...] = field(default=(), converter=_names)
    ridge: float = field(default=3.0, converter=float, validator=gt(0))
    prompt: str = field(default="a photo of a {}.", validator=[instance_of(str), _template])
    scale: float = field(default=25.0, converter=float, validator=gt(0))
    _origin: Any = field(default=None, repr=False)
    _lock: Any = field(factory=threading.RLock, init=False, repr=False)
    _map: RidgeMap | None = field(default=None, init=False, repr=False)
    _rows: Any = field(default=None, init=False, repr=False)

    @property
    def identity(self) -> str:
        """The digest of both towers, ImageNet's names and all options."""
        towers = [_identity(self.image_tower), _identity(self.text_tower)]
        options = [self.ridge, self.prompt, self.scale, list(self.classes)]
        origin = None if self._origin is None else digest(self._origin.tobytes())
        whole = [SCHEME, towers, list(imagenet_names()), options, origin]
        return f"dual-encoder:{digest(json.dumps(whole))}"

    def embed_image(self, images: Sequence[Any], /) -> np.ndarray[Any, Any]:
        """Give the image tower's features: float32 [images, width], not of unit norm."""
        import numpy as np

        found = np.asarray(self.image_tower.embed_image(images), dtype=np.float32)
        return found if self._origin is None else found - self._origin

    def embed_text(self, texts: Sequence[str], /) -> np.ndarray[Any, Any]:
        """Give whole texts, mapped into the space of images: float32 [texts, width]."""
        return self._mapping(self.text_tower.embed_text(list(texts)))

    def centred(self, images: Sequence[Any]) -> DualEncoder:
        """Give the same encoder with these images' mean feature subtracted from every image.

        They need no labels. All images of one kind (tiny, grey, of one camera) share a part that
        says nothing about their classes; without it the classes lie further apart. The mean
        belongs to the new encoder, so take images that you will not measure on.
        """
        mean = self.image_tower.embed_image(images).mean(axis=0)
        return evolve(self, origin=mean)

    def __call__(self, images: Sequence[Any], /) -> list[Prediction]:
        """Classify images by their cosine to each class's prompt, with softmax probabilities.

        Raises `ModelError` without classes, and for what is no image.
        """
        if not self.classes:
            msg = 'to answer, this encoder needs classes: dual_encoder(classes=["cat", "dog"])'
            raise ModelError(msg)
        if not len(images):
            return []
        embedded = self.embed_image(images)
        return named_by_cosine(embedded, self._prototypes, self.classes, scale=self.scale)

    @property
    def _prototypes(self) -> Any:
        from ._ridge import unit

        with self._lock:
            if self._rows is None:
                self._rows = unit(self.embed_text([self.prompt.format(c) for c in self.classes]))
            return self._rows

    @property
    def _mapping(self) -> RidgeMap:
        from ._ridge import fit

        with self._lock:
            if self._map is None:
                names, rows = imagenet_names(), self.image_tower.classifier
                if len(rows) != len(names):
                    msg = (
                        f"the image tower classifies {len(rows)} classes: the map needs one that "
                        f"was trained on ImageNet's {len(names)}"
                    )
                    raise ModelError(msg)
                texts = self.text_tower.embed_text([self.prompt.format(name) for name in names])
                self._map = fit(texts, rows, self.ridge)
            return self._map


def _identity(tower: Any) -> str:
    found = getattr(tower, "identity", None)
    if not isinstance(found, str):
        msg = f"the tower {tower!r} has no identity, so the encoder has none either: give it one"
        raise ModelError(msg)
    return found


def dual_encoder(image_tower: Any = LITE0, text_tower: Any = MINILM, **options: Any) -> DualEncoder:
    """Describe a dual encoder of two towers; the options are those of `DualEncoder`.

    Nothing is read and nothing fitted until it is first asked. Raises `ParameterError` for an
    option that is unknown or out of range.
    """
    try:
        return DualEncoder(image_tower=image_tower, text_tower=text_tower, **options)
    except ParameterError:
        raise
    except (TypeError, ValueError) as error:
        msg = f"dual_encoder: {error.args[0] if error.args else error}"
        raise ParameterError(msg) from error
