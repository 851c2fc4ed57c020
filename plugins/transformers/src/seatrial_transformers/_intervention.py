"""A model with its residual stream changed on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from seatrial import Prediction
from seatrial.errors import ModelError
from seatrial.kit import digest

from ._blocks import there, whole

if TYPE_CHECKING:
    from ._activations import SavedActivations
    from ._choices import Choices
    from ._generation import Completion
    from ._model import Asked, CausalLM

__all__ = ["Intervened"]

Edit = Callable[[Any], Any]


def _copied(edits: Mapping[int, Any]) -> dict[int, Edit]:
    for layer, edit in edits.items():
        if not callable(edit):
            msg = (
                f"an edit must be a function from a tensor to a tensor; layer {layer} has {edit!r}"
            )
            raise ModelError(msg)
    return {whole(layer): edit for layer, edit in edits.items()}


@frozen(eq=False)
class Intervened:
    """The weights of a model, with edits between its layers wherever this value is asked.

    Answers, texts and activations all see the edits, and nothing asked of the model itself does,
    in whatever thread. It has an `identity` only when each edit has one.
    """

    prefers = "same-case"

    model: CausalLM
    edits: Mapping[int, Edit] = field(converter=_copied)

    @property
    def identity(self) -> str | None:
        """The digest of the model's identity and of the edits' own; None when an edit has none."""
        edits = {str(layer): getattr(edit, "identity", None) for layer, edit in self.edits.items()}
        if not all(isinstance(one, str) for one in edits.values()):
            return None
        text = json.dumps([self.model.identity, edits], sort_keys=True)
        return f"intervened:{digest(text)}"

    @property
    def tokenizer(self) -> Any:
        """The tokenizer that belongs to the model."""
        return self.model.tokenizer

    def __call__(self, inputs: Sequence[Any], /) -> list[Prediction]:
        """Answer each input, as `CausalLM` does."""
        with self._edited():
            return self.model(inputs)

    def choices(
        self,
        prompts: Sequence[Asked],
        options: Sequence[Sequence[str]],
        *,
        normalization: str | None = None,
    ) -> list[Choices]:
        """Give the log-likelihood of each option, as `CausalLM.choices` does."""
        with self._edited():
            return self.model.choices(prompts, options, normalization=normalization)

    def generate(
        self, prompts: Sequence[Asked], *, max_new_tokens: int | None = None
    ) -> list[Completion]:
        """Write a continuation of each prompt, as `CausalLM.generate` does."""
        with self._edited():
            return self.model.generate(prompts, max_new_tokens=max_new_tokens)

    def activations(
        self,
        inputs: Sequence[Any],
        /,
        *,
        layers: Sequence[int] | None = None,
        poolings: Sequence[str] = ("last",),
        tokens: Sequence[int] = (),
        cache: str | Path | None = None,
    ) -> SavedActivations:
        """Read the edited residual stream, as `CausalLM.activations` does.

        What leaves an edited layer is read after the edit. A `cache` needs edits that have an
        attribute `identity`.
        """
        from ._activations import activations
        from ._prompts import question

        known = self.identity
        identity = None if known is None else lambda: f"{known} {self.model.blocks}"
        asked = [question(one, self.model.prompt) for one in inputs]
        with self._edited():
            return activations(
                self.model._source(identity),
                asked,
                layers=layers,
                poolings=poolings,
                tokens=tokens,
                cache=cache,
            )

    def intervened(self, edits: Mapping[int, Edit], /) -> Intervened:
        """Give this model with more edits; on a layer that has one already, the new one follows."""
        both = dict(self.edits)
        for layer, edit in edits.items():
            first = both.get(layer)
            both[layer] = edit if first is None else _one_after_another(first, edit)
        return Intervened(self.model, both)

    @contextmanager
    def _edited(self) -> Iterator[None]:
        stream = self.model._loaded.stream.checked()
        there(self.edits, stream.depth)
        with stream.watched(self._changed, edits=True):
            yield

    def _changed(self, layer: int, hidden: Any) -> Any:
        edit = self.edits.get(layer)
        if edit is None:
            return hidden
        after = edit(hidden)
        shape = getattr(after, "shape", None)
        if shape != hidden.shape:
            msg = (
                f"the edit of layer {layer} must give a tensor of the shape {tuple(hidden.shape)} "
                f"that it takes, and gave {type(after).__name__ if shape is None else tuple(shape)}"
            )
            raise ModelError(msg)
        return after.to(hidden)


def _one_after_another(first: Edit, second: Edit) -> Edit:
    return lambda hidden: second(first(hidden))
