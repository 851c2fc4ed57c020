"""Small converters that the frozen values share, and the hint that their messages share."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from numbers import Integral, Real
from typing import Any

from .errors import ParameterError

__all__ = [
    "FrozenMapping",
    "did_you_mean",
    "freeze",
    "frozen_mapping",
    "instances_in",
    "number_of",
    "optional_mapping",
    "plain",
    "with_article",
]

PLAIN = (str, int, float, type(None))
"""Values that nobody can change, and that hold no others."""


class FrozenMapping(Mapping[str, Any]):
    """A mapping that can be read, compared, hashed and pickled, but not changed.

    It is written in the order of its keys, so that equal ones read alike.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    # These are as a dictionary has them, which is faster than what `Mapping` makes of the above.
    def get(self, key: str, default: Any = None) -> Any:
        return self._items.get(key, default)

    def items(self) -> ItemsView[str, Any]:
        return self._items.items()

    def values(self) -> ValuesView[Any]:
        return self._items.values()

    def __hash__(self) -> int:
        return hash(frozenset((key, _hashed(value)) for key, value in self._items.items()))

    def __repr__(self) -> str:
        return repr(dict(sorted(self._items.items(), key=lambda item: str(item[0]))))


def _hashed(value: Any) -> int:
    """Hash by equality, not by spelling: 1 and 1.0 are equal, so they hash alike."""
    try:
        return hash(value)
    except TypeError:
        return 0


def with_article(word: str) -> str:
    """Put the article before a word."""
    return f"{'an' if word[0].lower() in 'aeiou' else 'a'} {word}"


def did_you_mean(word: str, words: Iterable[str], *, after: str = "") -> str:
    """End a message about an unknown word with the known one that is nearest, if any is near.

    `after` is a prefix that all of them share: it would make them look more alike than they are.
    """
    import difflib

    known = {one.removeprefix(after): one for one in words}
    close = difflib.get_close_matches(word.removeprefix(after), known, n=1)
    return f"; did you mean {known[close[0]]}?" if close else ""


def freeze(value: Any) -> Any:
    """Turn lists into tuples and dictionaries into frozen mappings, all the way down."""
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, Mapping):
        return FrozenMapping({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


def instances_in(value: Any, kind: type | tuple[type, ...]) -> Iterator[Any]:
    """Give the instances of a class, or of several, inside mappings, lists and tuples, in order."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from instances_in(item, kind)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from instances_in(item, kind)


def frozen_mapping(value: Any) -> FrozenMapping:
    """Freeze a mapping; the typed form that attrs fields use as a converter."""
    if type(value) is FrozenMapping and _is_plain(value):
        return value
    if not isinstance(value, Mapping):
        msg = f"expected a mapping of names to values, got {value!r:.80}"
        raise ParameterError(msg)
    return FrozenMapping({key: freeze(item) for key, item in value.items()})


def _is_plain(value: FrozenMapping) -> bool:
    for one in value.values():  # noqa: SIM110 - `all` takes twice as long, and every case is asked
        if not isinstance(one, PLAIN):
            return False
    return True


def number_of(value: Any) -> Any:
    """Turn a number of numpy or of another library into Python's; leave the rest as it is."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def optional_mapping(value: Any) -> FrozenMapping | None:
    """Freeze a mapping, and leave None as it is."""
    return None if value is None else frozen_mapping(value)


def plain(value: Any) -> Any:
    """Turn frozen mappings into dictionaries and tuples into lists, ready for JSON or TOML."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
