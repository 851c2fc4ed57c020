"""A small network that sample models think with, so that components which look inside can be tried.

Words become random vectors, and every layer adds to each token the mean of those before it. So the
last token knows which words there were, and nothing else about the text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from .._seeds import derive
from ..errors import ModelError
from ..protocols import POOLINGS, Model
from ._results import NotExercised

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Thinking"]

WIDTH: Final = 64
LAYERS: Final = 3
NEAR: Final = 40
NOTICED: Final = (
    1.1  # one word of seven adds from 1.3 to 2.3, and the other six together at most .9
)


@lru_cache(maxsize=4096)
def _vector(word: str) -> np.ndarray[Any, Any]:
    import numpy as np

    return np.random.default_rng(derive(0, "word", word)).standard_normal(WIDTH)


def _words(value: Any) -> list[str]:
    from ..inputs._outcome_features import text_of

    return (text_of(value) or "").split() or [""]


def _deeper(state: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Add to each token the mean of all tokens up to it."""
    import numpy as np

    means = state.cumsum(axis=0) / np.arange(1, len(state) + 1)[:, None]
    return state + means


def _pooled(state: np.ndarray[Any, Any], pooling: str) -> Any:
    import numpy as np

    if pooling in ("last", "question"):
        return state[-1]
    if pooling == "mean":
        return state.mean(axis=0)
    if pooling == "max":
        return state.max(axis=0)
    if pooling == "softmax":
        weights = np.exp((state - state.max(axis=0)) / 5)
        return (weights * state).sum(axis=0) / weights.sum(axis=0)
    near = min(NEAR, len(state))
    sums = np.cumsum(np.vstack([np.zeros(WIDTH), state]), axis=0)
    return ((sums[near:] - sums[:-near]) / near).max(axis=0)


@frozen(eq=False)
class _Activations:
    """The activations of some inputs, as `Activations` of the contract."""

    layers: tuple[int, ...]
    poolings: tuple[str, ...]
    predictions: None
    kept: tuple[int, ...]
    states: Sequence[Sequence[np.ndarray[Any, Any]]]

    def __len__(self) -> int:
        return len(self.states)

    def at(self, layer: int, pooling: str, /) -> np.ndarray[Any, Any]:
        import numpy as np

        if layer not in self.layers or pooling not in self.poolings:
            msg = f"layer {layer} with pooling {pooling!r} was not asked for"
            raise ModelError(msg)
        rows = [_pooled(states[layer], pooling) for states in self.states]
        return np.array(rows, dtype=np.float32).reshape(len(rows), WIDTH)

    def tokens(self, layer: int, /) -> Sequence[np.ndarray[Any, Any]]:
        if layer not in self.kept:
            msg = f"the tokens of layer {layer} were not asked for"
            raise ModelError(msg)
        return [states[layer].astype("float32") for states in self.states]


@frozen
class _Choices:
    options: tuple[str, ...]
    log_likelihoods: tuple[float, ...]
    best: int
    margin: float | None
    probabilities: Mapping[str, float]
    tie: bool = False
    nulls: tuple[int, ...] = ()

    @property
    def scores(self) -> tuple[float, ...]:
        return self.log_likelihoods


@frozen
class _Completion:
    text: str
    tokens: int
    finish: str = "stop"


