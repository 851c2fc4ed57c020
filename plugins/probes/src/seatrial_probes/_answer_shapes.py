"""The shapes in which questions and recorded answers come, brought to one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import evolve, frozen

from seatrial.errors import PlanError
from seatrial.kit import answer_of

from ._rendering import OPTIONS, read

__all__ = ["Row", "Shapes"]

LISTS: Final = (OPTIONS, "choices", "endings")
"""What a part is called that lists the options."""

NUMBERED: Final = re.compile(r"(?:option|choice|ending|solution|sol|op|answer)[ _]?(?:\d|[a-h])")
"""What parts are called that hold one option each, as in WinoGrande's `option1`."""

LABEL: Final = re.compile(
    r"^[ \t]*(?:(?P<part>passage|context|paragraph|article|story|question|goal|sentence)"
    r"|(?P<option>(?:option|choice|ending|solution)[ _]?(?:\d|[a-h]))|(?P<answer>answer))"
    r"[ \t]*(?:\([^()\n]*\))?[ \t]*:"
    r"|^[ \t]*\(?(?P<letter>[A-H1-8])[.)][ \t]",
    re.IGNORECASE | re.MULTILINE,
)
"""What begins a part, or an option, of a prompt that is one text."""

PLACE: Final = re.compile(
    r"(?:option|choice)?[ _]?\(?(?:(?P<number>\d+)(?:\.0)?|(?P<letter>[a-h]))[.):]*"
)
COUNTED: Final = {
    marks[:count] for marks in ("abcdefgh", "12345678") for count in range(2, 1 + len(marks))
}
"""How options are marked one after another; other lines that begin like these are none."""

ALIKE: Final = {"true": "yes", "false": "no"}
TWO: Final = 2


@frozen(eq=False)
class Row:
    """One input as parts with `options`, if it has any, and the answer to it."""

    input: Any
    prediction: Any


@frozen
class Shapes:
    """How some recorded answers are written: learned from them, applied to any.

    Options may stand in a list, in parts of their own, or in the lines of a prompt; an answer may
    be an option's text, its letter or its place, or true and false for yes and no. `first` is the
    number of the first option, and `spelt` the first spelling of each answer that is no option.
    """

    first: int
    spelt: Mapping[str, str]

    @classmethod
    def of(cls, inputs: Iterable[Any], predictions: Iterable[Any]) -> Shapes:
        """See from which number options are counted, and how other answers are spelt."""
        numbers: set[int] = set()
        spelt: dict[str, str] = {}
        for given, prediction in zip(inputs, predictions, strict=True):
            answer, options = answer_of(prediction).value, _options(_parts(given))
            spelt.setdefault(_key(answer), _text(answer))
            found = PLACE.fullmatch(_key(answer)) if options else None
            if found and found["number"] and _key(answer) not in map(_key, options):
                numbers.add(int(found["number"]))
        return cls(0 if 0 in numbers else 1, spelt)

    def rows(self, inputs: Sequence[Any], predictions: Sequence[Any]) -> list[Row]:
        """Bring inputs and answers to one shape."""
        return [self._row(*pair) for pair in zip(inputs, predictions, strict=True)]

    def _row(self, given: Any, prediction: Any) -> Row:
        asked = _parts(given)
        answer = answer_of(prediction)
        if answer.value is None or answer.refused:
            return Row(asked, answer)
        options = _options(asked)
        place = self._place(_key(answer.value), [_key(one) for one in options])
        key = _key(answer.value)
        said = self.spelt.get(key, _text(answer.value)) if place is None else options[place]
        return Row(asked, evolve(answer, value=said))

    def _place(self, answer: str, options: Sequence[str]) -> int | None:
        if answer in options:
            return options.index(answer)
        found = PLACE.fullmatch(answer)
        if found is None:
            return None
        letter, number = found["letter"], found["number"]
        place = ord(letter) - ord("a") if letter else int(number) - self.first
        return place if 0 <= place < len(options) else None


def _text(value: Any) -> str:
    return str(value.item() if isinstance(value, np.generic) else value)


def _key(value: Any) -> str:
    """Give what two spellings of one answer have in common."""
    plain = " ".join(_text(value).casefold().split()).rstrip(".")
    return ALIKE.get(plain, plain)


def _options(given: Any) -> tuple[str, ...]:
    return tuple(given.get(OPTIONS, ())) if isinstance(given, Mapping) else ()


def _parts(given: Any) -> Any:
    """Give an input as texts by name, with all `options` in one list; what is no text stays."""
    if isinstance(given, Mapping):
        return _of_mapping(given)
    try:
        return _of_text(read(given).text)
    except PlanError:
        return given


def _of_mapping(given: Mapping[str, Any]) -> Any:
    named = [name for name in given if NUMBERED.fullmatch(str(name).casefold())]
    if len(named) >= TWO:
        rest = {name: part for name, part in given.items() if name not in named}
        return {**rest, OPTIONS: tuple(_text(given[name]) for name in sorted(named))}
    for name in LISTS:
        if name in given:
            rest = {key: part for key, part in given.items() if key != name}
            return {**rest, OPTIONS: _listed(given[name])}
    if len(given) == 1 and isinstance(text := next(iter(given.values())), str):
        return _of_text(text)
    return given


def _listed(options: Any) -> tuple[str, ...]:
    """Read a list of options, a mapping of them by letter, or a text with one a line."""
    if isinstance(options, Mapping):
        options = options.get("text", list(options.values()))
    if isinstance(options, str):
        read_so = _options(_of_text(options))
        return read_so or tuple(line for line in map(str.strip, options.splitlines()) if line)
    return tuple(_text(one) for one in options) if isinstance(options, Sequence) else ()


def _of_text(text: str) -> Any:
    """Take a prompt with labelled lines apart; one without them stays a text.

    Where a label comes again, as in a prompt with examples, the last question counts.
    """
    begun = list(LABEL.finditer(text))
    ends = [*(one.start() for one in begun), len(text)][1:]
    found: dict[str, str] = {}
    options: dict[str, str] = {}
    for one, end in zip(begun, ends, strict=True):
        said = text[one.end() : end].strip()
        if name := one["part"]:
            if name.casefold() in found:
                found, options = {}, {}
            found[name.casefold()] = said
        elif name := one["option"] or one["letter"]:
            options[name.casefold()[-1]] = said
    listed = len(options) >= TWO and "".join(options) in COUNTED
    if not found and not listed:
        return text
    if not found and (before := text[: begun[0].start()].strip()):
        found = {"question": before}
    return {**found, OPTIONS: tuple(options.values())} if listed else found
