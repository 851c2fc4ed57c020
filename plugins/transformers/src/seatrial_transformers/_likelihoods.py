"""Log-likelihoods of many continuations, with whatever they share computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from attrs import frozen

from ._batches import planned
from ._logits import headed
from ._prefix import Prefix
from ._reading import Prompt, Reader, Taken
from ._tree import Span, Tree, ancestors

if TYPE_CHECKING:
    from ._loading import Loaded

__all__ = [
    "Reading",
    "canonical",
    "forkable",
    "given_for",
    "log_likelihoods",
    "prefix_of",
    "run",
]


@frozen(eq=False)
class Reading:
    """Who reads the prompts of a call, and who gets what was read from each batch of them.

    If it `stops`, nothing is scored, and passes end after the last layer that is read.
    """

    reader: Reader
    give: Callable[[Sequence[Prompt], Taken], None]
    stops: bool = False


def canonical(module: Any) -> bool:
    """Say whether each question needs passes of its own for its answer to be its own.

    What else is in a pass changes the last bits of a number. In float32 that is lost when answers
    are rounded; in bfloat16 the last bits are the third digit.
    """
    return bool(module.dtype != torch.float32)


def prefix_of(loaded: Loaded, reading: Reading | None = None) -> Prefix:
    """Give the beginnings of a call, with those of earlier calls where nothing differs now."""
    if reading is not None:
        return Prefix(loaded.module, reader=reading.reader, stops=reading.stops)
    if loaded.stream.edited:
        return Prefix(loaded.module)
    loaded.prefixes.refresh(loaded.module)
    return Prefix(loaded.module, loaded.prefixes)


def log_likelihoods(
    loaded: Loaded,
    groups: Sequence[Sequence[Span]],
    *,
    batch_tokens: int,
    reading: Reading | None = None,
) -> list[list[float]]:
    """Give the sum of the log-probabilities of each span's scored tokens, group by group.

    A group's spans share most of their tokens (a question and its options) and stay together while
    `batch_tokens` allows. Where the model takes no tree, and for spans beyond its local attention,
    each span is computed by itself with the model's own mask.
    """
    module = loaded.module
    unique = {span for group in groups for span in group}
    alone = {span for span in unique if not loaded.shares(len(span.ids))}
    found: dict[Span, float] = {}
    for together in _hosted(groups, alone):
        tree = Tree()
        tree.add(together)
        found.update(zip(together, run(module, tree, None, reading), strict=True))
    shared = [tuple(s for s in dict.fromkeys(group) if s not in alone) for group in groups]
    some = [group for group in dict.fromkeys(shared) if group]
    prefix = prefix_of(loaded, reading)
    for tree in planned(some, batch_tokens, canonical=canonical(module)):
        values = run(module, tree, prefix.at(tree.beginning), reading)
        found.update(zip(tree.spans, values, strict=True))
    if reading is not None:
        reading.reader.crop(0)
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


def given_for(module: Any, tree: Tree, cache: Any, rows: Any) -> dict[str, Any]:
    """Give the arguments of a forward pass over a tree, with logits at these rows."""
    device = module.device
    given: dict[str, Any] = {
        "input_ids": torch.tensor([tree.tokens], device=device),
        "use_cache": cache is not None,
        **headed(module, rows),
    }
    if cache is not None:
        given["past_key_values"] = cache
    if cache is not None or tree.forks:
        mask, depths = ancestors(tree, module.dtype)
        given |= {"attention_mask": mask.to(device), "position_ids": depths.to(device)}
    return given


def run(module: Any, tree: Tree, cache: Any, reading: Reading | None = None) -> list[float]:
    """Run one tree and sum what was asked, in float64 over float32 logits."""
    device = module.device
    nodes = torch.tensor([node for node, _, _ in tree.scored], device=device)
    targets = torch.tensor([target for _, target, _ in tree.scored], device=device)
    owners = torch.tensor([owner for _, _, owner in tree.scored], device=device)
    rows, places = torch.unique(nodes, return_inverse=True)
    given = given_for(module, tree, cache, rows if tree.scored else 1)
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
    # A cache that passes with scores continue must get all its layers.
    stops = reading.stops or (not tree.scored and "past_key_values" not in given)
    with reading.reader.reading(prompts, paths, module.device, stops=stops):
        logits = module(**given).logits[0]
    reading.give(prompts, reading.reader.taken())
    return logits if tree.scored else None


def forkable(module: Any) -> bool:
    """Find out whether this model's forward pass can hold several continuations of one prompt.

    Models whose state runs through all tokens in turn, or which place tokens by anything but their
    position and mask, cannot; for the rest a short try against separate passes decides.
    """
    if getattr(module, "_is_stateful", False):
        return False
    size = module.config.get_text_config().vocab_size
    ids = [(7 * number + 3) % size for number in range(40)]
    spans = [Span((*ids[:24], *ids[24 + 8 * k : 32 + 8 * k]), 24) for k in range(2)]
    tree, apart = Tree(), [Tree() for _ in spans]
    tree.add(spans)
    for one, span in zip(apart, spans, strict=True):
        one.add([span])
    try:
        together = run(module, tree, None)
    except Exception:  # noqa: BLE001 - however a model fails on such a mask, it takes none
        return False
    alone = [run(module, one, None)[0] for one in apart]
    tolerance = 0.01 if module.dtype == torch.float32 else 1.0  # nats in 8 tokens
    return all(abs(a - b) <= tolerance for a, b in zip(together, alone, strict=True))
