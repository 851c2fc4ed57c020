"""Names of medicines: misspelt, and names of medicines that do not exist."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from attrs import frozen

from seatrial.kit import edit_distance

from ._draws import Draw, at_least, draw_from, one_of, some
from ._lexicon import Lexicon, cells, lexicon_rows
from ._terms import (
    Terms,
    check_text,
    inapplicable,
    protected_by,
    recased,
    replaced,
    terms_of,
    unprotected,
)

__all__ = ["drug_terms", "invented_names", "misspelt_drugs"]

SHORTEST = 5  # letters of a name that is misspelt: of shorter ones too little is left
TRIES = 20
CONFUSED = {
    "a": "e",
    "c": "k",
    "e": "i",
    "f": "ph",
    "i": "y",
    "k": "c",
    "o": "a",
    "ph": "f",
    "s": "z",
    "th": "t",
    "u": "o",
    "y": "i",
    "z": "s",
}
"""Letters that sound alike, as names of medicines are misheard."""


def drug_terms(lexicon: str | None) -> Terms[str]:
    """Index every name of every medicine, with the generic name as its value."""
    return _drug_terms(lexicon_rows(lexicon, "drugs", ("generic", "other_names", "brands")))


@cache
def _drug_terms(rows: Lexicon) -> Terms[str]:
    return terms_of(
        (name, row["generic"])
        for row in rows
        for name in (row["generic"], *cells(row["other_names"]), *cells(row["brands"]))
    )


@frozen(eq=False)
class Names:
    """All names of medicines; one value, so that what is worked out from them can be kept."""

    all: tuple[str, ...]


@cache
def _names(terms: Terms[str]) -> Names:
    """Give the names of one word, in small letters."""
    return Names(tuple(sorted({name.lower() for name in terms.known if " " not in name})))


@frozen
class Misspelling:
    """Misspells names of medicines, each mention of one alike."""

    terms: Terms[str]
    names: Names
    entities: int
    letters: int
    protected: re.Pattern[str] | None

    def __call__(self, text: str, /, *, seed: int) -> str:
        """Misspell the names that are drawn."""
        name = "clinical.misspelt-drugs"
        found = self.terms.find(check_text(name, text))
        mentions = [
            one
            for one in unprotected(found, text, self.protected)
            if one.end - one.start >= SHORTEST
        ]
        if not mentions:
            raise inapplicable(name, "names no medicine that it knows")
        draw = draw_from(seed)
        spelt = list(dict.fromkeys(one.text.lower() for one in mentions))
        wrong = {one: self._misspell(one, draw) for one in some(spelt, self.entities, draw)}
        changes = []
        for one in mentions:
            new = wrong.get(one.text.lower())
            if new is not None:
                capital = new[:1].upper() + new[1:] if one.text[:1].isupper() else new
                changes.append((one.start, one.end, new.upper() if one.text.isupper() else capital))
        return replaced(text, changes)

    def _misspell(self, name: str, draw: Draw) -> str:
        """Make so many slips; the first letter stays, and no other medicine comes out."""
        for _ in range(TRIES):
            new, edits = name, 0
            for _ in range(self.letters):
                new, more = _slip(new, draw)
                edits += more
            if new != name and not self._reads_as_another(new, name, edits):
                return new
        return f"{name}{name[-1]}"

    def _reads_as_another(self, new: str, name: str, edits: int) -> bool:
        # By the triangle inequality no name that is further off is as near.
        near = _near(name, 2 * edits, self.names)
        if not near:
            return False
        away = edit_distance(new, name)
        return any(edit_distance(new, other) <= away for other in near)


@lru_cache(maxsize=4096)
def _near(name: str, within: int, names: Names) -> tuple[str, ...]:
    """Give the other names that lie within so many edits."""
    return tuple(
        other for other in names.all if other != name and edit_distance(name, other) <= within
    )


def _slip(name: str, draw: Draw) -> tuple[str, int]:
    """Make one slip behind the first letter, and say how many edits it is at most.

    A letter is left out, doubled, swapped with the next, or written as it sounds.
    """
    place = 1 + int(draw() * (len(name) - 2))
    kind = int(draw() * 4)
    before, pair, after = name[:place], name[place : place + 2], name[place + 1 :]
    if kind == 1:
        return before + pair[0] + pair[0] + after, 1
    if kind == 2 and pair[0] != pair[1]:  # noqa: PLR2004 - the third of four kinds
        return before + pair[::-1] + name[place + 2 :], 2
    heard = next((one for one in (pair, pair[0]) if one in CONFUSED), None)
    if kind == 0 or heard is None:
        return before + after, 1
    return before + CONFUSED[heard] + name[place + len(heard) :], 2


def misspelt_drugs(
    *,
    entities: int,
    letters: int,
    lexicon: str | None = None,
    protect: Sequence[str] = (),
) -> Misspelling:
    """Misspell names of medicines as customers do: by ear, and in haste.

    `entities` is how many names are misspelt, `letters` how many slips each gets. No misspelling is
    as near to another medicine of the lexicon as to the one that is meant.
    """
    terms = drug_terms(lexicon)
    return Misspelling(
        terms,
        _names(terms),
        at_least("entities", entities),
        at_least("letters", letters),
        protected_by(protect),
    )


@frozen
class Invention:
    """Puts names that no medicine has in the places of names of medicines."""

    terms: Terms[str]
    names: tuple[str, ...]
    entities: int

    def __call__(self, text: str, /, *, seed: int) -> str:
        """Rename the medicines that are drawn, each to a name of its own."""
        name = "clinical.invented-names"
        mentions = self.terms.find(check_text(name, text))
        if not mentions:
            raise inapplicable(name, "names no medicine that it knows")
        draw = draw_from(seed)
        left = list(self.names)
        things = some(list(dict.fromkeys(one.value for one in mentions)), self.entities, draw)
        invented = {}
        for thing in things:
            invented[thing] = one_of(left, draw)
            left = [one for one in left if one != invented[thing]] or list(self.names)
        return replaced(
            text,
            (
                (one.start, one.end, recased(one, invented[one.value], text))
                for one in mentions
                if one.value in invented
            ),
        )


def invented_names(
    *, entities: int, lexicon: str | None = None, names: str | None = None
) -> Invention:
    """Put names that no medicine has in the places of names of medicines.

    `entities` is how many medicines are renamed. `lexicon` lists the medicines (columns `generic`,
    `other_names`, `brands`), `names` the invented names (column `name`), none of which may be one.
    """
    terms = drug_terms(lexicon)
    invented = tuple(row["name"] for row in lexicon_rows(names, "invented_names", ("name",)))
    return Invention(
        terms,
        tuple(one for one in invented if not terms.find(one)),
        at_least("entities", entities),
    )
