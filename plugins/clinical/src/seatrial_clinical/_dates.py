"""Dates that are all moved by the same number of days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

from ._draws import at_least, draw_from
from ._terms import check_text, inapplicable, replaced

__all__ = ["dates"]

NAME = "clinical.dates"
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_NUMBER = {name: at for at, name in enumerate(MONTHS, start=1)}
_NUMBER |= {name[:3]: at for name, at in _NUMBER.items()}
# Each begins with a class of characters, so that most of a text is passed over quickly; what may
# not stand before is looked at behind the first character.
ISO = re.compile(r"(\d(?<![\w/.-]\d)\d{3})-(\d\d)-(\d\d)(?![\w/-])")
DAY_FIRST = re.compile(r"(\d(?<![\w.,/-]\d)\d?) ([A-Z][a-z]{2,8})(,?) (\d{4})(?!\w)")
MONTH_FIRST = re.compile(r"([A-Z](?<!\w[A-Z])[a-z]{2,8}) (\d{1,2}), (\d{4})(?!\w)")
YEAR = re.compile(r"[12](?<![\w.,/-][12])(?:9|0)\d\d(?![\w,.]\d|\w)")
SLASHED = re.compile(r"\d(?<![\w.,/-]\d)\d?[/.]\d{1,2}[/.]\d{2,4}(?!\w)")
MAY = re.compile(r"\b(?:in|since|until|of|last|next|this|early|late|from|to|\d) May\b")


def _is_vague(rest: str) -> bool:
    """Tell of a text without its dates whether it has others, which cannot be moved by days.

    A year alone, a month without a year, and 03/04/2021, which Americans read otherwise.
    """
    months = any(month in rest for month in MONTHS if month != "May")
    return months or bool(YEAR.search(rest) or SLASHED.search(rest) or MAY.search(rest))


def _found(text: str) -> Iterator[tuple[int, int, date, Callable[[date], str]]]:
    for match in ISO.finditer(text):
        if day := _date(match[1], match[2], match[3]):
            yield match.start(), match.end(), day, date.isoformat
    for match in DAY_FIRST.finditer(text):
        if day := _date(match[4], match[2], match[1]):
            write = partial(_day_first, short=match[2] not in MONTHS, comma=match[3])
            yield match.start(), match.end(), day, write
    for match in MONTH_FIRST.finditer(text):
        if day := _date(match[3], match[1], match[2]):
            write = partial(_month_first, short=match[1] not in MONTHS)
            yield match.start(), match.end(), day, write


def _day_first(day: date, *, short: bool, comma: str) -> str:
    return f"{day.day} {_name(day, short=short)}{comma} {day.year}"


def _month_first(day: date, *, short: bool) -> str:
    return f"{_name(day, short=short)} {day.day}, {day.year}"


def _name(day: date, *, short: bool) -> str:
    return MONTHS[day.month - 1][:3] if short else MONTHS[day.month - 1]


def _date(year: str, month: str, day: str) -> date | None:
    """Read a date; None where there is no such day, and where the word is no month."""
    try:
        return date(int(year), _NUMBER.get(month) or int(month), int(day))
    except ValueError:
        return None


def dates(*, weeks: int) -> Callable[..., str]:
    """Move every date of a text by the same whole number of weeks, earlier or later.

    Intervals, order and days of the week stay, and so must the answer. A text with a date that
    cannot be moved exactly (a year alone, a month without a year, 03/04/2021) does not apply.
    """
    days = timedelta(weeks=at_least("weeks", weeks))

    def shift(text: str, /, *, seed: int) -> str:
        found = list(_found(check_text(NAME, text)))
        if not found:
            raise inapplicable(NAME, "has no date with day, month and year")
        rest = replaced(text, ((start, end, "") for start, end, _, _ in found))
        if _is_vague(rest):
            raise inapplicable(NAME, "has a date that cannot be moved by days")
        back = draw_from(seed)() < 0.5  # noqa: PLR2004 - one of two directions
        try:
            moved = [
                (start, end, write(day - days if back else day + days))
                for start, end, day, write in found
            ]
        except OverflowError:
            raise inapplicable(NAME, "has a date at the end of the calendar") from None
        return replaced(text, moved)

    return shift
