"""Terms that stand for each other: brands, abbreviations, lay words, paraphrases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attrs import frozen

from seatrial.errors import ParameterError
from seatrial.kit import protected_spans

from ._draws import at_least, draw_from, one_of, some
from ._lexicon import cells, lexicon_rows
from ._terms import (
    Mention,
    Terms,
    check_text,
    inapplicable,
    protected_by,
    recased,
    replaced,
    terms_of,
    unprotected,
)

__all__ = ["Swap", "abbreviations", "brands", "lay_terms", "paraphrases"]

Thing = tuple[str, tuple[str, ...]]
"""What a term means, by a name of it, and what may stand in its place."""


@frozen
class Swap:
    """Puts other terms for the same thing in the places of some terms."""

    name: str
    lacks: str
    terms: Terms[Thing]
    count: int
    protected: re.Pattern[str] | None

    def __call__(self, text: str, /, *, seed: int) -> str:
        """Swap every mention of the things that are drawn, those of one thing all alike."""
        found = self.terms.find(check_text(self.name, text))
        mentions = [
            one for one in unprotected(found, text, self.protected) if not _defined(one, text)
        ]
        if not mentions:
            raise inapplicable(self.name, self.lacks)
        draw = draw_from(seed)
        things = list(dict.fromkeys(one.value for one in mentions))
        chosen = {thing: one_of(thing[1], draw) for thing in some(things, self.count, draw)}
        changes = [
            (one.start, one.end, recased(one, chosen[one.value], text))
            for one in mentions
            if one.value in chosen
        ]
        return replaced(text, changes)


def _defined(mention: Mention[Thing], text: str) -> bool:
    """Tell whether a term and its abbreviation explain each other: chest radiograph (CXR)."""
    enclosed = text[mention.start - 1 : mention.start] == "(" and text[mention.end :][:1] == ")"
    return enclosed or text[mention.end : mention.end + 2] == " ("


def brands(
    *,
    entities: int,
    to: str = "other",
    lexicon: str | None = None,
    protect: Sequence[str] = (),
) -> Swap:
    """Call medicines by a brand, or brands by the medicine that is in them.

    `entities` is how many medicines are renamed; `to` is "brand", "generic" or "other" (each to
    what it is not). The lexicon has the columns `generic`, `other_names` and `brands`.
    """
    _known("to", to, ("brand", "generic", "other"))
    entries: list[tuple[str, Thing]] = []
    for row in lexicon_rows(lexicon, "drugs", ("generic", "other_names", "brands")):
        generics = (row["generic"], *cells(row["other_names"]))
        names = cells(row["brands"])
        if to != "brand":
            entries += [(one, (f"brand of {generics[0]}", generics)) for one in names]
        if to != "generic" and names:
            entries += [(one, (generics[0], names)) for one in generics]
    return _swap("clinical.brands", "names no medicine that it knows", entries, entities, protect)


def abbreviations(
    *,
    entities: int,
    to: str = "other",
    lexicon: str | None = None,
    protect: Sequence[str] = (),
) -> Swap:
    """Write terms short, or abbreviations out.

    `entities` is how many terms are rewritten; `to` is "short", "long" or "other". The lexicon has
    the columns `abbreviation` and `expansion`.
    """
    _known("to", to, ("short", "long", "other"))
    entries = _pairs(
        lexicon, "abbreviations", ("abbreviation", "expansion"), to_first=to == "short", to=to
    )
    lacks = "has no abbreviation that it knows, and no term for which it knows one"
    return _swap("clinical.abbreviations", lacks, entries, entities, protect)


def lay_terms(
    *,
    entities: int,
    to: str = "other",
    lexicon: str | None = None,
    protect: Sequence[str] = (),
) -> Swap:
    """Say clinical words as patients do, or patients' words as clinicians do.

    `entities` is how many terms are reworded; `to` is "clinical", "lay" or "other". The lexicon has
    the columns `clinical` and `lay`.
    """
    _known("to", to, ("clinical", "lay", "other"))
    entries = _pairs(lexicon, "lay_terms", ("clinical", "lay"), to_first=to == "clinical", to=to)
    return _swap("clinical.lay-terms", "has no clinical or lay term", entries, entities, protect)


def paraphrases(*, phrases: int, lexicon: str | None = None, protect: Sequence[str] = ()) -> Swap:
    """Say phrases in other words, from a frozen bank.

    `phrases` is how many are reworded. The lexicon has the column `phrases`, each row with phrases
    that mean the same and `|` between them.
    """
    entries = []
    for row in lexicon_rows(lexicon, "paraphrases", ("phrases",)):
        several = cells(row["phrases"])
        for one in several:
            others = tuple(other for other in several if other != one)
            entries.append((one, (one, others)))
    lacks = "has no phrase that its bank knows"
    return _swap("clinical.paraphrases", lacks, entries, phrases, protect)


def _pairs(
    lexicon: str | None, default: str, columns: tuple[str, str], *, to: str, to_first: bool
) -> list[tuple[str, Thing]]:
    """Let the terms of two columns stand for each other, or those of one for the other's."""
    forth: dict[str, list[str]] = {}
    back: dict[str, list[str]] = {}
    for row in lexicon_rows(lexicon, default, columns):
        first, second = (row[column] for column in columns)
        forth.setdefault(first, []).append(second)
        back.setdefault(second, []).append(first)
    wanted = (back,) if to_first else (forth, back) if to == "other" else (forth,)
    return [(term, (term, tuple(others))) for side in wanted for term, others in side.items()]


def _swap(
    name: str,
    lacks: str,
    entries: Iterable[tuple[str, Thing]],
    count: int,
    protect: Sequence[str],
) -> Swap:
    """Index the entries, less those that would change a number, a negation or a side."""
    neutral = []
    for term, (thing, others) in entries:
        spans = protected_spans(term)
        same = tuple(other for other in others if protected_spans(other) == spans)
        if same:
            neutral.append((term, (thing, same)))
    number = at_least("entities" if name != "clinical.paraphrases" else "phrases", count)
    return Swap(name, lacks, terms_of(neutral), number, protected_by(protect))


def _known(name: str, value: str, values: tuple[str, ...]) -> None:
    if value not in values:
        msg = f"{name} must be one of {', '.join(values)}, got {value!r}"
        raise ParameterError(msg)
