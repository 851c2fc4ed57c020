"""Log-likelihoods of many continuations, with whatever they share computed once.

Token sequences that begin alike are put into one tree, and the tree goes through the model in one
forward pass as a single row: each token's position is its depth, and it attends only to its
ancestors. A question's prompt is thus computed once for all its options, there is no padding, and
the vocabulary's logits are asked for only at tokens whose successor is scored. What all sequences
of a call share (instructions, worked examples) is computed once for all trees and kept as a
key-value cache. What the model thinks at a prompt can be read in the very pass that scores its
options: a `Read` span says at which tokens.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from attrs import field, frozen

from ._reading import Prompt, Reader, Taken

__all__ = ["Reading", "Span", "forkable", "headed", "kept", "log_likelihoods", "shared_length"]

HEADER = 16  # tokens; a shorter common beginning is not worth a forward pass of its own


@frozen
class Span:
    """The tokens `ids[start:]`, to be scored after `ids[:start]`; `start` is at least 1.

    With a `prompt` nothing is scored: its tokens are fed, to the last, and read.
    """

    ids: tuple[int, ...]
    start: int
    prompt: Prompt | None = None


def kept(prompt: Prompt) -> Span:
    """Give the span by which a prompt is read."""
    return Span(prompt.ids, len(prompt.ids), prompt)


@frozen(eq=False)
class Reading:
    """Who reads the prompts of a call, and who gets what was read from each batch of them."""

    reader: Reader
    give: Callable[[Sequence[Prompt], Taken], None]


@frozen(eq=False)
class Tree:
    """Tokens that share their beginnings; a span's last token is scored but never fed."""

    header: int = 0
    tokens: list[int] = field(factory=list, init=False)
    parents: list[int] = field(factory=list, init=False)
    children: dict[tuple[int, int], int] = field(factory=dict, init=False)
    spans: list[Span] = field(factory=list, init=False)
    scored: list[tuple[int, int, int]] = field(factory=list, init=False)
    """Triples: the token's node, the token that follows it, and the number of the span."""
    read: list[tuple[Prompt, list[int], int]] = field(factory=list, init=False)
    """Triples: a prompt, the row of each of its tokens, and the number of the span."""

    def add(self, group: Sequence[Span]) -> None:
        for span in group:
            node = -1
            path = list(range(self.header))
            for place in range(self.header, len(span.ids) - (span.prompt is None)):
                token = span.ids[place]
                child = self.children.get((node, token))
                if child is None:
                    child = len(self.tokens)
                    self.children[node, token] = child
                    self.tokens.append(token)
                    self.parents.append(node)
                node = child
                path.append(self.header + node)
                if span.start <= place + 1 < len(span.ids):
                    self.scored.append((node, span.ids[place + 1], len(self.spans)))
            if span.prompt is not None:
                self.read.append((span.prompt, path, len(self.spans)))
            self.spans.append(span)

    def drop(self, tokens: int, spans: int) -> None:
        """Forget what was added after there were so many tokens and spans."""
        for node in range(tokens, len(self.tokens)):
            del self.children[self.parents[node], self.tokens[node]]
        del self.tokens[tokens:], self.parents[tokens:], self.spans[spans:]
        for several in (self.scored, self.read):
            while several and several[-1][2] >= spans:
                several.pop()

    @property
    def forks(self) -> bool:
        return any(parent != node - 1 for node, parent in enumerate(self.parents))


def shared_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Count the tokens with which both begin."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def log_likelihoods(
    module: Any,
    groups: Sequence[Sequence[Span]],
    *,
    batch_tokens: int,
    share: bool = True,
    local: int | None = None,
    reading: Reading | None = None,
) -> list[list[float]]:
    """Give the sum of the log-probabilities of each span's scored tokens, group by group.

    A group's spans share most of their tokens (a question and its options) and stay together while
    `batch_tokens` allows. Without `share`, and for spans longer than `local`, each span is computed
    by itself with the model's own mask.
    """
    unique = {span for group in groups for span in group}
    if share:
        alone = {span for span in unique if local is not None and len(span.ids) > local}
    else:
        alone = unique
    found: dict[Span, float] = {}
    for together in _hosted(groups, alone):
        tree = Tree()
        tree.add(together)
        found.update(zip(together, _forward(module, tree, None, reading), strict=True))
    shared = [tuple(s for s in dict.fromkeys(group) if s not in alone) for group in groups]
    some = [group for group in dict.fromkeys(shared) if group]
    found.update(_shared(module, some, batch_tokens, reading))
    return [[found[span] for span in group] for group in groups]


