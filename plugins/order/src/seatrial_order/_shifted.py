"""Two towers with another gap, and all else as it was: for asking whether the gap matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seatrial.kit import digest

from ._rows import Floats, embeddings, same_width, unit

__all__ = ["Shifted"]


class Shifted:
    """Towers whose unit embeddings are moved along the gap, and brought to unit length again.

    `images` and `texts` are what the gap vector is measured on: use training data. `shift` 0 leaves
    the gap, 1 closes it, a negative one widens it; images and texts each go half of the way (Liang
    et al., section 4). Train the same head on towers of several shifts: what changes is the gap.
    """

    def __init__(
        self, towers: Any, *, images: Sequence[Any], texts: Sequence[str], shift: float
    ) -> None:
        x = embeddings(towers.embed_image(images), "images")
        y = embeddings(towers.embed_text(texts), "texts")
        same_width(x, y)
        self.towers, self.shift = towers, shift
        self._vector = unit(x).mean(axis=0) - unit(y).mean(axis=0)

    @property
    def identity(self) -> str:
        """That of the towers, with the vector they are moved by."""
        named = getattr(self.towers, "identity", type(self.towers).__qualname__)
        return f"{named} shifted by {self.shift:g} of {digest(self._vector.tobytes())}"

    @property
    def shared_space(self) -> bool:
        """That of the towers."""
        return bool(getattr(self.towers, "shared_space", True))

    def __call__(self, inputs: Sequence[Any], /) -> Any:
        """Answer as the towers do: a shift is seen by heads alone."""
        return self.towers(inputs)

    def embed_image(self, images: Sequence[Any], /) -> Floats:
        """Embed images, moved towards the texts."""
        return self._moved(self.towers.embed_image(images), -1)

    def embed_text(self, texts: Sequence[str], /) -> Floats:
        """Embed texts, moved towards the images."""
        return self._moved(self.towers.embed_text(texts), 1)

    def _moved(self, rows: Any, sign: int) -> Floats:
        return unit(unit(np.asarray(rows)) + sign * self.shift / 2 * self._vector)
