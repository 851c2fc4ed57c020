"""What code is made of: the source of a module and of what it imports, without running any of it.

Modules of one's own are named by the bytes of their files, so a changed comment counts as a change.
They are those that lie neither in `site-packages` nor in the standard library: under the working
directory, on `PYTHONPATH`, in editable installs. Everything else is named by the version of its
distribution. Imports are read from the source, those inside functions too; a module whose name is
computed when the program runs is not seen.
"""

from __future__ import annotations

import ast
import re
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib.metadata import (
    Distribution,
    PackageNotFoundError,
    distribution,
    packages_distributions,
)
from pathlib import Path
from typing import Any

from attrs import field, frozen

from .._writing import digest

__all__ = ["CORE", "Sources", "sources_of"]

INSTALLED = {"site-packages", "dist-packages"}
CORE = "seatrial"
NAME = re.compile(r"[\w.-]+")


@frozen
class Sources:
    """The files of modules of one's own and the versions of the rest, by name."""

    modules: dict[str, str] = field(factory=dict)
    versions: dict[str, str] = field(factory=dict)


def sources_of(module: str) -> Sources:
    """Follow the imports of a module; it need not be imported itself, and need not exist."""
    found = Sources()
    waiting, seen = [module], set[str]()
    specs: dict[str, Any] = {}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        top = name.partition(".")[0]
        file = _file(name, specs)
        if file is None or top == CORE or _is_standard(file):
            continue
        if INSTALLED & set(file.parts):
            found.versions.update(_versions(top))
            if name == module:
                found.versions.update(_requirements(top))
            continue
        content = _read(file)
        if content is None:
            continue
        found.modules[name], imports = content
        package = name if file.stem == "__init__" else name.rpartition(".")[0]
        waiting += _parents(name)
        for line in imports:
            waiting += _absolute(line, package)
    return found


def _parents(name: str) -> Iterator[str]:
    """Importing `a.b.c` runs `a` and `a.b` too."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _file(name: str, specs: dict[str, Any]) -> Path | None:
    """Find the file of a module without importing it or what it lies in."""
    known = sys.modules.get(name)
    path = getattr(known, "__file__", None)
    if path is None and (spec := _spec(name, specs)) is not None and spec.has_location:
        path = spec.origin
    return Path(path).resolve() if isinstance(path, str) else None


def _spec(name: str, specs: dict[str, Any]) -> Any:
    if name not in specs:
        specs[name] = None
        parent = name.rpartition(".")[0]
        where = (
            getattr(_spec(parent, specs), "submodule_search_locations", None) if parent else None
        )
        if not parent or where is not None:
            specs[name] = _found(name, where)
    return specs[name]


def _found(name: str, where: Any) -> Any:
    """Ask the finders, and leave no note that a folder of the path is not there yet."""
    before = set(sys.path_importer_cache)
    try:
        for finder in sys.meta_path:
            try:
                spec = finder.find_spec(name, where)
            except Exception:  # noqa: BLE001, S112 - a finder is anybody's code
                continue
            if spec is not None:
                return spec
        return None
    finally:
        for path in set(sys.path_importer_cache) - before:
            if sys.path_importer_cache[path] is None:
                del sys.path_importer_cache[path]


@cache
def _standard() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    return tuple({Path(paths[key]).resolve() for key in ("stdlib", "platstdlib")})


def _is_standard(file: Path) -> bool:
    inside = any(file.is_relative_to(folder) for folder in _standard())
    return inside and not INSTALLED & set(file.parts)


Line = tuple[int, str, tuple[str, ...]]
"""One import: how many dots, the module, and the names that are taken from it."""

_parsed: dict[tuple[str, int, int], tuple[str, tuple[Line, ...]]] = {}


def _read(file: Path) -> tuple[str, tuple[Line, ...]] | None:
    """Give the digest of a file and its imports, kept by path, size and time of change."""
    try:
        stat = file.stat()
        key = (str(file), stat.st_size, stat.st_mtime_ns)
        if key not in _parsed:
            content = file.read_bytes()
            lines = tuple(_imports(content)) if file.suffix == ".py" else ()
            _parsed[key] = (digest(content), lines)
    except OSError:
        return None
    return _parsed[key]


def _imports(source: bytes) -> Iterator[Line]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _only_for_types(node.test):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from ((0, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or "", tuple(alias.name for alias in node.names)
        elif isinstance(node, ast.Call):
            yield from _called(node)


def _only_for_types(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _called(node: ast.Call) -> Iterator[Line]:
    """Read `import_module("name")` and `__import__("name")`."""
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    if name not in ("import_module", "__import__") or not node.args:
        return
    given = node.args[0]
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        module = given.value.lstrip(".")
        yield len(given.value) - len(module), module, ()


def _absolute(line: Line, package: str) -> Iterator[str]:
    """Name the modules that one import may load: a name taken from a package may be one."""
    level, module, names = line
    if level:
        parts = package.split(".")
        base = ".".join(parts[: len(parts) - level + 1])
        module = f"{base}.{module}" if module and base else module or base
    if module:
        yield module
        yield from _parents(module)
        yield from (f"{module}.{name}" for name in names if name != "*")


@cache
def _versions(top: str) -> dict[str, str]:
    """Name the distributions that a top-level module comes from, and their versions."""
    try:
        found = [distribution(top)]
    except (PackageNotFoundError, ValueError):
        found = [distribution(name) for name in dict.fromkeys(_by_module().get(top, ()))]
    return {one.metadata["Name"]: one.version for one in found}


@cache
def _by_module() -> dict[str, list[str]]:
    return dict(packages_distributions())


@cache
def _requirements(top: str) -> dict[str, str]:
    """Name what the distribution of an installed module asks for, as far as it is installed."""
    versions: dict[str, str] = {}
    for name in _versions(top):
        for line in distribution(name).requires or ():
            asked = NAME.match(line)
            if asked is None or "extra ==" in line or asked[0] == CORE:
                continue
            try:
                found: Distribution = distribution(asked[0])
            except PackageNotFoundError:
                continue
            versions[found.metadata["Name"]] = found.version
    return versions
