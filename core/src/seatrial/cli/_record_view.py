"""How one record is shown: original beside perturbed, with what differs coloured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .._cases import CLEAN
from .._layout import GAP, Piece
from .._tables import figure, printable
from ..errors import StoreError
from ._differences import WORD, differences, flowed, marked, shortened
from ._examples import Drawn, Example

__all__ = ["brief_view_of", "view_of"]

BEFORE, AFTER = ("-", "red", "bold reverse red"), ("+", "green", "bold reverse green")
"""How what is gone and what has come are shown: marked, a word in colour, a letter in colour."""
OUTCOMES = {True: "wrong", False: "right", None: ""}
COLOURS = {"wrong": "red", "right": "green", "errored": "magenta"}

Line = tuple[str, list[Piece]]
"""A name, and what is said under it."""


def view_of(example: Example, width: int | None, *, coloured: bool) -> Iterator[Sequence[Piece]]:
    """Give the lines that show a record, of a width if there is one."""
    record = example.record
    outcome = "errored" if record.status == "errored" else OUTCOMES[example.wrong]
    told = [outcome or record.status]
    if record.distance is not None and record.perturbation != CLEAN:
        told.append(f"distance {figure(record.distance)}" if record.changed else "unchanged")
    head = [(printable(record.id), "bold"), ("  ", ""), (told[0], COLOURS.get(outcome, ""))]
    head += [(f" · {one}", "") for one in told[1:]]
    yield from flowed(head, width)
    lines = list(_lines(example, coloured=coloured))
    beside = max(len(name) for name, _ in lines)
    room = None if width is None else max(width - beside - 2 * GAP, GAP)
    for name, pieces in lines:
        for at, line in enumerate(flowed(pieces, room)):
            label = name if not at else ""
            yield [(f"{' ' * GAP}{label.ljust(beside + GAP)}", "dim"), *line]


def brief_view_of(
    example: Example, width: int | None, *, coloured: bool
) -> Iterator[Sequence[Piece]]:
    """Give a line with the answer to a record, and what the model saw below it."""
    record = example.record
    outcome = "errored" if record.status == "errored" else OUTCOMES[example.wrong]
    told = example.answer if record.prediction is not None else record.error or record.status
    if example.target and told != example.target:
        told = f"{told}, not {example.target}"
    head = [(printable(record.id), "bold"), ("  ", ""), (outcome, COLOURS.get(outcome, ""))]
    yield from flowed([*head, (f": {printable(told)}" if outcome else printable(told), "")], width)
    room = None if width is None else max(width - GAP, GAP)
    for name, pieces in _inputs(example, coloured=coloured):
        if not name.startswith("original"):
            for line in flowed(pieces, room):
                yield [(" " * GAP, ""), *line]


def _lines(example: Example, *, coloured: bool) -> Iterator[Line]:
    record = example.record
    yield from _inputs(example, coloured=coloured)
    if example.target:
        yield "target", _plain(example.target)
    if record.prediction is not None:
        turns = record.prediction.details.get("turns", ())
        for number, turn in enumerate(turns[:-1], start=1):  # the last one is the answer
            yield f"answer, turn {number}", _plain(str(turn["answer"]))
        yield "answer", _plain(example.answer)
    if example.clean is not None and record.perturbation != CLEAN:
        yield "answer to original", _plain(example.clean)
    if record.scores:
        yield "scores", [(", ".join(f"{k} {v:.4g}" for k, v in record.scores.items()), "")]
    if record.error:
        yield "error", _plain(record.error)


def _inputs(example: Example, *, coloured: bool) -> Iterator[Line]:
    try:
        before = example.original()
        after = before if example.record.perturbation == CLEAN else example.seen()
    except StoreError as error:
        yield "input", [(f"not shown: {error}", "")]
        return
    yield from _compared(before, after, coloured=coloured)


def _compared(
    before: Mapping[str, str], after: Mapping[str, str], *, coloured: bool
) -> Iterator[Line]:
    for key in dict.fromkeys((*before, *after)):
        ours, theirs = before.get(key), after.get(key)
        if ours == theirs or theirs is None or ours is None:
            name = "input" if ours == theirs else "original" if theirs is None else "perturbed"
            yield _named(name, key), _plain(ours if theirs is None else theirs)
            continue
        if isinstance(ours, Drawn) and isinstance(theirs, Drawn):
            yield _named("original", key), _plain(ours)
            yield _named("perturbed", key), _plain(theirs)
            continue
        gone, come = differences(printable(ours), printable(theirs))
        for name, pieces, look in (("original", gone, BEFORE), ("perturbed", come, AFTER)):
            yield _named(name, key), _styled(shortened(pieces), look, coloured=coloured)


def _styled(pieces: Sequence[Piece], look: tuple[str, str, str], *, coloured: bool) -> list[Piece]:
    sign, word, letter = look
    if not coloured:
        return [(marked(pieces, sign), "")]
    return [(text, (word if kind == WORD else letter) if kind else "") for text, kind in pieces]


def _plain(text: str | None) -> list[Piece]:
    return shortened([(printable(text or ""), "")])


def _named(name: str, part: str) -> str:
    return f"{name} {printable(part)}" if part else name
