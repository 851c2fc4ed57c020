"""The names of components that plugins declare, read from their source: nothing is imported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["declared_names", "full_name"]


def declared_names(namespace: str, entry: EntryPoint) -> tuple[str, ...]:
    """List the names of a namespace that stand in the source of a plugin's face."""
    pattern = re.compile(rf"""["']({re.escape(namespace)}\.[a-z0-9][a-z0-9.-]*)["']""")
    try:
        spec = find_spec(entry.module.partition(".")[0])
        source = Path(spec.origin).read_text("utf-8") if spec and spec.origin else ""
    except (OSError, ValueError, ImportError):
        return ()
    return tuple(dict.fromkeys(pattern.findall(source)))


def full_name(name: str, known: Mapping[str, Iterable[str]], *, near: bool = True) -> str:
    """End a message about a name without a namespace with the full names that it may stand for.

    `known` maps each namespace to the names in it; those of the core have none. With `near` names
    that look alike will do, too.
    """
    from difflib import get_close_matches

    ends = [(one.rpartition(".")[2], one) for names in known.values() for one in names]
    if same := [one for end, one in ends if end == name]:
        return f"; did you mean {' or '.join(same)}?"
    if not near:
        return ""
    close = get_close_matches(name, [*(end for end, _ in ends), *known], n=1, cutoff=0.7)
    found = [one for end, one in ends if end in close] or close
    return f"; did you mean {' or '.join(found)}?" if found else ""
