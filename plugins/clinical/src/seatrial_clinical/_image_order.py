"""The images of a message in another order: the answer stays, or names another place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve

from seatrial import Case
from seatrial.errors import NotApplicable
from seatrial.kit import texts_of

from ._draws import at_least, draw_from, some

__all__ = ["image_order", "image_turn"]

Message = Mapping[str, Any]
Talk = tuple[Message, ...]

ORDINALS = ("first", "second", "third", "fourth", "fifth")
PLACE = re.compile(
    rf"\b(?:({'|'.join(ORDINALS)})"
    r"|((?:image|picture|scan|study|visit|exam) (?:number )?)([1-5]))\b",
    re.IGNORECASE,
)
"""How a text names the place of an image."""
ORDER = re.compile(
    r"\b(?:last|earliest|latest|earlier|later|previous|previously|prior|before|after|former|latter"
    r"|next|then|since|baseline|follow-?up|current|currently|now|new|newer|newest|old|older|oldest"
    r"|order|left|right|top|bottom|beside|upper|lower|change[sd]?|grow[ns]?|grew|shrinks?|shrank"
    r"|shrunk"
    r"|(?:which|what) (?:images?|pictures?|scans?|study|studies|visits?|exams?)"
    r"|which (?:ones?|of|is|are|was|were|has|have|had|shows?|showed))\b",
    re.IGNORECASE,
)
"""Words that may refer to the order of images, as to which came first, or ask for one of them."""


def image_order(*, images: int) -> Callable[..., Talk]:
    """Let so many images of the last message change places in turn.

    Only where no word of the conversation refers to their order: the right answer then stays.
    """
    name, count = "clinical.image-order", at_least("images", images, 2)

    def reorder(talk: Sequence[Message], /, *, seed: int) -> Talk:
        content, places = _images(name, talk)
        for text in texts_of(tuple(talk)):
            if found := PLACE.search(text) or ORDER.search(text):
                msg = f"{name}: {found[0]!r} may refer to the order of the images"
                raise NotApplicable(msg)
        chosen = some(places, count, draw_from(seed))
        new = list(content)
        for at, place in enumerate(chosen):
            new[chosen[(at + 1) % len(chosen)]] = content[place]
        return _with(talk, new)

    return reorder


def image_turn() -> Callable[..., Case]:
    """Turn the order of the images of the last message around, and the place that is the answer.

    The conversation asks which image it is, and the target names one place: "the second image"
    becomes "the third image" of four. Nothing else may name a place, but for the options.
    """
    name = "clinical.image-turn"

    def turn(case: Case, /, *, seed: int) -> Case:  # noqa: ARG001 - nothing is drawn
        part, talk = _talk(name, case)
        content, places = _images(name, talk)
        for text in texts_of(tuple(talk)):
            if found := PLACE.search(text):
                msg = f"{name}: the conversation itself names a place, {found[0]!r}"
                raise NotApplicable(msg)
        target = _turned(name, case, len(places))
        new = list(content)
        for place, other in zip(places, reversed(places), strict=True):
            new[place] = content[other]
        turned: Any = _with(talk, new)
        return evolve(
            case, input=turned if part is None else {**case.input, part: turned}, target=target
        )

    return turn


def _talk(name: str, case: Case) -> tuple[str | None, Talk]:
    """Give the conversation of a case, and the part of the input that it is."""
    parts = case.input.items() if isinstance(case.input, Mapping) else [(None, case.input)]
    for part, value in parts:
        if isinstance(value, tuple | list) and value and isinstance(value[0], Mapping):
            return part, tuple(value)
    msg = f"{name}: the case has no conversation"
    raise NotApplicable(msg)


def _images(name: str, talk: Sequence[Message]) -> tuple[Sequence[Any], list[int]]:
    """Give what the last message holds, and at which places there are images."""
    content = talk[-1]["content"]
    parts = content if isinstance(content, tuple | list) else ()
    places = [at for at, one in enumerate(parts) if not isinstance(one, str)]
    if len(places) < 2:  # noqa: PLR2004 - one image has no order
        msg = f"{name}: the last message holds fewer than two images"
        raise NotApplicable(msg)
    return parts, places


def _with(talk: Sequence[Message], content: list[Any]) -> Talk:
    return (*talk[:-1], {**talk[-1], "content": tuple(content)})


def _turned(name: str, case: Case, images: int) -> str:
    """Write the target with the place that its image has now."""
    target = case.target
    found = list(PLACE.finditer(target)) if isinstance(target, str) else []
    if len(found) != 1:
        msg = f"{name}: the target {target!r:.60} names no place, or several"
        raise NotApplicable(msg)
    word, lead, number = found[0].groups()
    place = ORDINALS.index(word.lower()) if word else int(number) - 1
    if place >= images:
        msg = f"{name}: the target {target!r:.60} names an image that is not there"
        raise NotApplicable(msg)
    new = images - 1 - place
    said = f"{lead}{new + 1}" if lead else _cased(ORDINALS[new], word)
    return f"{target[: found[0].start()]}{said}{target[found[0].end() :]}"


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[0].isupper() else word
