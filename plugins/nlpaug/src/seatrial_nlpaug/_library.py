"""nlpaug without torch: it imports torch for language models alone, which are not used here."""

from __future__ import annotations

import importlib
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["characters", "words"]

FILTERING = "nlpaug.util.selection.filtering"
NEEDED = {"torch": "torch", "F": "torch.nn.functional"}
"""What the one module that imports torch at once calls it, and what that is."""


class _Absent:
    """A finder to which torch is not installed, for one thread: others import it meanwhile."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, name: str, _: Sequence[str] | None, __: Any = None) -> ModuleSpec | None:
        if name == "torch" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(name=name)
        return None


class _Later:
    """Stands for a module until something of it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self._name), name)


@contextmanager
def _without_torch() -> Iterator[None]:
    """Import nlpaug in a second, not in five; whoever uses its language models finds torch."""
    absent: Any = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        yield
    finally:
        sys.meta_path.remove(absent)
        filtering = sys.modules.get(FILTERING)
        for name, module in NEEDED.items():
            if filtering is not None and not hasattr(filtering, name):
                setattr(filtering, name, _Later(module))


def characters() -> ModuleType:
    """Import the augmenters of characters."""
    with _without_torch():
        return importlib.import_module("nlpaug.augmenter.char")


def words() -> ModuleType:
    """Import the augmenters of words; Python warns of escapes in their source as it compiles it."""
    with _without_torch(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("nlpaug.augmenter.word")
