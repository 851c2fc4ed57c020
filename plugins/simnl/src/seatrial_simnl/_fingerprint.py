"""How a model's towers embed fixed texts and images, by which the model is known again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from attrs import asdict, frozen

from seatrial.errors import ModelError

from ._arrays import Matrix

__all__ = ["Fingerprint", "ImageForm", "own_identity"]

ALIKE = 1e-3
"""How far a vector may lie from the stored one, as a part of its largest entry."""

TEXTS = ("a photo of a cat.", "Is 2.5 mg less than 10 mg?", "ÉCLAIR, naïve; 東京")
SIDE = 64
WIDEST = 32
"""Prompts of no more classes than this are embedded again."""


@frozen
class ImageForm:
    """The shape, type and range of an image, so that a model takes others of the same form."""

    shape: tuple[int, ...] = (SIDE, SIDE, 3)
    dtype: str = "uint8"
    low: float = 0.0
    high: float = 255.0

    @classmethod
    def of(cls, image: Any) -> ImageForm:
        """Read the form of an image; other values than arrays count as 8-bit colour."""
        if not isinstance(image, np.ndarray) or not image.size or image.dtype.kind not in "uf":
            return cls()
        if image.dtype.kind == "u":
            return cls(image.shape, image.dtype.name, 0.0, float(np.iinfo(image.dtype).max))
        low, high = float(image.min()), float(image.max())
        return cls(image.shape, image.dtype.name, low, high if high > low else low + 1)

    def images(self) -> list[npt.NDArray[Any]]:
        """Draw fixed images of this form: ramps, a texture and a dark one, unlike in each channel.

        They come from whole numbers alone, so that they are the same on every machine.
        """
        rows, columns, *channels = np.indices(self.shape, dtype=np.int64)
        channel = channels[0] if channels else np.zeros_like(rows)
        height, width = (max(size - 1, 1) for size in self.shape[:2])
        ramp = (rows * 255 // height + channel * 60) % 256
        other = (columns * 255 // width * (3 - channel)) // 3
        texture = (rows * rows * 7 + columns * 31 + rows * columns * 13 + channel * 101 + 17) % 256
        dark = texture // (8 - 2 * channel)
        return [self._ranged(one) for one in (ramp, other, texture, dark)]

    def _ranged(self, levels: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        found = self.low + levels / 255 * (self.high - self.low)
        return found.astype(self.dtype)


@frozen(eq=False)
class Fingerprint:
    """What each tower gave: `text_rows` [texts, width] for `texts`, and `image_rows` [4, width]."""

    identity: str | None
    texts: tuple[str, ...]
    form: ImageForm
    text_rows: Matrix
    image_rows: Matrix

    @classmethod
    def taken(cls, model: Any, prompts: Sequence[str], image: Any) -> Fingerprint:
        """Ask the model now; `prompts` are texts that matter to what it is used for."""
        texts = tuple(dict.fromkeys((*prompts[:WIDEST], *TEXTS)))
        form = ImageForm.of(image)
        return cls(
            own_identity(model),
            texts,
            form,
            _rows(model.embed_text, list(texts)),
            _rows(model.embed_image, form.images()),
        )

    def difference(self, model: Any) -> str | None:
        """Say how another model's towers differ from this, or None if they are alike."""
        identity = own_identity(model)
        if None not in (identity, self.identity) and identity != self.identity:
            return f"this model says that it is {identity!r}"
        names = [repr(one) for one in self.texts]
        found = _unlike(names, self.text_rows, _rows(model.embed_text, list(self.texts)))
        if found is None:
            images = [f"fixed image {at + 1}" for at in range(len(self.image_rows))]
            found = _unlike(images, self.image_rows, _rows(model.embed_image, self.form.images()))
        return found

    def facts(self) -> dict[str, Any]:
        """Give all but the arrays, as plain data."""
        return {"identity": self.identity, "texts": list(self.texts), "form": asdict(self.form)}

    @classmethod
    def restored(
        cls, facts: Mapping[str, Any], text_rows: Matrix, image_rows: Matrix
    ) -> Fingerprint:
        """Make it of the facts and arrays that were stored."""
        form = ImageForm(**{**facts["form"], "shape": tuple(facts["form"]["shape"])})
        return cls(facts["identity"], tuple(facts["texts"]), form, text_rows, image_rows)


def own_identity(model: Any) -> str | None:
    """Give the identity that a model states, or None."""
    found = getattr(model, "identity", None)
    found = found() if callable(found) else found
    return str(found) if found else None


def _rows(embed: Callable[[list[Any]], Any], items: list[Any]) -> Matrix:
    try:
        found: Matrix = np.ascontiguousarray(embed(items), dtype=np.float32)
    except Exception as error:
        msg = f"the model cannot embed fixed texts and images, by which it is known again: {error}"
        raise ModelError(msg) from error
    return found


def _unlike(names: Sequence[str], wanted: Matrix, found: Matrix) -> str | None:
    if found.shape != wanted.shape:
        return (
            f"this model embeds {names[0]} in the shape {found.shape[1:]}, not {wanted.shape[1:]}"
        )
    near = np.abs(found - wanted).max(axis=1) <= ALIKE * np.abs(wanted).max(axis=1)
    same = near | (np.isnan(found) & np.isnan(wanted)).any(axis=1)
    return None if same.all() else f"this model embeds {names[int(same.argmin())]} elsewhere"
