"""Retrieved passages that are missing, contradicted, out of date or in another order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve

from seatrial import Case
from seatrial.errors import NotApplicable, ParameterError

from ._draws import Draw, at_least, draw_from, one_of, some
from ._negation import negated
from ._sentences import sentences
from ._terms import replaced

__all__ = ["contradicted", "missing", "outdated", "reordered"]

Passages = list[str]
NOTHING = "(The search found no passages.)"
OLD = (
    "Archived version, superseded and no longer in force: {passage}",
    "[Withdrawn in 2009 and replaced by the present guidance] {passage}",
    "From an earlier edition of the same source, which has since been corrected: {passage}",
)
"""How a passage is marked as out of date."""


def missing(*, passages: int, part: str = "passages") -> Callable[..., Case]:
    """Take retrieved passages away, which are drawn.

    `passages` is how many; where none is left, the case says that the search found none. What is
    right may then be to say that the sources do not tell.
    """

    def change(found: Passages, draw: Draw, count: int) -> Passages:
        gone = some(range(len(found)), count, draw)
        return [one for at, one in enumerate(found) if at not in gone] or [NOTHING]

    return _changing("clinical.passages-missing", part, passages, change)


def contradicted(*, passages: int, part: str = "passages") -> Callable[..., Case]:
    """Add passages that say the opposite of retrieved ones, each behind the one it contradicts."""

    def change(found: Passages, draw: Draw, count: int) -> Passages:
        return _with_opposites(found, draw, count, "clinical.passages-contradicted", ("{passage}",))

    return _changing("clinical.passages-contradicted", part, passages, change)


def outdated(*, passages: int, part: str = "passages") -> Callable[..., Case]:
    """Add older versions that say the opposite and are marked as out of date.

    A model that reads the mark keeps to the passage in force.
    """

    def change(found: Passages, draw: Draw, count: int) -> Passages:
        return _with_opposites(found, draw, count, "clinical.passages-outdated", OLD)

    return _changing("clinical.passages-outdated", part, passages, change)


def reordered(*, passages: int, part: str = "passages") -> Callable[..., Case]:
    """Move retrieved passages to other places: `passages` of them change places in turn."""

    def change(found: Passages, draw: Draw, count: int) -> Passages:
        if len(set(found)) < 2:  # noqa: PLR2004 - one passage has no order
            msg = "clinical.passages-reordered: the case has fewer than two different passages"
            raise NotApplicable(msg)
        places = some(range(len(found)), max(count, 2), draw)
        new = list(found)
        for at, place in enumerate(places):
            new[places[(at + 1) % len(places)]] = found[place]
        return new

    return _changing("clinical.passages-reordered", part, passages, change)


def _with_opposites(
    found: Passages, draw: Draw, count: int, name: str, frames: Sequence[str]
) -> Passages:
    chosen: dict[int, str] = {}
    for at in some(range(len(found)), len(found), draw):
        if len(chosen) < count and (turned := _opposite(found[at])) is not None:
            chosen[at] = one_of(frames, draw).format(passage=turned)
    if not chosen:
        msg = f"{name}: no passage states anything that could be turned around"
        raise NotApplicable(msg)
    return [
        text
        for at, one in enumerate(found)
        for text in ((one, chosen[at]) if at in chosen else (one,))
    ]


def _opposite(passage: str) -> str | None:
    """Turn around every statement of a passage that can be, or None."""
    changes = []
    for one in sentences(passage):
        turned = negated(one.text)
        if turned is not None and not one.text.endswith("?"):
            changes.append((one.start, one.end, turned))
    return replaced(passage, changes) if changes else None


def _changing(
    name: str, part: str, count: int, change: Callable[[Passages, Draw, int], Passages]
) -> Callable[..., Case]:
    number = at_least("passages", count)

    def work(case: Case, /, *, seed: int) -> Case:
        given = case.input.get(part) if isinstance(case.input, Mapping) else None
        if given is None:
            msg = (
                f"{name}: case {case.id!r} has no part {part!r}; name its passages with part='...'"
            )
            raise NotApplicable(msg)
        if isinstance(given, str) or not all(isinstance(one, str) for one in given):
            msg = f"{name}: case {case.id!r}: {part!r} must be a tuple of texts, got {given!r:.60}"
            raise ParameterError(msg)
        if not given:
            msg = f"{name}: case {case.id!r} has no passages"
            raise NotApplicable(msg)
        new = change(list(given), draw_from(seed), number)
        return evolve(case, input={**case.input, part: tuple(new)})

    return work
