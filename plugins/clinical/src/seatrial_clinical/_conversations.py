"""Conversations made of one turn: longer, doubted, changed, with failing tools or more images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from attrs import frozen

from seatrial.errors import NotApplicable

from ._draws import Draw, at_least, draw_from, some
from ._lexicon import lexicon_rows
from ._sentences import sentences

__all__ = [
    "TIMED_OUT",
    "challenges",
    "changed_mind",
    "images",
    "open_turn",
    "tool_failures",
    "turn_order",
    "turns",
]

Message = Mapping[str, Any]
Talk = tuple[Message, ...]
Perturb = Callable[..., Talk]

TIMED_OUT = "error: the request timed out"


def open_turn(*, all_parts: bool = False) -> Message:
    """Give a turn that the model is to say, with the options of the case or without."""
    turn: dict[str, Any] = {"role": "assistant", "content": None}
    return {**turn, "all_parts": True} if all_parts else turn


@frozen
class _Last:
    """The last message of a conversation, which a person says, and what came before it."""

    before: Talk
    message: Message
    text: str
    others: tuple[Any, ...]
    """Images that go with the text."""

    def saying(self, text: str) -> Message:
        """Give the same message with another text."""
        content: Any = (text, *self.others) if self.others else text
        return {**self.message, "content": content}


def _last(name: str, talk: Sequence[Message]) -> _Last:
    *before, message = talk
    content = message["content"]
    several = content if isinstance(content, tuple | list) else (content,)
    texts = [one for one in several if isinstance(one, str)]
    text = " ".join(texts).strip()
    if message["role"] != "user" or not text:
        msg = f"{name}: the last message holds nothing that a person says"
        raise NotApplicable(msg)
    others = tuple(one for one in several if not isinstance(one, str))
    return _Last(tuple(before), message, text, others)


def _says(text: str) -> Message:
    return {"role": "user", "content": text}


def _bank(lexicon: str | None, kind: str) -> list[str]:
    rows = lexicon_rows(lexicon, "turns", ("kind", "text"))
    return [row["text"] for row in rows if row["kind"] == kind]


def _drawn(bank: Sequence[str], count: int, draw: Draw) -> list[str]:
    """Draw texts; each comes again only when all were said."""
    found: list[str] = []
    while len(found) < count:
        found += some(bank, count - len(found), draw)
    return found


def turns(*, turns: int, lexicon: str | None = None) -> Perturb:
    """Spread the last message over so many turns: its sentences in order, small talk between them.

    The first sentence begins the conversation and the last ends it, so what is told first has to be
    remembered. Where there are more sentences than turns, several share a turn. The lexicon has the
    columns `kind` and `text`; texts of the kind "small-talk" are taken.
    """
    name, count = "clinical.turns", at_least("turns", turns, 2)
    bank = _bank(lexicon, "small-talk")

    def spread(talk: Sequence[Message], /, *, seed: int) -> Talk:
        last = _last(name, talk)
        said = [one.text for one in sentences(last.text)]
        if len(said) > count:
            ends = [len(said) * at // count for at in range(count + 1)]
            said = [" ".join(said[low:high]) for low, high in pairwise(ends)]
        between = _drawn(bank, count - len(said), draw_from(seed))
        told = [*said[:-1], *between]
        return (*last.before, *_answered(map(_says, told)), last.saying(said[-1]))

    return spread


def _answered(messages: Any) -> list[Message]:
    """Let the model answer each message."""
    return [one for message in messages for one in (message, open_turn())]


def turn_order(*, lexicon: str | None = None) -> Perturb:  # noqa: ARG001 - as its siblings
    """Tell what comes before the question in the opposite order, one sentence a turn."""
    name = "clinical.turn-order"

    def turn(talk: Sequence[Message], /, *, seed: int) -> Talk:  # noqa: ARG001 - nothing is drawn
        last = _last(name, talk)
        *facts, question = [one.text for one in sentences(last.text)]
        if len(facts) < 2:  # noqa: PLR2004 - one has no order
            msg = f"{name}: fewer than two sentences come before the question"
            raise NotApplicable(msg)
        return (*last.before, *_answered(map(_says, reversed(facts))), last.saying(question))

    return turn


def challenges(*, times: int, lexicon: str | None = None) -> Perturb:
    """Doubt the answer so many times, without a reason; the model is asked anew each time.

    Texts of the kind "challenge" are taken from the lexicon.
    """
    name, count = "clinical.challenges", at_least("times", times)
    bank = _bank(lexicon, "challenge")

    def doubt(talk: Sequence[Message], /, *, seed: int) -> Talk:
        last = _last(name, talk)
        found: list[Message] = [last.message]
        for text in _drawn(bank, count, draw_from(seed)):
            found += [open_turn(all_parts=True), _says(text)]
        return (*last.before, *found)

    return doubt


def changed_mind(*, times: int, lexicon: str | None = None) -> Perturb:
    """Ask for other things first, so many times, and take it back before the real question.

    Texts of the kind "request" are taken from the lexicon.
    """
    name, count = "clinical.changed-mind", at_least("times", times)
    bank = _bank(lexicon, "request")

    def change(talk: Sequence[Message], /, *, seed: int) -> Talk:
        last = _last(name, talk)
        first, *more = _drawn(bank, count, draw_from(seed))
        asked = [first, *(f"Forget that, please. {text}" for text in more)]
        last_text = f"Forget that, please. {last.text}"
        return (*last.before, *_answered(map(_says, asked)), last.saying(last_text))

    return change


def tool_failures(*, times: int) -> Perturb:
    """Let the first tool time out so many times before it answers."""
    name, count = "clinical.tool-failures", at_least("times", times)

    def fail(talk: Sequence[Message], /, *, seed: int) -> Talk:  # noqa: ARG001 - nothing is drawn
        at = next((n for n, one in enumerate(talk) if one["role"] == "tool"), 0)
        if not at or "tool_calls" not in talk[at - 1]:
            msg = f"{name}: no tool is called"
            raise NotApplicable(msg)
        call = talk[at - 1]
        failed = {**talk[at], "content": TIMED_OUT}
        return (*talk[: at - 1], *(call, failed) * count, *talk[at - 1 :])

    return fail


def images(*, images: int) -> Perturb:
    """Add so many images of nothing (noise, a ramp) behind those of the last message."""
    name, count = "clinical.images", at_least("images", images)

    def add(talk: Sequence[Message], /, *, seed: int) -> Talk:
        last = _last(name, talk)
        if not last.others:
            msg = f"{name}: the last message holds no image"
            raise NotApplicable(msg)
        draw = draw_from(seed)
        more = tuple(_nothing(last.others[0], draw) for _ in range(count))
        message = {**last.message, "content": (last.text, *last.others, *more)}
        return (*last.before, message)

    return add


def _nothing(like: Any, draw: Draw) -> Any:
    """Make an image that shows nothing, of the shape and type of another."""
    import numpy as np

    scale = 1.0 if like.dtype.kind == "f" else float(np.iinfo(like.dtype).max)
    if draw() < 0.5:  # noqa: PLR2004 - as many of one kind as of the other
        generator = np.random.default_rng(int(draw() * 2**32))
        values = generator.random(like.shape)
    else:
        ramp = np.linspace(0.2 * draw(), 0.8 + 0.2 * draw(), like.shape[1])
        values = np.broadcast_to(ramp[None, :, None], like.shape)
    return (values * scale).astype(like.dtype)
