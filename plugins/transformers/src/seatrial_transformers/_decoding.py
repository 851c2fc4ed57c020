"""Writing many texts at once, with the beginnings of their prompts held once.

Prompts that share a beginning form a lane: one row of a batch, whose keys and values hold the
beginning, what else stands in the prompts, and all tokens written so far; each text attends to its
own. Lanes are padded to one length, and go on together one token of each text at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

import torch
from attrs import define, frozen
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from ._batches import planned
from ._likelihoods import canonical, given_for, prefix_of
from ._loading import Loaded
from ._logits import check_finite
from ._tree import Span, Tree, ancestors

__all__ = ["decoded", "draws"]

Ids = tuple[int, ...]
Choose = Callable[[Any], int]
"""Takes the float32 logits of one text's next token [vocabulary] and gives the token."""

WIDTH = 2
"""How many times `batch_tokens` a lane may hold beside its beginning."""


def draws(seed: int, temperature: float) -> Choose | None:
    """Give a function that samples; None at temperature 0, where the likeliest token is taken."""
    if not temperature:
        return None
    random = Random(seed)

    def choose(logits: Any) -> int:
        total = (logits.double() / temperature).softmax(-1).cumsum(-1)
        place = torch.searchsorted(total, total[-1] * random.random(), right=True)
        return min(int(place), len(total) - 1)

    return choose


class _Room(DynamicLayer):
    """The keys and values of one layer, with room for tokens to come."""

    def __init__(self, keys: Any, values: Any, more: int) -> None:
        super().__init__()
        self.lazy_initialization(keys, values)
        shape = (*keys.shape[:2], keys.shape[2] + more, keys.shape[3])
        self.room_of_keys = keys.new_zeros(shape)
        self.room_of_values = values.new_zeros((*shape[:3], values.shape[3]))
        self.length = 0
        self.update(keys, values)

    def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
        stop = self.length + key_states.shape[2]
        self.room_of_keys[:, :, self.length : stop] = key_states
        self.room_of_values[:, :, self.length : stop] = value_states
        self.length = stop
        return self._show()

    def select(self, lanes: Any) -> None:
        self.room_of_keys, self.room_of_values = (
            self.room_of_keys[lanes],
            self.room_of_values[lanes],
        )
        self._show()

    def _show(self) -> tuple[Any, Any]:
        self.keys = self.room_of_keys[:, :, : self.length]
        self.values = self.room_of_values[:, :, : self.length]
        return self.keys, self.values


@frozen(eq=False)
class _Lane:
    """Prompts after one forward pass: which tokens each of them sees, and its next logits."""

    prompts: list[Ids]
    layers: list[tuple[Any, Any]]
    seen: Any
    """[prompts, tokens], true where a token is the prompt's own."""
    logits: Any
    """[prompts, vocabulary]"""


def decoded(
    loaded: Loaded,
    prompts: Mapping[Ids, Choose | None],
    *,
    max_new_tokens: int,
    ends: Sequence[int],
    batch_tokens: int,
    room: int,
) -> dict[Ids, list[int]]:
    """Give the tokens written after each prompt, up to and with one of `ends`.

    `room` bounds the tokens whose keys and values are held at once.
    """
    alone = canonical(loaded.module)
    groups = [(Span((*ids, 0), len(ids)),) for ids in prompts]  # 0 stands for the token to come
    trees = planned(groups, WIDTH * batch_tokens, canonical=alone, more=max_new_tokens)
    written: dict[Ids, list[int]] = {ids: [] for ids in prompts}
    for batch in _fitting(trees, max_new_tokens, 0 if alone else room):
        prefix = prefix_of(loaded)
        lanes = [_prefilled(loaded.module, tree, prefix.at(tree.beginning)) for tree in batch]
        _Writing(loaded.module, lanes, prompts, written, max_new_tokens, frozenset(ends)).finish()
    return written


def _fitting(trees: Iterator[Tree], more: int, room: int) -> Iterator[list[Tree]]:
    batch: list[Tree] = []
    longest = 0
    for tree in trees:
        size = tree.header + len(tree.tokens) + more * len(tree.spans)
        if batch and (len(batch) + 1) * max(longest, size) > room:
            yield batch
            batch, longest = [], 0
        batch.append(tree)
        longest = max(longest, size)
    if batch:
        yield batch