def _hosted(groups: Sequence[Sequence[Span]], alone: set[Span]) -> list[list[Span]]:
    """Give each span a tree of its own, and a prompt that is read the tree of its first option."""
    hosts: dict[Span, Span] = {}
    for group in groups:
        for span in group:
            if span.prompt is not None and span in alone:
                hosts[span] = next((one for one in group if _holds(one, span, alone)), span)
    trees: dict[Span, list[Span]] = {
        span: [span]
        for span in sorted(alone, key=lambda one: one.ids)
        if hosts.get(span, span) is span
    }
    for span, host in hosts.items():
        if host is not span:
            trees[host].append(span)
    return list(trees.values())


def _holds(one: Span, other: Span, alone: set[Span]) -> bool:
    fed = one.ids[:-1]
    return one in alone and one.prompt is None and fed[: len(other.ids)] == other.ids


def _shared(
    module: Any, groups: list[tuple[Span, ...]], batch_tokens: int, reading: Reading | None
) -> Iterator[tuple[Span, float]]:
    groups = sorted(groups, key=lambda group: group[0].ids)
    header = _common(groups)
    trees = list(_trees(groups, header, batch_tokens))
    if header and len(trees) == 1:
        header, trees = 0, list(_trees(groups, 0, batch_tokens))
    cache = _prefilled(module, groups[0][0].ids[:header], reading) if header else None
    for tree in trees:
        yield from zip(tree.spans, _forward(module, tree, cache, reading), strict=True)
    if reading is not None:
        reading.reader.forget()


def _common(groups: list[tuple[Span, ...]]) -> int:
    """Count the tokens with which all spans begin, short of any that predicts a scored one."""
    spans = [span for group in groups for span in group]
    if not spans:
        return 0
    shortest = min(span.start for span in spans) - 1
    beginnings = [span.ids[:shortest] for span in spans]
    common = shared_length(min(beginnings), max(beginnings))
    return common if common >= HEADER else 0


def _trees(groups: list[tuple[Span, ...]], header: int, batch_tokens: int) -> Iterator[Tree]:
    tree = Tree(header)
    for group in groups:
        for piece in _pieces(group, header, batch_tokens):
            before = len(tree.tokens), len(tree.spans)
            tree.add(piece)
            if len(tree.tokens) > batch_tokens and before[1]:
                tree.drop(*before)
                yield tree
                tree = Tree(header)
                tree.add(piece)
    if tree.spans:
        yield tree


def _pieces(group: Sequence[Span], header: int, batch_tokens: int) -> Iterator[Sequence[Span]]:
    """Halve a group until each piece fits; what is mostly one long prompt stays whole."""
    tree = Tree(header)
    tree.add(group)
    longest = max(len(span.ids) for span in group) - header
    if len(tree.tokens) <= max(batch_tokens, 2 * longest):
        yield group
        return
    half = len(group) // 2
    yield from _pieces(group[:half], header, batch_tokens)
    yield from _pieces(group[half:], header, batch_tokens)


def _prefilled(module: Any, ids: Sequence[int], reading: Reading | None) -> Any:
    from transformers import DynamicCache

    tokens = torch.tensor([ids], device=module.device)
    cache = DynamicCache()  # unlike the model's own choice it never forgets beyond a sliding window
    with torch.inference_mode(), reading.reader.heading() if reading else nullcontext():
        module(input_ids=tokens, past_key_values=cache, use_cache=True, **headed(module, 1))
    return cache


def headed(module: Any, rows: Any) -> dict[str, Any]:
    """Ask for the vocabulary's logits at these rows only, where the module can be asked."""
    takes = "logits_to_keep" in inspect.signature(module.forward).parameters
    return {"logits_to_keep": rows} if takes else {}


