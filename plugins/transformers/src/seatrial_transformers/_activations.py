"""Activations of a model at the prompts that it is judged on, kept on disk."""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from attrs import define, frozen

from seatrial import Prediction
from seatrial.errors import ModelError
from seatrial.kit import digest

from ._blocks import there
from ._prompts import Question
from ._shards import Shard, found, written

if TYPE_CHECKING:
    import numpy as np

    from ._extraction import Asked

__all__ = ["POOLINGS", "SavedActivations", "Source", "activations"]

POOLINGS = ("last", "question", "mean", "max", "softmax", "rolling")
SCHEME = 1
"""Raised whenever the same prompts would give other activations: older files no longer count."""

LARGE = 32 << 20  # bytes of a file, about
MOST = 256  # prompts of a file, which is what an interruption may lose


@frozen(eq=False)
class Source:
    """The model that is read: its weights when they are needed, and how it words and answers.

    `identity` is None for a model of which nothing may be found again.
    """

    loaded: Callable[[], Any]
    worded: Callable[[Sequence[Question]], list[tuple[str, bool]]]
    """Gives the texts that go to the model, and whether a chat template made each."""
    answered: Callable[[Question, list[float | None], list[int]], Prediction]
    identity: Callable[[], str] | None
    separator: str
    batch_tokens: int


@frozen
class _Wanted:
    layers: tuple[int, ...]
    poolings: tuple[str, ...]
    tokens: tuple[int, ...]

    def within(self, facts: Mapping[str, Any]) -> bool:
        return all(
            set(wanted) <= set(facts[name])
            for name, wanted in (
                ("layers", self.layers),
                ("poolings", self.poolings),
                ("tokens", self.tokens),
            )
        )


@define(eq=False)
class SavedActivations:
    """The activations at each input, in files of which only what is asked for is read.

    `layers` count from 1; `predictions` were given in the same forward pass, and are None where the
    inputs have no options. Files that lie in no cache go away with this object.
    """

    layers: tuple[int, ...]
    poolings: tuple[str, ...]
    predictions: Sequence[Prediction] | None
    _kept: tuple[int, ...]
    _rows: Sequence[tuple[Shard, int]]
    _width: int

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, layer: int, pooling: str, /) -> np.ndarray[Any, Any]:
        """Read the vectors of one layer and pooling: float32 [inputs, width]."""
        import numpy as np

        if layer not in self.layers or pooling not in self.poolings:
            msg = (
                f"layer {layer} with the pooling {pooling!r} was not read; there are the layers "
                f"{_listed(self.layers)} with {_listed(self.poolings)}"
            )
            raise ModelError(msg)
        matrix = np.empty((len(self), self._width), dtype=np.float32)
        places: dict[Shard, list[tuple[int, int]]] = {}
        for place, (shard, row) in enumerate(self._rows):
            places.setdefault(shard, []).append((place, row))
        for shard, pairs in places.items():
            to, of = (list(each) for each in zip(*pairs, strict=True))
            matrix[to] = shard.matrix(f"{layer}.{pooling}")[of]
        return matrix

    def tokens(self, layer: int, /) -> Sequence[np.ndarray[Any, Any]]:
        """Read every token of one layer when it is asked for: float32 [tokens, width] each.

        A token that begins every text (BOS) is left out. Only for layers named with `tokens=`.
        """
        if layer not in self._kept:
            msg = (
                f"the tokens of layer {layer} were not kept (kept: {_listed(self._kept)}); "
                f"ask for activations with tokens=({layer},)"
            )
            raise ModelError(msg)
        return _Tokens(self, layer)


