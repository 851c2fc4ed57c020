"""What a head sees of a pair: embeddings of the title, the headlines and the images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from seatrial.errors import ModelError
from seatrial.kit import digest

from ._articles import opened
from ._rows import Floats

__all__ = [
    "MODALITIES",
    "Cached",
    "Modality",
    "concatenated",
    "content_of",
    "images_of",
    "key_of",
    "pair_texts",
    "part",
    "step_rows",
    "step_texts",
]

Modality = Literal["text", "vision", "both", "title"]
MODALITIES = get_args(Modality)

Step = tuple[str, str, Any]


class Cached:
    """A pair of frozen towers that embeds every text and every image once, and remembers.

    `model` has `embed_text` and `embed_image`; or give two, of which the second embeds images. The
    heads of many modalities and categories are then trained on the same features. `shared_space` is
    that of the model, and False for two towers unless it is stated.

    A tower that refuses a text with `ModelError`, because it is longer than it can read, is asked
    again with `shorten` for as many of its first words as it takes: its tokenizer still puts the
    end token, by which CLIP reads a text, behind the last of them. `shortened` maps each such text
    to what was read.
    """

    def __init__(
        self,
        model: Any,
        image_model: Any = None,
        *,
        shared_space: bool | None = None,
        shorten: bool = False,
    ) -> None:
        self.model, self.image_model = model, model if image_model is None else image_model
        told = getattr(model, "shared_space", True) if image_model is None else False
        self.shared_space = told if shared_space is None else shared_space
        self.shorten = shorten
        self.shortened: dict[str, str] = {}
        self._texts: dict[str, Floats] = {}
        self._images: dict[str, Floats] = {}

    @property
    def identity(self) -> str:
        """What both towers say they are."""
        towers = [
            str(getattr(one, "identity", type(one).__qualname__))
            for one in (self.model, self.image_model)
        ]
        return " + ".join(towers) + (", long texts shortened" if self.shorten else "")

    def __call__(self, inputs: Sequence[Any], /) -> list[int]:
        """Say that every pair is in order: no head is trained yet."""
        return [1] * len(inputs)

    def embed_text(self, texts: Sequence[str], /) -> Floats:
        """Embed the texts that are new, and give all: float64 [texts, width]."""
        new = [one for one in dict.fromkeys(texts) if one not in self._texts]
        if new:
            rows = np.asarray(self._read(new), dtype=np.float64)
            self._texts.update(zip(new, rows, strict=True))
        return np.stack([self._texts[one] for one in texts])

    def _read(self, texts: list[str]) -> Any:
        if not self.shorten:
            return self.model.embed_text(texts)
        try:
            return self.model.embed_text(texts)
        except ModelError:
            rows = [self._first_words(one) for one in texts]
            return np.concatenate(rows)

    def _first_words(self, text: str) -> Any:
        """Embed as many first words as the tower takes, found by halving."""
        words = text.split()
        try:
            return self.model.embed_text([text])
        except ModelError:
            if len(words) < 2:  # noqa: PLR2004 - nothing to leave out
                raise
            best = self.model.embed_text(words[:1])  # another reason to refuse is raised here
        low, high = 1, len(words)
        while high - low > 1:
            middle = (low + high) // 2
            try:
                best, low = self.model.embed_text([" ".join(words[:middle])]), middle
            except ModelError:
                high = middle
        self.shortened[text] = " ".join(words[:low])
        return best

    def embed_image(self, images: Sequence[Any], /) -> Floats:
        """Embed the images that are new, by their content, and give all."""
        keys = [content_of(one) for one in images]
        new = {key: at for at, key in enumerate(keys) if key not in self._images}
        if new:
            given = [images[at] for at in new.values()]
            rows = np.asarray(self.image_model.embed_image(given), dtype=np.float64)
            self._images.update(zip(new, rows, strict=True))
        return np.stack([self._images[key] for key in keys])


def content_of(image: Any) -> str:
    """Name an image by its pixels."""
    array = np.ascontiguousarray(image)
    return digest(f"{array.dtype}{array.shape}".encode() + array.tobytes())


def part(value: Any, name: str) -> Any:
    """Read a part of the input of an order case."""
    if not isinstance(value, Mapping) or name not in value:
        msg = f"an order case has the part {name!r}, and this input has not: {value!r:.80}"
        raise ModelError(msg)
    found = value[name]
    if not name.startswith("image"):
        return found
    try:
        return opened(getattr(found, "path", found))
    except Exception as error:
        msg = f"{name} cannot be read: {error}; `filtered` leaves such articles out"
        raise ModelError(msg) from error


def key_of(value: Mapping[str, Any], place: int, modality: Modality) -> str:
    """Name one of the two steps by its content, so that both orders name it alike."""
    said = str(part(value, f"headline_{place}"))
    seen = content_of(part(value, f"image_{place}")) if modality in ("vision", "both") else ""
    return digest(f"{said}\n{seen}")


def step_rows(towers: Any, inputs: Sequence[Any], modality: Modality) -> tuple[Floats, Floats]:
    """Embed the two steps of each pair, each with its title: two arrays [pairs, width].

    Text: the title and the headline as one string. Vision: the title, and the image. Both: the
    title and the headline as one string, and the image. Title: the title alone.
    """
    first, second = (_steps(towers, inputs, place, modality) for place in (1, 2))
    return first, second


def _steps(towers: Any, inputs: Sequence[Any], place: int, modality: Modality) -> Floats:
    rows = [_embedded(towers.embed_text, step_texts(inputs, place, modality))]
    if modality in ("vision", "both"):
        rows.append(_embedded(towers.embed_image, images_of(inputs, place)))
    return np.concatenate(rows, axis=1)


def concatenated(towers: Any, inputs: Sequence[Any], modality: Modality) -> Floats:
    """Embed each pair as the paper does: [T(title; headlines); V(image 1); V(image 2)]."""
    rows = [_embedded(towers.embed_text, pair_texts(inputs, modality))]
    if modality in ("vision", "both"):
        rows += [_embedded(towers.embed_image, images_of(inputs, place)) for place in (1, 2)]
    return np.concatenate(rows, axis=1)


def step_texts(inputs: Sequence[Any], place: int, modality: Modality) -> list[str]:
    """Give the text of one step of each pair: its title, and its headline where they are read."""
    titles = [str(part(one, "title")) for one in inputs]
    if modality not in ("text", "both"):
        return titles
    said = [part(one, f"headline_{place}") for one in inputs]
    return [f"{title}. {one}" for title, one in zip(titles, said, strict=True)]


def pair_texts(inputs: Sequence[Any], modality: Modality) -> list[str]:
    """Give one text of each pair: its title, and both headlines where they are read.

    The vision model keeps the title, in the place of title and headlines (section 4.3).
    """
    texts = step_texts(inputs, 1, modality)
    if modality not in ("text", "both"):
        return texts
    return [f"{text} {part(one, 'headline_2')}" for text, one in zip(texts, inputs, strict=True)]


def images_of(inputs: Sequence[Any], place: int) -> list[Any]:
    """Give the image of one step of each pair."""
    return [part(one, f"image_{place}") for one in inputs]


def _embedded(embed: Any, given: list[Any]) -> npt.NDArray[np.float64]:
    """Embed each different text once; the rows of a tower are finite or an error."""
    once = list(dict.fromkeys(given)) if given and isinstance(given[0], str) else given
    rows = np.asarray(embed(once), dtype=np.float64)
    if rows.ndim != 2 or len(rows) != len(once) or not np.isfinite(rows).all():  # noqa: PLR2004
        msg = f"a tower gives finite rows [{len(once)}, width], got shape {rows.shape}"
        raise ModelError(msg)
    if once is given:
        return rows
    at = {one: place for place, one in enumerate(once)}
    return rows[[at[one] for one in given]]
