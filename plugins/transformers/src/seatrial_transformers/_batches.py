"""Which questions go through the model together, and which beginning they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ._prefix import chunk_size, chunks_end
from ._tree import Span, Tree, shared_length

__all__ = ["planned"]

CANONICAL = 512
"""Tokens of a pass that holds one question, whatever `batch_tokens` is."""

LONG = 48
"""Tokens of a beginning that no other question of the call shares, and that is yet kept."""

Group = tuple[Span, ...]


def planned(
    groups: Sequence[Group], batch_tokens: int, *, canonical: bool, more: int = 0
) -> Iterator[Tree]:
    """Put groups (a question and its options) into trees of about `batch_tokens` tokens.

    `more` tokens are added to each group later.

    Groups that share a beginning of whole chunks follow each other in trees that continue it, and
    what a tree's groups share beyond it is in the tree once. What is planned depends on the groups
    alone; if `canonical`, what is planned for a group depends on that group alone.
    """
    pairs = sorted(
        ((_beginning(group), group) for group in groups),
        key=lambda pair: (pair[0], [span.ids for span in pair[1]]),
    )
    if canonical:
        for beginning, group in pairs:
            yield from _trees([group], _kept(beginning), CANONICAL, more)
    elif len(pairs) == 1:
        yield from _trees([pairs[0][1]], _kept(pairs[0][0]), batch_tokens, more)
    elif pairs:
        yield from _nested(pairs, 0, batch_tokens, more)


def _kept(beginning: tuple[int, ...]) -> tuple[int, ...]:
    """Give the chunks that later calls may ask for again."""
    return beginning[: chunks_end(len(beginning))] if len(beginning) >= LONG else ()


def _beginning(group: Group) -> tuple[int, ...]:
    """Give the tokens with which all spans begin, short of any that predicts a scored one."""
    stop = min(span.start for span in group) - 1
    beginnings = [span.ids[:stop] for span in group]
    first, last = min(beginnings), max(beginnings)
    return first[: shared_length(first, last)]


def _nested(
    pairs: Sequence[tuple[tuple[int, ...], Group]], header: int, batch_tokens: int, more: int
) -> Iterator[Tree]:
    """Plan groups that share `header` tokens: clusters that share more first, then the others."""
    first, last = pairs[0][0], pairs[-1][0]
    header = max(header, chunks_end(shared_length(first, last)))
    together: list[Group] = []
    step = header + chunk_size(header)
    for key, several in groupby(pairs, key=lambda pair: pair[0][header:step]):
        some = list(several)
        if len(key) == step - header and len(some) > 1:
            yield from _nested(some, step, batch_tokens, more)
        else:
            together += [group for _, group in some]
    if together:
        yield from _trees(together, first[:header], batch_tokens, more)


def _trees(
    groups: Sequence[Group], beginning: tuple[int, ...], batch_tokens: int, more: int
) -> Iterator[Tree]:
    tree = Tree(beginning)
    for group in groups:
        for piece in _pieces(group, beginning, batch_tokens):
            before = len(tree.tokens), len(tree.spans)
            tree.add(piece)
            if len(tree.tokens) + more * len(tree.spans) > batch_tokens and before[1]:
                tree.drop(*before)
                yield tree
                tree = Tree(beginning)
                tree.add(piece)
    if tree.spans:
        yield tree


def _pieces(group: Group, beginning: tuple[int, ...], batch_tokens: int) -> Iterator[Group]:
    """Halve a group until each piece fits; what is mostly one long prompt stays whole."""
    tree = Tree(beginning)
    tree.add(group)
    longest = max(len(span.ids) for span in group) - len(beginning)
    if len(tree.tokens) <= max(batch_tokens, 2 * longest):
        yield group
        return
    half = len(group) // 2
    yield from _pieces(group[:half], beginning, batch_tokens)
    yield from _pieces(group[half:], beginning, batch_tokens)
