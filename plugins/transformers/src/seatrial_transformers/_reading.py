"""Reads and pools the residual stream at the prompts of a batch while the batch is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch
from attrs import define, field, frozen

from ._blocks import Stream
from ._pooling import pooled

__all__ = ["NotFiniteError", "Prompt", "Reader", "Taken"]

RAGGED = 0.75
"""Prompts shorter than this fraction of the longest are pooled apart from it."""


class NotFiniteError(ArithmeticError):
    """A layer gave NaN or infinity; `layer` says which."""

    def __init__(self, layer: int) -> None:
        super().__init__(layer)
        self.layer = layer


class _ReachedError(Exception):
    """Ends a forward pass of which only the blocks up to here are wanted."""


@frozen
class Prompt:
    """The tokens of a prompt, of which the first `skip` (BOS) are fed and not read.

    `question` is the place of the question's last token among all.
    """

    ids: tuple[int, ...]
    skip: int
    question: int

    @property
    def read(self) -> int:
        return len(self.ids) - self.skip


@frozen(eq=False)
class Taken:
    """What was read: `vectors` [layers, poolings, prompts, width] and each kept layer's tokens."""

    vectors: Any
    tokens: dict[int, list[Any]]


@frozen(eq=False)
class _Bucket:
    """Prompts of similar length: which they are, and which row is each one's n-th token.

    `rows` is a slice where they follow each other, which spares a copy.
    """

    places: Any
    rows: Any
    lengths: Any
    questions: Any


@define(eq=False)
class Reader:
    """Watches the layers asked for; `rows` says where the prompts are in the next forward pass."""

    stream: Stream
    layers: tuple[int, ...]
    poolings: tuple[str, ...]
    tokens: tuple[int, ...]
    _buckets: list[_Bucket] | None = field(factory=list, init=False)
    _header: dict[int, Any] = field(factory=dict, init=False)
    _vectors: Any = field(default=None, init=False)
    _kept: dict[int, list[Any]] = field(factory=dict, init=False)
    _count: int = field(default=0, init=False)
    _stops: bool = field(default=False, init=False)

    @property
    def deepest(self) -> int:
        """The last layer that is read."""
        return max((*self.layers, *self.tokens), default=0)

    @contextmanager
    def heading(self, *, stops: bool) -> Iterator[None]:
        """Append what a forward pass gives to the header that later passes continue."""
        self._buckets, self._stops = None, stops
        with self.stream.watched(self._watch), suppress(_ReachedError):
            yield

    def crop(self, tokens: int) -> None:
        """Keep only so many tokens of the header."""
        if tokens:
            self._header = {layer: rows[:tokens] for layer, rows in self._header.items()}
        else:
            self._header.clear()

    @contextmanager
    def reading(
        self,
        prompts: Sequence[Prompt],
        paths: Sequence[Sequence[int]],
        device: Any,
        *,
        stops: bool,
    ) -> Iterator[None]:
        """Read the prompts from one forward pass, and end it after the last layer if it `stops`.

        `paths` says which row each token of a prompt is, `skip`ped ones included; rows of a header
        come before the others.
        """
        self._buckets = list(_bucketed(prompts, paths, device))
        self._count, self._stops = len(prompts), stops
        self._vectors, self._kept = None, {one: [None] * len(prompts) for one in self.tokens}
        with self.stream.watched(self._watch), suppress(_ReachedError):
            yield

    def taken(self) -> Taken:
        """Give what the last pass left, on the CPU; raises `NotFiniteError`."""
        vectors, self._vectors = self._vectors, None
        vectors = () if vectors is None else vectors.cpu().numpy()
        for layer, matrix in zip(self.layers, vectors, strict=True):
            _check(matrix, layer)
        for layer, kept in self._kept.items():
            for matrix in kept:
                _check(matrix, layer)
        return Taken(vectors, self._kept)

    def _watch(self, layer: int, hidden: Any) -> Any:
        if layer in self.layers or layer in self.tokens:
            flat = hidden.reshape(-1, hidden.shape[-1])
            if self._buckets is None:
                before = self._header.get(layer)
                self._header[layer] = flat if before is None else torch.cat([before, flat])
            else:
                if layer in self._header:
                    flat = torch.cat([self._header[layer], flat])
                for bucket in self._buckets:
                    self._take(layer, flat, bucket)
        if self._stops and layer == self.deepest:
            raise _ReachedError
        return hidden

    def _take(self, layer: int, flat: Any, bucket: _Bucket) -> None:
        rows = flat[bucket.rows].reshape(len(bucket.places), -1, flat.shape[-1]).float()
        if layer in self.layers:
            if self._vectors is None:
                shape = len(self.layers), len(self.poolings), self._count, flat.shape[-1]
                self._vectors = torch.empty(shape, dtype=torch.float32, device=flat.device)
            vectors = pooled(rows, bucket.lengths, bucket.questions, self.poolings)
            self._vectors[self.layers.index(layer)][:, bucket.places] = vectors
        if layer in self.tokens:
            each = zip(bucket.places.tolist(), bucket.lengths.tolist(), rows, strict=True)
            for place, length, row in each:
                self._kept[layer][place] = row[:length].cpu().numpy().copy()


def _bucketed(
    prompts: Sequence[Prompt], paths: Sequence[Sequence[int]], device: Any
) -> Iterator[_Bucket]:
    order = sorted(range(len(prompts)), key=lambda place: -prompts[place].read)
    while order:
        longest = prompts[order[0]].read
        several = [place for place in order if prompts[place].read >= RAGGED * longest]
        order = order[len(several) :]
        index: list[int] = []
        for place in several:
            path = list(paths[place][prompts[place].skip :])
            index += path + [path[-1]] * (longest - len(path))
        read = [prompts[place].read for place in several]
        questions = [prompts[place].question - prompts[place].skip for place in several]
        first, size = index[0], len(index)
        follow = index == list(range(first, first + size))
        rows = slice(first, first + size) if follow else torch.tensor(index, device=device)
        yield _Bucket(
            torch.tensor(several, device=device),
            rows,
            torch.tensor(read, device=device),
            torch.tensor(questions, device=device),
        )


def _check(matrix: Any, layer: int) -> None:
    import numpy as np

    if not np.isfinite(matrix).all():
        raise NotFiniteError(layer)
