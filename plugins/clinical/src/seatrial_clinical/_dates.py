"""Dates that are all moved by the same number of days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

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
_MONTH = "|".join(sorted(_NUMBER, key=len, reverse=True))
ISO = re.compile(r"(?<![\w/.-])(\d{4})-(\d\d)-(\d\d)(?![\w/-])")
DAY_FIRST = re.compile(rf"(?<![\w.,/-])(\d{{1,2}}) ({_MONTH})(,?) (\d{{4}})(?!\w)")
MONTH_FIRST = re.compile(rf"(?<!\w)({_MONTH}) (\d{{1,2}}), (\d{{4}})(?!\w)")
VAGUE = re.compile(
    rf"(?<![\w.,/-])(?:(?:19|20)\d\d(?![\w,.]\d|\w)|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}(?!\w))"
    rf"|(?<!\w)(?:{'|'.join(month for month in MONTHS if month != 'May')})(?!\w)"
    r"|\b(?:in|since|until|of|last|next|this|early|late|from|to|\d) May\b"
)
"""A year alone, a month without a year, a date that Americans read otherwise: none can be moved."""


def _found(text: str) -> Iterator[tuple[int, int, date, Callable[[date], str]]]:
    for match in ISO.finditer(text):
        if day := _date(int(match[1]), int(match[2]), int(match[3])):
            yield match.start(), match.end(), day, date.isoformat
    for match in DAY_FIRST.finditer(text):
        if day := _date(int(match[4]), _NUMBER[match[2]], int(match[1])):
            short, comma = match[2] not in MONTHS, match[3]
            yield (
                match.start(),
                match.end(),
                day,
                lambda d, short=short, comma=comma: f"{d.day} {_name(d, short)}{comma} {d.year}",
            )
    for match in MONTH_FIRST.finditer(text):
        if day := _date(int(match[3]), _NUMBER[match[1]], int(match[2])):
            short = match[1] not in MONTHS
            yield (
                match.start(),
                match.end(),
                day,
                lambda d, short=short: f"{_name(d, short)} {d.day}, {d.year}",
            )


def _name(day: date, short: bool) -> str:
    return MONTHS[day.month - 1][:3] if short else MONTHS[day.month - 1]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
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
        if VAGUE.search(rest):
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