def _prefilled(module: Any, tree: Tree, cache: Any) -> _Lane:
    cache = DynamicCache() if cache is None else cache
    nodes = torch.tensor([node for node, _, _ in tree.scored], device=module.device)
    mask, _ = ancestors(tree, torch.float32)
    with torch.inference_mode():
        logits = module(**given_for(module, tree, cache, nodes)).logits[0]
        layers = [(one.keys, one.values) for one in cache.layers]
        cache.crop(-len(tree.tokens))
    if len(logits) != len(nodes):  # a model that cannot be asked for some positions gives all
        logits = logits[nodes]
    seen = mask[0, 0].to(module.device)[nodes] == 0
    return _Lane([span.ids[:-1] for span in tree.spans], layers, seen, logits)


@define(eq=False)
class _Writing:
    """Lanes that go on together. Row r of a lane is one text; rows of short lanes repeat one."""

    module: Any
    lanes: list[_Lane]
    prompts: Mapping[Ids, Choose | None]
    written: dict[Ids, list[int]]
    max_new_tokens: int
    ends: frozenset[int]

    def finish(self) -> None:
        texts = [list(lane.prompts) for lane in self.lanes]
        each = [list(lane.logits) for lane in self.lanes]
        cache, seen = self._joined()
        for step in range(self.max_new_tokens):
            open_rows = [
                [row for row, ids in enumerate(some) if self._takes(ids, logits[row])]
                for some, logits in zip(texts, each, strict=True)
            ]
            if step + 1 == self.max_new_tokens or not any(open_rows):
                return
            lanes = [lane for lane, rows in enumerate(open_rows) if rows]
            width = max(map(len, open_rows))
            if len(lanes) < len(texts):
                for layer in cache.layers:
                    layer.select(lanes)
            texts = [[texts[lane][row] for row in open_rows[lane]] for lane in lanes]
            rows = [(open_rows[lane] * width)[:width] for lane in lanes]
            seen = torch.stack([seen[lane][some] for lane, some in zip(lanes, rows, strict=True)])
            each, seen = self._step(texts, cache, seen)

    def _takes(self, ids: Ids, logits: Any) -> bool:
        """Choose a text's next token, and say whether it goes on."""
        choose = self.prompts[ids]
        top, token = logits.max(-1)
        check_finite(float(top))
        token = int(token) if choose is None else choose(logits.float())
        self.written[ids].append(token)
        return token not in self.ends

    def _joined(self) -> tuple[Any, Any]:
        """Pad the lanes to one length: keys and values with room to go on, and what is seen."""
        longest = max(lane.seen.shape[1] for lane in self.lanes)
        width = max(len(lane.prompts) for lane in self.lanes)
        more = width * (self.max_new_tokens - 1)
        seen = torch.zeros(
            len(self.lanes), width, longest, dtype=torch.bool, device=self.module.device
        )
        for place, lane in enumerate(self.lanes):
            seen[place, : len(lane.prompts), : lane.seen.shape[1]] = lane.seen
        cache = DynamicCache()
        with torch.inference_mode():
            cache.layers = [
                _Room(
                    _padded([keys for keys, _ in layer], longest),
                    _padded([values for _, values in layer], longest),
                    more,
                )
                for layer in zip(*(lane.layers for lane in self.lanes), strict=True)
            ]
        return cache, seen

    def _step(self, texts: list[list[Ids]], cache: Any, seen: Any) -> tuple[list[Any], Any]:
        """Feed the last token of each text; give the next logits and what is seen with it."""
        lanes, width, _ = seen.shape
        device, dtype = self.module.device, self.module.dtype
        new = torch.eye(width, dtype=torch.bool, device=device).expand(lanes, -1, -1)
        places = seen.sum(-1)
        seen = torch.cat([seen, new], dim=-1)
        mask = torch.zeros(seen.shape, dtype=dtype, device=device)
        mask = mask.masked_fill_(~seen, torch.finfo(dtype).min)[:, None]
        tokens = [[self.written[ids][-1] for ids in some] for some in texts]
        tokens = [(some * width)[:width] for some in tokens]
        with torch.inference_mode():
            logits = self.module(
                input_ids=torch.tensor(tokens, device=device),
                attention_mask=mask,
                position_ids=places,
                past_key_values=cache,
                use_cache=True,
            ).logits
        return list(logits), seen


def _padded(tensors: Sequence[Any], length: int) -> Any:
    return torch.cat(
        [torch.nn.functional.pad(one, (0, 0, 0, length - one.shape[2])) for one in tensors]
    )
