"""The words that carry the meaning of a medical text, by kind, as `vocabulary.toml` lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources

__all__ = ["ENDINGS", "KINDS", "PERIODS", "SPELLED", "UNITS", "WORDS"]

_LISTS = {
    kind: {name: frozenset(words.split()) for name, words in lists.items()}
    for kind, lists in tomllib.loads(
        resources.files(__package__).joinpath("vocabulary.toml").read_text("utf-8")
    ).items()
}
_NOT_ALONE = ("units", "periods", "endings")

KINDS = tuple(_LISTS)
SPELLED = _LISTS["numbers"]["spelled"]
UNITS = _LISTS["numbers"]["units"]
PERIODS = _LISTS["numbers"]["periods"]

WORDS: Mapping[str, frozenset[str]] = {
    kind: frozenset().union(*(lists[name] for name in lists if name not in _NOT_ALONE))
    for kind, lists in _LISTS.items()
}
ENDINGS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(sorted(lists.get("endings", ()))) for kind, lists in _LISTS.items()
}
