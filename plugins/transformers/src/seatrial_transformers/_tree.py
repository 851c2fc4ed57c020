"""Token sequences that begin alike, as one tree of tokens.

A tree goes through the model in one forward pass as a single row: each token's position is its
depth, and it attends only to its ancestors. A question's prompt is thus computed once for all its
options, and there is no padding. A `Read` span says at which tokens activations are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from attrs import field, frozen

from ._reading import Prompt

__all__ = ["Span", "Tree", "ancestors", "kept", "shared_length"]


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
class Tree:
    """Tokens that share their beginnings; a span's last token is scored but never fed."""

    beginning: tuple[int, ...] = ()
    """Tokens before the tree, which a key-value cache holds."""
    tokens: list[int] = field(factory=list, init=False)
    parents: list[int] = field(factory=list, init=False)
    children: dict[tuple[int, int], int] = field(factory=dict, init=False)
    spans: list[Span] = field(factory=list, init=False)
    scored: list[tuple[int, int, int]] = field(factory=list, init=False)
    """Triples: the token's node, the token that follows it, and the number of the span."""
    read: list[tuple[Prompt, list[int], int]] = field(factory=list, init=False)
    """Triples: a prompt, the row of each of its tokens, and the number of the span."""

    @property
    def header(self) -> int:
        return len(self.beginning)

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


def ancestors(tree: Tree, dtype: Any) -> tuple[Any, Any]:
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
