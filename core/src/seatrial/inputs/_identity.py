"""What a model or component is, derived from its code and files rather than asserted."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from .._components import Component, Use
from .._importing import IMPORT_STRING
from .._reference import Reference
from .._values import FrozenMapping
from .._writing import digest
from ..errors import SeatrialError
from ._assets import file_digest
from ._sources import CORE, sources_of

__all__ = ["Identity", "changes", "of_component", "of_reference"]

SHORT = 12
CACHES = ("cache", "cache_dir")
"""Parameters that name folders in which results are kept: their content makes nothing else."""


@frozen
class Identity:
    """What something is: the text that records are stored under, and what that covers.

    `derived` says that the text follows from code and files, so that it changes when they do;
    otherwise it is only what the object says of itself, and may stay the same when its answers
    change. `parts` maps what is covered (`module bot`, `file weights.npz`, `version numpy`) to its
    digest or version, for saying what has changed.
    """

    text: str
    derived: bool
    parts: FrozenMapping = field(factory=FrozenMapping)


def of_reference(
    reference: Reference, stated: str | None = None, *, remote: bool = False
) -> Identity:
    """Derive the identity of what an import string gives; `stated` is what it says of itself.

    Covers the source of the module and of the modules of one's own that it imports, the content of
    every file or folder that a parameter names, and the versions of the rest. What is `remote`
    answers from elsewhere, so its code alone does not tell what it is.
    """
    params: Mapping[str, Any] = reference.params or {}
    parts = {**_code(reference.use), **_files(params), **_defaults(reference)}
    if stated is not None and reference.use.partition(":")[0] == CORE:
        return Identity(stated, derived=not remote, parts=FrozenMapping(parts))
    own = stated or f"{reference.use}({_written(params)})"
    text = f"{own} [{_short(parts)}]" if parts else own
    known = any(name.startswith(("module", "version")) for name in parts)
    return Identity(text, derived=known and not remote, parts=FrozenMapping(parts))


def of_component(use: Use[Any], source: str) -> Identity:
    """Derive the identity of a component; `source` is its distribution and version.

    Its name, revision and parameters are not in it: a record is stored under these besides.
    """
    parts: dict[str, str] = {}
    for one in _depended(use):
        factory: Any = one.component.factory
        if not isinstance(factory, str):
            factory = f"{getattr(factory, '__module__', None)}:x"
        parts |= {**_code(factory), **_files(one.params)}
        for rung in getattr(one.component, "ladder", ()):
            parts |= _files(rung)
    text = f"{source} [{_short(parts)}]" if parts else source
    return Identity(text, derived=bool(parts), parts=FrozenMapping(parts))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Say what differs between two identities, part by part."""
    said = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        kind, _, what = name.partition(" ")
        if old is None or new is None:
            said.append(f"{kind} {what} is {'new' if old is None else 'no longer used'}")
        elif kind == "version":
            said.append(f"{what} {old} became {new}")
        else:
            said.append(f"{kind} {what} has changed")
    return tuple(said)


def _short(parts: Mapping[str, str]) -> str:
    return digest(dict(parts))[:SHORT]


def _written(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in sorted(params.items()))


def _code(use: str) -> dict[str, str]:
    found = sources_of(use.partition(":")[0])
    return {
        **{f"module {name}": content for name, content in sorted(found.modules.items())},
        **{f"version {name}": version for name, version in sorted(found.versions.items())},
    }


def _files(params: Any, name: str = "") -> dict[str, str]:
    """Name the content of every file and folder that parameters name, and of code they name."""
    parts: dict[str, str] = {}
    for key, value in _leaves(params, name):
        if isinstance(value, str) and IMPORT_STRING.fullmatch(value):
            parts |= _code(value)
        if key in CACHES or not isinstance(value, str | Path) or not str(value):
            continue
        path = Path(value)
        try:
            if path.exists():
                parts[f"file {value}"] = file_digest(path)
        except (OSError, ValueError, SeatrialError):  # no path, or one that may not be read
            continue
    return parts


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item, name)
    elif isinstance(value, Use | Component):
        return
    else:
        yield name, value


def _defaults(reference: Reference) -> dict[str, str]:
    """Name the files that a factory reads where no parameter is given."""
    if reference.params is None:
        return {}
    module, _, path = reference.use.partition(":")
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    try:
        taken = inspect.signature(found).parameters
    except (TypeError, ValueError):
        return {}
    left = {key: one.default for key, one in taken.items() if key not in reference.params}
    return _files({key: value for key, value in left.items() if isinstance(value, str | Path)})


def _depended(use: Use[Any]) -> Iterator[Use[Any]]:
    yield use
    for value in use.params.values():
        if isinstance(value, Use):
            yield from _depended(value)
