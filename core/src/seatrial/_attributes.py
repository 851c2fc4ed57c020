"""The attributes by which richer models say what they can do; components name them in `needs`.

A model needs none of them: any callable from inputs to answers is a model. What stands here is what
a component may rely on when it states, say, `needs=("activations",)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from ._cases import Prediction
    from ._components import Model

__all__ = ["POOLINGS", "Activates", "Activations", "EmbedsImages", "EmbedsText", "Intervenes"]

POOLINGS: Mapping[str, str] = {
    "last": "the last token of the prompt",
    "question": "the last token of the input's part `question`",
    "mean": "the mean over tokens",
    "max": "the greatest value of each dimension over tokens",
    "softmax": "the mean of each dimension over tokens, weighted by the softmax of value / 5",
    "rolling": "the greatest mean of each dimension over 40 tokens in a row",
}
"""How the activations of a prompt's tokens become one vector; a token that begins every text
(BOS) counts in none, because its norm is far from that of any other."""


class Activations(Protocol):
    """What a model thought at the prompts it was judged on, one row for each input.

    `layers` count from 1, the residual stream after the first block; 0 is the embedding.
    `predictions` are the answers given in the same forward pass, None where the inputs have no
    options to choose from.
    """

    @property
    def layers(self) -> tuple[int, ...]: ...

    @property
    def poolings(self) -> tuple[str, ...]: ...

    @property
    def predictions(self) -> Sequence[Prediction] | None: ...

    def __len__(self) -> int: ...

    def at(self, layer: int, pooling: str, /) -> np.ndarray[Any, Any]:
        """Read the vectors of one layer and pooling: float32 [inputs, width]."""
        ...

    def tokens(self, layer: int, /) -> Sequence[np.ndarray[Any, Any]]:
        """Read every token of one layer: float32 [tokens, width] for each input.

        Only for layers that were asked for with `tokens=`.
        """
        ...


class Activates(Protocol):
    """The attribute `activations`: what the model thinks at the prompts that it is judged on."""

    def __call__(
        self,
        inputs: Sequence[Any],
        /,
        *,
        layers: Sequence[int] | None = None,
        poolings: Sequence[str] = ("last",),
        tokens: Sequence[int] = (),
        cache: str | Path | None = None,
    ) -> Activations:
        """Run the inputs through the model once, and keep the layers and poolings asked for.

        `layers` None means all; `tokens` names layers of which every token is kept; `cache` is a
        folder in which what was computed is kept for the next call. Raises `ModelError` for a layer
        that the model does not have.
        """
        ...


class Intervenes(Protocol):
    """The attribute `intervened`: the same model with its residual stream changed on the way."""

    def __call__(self, edits: Mapping[int, Callable[[Any], Any]], /) -> Model:
        """Give a model in which what leaves layer `k` goes through `edits[k]`.

        An edit takes and gives a torch tensor [rows, tokens, width], and must treat every token by
        itself: one row may hold several prompts. The original stays as it is.
        """
        ...


class EmbedsText(Protocol):
    """The attribute `embed_text`: one vector for each text."""

    def __call__(self, texts: Sequence[str], /) -> np.ndarray[Any, Any]:
        """Give float32 [texts, width], as the model makes them: not brought to unit norm."""
        ...


class EmbedsImages(Protocol):
    """The attribute `embed_image`: one vector for each image, in the space of `embed_text`."""

    def __call__(self, images: Sequence[Any], /) -> np.ndarray[Any, Any]:
        """Give float32 [images, width]; an image is uint8 H×W×3 or float32 in [0, 1]."""
        ...