class Thinking(ABC):
    """Gives a sample model the attributes by which richer models say what they can do.

    `watched` is the word that its answer hangs on: a model whose state is changed so that this word
    seems to come or go answers `otherwise`.
    """

    watched: str

    @abstractmethod
    def __call__(self, inputs: Sequence[Any], /) -> list[str]:
        """Answer each input."""

    @abstractmethod
    def otherwise(self, answer: str) -> str:
        """Give the other answer."""

    def activations(
        self,
        inputs: Sequence[Any],
        /,
        *,
        layers: Sequence[int] | None = None,
        poolings: Sequence[str] = ("last",),
        tokens: Sequence[int] = (),
        cache: Any = None,  # noqa: ARG002 - it is computed in no time
    ) -> _Activations:
        """Think about the inputs; see `Activates`."""
        wanted = tuple(range(1, LAYERS + 1)) if layers is None else tuple(layers)
        for layer in (*wanted, *tokens):
            if not 0 <= layer <= LAYERS:
                msg = f"the sample model has layers 1 to {LAYERS}, not {layer}"
                raise ModelError(msg)
        for pooling in poolings:
            if pooling not in POOLINGS:
                msg = f"there is no pooling {pooling!r}; there are {', '.join(POOLINGS)}"
                raise ModelError(msg)
        states = [self._states(value, {}) for value in inputs]
        return _Activations(wanted, tuple(poolings), None, tuple(tokens), states)

    def _states(
        self, value: Any, edits: Mapping[int, Callable[[Any], Any]]
    ) -> list[np.ndarray[Any, Any]]:
        import numpy as np

        states = [np.array([_vector(word) for word in _words(value)])]
        for layer in range(1, LAYERS + 1):
            state = _deeper(states[-1])
            states.append(_edited(state, edits[layer]) if layer in edits else state)
        return states

    def _notices(self, value: Any, edits: Mapping[int, Callable[[Any], Any]]) -> bool:
        watched = _vector(self.watched)
        last = self._states(value, edits)[-1][-1]
        return bool(last @ watched > NOTICED * (watched @ watched))

    def intervened(self, edits: Mapping[int, Callable[[Any], Any]], /) -> Model:
        """Change what leaves a layer; see `Intervenes`."""

        def model(inputs: Sequence[Any], /) -> list[str]:
            return [
                answer
                if self._notices(value, edits) == self._notices(value, {})
                else self.otherwise(answer)
                for value, answer in zip(inputs, self(inputs), strict=True)
            ]

        return model

    def embed_text(self, texts: Sequence[str], /) -> np.ndarray[Any, Any]:
        """Give the mean of a text's word vectors; see `EmbedsText`."""
        import numpy as np

        rows = [np.mean([_vector(word) for word in _words(text)], axis=0) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), WIDTH)

    def choices(
        self,
        prompts: Sequence[str],
        options: Sequence[Sequence[str]],
        *,
        normalization: str | None = None,  # noqa: ARG002 - options are single words to it
    ) -> list[_Choices]:
        """Prefer the option that is its answer; the others at random."""
        return [
            _chosen(prompt, tuple(offered), answer)
            for prompt, offered, answer in zip(prompts, options, self(prompts), strict=True)
        ]

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int | None = None,
    ) -> list[_Completion]:
        """Say the prompt's first words again, and doubt where the watched word is among them."""
        found = []
        for prompt, answer in zip(prompts, self(prompts), strict=True):
            read = _words(prompt)
            doubt = "Wait, I am not sure. " if self.watched in read else ""
            text = f"Let me think: {' '.join(read[:8])} {doubt}So the answer is {answer}."
            words = text.split()[:max_new_tokens]
            ended = "stop" if len(words) == len(text.split()) else "length"
            found.append(_Completion(" ".join(words), len(words), ended))
        return found


def _edited(state: np.ndarray[Any, Any], edit: Callable[[Any], Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    try:
        import torch
    except ImportError:
        msg = "the state of a sample model is edited as a torch tensor, and torch is not installed"
        raise NotExercised(msg) from None
    changed = edit(torch.from_numpy(state[None].astype(np.float32)))
    return np.asarray(changed.detach().numpy()[0], dtype=np.float64)


def _chosen(prompt: str, options: tuple[str, ...], answer: str) -> _Choices:
    import math

    scores = tuple(
        -0.5 if option == answer else -2 - derive(0, prompt, option) % 1000 / 1000
        for option in options
    )
    ranked = sorted(scores, reverse=True)
    odds = [math.exp(score) for score in scores]
    return _Choices(
        options,
        scores,
        scores.index(ranked[0]),
        ranked[0] - ranked[1] if len(ranked) > 1 else None,
        {option: one / sum(odds) for option, one in zip(options, odds, strict=True)},
    )
