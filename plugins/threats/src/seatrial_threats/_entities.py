"""Entities in each other's places, drawn by their distance (QStab)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from attrs import frozen

from seatrial.errors import NotApplicable, ParameterError
from seatrial.kit import edit_distance
from seatrial.protocols import Loss, Search

from ._bounds import SLACK, check_bound, far, worst
from ._spans import in_the_case_of

__all__ = ["entities"]

FEWEST = 2  # names: one to be replaced, and one to replace it


def folded(name: str) -> str:
    """Write a name without case, accents, hyphens and spaces: two spellings of it are one."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(one for one in letters if one.isalnum())


@frozen
class Vocabulary:
    """Names of one kind: what each is called, what is the same thing, and how far two lie apart."""

    names: Mapping[str, str]
    things: Mapping[str, int]
    distances: Mapping[tuple[str, str], float]
    mention: re.Pattern[str]

    def thing(self, name: Any) -> int | None:
        """Tell which thing a name or one of its synonyms stands for, None if for none."""
        return self.things.get(folded(name)) if isinstance(name, str) else None

    def apart(self, one: str, other: str) -> float:
        """Give the declared distance of two names, or else that of their spellings."""
        one, other = folded(one), folded(other)
        declared = self.distances.get((one, other), self.distances.get((other, one)))
        if declared is not None:
            return declared
        return edit_distance(one, other) / max(len(one), len(other), 1)


def entities(
    *,
    names: Sequence[str],
    power: float,
    distances: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    synonyms: Sequence[Sequence[str]] = (),
    queries: int = 8,
    distance: float = 1.0,
) -> Search:
    """Replace one entity of a text by another name of the same kind, drawn by its distance.

    With the distance d_i to the answer key, a name is drawn with p_i = d_i^power / Σ d_j^power:
    power 0 draws them all alike, a larger one favours names that lie far, a negative one those that
    lie near. If the case's target is one of the names it is the key, and the entity nearest to it
    is replaced; else one is chosen at random, and is the key itself. `queries` names are drawn one
    after another, none twice, and the one that is worst for the model is kept.

    Never drawn are the key and what is replaced, their `synonyms` (groups of names for one thing),
    what the text already names, and names at distance 0, which are the same thing once more.
    `distances` maps a name to others and how far each lies; those it leaves out are compared by
    spelling. `distance` bounds the normalised edit distance of the whole text.
    A text that mentions no such entity is left out (`NotApplicable`).
    Source: Xian et al., TMLR 2024 (QStab), which excludes the exact key alone.
    """
    check_bound(distance)
    vocabulary = _vocabulary(names, distances, synonyms)

    def search(text: str, /, *, seed: int, loss: Loss) -> str:
        random = np.random.default_rng(seed)
        key = vocabulary.thing(loss.target)
        mentions = {match.group(): vocabulary.thing(match.group()) for match in _found(text)}
        open_to = [name for name, thing in mentions.items() if thing != key]
        if not open_to:
            msg = "the text names no entity that may be replaced"
            raise NotApplicable(msg)
        if key is None:
            gone = anchor = open_to[int(random.integers(len(open_to)))]
        else:
            anchor = loss.target
            gone = min(open_to, key=lambda name: (vocabulary.apart(anchor, name), name))
        taken = {key, *mentions.values()}
        pool, away, texts = [], [], []
        for spelling, name in vocabulary.names.items():
            apart = vocabulary.apart(anchor, name)
            if vocabulary.things[spelling] in taken or not apart:
                continue
            changed = _put(text, gone, name)
            if distance == 1 or far(text, changed) <= distance + SLACK:
                pool.append(name)
                away.append(apart)
                texts.append(changed)
        if not pool:
            return text
        drawn = draw(away, power, min(queries, loss.left), random)
        candidates = [texts[index] for index in drawn]
        return worst(candidates, loss(candidates))

    def _found(text: str) -> Iterable[re.Match[str]]:
        return vocabulary.mention.finditer(text)

    return search


def draw(
    distances: Sequence[float], power: float, count: int, random: np.random.Generator
) -> list[int]:
    """Draw positions without replacement, the first with p_i = d_i^power / Σ d_j^power.

    The largest of log p_i plus Gumbel noise is a draw from p, and the largest few are draws without
    replacement; in logarithms, high powers neither vanish nor overflow.
    """
    keys = power * np.log(np.asarray(distances)) + random.gumbel(size=len(distances))
    return [int(one) for one in np.argsort(-keys, kind="stable")[:count]]


def _put(text: str, gone: str, name: str) -> str:
    """Replace every mention of one entity, each in the case in which it is written."""
    return re.sub(
        rf"(?<!\w){re.escape(gone)}(?!\w)",
        lambda match: in_the_case_of(match.group(), name),
        text,
        flags=re.IGNORECASE,
    )


def _vocabulary(
    names: Sequence[str],
    distances: Mapping[str, Mapping[str, float]],
    synonyms: Sequence[Sequence[str]],
) -> Vocabulary:
    if isinstance(names, str) or not all(map(folded, names)):
        msg = f"names must be a tuple of names, got {names!r}"
        raise ParameterError(msg)
    known = {folded(name): name for name in sorted(names, reverse=True)}
    if len(known) < FEWEST:
        msg = f"names must hold at least two different names, got {names!r}"
        raise ParameterError(msg)
    things = {spelling: index for index, spelling in enumerate(sorted(known))}
    for group in synonyms:
        spellings = [folded(one) for one in group]
        first = next((things[one] for one in spellings if one in things), len(things))
        old = {things[one] for one in spellings if one in things}
        things = {one: first if thing in old else thing for one, thing in things.items()}
        things |= dict.fromkeys(spellings, first)
    table: dict[tuple[str, str], float] = {}
    for one, others in distances.items():
        for other, far_ in others.items():
            if not 0 <= far_ < float("inf"):
                msg = f"distances must be numbers from 0 up, got {far_!r} for {one} and {other}"
                raise ParameterError(msg)
            table[folded(one), folded(other)] = float(far_)
    written = {*names, *(one for group in synonyms for one in group)}
    longest_first = sorted(written, key=lambda one: (-len(one), one))
    mention = rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"
    ordered = {spelling: known[spelling] for spelling in sorted(known)}
    return Vocabulary(ordered, things, table, re.compile(mention, re.IGNORECASE))
