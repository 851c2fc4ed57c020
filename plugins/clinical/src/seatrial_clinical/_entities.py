"""Biomedical entities in wrong options, replaced by others of the same type (QStab)."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any

from attrs import frozen

from seatrial import Case
from seatrial.errors import NotApplicable
from seatrial.kit import edit_distance, texts_of

from ._draws import Draw, at_least, draw_from, number, one_of, some
from ._lexicon import Lexicon, cells, lexicon_rows
from ._terms import Mention, Terms, recased, replaced, terms_of

__all__ = ["entities"]

NAME = "clinical.entities"
TRIES = 1000


@frozen(cache_hash=True)
class Entity:
    """One thing: its first name, its type (drug or condition), and its class within the type."""

    name: str
    type: str
    family: str

    def away(self, other: Entity) -> float:
        """Give the distance of two things: half by their class, half by their spelling."""
        spelt = edit_distance(self.name, other.name) / max(len(self.name), len(other.name))
        return (spelt + (self.family != other.family)) / 2


@frozen(eq=False)
class Pool:
    """All entities of one type; one value, so that what is worked out from them can be kept."""

    all: tuple[Entity, ...]


@frozen
class Substitution:
    """Replaces entities of wrong options."""

    power: float
    count: int
    part: str
    terms: Terms[Entity]
    pools: Mapping[str, Pool]

    def __call__(self, case: Case, /, *, seed: int) -> Case:
        """Replace the entities that are drawn, each by another that the case does not name."""
        options, target = self._options(case)
        there = [self.terms.find(option) for option in options]
        others = {key: value for key, value in case.input.items() if key != self.part}
        named = {one.value for some_ in there for one in some_}
        elsewhere = [*texts_of((others, target))]  # where refusals are listed once more, too
        named |= {one.value for text in elsewhere for one in self.terms.find(text)}
        open_to = [
            (at, one)
            for at, some_ in enumerate(there)
            if options[at] not in elsewhere
            for one in some_
        ]
        if not open_to:
            msg = f"{NAME}: no wrong option names a medicine or a condition that it knows"
            raise NotApplicable(msg)
        keys = [one.value for one in self.terms.find(target)] if isinstance(target, str) else []
        draw = draw_from(seed)
        for at, one in sorted(some(open_to, self.count, draw), key=lambda place: -place[1].start):
            new = self._drawn(one, keys, named, draw)
            named.add(new)
            options[at] = replaced(
                options[at], [(one.start, one.end, recased(one, new.name, options[at]))]
            )
        parts = {**case.input, self.part: tuple(options)}
        return Case(case.id, parts, case.target, case.groups, case.cluster)

    def _options(self, case: Case) -> tuple[list[str], Any]:
        given = case.input.get(self.part) if isinstance(case.input, Mapping) else None
        if given is None or isinstance(given, str):
            msg = f"{NAME}: case {case.id!r} has no options in its part {self.part!r}"
            raise NotApplicable(msg)
        return list(given), case.target

    def _drawn(
        self, one: Mention[Entity], keys: Sequence[Entity], named: set[Entity], draw: Draw
    ) -> Entity:
        """Draw until what comes is not named: so the rest keep their proportions."""
        pool = self.pools[one.value.type]
        anchor = next((key for key in keys if key.type == one.value.type), one.value)
        sums = _sums(anchor, pool, self.power)
        for _ in range(TRIES):
            new = pool.all[min(bisect_right(sums, draw() * sums[-1]), len(sums) - 1)]
            if new not in named:
                return new
        return one_of([other for other in pool.all if other not in named], draw)


@lru_cache(maxsize=4096)
def _sums(anchor: Entity, pool: Pool, power: float) -> tuple[float, ...]:
    """Add up d_i^power, each over the largest, so that no power overflows; 0 for the key itself."""
    logs = [power * math.log(away) if (away := anchor.away(one)) else None for one in pool.all]
    top = max(one for one in logs if one is not None)
    weights = (0.0 if one is None else math.exp(one - top) for one in logs)
    return tuple(accumulate(weights))


@cache
def _known(drugs: Lexicon, conditions: Lexicon) -> tuple[Terms[Entity], Mapping[str, Pool]]:
    entries: list[tuple[str, Entity]] = []
    pool: dict[str, list[Entity]] = {"drug": [], "condition": []}
    for row in drugs:
        one = Entity(row["generic"], "drug", row["class"])
        pool["drug"].append(one)
        names = (one.name, *cells(row["other_names"]), *cells(row["brands"]))
        entries += [(name, one) for name in names]
    for row in conditions:
        one = Entity(row["name"], "condition", row["system"])
        pool["condition"].append(one)
        entries += [(name, one) for name in (one.name, *cells(row["synonyms"]))]
    return terms_of(entries), {kind: Pool(tuple(several)) for kind, several in pool.items()}


def entities(
    *,
    entities: int,
    power: float = 0,
    part: str = "options",
    drugs: str | None = None,
    conditions: str | None = None,
) -> Substitution:
    """Replace medicines and conditions in wrong options by others of the same type.

    The right option stays, and so must the answer. With the distance d_i to the entity of the right
    option (or, where it has none of that type, to the one that is replaced) a name is drawn with
    p_i = d_i^power / Σ d_j^power: power 0 draws all alike, a larger one favours what is far, a
    negative one what is near. Half of a distance is the class (1 where it differs), half the edit
    distance of the names. Never drawn is what the case names, under whatever synonym or brand.
    `entities` is how many are replaced; `drugs` and `conditions` are lexicons.
    Source: Xian et al., TMLR 2024 (QStab), which excludes the exact key alone.
    """
    terms, pools = _known(
        lexicon_rows(drugs, "drugs", ("generic", "other_names", "brands", "class")),
        lexicon_rows(conditions, "conditions", ("name", "synonyms", "system")),
    )
    return Substitution(number("power", power), at_least("entities", entities), part, terms, pools)