def _forward(module: Any, tree: Tree, cache: Any, reading: Reading | None = None) -> list[float]:
    """Run one tree and sum what was asked, in float64 over float32 logits."""
    device = module.device
    nodes = torch.tensor([node for node, _, _ in tree.scored], device=device)
    targets = torch.tensor([target for _, target, _ in tree.scored], device=device)
    owners = torch.tensor([owner for _, _, owner in tree.scored], device=device)
    rows, places = torch.unique(nodes, return_inverse=True)
    given: dict[str, Any] = {
        "input_ids": torch.tensor([tree.tokens], device=device),
        "use_cache": cache is not None,
        **headed(module, rows if tree.scored else 1),
    }
    if cache is not None:
        given["past_key_values"] = cache
    if cache is not None or tree.forks:
        mask, depths = _ancestors(tree, module.dtype)
        given |= {"attention_mask": mask.to(device), "position_ids": depths.to(device)}
    with torch.inference_mode():
        logits = _read(module, given, tree, reading)
        if cache is not None:
            cache.crop(-len(tree.tokens))
        if logits is None:
            return [0.0] * len(tree.spans)
        if len(logits) != len(rows):  # a model that cannot be asked for some positions gives all
            logits = logits[rows]
        logits = logits.float()
        each = logits[places, targets].double() - logits.logsumexp(-1)[places].double()
        sums = torch.zeros(len(tree.spans), dtype=torch.float64, device=device)
        totals: list[float] = sums.index_add_(0, owners, each).tolist()
    return totals


def _read(module: Any, given: dict[str, Any], tree: Tree, reading: Reading | None) -> Any:
    """Give the logits, or None where only prompts are read; hand on what was read."""
    if reading is None or not tree.read:
        return module(**given).logits[0]
    prompts, paths, _ = zip(*tree.read, strict=True)
    logits = None
    stops = not tree.scored and "past_key_values" not in given  # a cache must get all its layers
    with reading.reader.reading(prompts, paths, module.device, stops=stops):
        logits = module(**given).logits[0]
    reading.give(prompts, reading.reader.taken())
    return logits if tree.scored else None


def _ancestors(tree: Tree, dtype: Any) -> tuple[Any, Any]:
    """Build the additive mask (1 x 1 x tokens x all with the header) and the positions."""
    size = len(tree.tokens)
    seen = torch.zeros(size, tree.header + size, dtype=torch.bool)
    seen[:, : tree.header] = True
    for node, parent in enumerate(tree.parents):
        if parent >= 0:
            seen[node] = seen[parent]
        seen[node, tree.header + node] = True
    depths = seen.sum(-1)[None] - 1
    mask = torch.zeros(seen.shape, dtype=dtype).masked_fill_(~seen, torch.finfo(dtype).min)
    return mask[None, None], depths


def forkable(module: Any) -> bool:
    """Find out whether this model's forward pass can hold several continuations of one prompt.

    Models whose state runs through all tokens in turn, or which place tokens by anything but their
    position and mask, cannot; for the rest a short try against separate passes decides.
    """
    if getattr(module, "_is_stateful", False):
        return False
    size = module.config.get_text_config().vocab_size
    ids = [(7 * number + 3) % size for number in range(HEADER + 24)]
    spans = [
        Span((*ids[: HEADER + 8], *ids[HEADER + 8 + 8 * k : HEADER + 16 + 8 * k]), HEADER + 8)
        for k in range(2)
    ]
    tree, apart = Tree(), [Tree() for _ in spans]
    tree.add(spans)
    for one, span in zip(apart, spans, strict=True):
        one.add([span])
    try:
        together = _forward(module, tree, None)
    except Exception:  # noqa: BLE001 - however a model fails on such a mask, it takes none
        return False
    alone = [_forward(module, one, None)[0] for one in apart]
    tolerance = 0.01 if module.dtype == torch.float32 else 1.0  # nats in 8 tokens
    return all(abs(a - b) <= tolerance for a, b in zip(together, alone, strict=True))
