"""Values that stay in their files: opened when a worker needs them, named by their content."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from .._carriers import Asset
from .._cases import Case
from .._values import PLAIN, FrozenMapping, instances_in
from ..errors import ComponentError, PlanError, SeatrialError
from ._boundary import call, reason
from ._grids import off_grid
from ._modalities import Modalities, core_modalities

__all__ = ["asset_digest", "assets_in", "file_digest", "has_assets", "missing", "opened"]

ASSET = "the asset"
KEPT_OPEN = 4
"""How many opened assets a process keeps: variants of one case are measured together."""

Stamp = tuple[str, int, int]

_digests: dict[Stamp, str] = {}
_open: OrderedDict[tuple[Stamp | str, str], Any] = OrderedDict()
_lock = threading.Lock()


def opened(value: Any, modalities: Modalities | None = None) -> Any:
    """Give a value (or a whole case) with its assets opened.

    Raises `ComponentError` with the path of a file that is not what it should be, or of a mask that
    is not on the grid of its image.
    """
    if not has_assets(value):
        return value
    modalities = modalities or core_modalities()
    if isinstance(value, Case):
        found = attrs.evolve(
            value,
            input=opened(value.input, modalities),
            target=opened(value.target, modalities),
        )
        if problem := off_grid(value, found):
            raise ComponentError(ASSET, problem)
        return found
    return _walked(value, modalities)


def _walked(value: Any, modalities: Modalities) -> Any:
    if isinstance(value, Asset):
        return _content(value, modalities)
    if isinstance(value, Mapping):
        return FrozenMapping({key: _walked(item, modalities) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_walked(item, modalities) for item in value)
    return value


def _content(asset: Asset, modalities: Modalities) -> Any:
    key = (asset_digest(asset) if asset.path.is_dir() else _stamp(asset.path), asset.modality)
    with _lock:
        if key in _open:
            _open.move_to_end(key)
            return _open[key]
    carrier = modalities.carrier(asset.modality)
    read = getattr(carrier, "read", None)
    if read is None:
        why = f"{asset.path}: values of modality {asset.modality!r} cannot be read from files"
        raise ComponentError(ASSET, why)
    try:
        found = call(str(asset.path), read, asset.path)
    except SeatrialError as error:
        said = reason(error) if isinstance(error, ComponentError) else str(error)
        why = f"{asset.path} cannot be read as {asset.modality}: {said}"
        raise ComponentError(ASSET, why) from error
    if problem := modalities.misfit(asset.modality, found):
        raise ComponentError(ASSET, f"{asset.path}: {problem}")
    found = carrier.freeze(found)
    with _lock:
        _open[key] = found
        while len(_open) > KEPT_OPEN:
            _open.popitem(last=False)
    return found


def has_assets(value: Any) -> bool:
    """Tell whether there is an asset in a value, in a case, or in parts of these."""
    if isinstance(value, Case):
        return has_assets(value.input) or has_assets(value.target)
    return not isinstance(value, PLAIN) and next(assets_in(value), None) is not None


def assets_in(value: Any) -> Iterator[Asset]:
    """Find the assets in a value, in a case's input and target, or in parts of these."""
    for found in instances_in(value, (Asset, Case)):
        if isinstance(found, Case):
            yield from assets_in(found.input)
            yield from assets_in(found.target)
        else:
            yield found


def missing(asset: Asset) -> str | None:
    """Say why an asset cannot be read, None where it can."""
    if not asset.path.exists():
        return f"{asset.path} does not exist"
    if not os.access(asset.path, os.R_OK):
        return f"{asset.path} may not be read by this user"
    return None


def asset_digest(asset: Asset) -> str:
    """Name the content of an asset: the bytes of its file, or of the files of its folder."""
    try:
        return file_digest(asset.path)
    except OSError as error:
        msg = f"{asset.path} cannot be read: {error.strerror or error}"
        raise PlanError(msg) from error


def file_digest(path: Path) -> str:
    """Name the content of a file, or of all files of a folder but hidden ones and bytecode.

    Kept by path, size and time of change: a file is read once in a process unless it changes.
    """
    if path.is_dir():
        whole = hashlib.blake2b(digest_size=16)
        for one in sorted(path.rglob("*")):
            inside = one.relative_to(path)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
            if one.is_file() and not hidden:
                whole.update(f"{inside.as_posix()}|{file_digest(one)}\n".encode())
        return whole.hexdigest()
    stamp = _stamp(path)
    if stamp not in _digests:
        with path.open("rb") as stream:
            _digests[stamp] = hashlib.file_digest(
                stream, lambda: hashlib.blake2b(digest_size=16)
            ).hexdigest()
    return _digests[stamp]


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise PlanError(msg) from error
    return (str(path.absolute()), found.st_size, found.st_mtime_ns)
