"""Doses: the same in another unit, the same number in a wrong unit, and past the limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation

from attrs import frozen

from seatrial import Case
from seatrial.errors import ParameterError

from ._draws import at_least, draw_from, number, some
from ._lexicon import Row, lexicon_rows
from ._targets import text_of, turned_case
from ._terms import Terms, check_text, inapplicable, replaced, terms_of

__all__ = ["dose_limits", "unit_errors", "units"]

UNITS = {
    "mcg": ("mcg", "µg", "μg", "microgram", "micrograms"),
    "mg": ("mg", "milligram", "milligrams"),
    "g": ("g", "gram", "grams"),
    "ml": ("ml", "mL", "millilitre", "millilitres", "milliliter", "milliliters"),
    "tsp": ("teaspoon", "teaspoons", "teaspoonful", "teaspoonfuls", "tsp"),
}
_UNIT_OF = {word: unit for unit, words in UNITS.items() for word in words}
DOSE = re.compile(
    r"(\d(?<![\w.,/–-]\d)(?:\d{0,2}(?:,\d{3})+|\d*(?:\.\d+)?))( ?)"
    rf"({'|'.join(sorted(_UNIT_OF, key=len, reverse=True))})(?![\w/])(?! ?(?:per|/))"
)
CONVERTED = {
    "mg": ("g", Decimal("0.001")),
    "g": ("mg", Decimal(1000)),
    "mcg": ("mg", Decimal("0.001")),
    "ml": ("tsp", Decimal("0.2")),
    "tsp": ("ml", Decimal(5)),
}
"""What a unit is written in instead, and what the number is multiplied by (a teaspoon: 5 ml)."""

CONFUSED = {"mg": "g", "g": "mg", "mcg": "mg", "ml": "tsp", "tsp": "ml"}
DAY = ("24 hours", "a day", "per day", "each day", "every day", "one day", "daily", "today")
THOUSAND = 3  # digits
NEAR = 24  # characters in which the other number of a range stands
SHARED = re.compile(r"\d[\d.,]*\)? ?(?:to|and|or|vs\.?|versus|x|×|-|–|±|\+/-|,|/|\() ?$")
SHARES = re.compile(r" ?(?:±|\+/-|to|-|–|\(?\+/?-) ?\d")
FORMS = (
    *("tablet", "caplet", "capsule", "gelcap", "softgel", "pill", "dose", "lozenge", "sachet"),
    *("patch", "drop", "puff"),
)
FORM = f"(?:{'|'.join(FORMS)})"
COUNTED = re.compile(
    r"\b(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|another|each|every"
    rf"|per) (?:more |further |other )?{FORM}"
)
STRENGTH = re.compile(rf" (?:[\w-]+ )?{FORM}")
"""How a text says that an amount is that of one tablet, and no total."""
REPEATED = re.compile(
    r"\bevery (?:[\w-]+ )?(?:(?:to|or) [\w-]+ )?hours?\b"
    r"|\b(?:hourly|twice|thrice)\b|\b[\w-]+ times\b",
    re.IGNORECASE,
)
"""How a text says that an amount is taken several times in a day."""
GROUPED = re.compile(r"(?<![\w.,/–-])\d{1,3}[ \u00a0\u202f]$")
"""What stands before the last three digits of 3 000."""
MILLIGRAMS = {"mg": Decimal(1), "g": Decimal(1000), "mcg": Decimal("0.001")}


@frozen
class Dose:
    """One amount in a text."""

    start: int
    end: int
    number: Decimal
    unit: str
    space: str
    word: str


def doses(text: str) -> Iterator[Dose]:
    """Find the amounts with a unit of mass or volume; not those of ranges, which share a unit."""
    for match in DOSE.finditer(text):
        before = text[max(0, match.start() - NEAR) : match.start()]
        if SHARED.search(before) or SHARES.match(text, match.end()):
            continue
        if len(match[1]) == THOUSAND and GROUPED.search(before):  # or two tablets of 500 mg
            continue
        number = Decimal(match[1].replace(",", ""))
        yield Dose(match.start(), match.end(), number, _UNIT_OF[match[3]], match[2], match[3])


def _written(number: Decimal, unit: str, like: Dose) -> str:
    """Write an amount in a unit: a word where a word stood, a symbol where a symbol stood."""
    plain = number.quantize(Decimal(1)) if number == number.to_integral() else number.normalize()
    words = UNITS[unit]
    if unit == "tsp":
        word = words[0] if number == 1 else words[1]
    elif len(like.word) > 3 or like.unit == "tsp":  # noqa: PLR2004 - symbols have three letters at most
        word = words[0] if like.unit == "tsp" else words[-2] if number == 1 else words[-1]
    else:
        word = words[0]
    space = " " if unit == "tsp" else like.space
    return f"{plain:,f}{space}{word}"


def units(*, doses: int) -> Callable[..., str]:
    """Write amounts in another unit: milligrams as grams, millilitres as teaspoons, and back.

    `doses` is how many are rewritten; each stays exactly the same amount.
    """
    return _each("clinical.units", at_least("doses", doses), _converted)


def _converted(dose: Dose) -> str | None:
    if dose.unit not in CONVERTED:
        return None
    unit, factor = CONVERTED[dose.unit]
    number = dose.number * factor
    if unit == "tsp" and number != number.to_integral():
        return None
    return _written(number, unit, dose)


def unit_errors(*, doses: int) -> Callable[..., str]:
    """Write amounts with the unit that people confuse: grams for milligrams, and so on.

    `doses` is how many are wrong; the number stays, so each is then 5 or 1000 times too much or too
    little, and the answer must change.
    """
    return _each("clinical.unit-errors", at_least("doses", doses), _confused)


def _confused(dose: Dose) -> str | None:
    return _written(dose.number, CONFUSED[dose.unit], dose)


def _each(name: str, count: int, rewrite: Callable[[Dose], str | None]) -> Callable[..., str]:
    def work(text: str, /, *, seed: int) -> str:
        found = [(one, new) for one in doses(check_text(name, text)) if (new := rewrite(one))]
        if not found:
            raise inapplicable(name, "states no amount that it could rewrite")
        chosen = some(found, count, draw_from(seed))
        return replaced(text, ((one.start, one.end, new) for one, new in chosen))

    return work


@frozen
class Limits:
    """Moves a daily amount to the other side of a limit."""

    margin: float
    limits: Terms[Decimal]
    part: str | None

    def __call__(self, case: Case, /, *, seed: int) -> Case:
        """Move the one amount that belongs to a medicine whose limit is known."""
        name = "clinical.dose-limits"
        key, text = text_of(name, case, self.part)
        drugs = self.limits.find(text)
        found = list(doses(text))
        if (
            len({one.value for one in drugs}) != 1
            or len(found) != 1
            or found[0].unit not in MILLIGRAMS
            or not any(day in text for day in DAY)
            or _is_of_one(text, found[0])
            or REPEATED.search(text)
        ):
            lacks = "does not state one amount of one medicine in a day, with a limit that it knows"
            raise inapplicable(name, lacks)
        (dose,), limit = found, drugs[0].value
        over = dose.number * MILLIGRAMS[dose.unit] > limit
        step = Decimal(str(self.margin)) * (-1 if over else 1)
        # Between 0.9 and 1 of the margin, so that the seed says where, and the rung how far.
        step *= Decimal(90 + int(draw_from(seed)() * 11)) / 100
        moved = (limit * (1 + step)).quantize(Decimal(1) if limit >= 100 else Decimal("0.1"))  # noqa: PLR2004 - mg
        new = _written(moved / MILLIGRAMS[dose.unit], dose.unit, dose)
        return turned_case(name, case, key, replaced(text, [(dose.start, dose.end, new)]))


def _is_of_one(text: str, dose: Dose) -> bool:
    """Tell whether an amount is that of one tablet of which several are counted."""
    low = text.lower()
    if not any(form in low for form in FORMS):  # most texts name none, and patterns take longer
        return False
    return bool(COUNTED.search(low) or STRENGTH.match(low, dose.end))


def dose_limits(*, margin: float, part: str | None = None, lexicon: str | None = None) -> Limits:
    """Move an amount to the other side of what a label allows in a day, and the answer with it.

    `margin` is how far beyond the limit, as a fraction of it: the nearer, the harder to tell. The
    case must state one amount of one medicine in a day, and its target must be yes or no (or an
    option that begins so). The lexicon has the columns `drug`, `unit` (mg) and `most`.
    """
    margin = number("margin", margin)
    if not 0 < margin < 1:
        msg = f"margin must be a number between 0 and 1, got {margin!r}"
        raise ParameterError(msg)
    rows = lexicon_rows(lexicon, "dose_limits", ("drug", "unit", "most"))
    return Limits(margin, terms_of((row["drug"], _limit(row, lexicon)) for row in rows), part)


def _limit(row: Row, lexicon: str | None) -> Decimal:
    """Give what a row of the lexicon allows in a day, in milligrams."""
    try:
        limit = Decimal(row["most"]) * MILLIGRAMS[row["unit"]]
    except (InvalidOperation, KeyError):
        limit = Decimal(0)
    if not (limit.is_finite() and limit > 0):
        msg = (
            f"{lexicon}: most of {row['drug']!r} must be a positive number, with a unit out of "
            f"{', '.join(MILLIGRAMS)}, got {row['most']!r} {row['unit']!r}"
        )
        raise ParameterError(msg)
    return limit
