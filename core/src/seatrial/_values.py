"""Small converters and validators that the frozen values share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["FrozenMapping", "freeze", "frozen_mapping", "plain"]


class FrozenMapping(Mapping[str, Any]):
    """A mapping that can be read, compared, hashed and pickled, but not changed."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset((key, repr(value)) for key, value in self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)


def freeze(value: Any) -> Any:
    """Turn lists into tuples and dictionaries into frozen mappings, all the way down."""
    if isinstance(value, Mapping):
        return FrozenMapping({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


def frozen_mapping(value: Mapping[str, Any]) -> FrozenMapping:
    """Freeze a mapping; the typed form that attrs fields use as a converter."""
    if not isinstance(value, Mapping):
        msg = f"expected a mapping of names to values, got {value!r}"
        raise TypeError(msg)
    return FrozenMapping({key: freeze(item) for key, item in value.items()})


def plain(value: Any) -> Any:
    """Turn frozen mappings into dictionaries and tuples into lists, ready for JSON or TOML."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
