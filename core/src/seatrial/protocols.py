"""What factories give: the callables and values that authors type against.

A component's factory returns one of these. Every protocol follows scikit-learn's order of arguments
and takes the random seed as the keyword `seed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from ._cases import Case, Failed, Outcome, Prediction, Preference
    from ._findings import Finding
    from ._reference import Reference
    from .explaining._explanation import Explanation

__all__ = [
    "POOLINGS",
    "Activates",
    "Activations",
    "Adapt",
    "AsyncModel",
    "Carrier",
    "Check",
    "Corrupt",
    "EmbedsImages",
    "EmbedsText",
    "Execute",
    "Explain",
    "Intervenes",
    "Loss",
    "Model",
    "Perturb",
    "Render",
    "Score",
    "Search",
    "Train",
    "Work",
]


class Model(Protocol):
    """Any callable from inputs to answers, one each, in order; see `AsyncModel` for `async def`.

    An answer is a bare value, a `Prediction`, or `Failed` for one input that could not be answered.
    A model may state `identity`, `batch_size`, `prefers` ("same-case" or "same-length": what to
    batch together), `deterministic = False`, `remote = True` where its code does not tell what it
    is, as with an endpoint, and `uncached`, the same model without the answers that it keeps.
    Conversations of which it says some turns are given to it turn by turn, with what it said.
    """

    def __call__(self, inputs: Sequence[Any], /) -> Sequence[Any | Prediction | Failed]: ...


class AsyncModel(Protocol):
    """A model whose calls may wait, as those of endpoints do.

    `max_concurrency`, an attribute, is how many calls may wait at once (8 where there is none).
    """

    async def __call__(self, inputs: Sequence[Any], /) -> Sequence[Any | Prediction | Failed]: ...


class Perturb(Protocol):
    """Change one value and keep its modality; with `sees_case`, one Case in and one Case out."""

    def __call__(self, value: Any, /, *, seed: int) -> Any: ...


class Corrupt(Protocol):
    """Change the training cases, and perhaps what the model that was trained on them is asked.

    A case that is left alone keeps its id and comes back as it is. Called with a case, it gives
    what the model is asked: that case, unless a trigger belongs to the change.
    """

    def training(self, cases: Sequence[Case], /, *, seed: int) -> Sequence[Case]:
        """Give the cases to train on."""
        ...

    def __call__(self, case: Case, /, *, seed: int) -> Case: ...


class Train(Protocol):
    """Train a model on cases: the function of a specification's `train`.

    The model is any callable but an `async` one. The seed is the same for all cases that it is
    trained on, so that models differ by their training cases alone.
    """

    def __call__(self, cases: Sequence[Case], /, *, seed: int) -> Model: ...


class Loss(Protocol):
    """Tell how badly the model fares on each candidate: in [0, 1], higher is worse for the model.

    A candidate is what the search gives back: a value of the modality, or a Case with `sees_case`.
    Each one is a query; asking for more than are `left` raises `TrialError`. A search that looks
    inside the model (its component has `needs`) finds it as `model`, and says with `spend` how many
    queries that was worth: one for each input that goes forward and back.
    """

    @property
    def left(self) -> int:
        """How many queries may still be asked."""
        ...

    @property
    def target(self) -> Any:
        """The target of the case."""
        ...

    @property
    def model(self) -> Any:
        """The model, if the component has `needs`; else None."""
        ...

    def __call__(self, candidates: Sequence[Any], /) -> list[float]: ...

    def spend(self, queries: int, /) -> None:
        """Count queries that were asked of `model` directly."""
        ...


class Search(Protocol):
    """Look for the worst that can become of a value, and give that; see `Loss`."""

    def __call__(self, value: Any, /, *, seed: int, loss: Loss) -> Any: ...


class Score(Protocol):
    """Score predictions against targets: one float, or with `per_case` one float per case."""

    def __call__(self, targets: Sequence[Any], predictions: Sequence[Any], /) -> Any: ...


class Explain(Protocol):
    """Learn from measured outcomes what predicts failure.

    The outcomes are the training set: the verb `explain` keeps a test set that no explainer sees.
    The predictor of the explanation gives probabilities of failure. The grade is added by the verb.
    """

    def __call__(
        self, model: Model, outcomes: Sequence[Outcome], /, *, seed: int
    ) -> Explanation: ...


class Work(Protocol):
    """What an adapter may use while it works."""

    @property
    def directory(self) -> Path | None:
        """A folder that outlives an interruption: keep checkpoints there and go on from them."""
        ...

    @property
    def reference(self) -> Reference | None:
        """The import string of the original model, None for a live object."""
        ...

    def progress(self, done: int, total: int | None = None, /, **figures: float) -> None:
        """Tell how many steps are done, of how many, and figures of the last one, such as its loss.

        They are shown beside the steps, in the order in which they are given.
        """
        ...


class Adapt(Protocol):
    """Give a repaired model; the original stays as it was.

    The examples are cases, outcomes or preferences, as the component's `reads` says. What is given
    counts as learned from them all, unless it has `trained_on`, the ids of the cases of which it
    used any (a tuple): verdicts then leave out those alone.
    """

    def __call__(
        self,
        model: Model,
        examples: Sequence[Case] | Sequence[Outcome] | Sequence[Preference],
        /,
        *,
        seed: int,
        work: Work,
    ) -> Model: ...


class Check(Protocol):
    """Look for faults of an experiment before compute is spent, or before it is explained.

    An audit that reads outcomes gets `Outcome`s in the place of cases. `model` is None where none
    was given; an audit that cannot do without states `needs`.
    """

    def __call__(
        self, plan: Any, model: Any, cases: Sequence[Case] | Sequence[Outcome], /
    ) -> Iterable[Finding]: ...


class Carrier(Protocol):
    """What a modality's factory gives: how values of this kind are told apart, kept and measured.

    `dump` and `load` use a safe format (never pickle) and are exact: `load(dump(v))` has the digest
    of `v`. All methods are pure, and none changes what it is given. A carrier may also have
    `read(path)`, by which an `Asset` of its modality is opened; `similarity(clean, perturbed)`, how
    alike two values look, 1 where they are equal; `picture(value, like=other)`, which shows a value
    as uint8 H×W×1 or 3, in the range of another; and `example()`, a value to show perturbations on.
    """

    def holds(self, value: Any, /) -> bool:
        """Tell whether this is a value of the modality."""
        ...

    def digest(self, value: Any, /) -> str:
        """Name the content: equal for equal values, in every process and on every machine."""
        ...

    def freeze(self, value: Any, /) -> Any:
        """Give the same value in a form that cannot be written to."""
        ...

    def dump(self, value: Any, /) -> bytes:
        """Write a value as bytes."""
        ...

    def load(self, data: bytes, /) -> Any:
        """Read what `dump` wrote."""
        ...

    def distance(self, clean: Any, perturbed: Any, /) -> float | None:
        """Measure how far a value was moved, 0 where it was not; None where that is undefined."""
        ...

    def preview(self, value: Any, /) -> str:
        """Show a value in one line of text."""
        ...

    def samples(self) -> Sequence[Any]:
        """Give several typical values, for the conformance kit."""
        ...

    def edges(self) -> Sequence[Any]:
        """Give the smallest, emptiest and most constant values that are still allowed."""
        ...


class Render(Protocol):
    """What a reporter's factory gives: a bundle of results to the bytes of one file.

    The bundle has `report`, `judgement`, `comparison` and `explanations`; what there is none of is
    None, and `explanations` is then empty.
    """

    def __call__(self, bundle: Any, /) -> bytes: ...


class Execute(Protocol):
    """What an executor's factory gives: somewhere to measure batches.

    The driver opens it once with a job, submits batches, and closes it. A job is a picklable
    callable from a batch to its results; `open` may build it in every worker. The first batch is
    empty: it makes a worker build the model, and what it raises stops the run before anything is
    stored. `capacity`, an attribute, is how many batches may be under way at once (twice the number
    of cores where there is none). After a loss, `submit` replaces the worker, or raises.
    """

    def open(self, job: Callable[[Any], Any], /) -> None:
        """Make ready to run a job."""
        ...

    def submit(self, batch: Any, /) -> Future[Any]:
        """Start measuring one batch."""
        ...

    def is_worker_loss(self, error: BaseException, /) -> bool:
        """Tell whether an error means that a worker was lost, not that the job failed."""
        ...

    def close(self) -> None:
        """End the workers; calling it twice does nothing."""
        ...


POOLINGS: Mapping[str, str] = {
    "last": "the last token of the prompt",
    "question": "the last token of the input's part `question`",
    "mean": "the mean over tokens",
    "max": "the maximum of each dimension over tokens",
    "softmax": "the mean of each dimension over tokens, weighted by the softmax of value / 5",
    "rolling": "the maximum mean of each dimension over 40 tokens in a row",
}
"""How the activations of a prompt's tokens become one vector; a token that begins every text
(BOS) counts in none, because its norm is far from that of any other."""


class Activations(Protocol):
    """The activations of a model at the prompts it was judged on, one row for each input.

    `layers` count from 1, the residual stream after the first block; 0 is the embedding.
    `predictions` are the answers given in the same forward pass, None where the inputs have no
    options to choose from.
    """

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers that were kept."""
        ...

    @property
    def poolings(self) -> tuple[str, ...]:
        """The poolings that were kept."""
        ...

    @property
    def predictions(self) -> Sequence[Prediction] | None:
        """The answers of the same pass, where there are options."""
        ...

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
    """The attribute `activations`: the residual stream at the prompts that are judged."""

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
