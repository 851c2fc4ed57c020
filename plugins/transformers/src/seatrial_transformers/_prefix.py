"""Key-value caches of the tokens with which prompts begin, within a call and from call to call.

A beginning is computed in chunks that end at fixed places, so the keys and values of a chunk depend
on the tokens up to its end and on nothing else: it makes no difference to any answer, bit for bit,
whether they are computed now or were kept from an earlier call.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from attrs import define, field

from ._logits import headed
from ._tree import shared_length

if TYPE_CHECKING:
    from ._reading import Reader

__all__ = ["Prefix", "PrefixCache", "chunk_size", "chunks_end"]

SIZES = ((32, 16), (512, 32), (2048, 128))
"""Tokens of a chunk that starts before a position; later ones have `LARGEST`."""

LARGEST = 512

Layers = list[tuple[Any, Any]]
"""The keys and values of one chunk [1, heads, tokens, width], layer by layer."""


def chunk_size(position: int) -> int:
    """Give the number of tokens of the chunk that starts at this position."""
    return next((size for stop, size in SIZES if position < stop), LARGEST)


def chunks_end(tokens: int) -> int:
    """Give the last place, at most `tokens`, at which a chunk ends."""
    end = 0
    while end + chunk_size(end) <= tokens:
        end += chunk_size(end)
    return end


@define(eq=False)
class PrefixCache:
    """The chunks that were used last, up to `limit` bytes; 0 keeps nothing. Threads may share it.

    A change of the model's weights or hooks in place empties it.
    """

    limit: int
    _chunks: OrderedDict[tuple[int, ...], Layers] = field(factory=OrderedDict, init=False)
    _state: object = field(default=None, init=False)
    _bytes: int = field(default=0, init=False)
    _lock: Any = field(factory=threading.Lock, init=False)

    @property
    def bytes(self) -> int:
        """The size of what is kept."""
        return self._bytes

    def refresh(self, module: Any) -> None:
        """Empty the cache if the module is no longer what it was at the last call."""
        state = _state(module)
        with self._lock:
            if state != self._state:
                self._chunks.clear()
                self._state, self._bytes = state, 0

    def get(self, ids: tuple[int, ...]) -> Layers | None:
        """Give the last chunk of these tokens, None where it is not kept."""
        with self._lock:
            if ids in self._chunks:
                self._chunks.move_to_end(ids)
            return self._chunks.get(ids)

    def put(self, ids: tuple[int, ...], layers: Layers) -> None:
        """Keep the last chunk of these tokens, and drop what was not used for longest."""
        size = _size_of(layers)
        with self._lock:
            if size > self.limit or ids in self._chunks:
                return
            self._chunks[ids] = layers
            self._bytes += size
            while self._bytes > self.limit:
                _, dropped = self._chunks.popitem(last=False)
                self._bytes -= _size_of(dropped)


def _size_of(layers: Layers) -> int:
    return sum(one.numel() * one.element_size() for pair in layers for one in pair)


def _state(module: Any) -> object:
    """Tell apart the states of a module: torch counts the writes to each tensor."""
    tensors = [*module.parameters(), *module.buffers()]
    hooks = [(*part._forward_pre_hooks, -1, *part._forward_hooks) for part in module.modules()]
    return [(id(one), one.data_ptr(), one._version) for one in tensors], hooks


@define(eq=False)
class Prefix:
    """A key-value cache that moves from one beginning to the next and computes what is new.

    With a `reader` the hidden states of its tokens are kept too, for as long as the cache holds
    them; nothing is then taken from the `kept` chunks, and if it `stops`, passes end after the last
    layer that is read.
    """

    module: Any
    kept: PrefixCache | None = None
    reader: Reader | None = None
    stops: bool = False
    _ids: tuple[int, ...] = field(default=(), init=False)
    _cache: Any = field(default=None, init=False)

    def at(self, ids: tuple[int, ...]) -> Any:
        """Give the cache of a beginning that ends with a chunk; None for no tokens.

        What is appended to it must be cropped off again.
        """
        from transformers import DynamicCache

        common = chunks_end(shared_length(ids, self._ids))
        if not common:
            # Unlike the model's own choice this cache never forgets beyond a sliding window.
            self._cache = DynamicCache()
        else:
            self._cache.crop(common - len(self._ids))
        if self.reader is not None:
            self.reader.crop(common)
        self._ids = ids[:common]
        while len(self._ids) < len(ids):
            self._extend(ids[: len(self._ids) + chunk_size(len(self._ids))])
        return self._cache if ids else None

    def _extend(self, ids: tuple[int, ...]) -> None:
        chunk = None if self.kept is None else self.kept.get(ids)
        if chunk is None:
            self._compute(ids[len(self._ids) :])
            if self.kept is not None and self.kept.limit:
                new = len(ids) - len(self._ids)
                layers = [
                    (layer.keys[..., -new:, :].clone(), layer.values[..., -new:, :].clone())
                    for layer in self._cache.layers
                ]
                self.kept.put(ids, layers)
        else:
            for layer, (keys, values) in enumerate(chunk):
                self._cache.update(keys, values, layer)
        self._ids = ids

    def _compute(self, ids: Sequence[int]) -> None:
        tokens = torch.tensor([ids], device=self.module.device)
        watched = nullcontext() if self.reader is None else self.reader.heading(stops=self.stops)
        with torch.inference_mode(), watched:
            self.module(
                input_ids=tokens,
                past_key_values=self._cache,
                use_cache=True,
                **headed(self.module, 1),
            )