@frozen(eq=False)
class _Tokens(Sequence["np.ndarray[Any, Any]"]):
    owner: SavedActivations  # its files must stay as long as this
    layer: int

    def __len__(self) -> int:
        return len(self.owner)

    @overload
    def __getitem__(self, place: int) -> np.ndarray[Any, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[np.ndarray[Any, Any]]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        shard, row = self.owner._rows[place]
        lengths = shard.facts["lengths"]
        first = sum(lengths[:row])
        return shard.matrix(f"{self.layer}.tokens", first, first + lengths[row])


def activations(
    source: Source,
    asked: Sequence[Question],
    *,
    layers: Sequence[int] | None,
    poolings: Sequence[str],
    tokens: Sequence[int],
    cache: str | Path | None,
) -> SavedActivations:
    """Read what is not in the cache yet, and hand out all of it."""
    _check(asked, poolings)
    if cache is not None:
        folder = Path(cache).expanduser() / _key([SCHEME, _identity(source)])
        shards = found(folder)
        finish: Callable[[object], None] = _keep
    else:
        folder = Path(tempfile.mkdtemp(prefix="seatrial-activations-"))
        shards = []
        finish = _dropper(folder)
    try:
        result = _gathered(source, asked, folder, shards, layers, tuple(poolings), tokens)
    except BaseException:
        if cache is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    finish(result)
    return result


def _keep(_: object) -> None:
    """Leave a cache where it is."""


def _dropper(folder: Path) -> Callable[[object], None]:
    def drop_with(result: object) -> None:
        weakref.finalize(result, shutil.rmtree, folder, ignore_errors=True)

    return drop_with


def _gathered(
    source: Source,
    asked: Sequence[Question],
    folder: Path,
    shards: list[Shard],
    layers: Sequence[int] | None,
    poolings: tuple[str, ...],
    tokens: Sequence[int],
) -> SavedActivations:
    depth = shards[0].facts["depth"] if shards else source.loaded().stream.checked().depth
    layers = there(range(1, depth + 1) if layers is None else layers, depth)
    tokens = there(tokens, depth)
    wanted = _Wanted(layers if poolings else (), poolings, tokens)
    shards = [shard for shard in shards if wanted.within(shard.facts)]
    places = {key: (one, row) for one in shards for row, key in enumerate(one.facts["keys"])}
    keys = [_key([_said(one), one.part, one.fields, one.options]) for one in asked]
    missing = {key: one for key, one in zip(keys, asked, strict=True) if key not in places}
    if missing:
        for shard in _read(source, missing, folder, wanted):
            places |= {key: (shard, row) for row, key in enumerate(shard.facts["keys"])}
    rows = [places[key] for key in keys]
    return SavedActivations(
        layers,
        poolings,
        _predictions(source, asked, rows),
        tokens,
        rows,
        rows[0][0].facts["width"] if rows else _width(source.loaded()),
    )


def _said(one: Question) -> Any:
    return one.prompt if one.messages is None else [[m.role, m.content] for m in one.messages]


def _read(
    source: Source, missing: Mapping[str, Question], folder: Path, wanted: _Wanted
) -> Iterator[Shard]:
    from ._extraction import asked_as, extracted
    from ._reading import Reader

    loaded = source.loaded()
    reader = Reader(loaded.stream.checked(), wanted.layers, wanted.poolings, wanted.tokens)
    facts = {
        "depth": loaded.stream.depth,
        "width": _width(loaded),
        "layers": wanted.layers,
        "poolings": wanted.poolings,
        "tokens": wanted.tokens,
    }
    questions = list(missing.values())
    texts = source.worded(questions)
    marked = "question" in wanted.poolings
    prompts = {
        key: asked_as(one, text, templated=templated, marked=marked)
        for key, one, (text, templated) in zip(missing, questions, texts, strict=True)
    }
    for slab in _slabs(prompts, _width(loaded), wanted):
        extract = extracted(
            loaded,
            [prompts[key] for key in slab],
            reader,
            separator=source.separator,
            batch_tokens=source.batch_tokens,
        )
        yield written(
            folder,
            extract.tensors,
            {
                **facts,
                "keys": slab,
                "lengths": extract.lengths,
                "likelihoods": extract.likelihoods,
                "counts": extract.counts,
            },
        )


def _slabs(prompts: Mapping[str, Asked], width: int, wanted: _Wanted) -> Iterator[list[str]]:
    """Put together what shares its beginning, up to the size of a file."""
    vector = 4 * width
    slab: list[str] = []
    size = 0
    for key in sorted(prompts, key=lambda one: (prompts[one].text, one)):
        guess = len(prompts[key].text) // 3  # characters of a token
        more = vector * (len(wanted.layers) * len(wanted.poolings) + guess * len(wanted.tokens))
        if slab and (size + more > LARGE or len(slab) == MOST):
            yield slab
            slab, size = [], 0
        slab.append(key)
        size += more
    yield slab


def _predictions(
    source: Source, asked: Sequence[Question], rows: Sequence[tuple[Shard, int]]
) -> list[Prediction] | None:
    if not asked or asked[0].options is None:
        return None
    return [
        source.answered(one, shard.facts["likelihoods"][row], shard.facts["counts"][row])
        for one, (shard, row) in zip(asked, rows, strict=True)
    ]


def _check(asked: Sequence[Question], poolings: Sequence[str]) -> None:
    if isinstance(poolings, str):
        msg = f"poolings must be a list of names, as in poolings=({poolings!r},)"
        raise ModelError(msg)
    if unknown := [one for one in poolings if one not in POOLINGS]:
        msg = f"there is no pooling {unknown[0]!r}; there are {_listed(POOLINGS)}"
        raise ModelError(msg)
    chosen = sum(one.options is not None for one in asked)
    if chosen not in (0, len(asked)):
        msg = (
            f"{chosen} of {len(asked)} inputs have options and the others have none: they are not "
            "judged alike, so ask for the activations of each kind by itself"
        )
        raise ModelError(msg)


def _identity(source: Source) -> str:
    if source.identity is None:
        msg = (
            "a model with edits keeps no activations unless each edit has an attribute `identity`, "
            "a text that changes with what the edit does; leave cache= out"
        )
        raise ModelError(msg)
    return source.identity()


def _key(whole: Any) -> str:
    return digest(json.dumps(whole))


def _width(loaded: Any) -> int:
    return int(loaded.module.config.get_text_config().hidden_size)


def _listed(some: Sequence[Any]) -> str:
    return ", ".join(map(str, some)) or "none"
