"""Write an estimator as plain data and arrays, and make it again: no pickle, no import by name."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np

from seatrial.errors import ModelError, StoreError
from seatrial.kit import digest, write_atomically

from ._classes import FITTED, class_named, name_of

__all__ = ["digest_of", "read", "taken_apart", "write"]

FORMAT: Final = 1
FACTS: Final = "estimator.json"
ARRAYS: Final = "arrays.npz"
KINDS: Final = "biufU"
"""Kinds of arrays: truth values, integers, floating-point numbers and texts."""
DEFAULTS: Mapping[str, Any] = {"memory": None, "input": "content"}
"""Parameters by which an estimator would read other files: only these values are stored."""

DAMAGED = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What comes of a file that says something else than we write."""

Arrays = dict[str, Any]

MADE: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "array": lambda name, arrays: arrays[name],
    "scalar": lambda name, arrays: arrays[name][()],
    "float": lambda text, _: float(text),
    "type": lambda name, _: np.dtype(name).type,
}
"""What the values are made of that JSON cannot write."""


def taken_apart(estimator: Any) -> tuple[Any, Arrays]:
    """Give an estimator as plain data, and its arrays; raise `ModelError` where that is not all."""
    arrays: Arrays = {}
    return _plain(estimator, type(estimator).__name__, arrays), arrays


def digest_of(estimator: Any) -> str:
    """Digest everything that the answers of an estimator depend on."""
    plan, arrays = taken_apart(estimator)
    return digest([_version(), plan, {name: digest(_npy(one)) for name, one in arrays.items()}])


def write(path: str | Path, estimator: Any, facts: Mapping[str, Any]) -> None:
    """Write an estimator and plain facts to a new folder."""
    plan, arrays = taken_apart(estimator)
    header = {"format": FORMAT, "scikit-learn": _version(), **facts, "estimator": plan}
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder} cannot be written: {error.strerror or error}"
        raise StoreError(msg) from error
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomically(folder / ARRAYS, buffer.getvalue())
    write_atomically(folder / FACTS, json.dumps(header, ensure_ascii=False, indent=1) + "\n")


def read(path: str | Path) -> tuple[Any, dict[str, Any]]:
    """Read an estimator and its facts; only classes of the list are made.

    Raises `StoreError` for a folder that holds none, and `ModelError` for one that was written with
    another version of scikit-learn, which may answer otherwise.
    """
    folder = Path(path)
    try:
        header = json.loads((folder / FACTS).read_text("utf-8"))
        packed = io.BytesIO((folder / ARRAYS).read_bytes())
        with np.load(packed, allow_pickle=False) as found:
            arrays = dict(found)
        _check(header, folder)
        return _made(header["estimator"], arrays), header
    except (ModelError, StoreError):
        raise
    except (OSError, EOFError, BadZipFile, *DAMAGED) as error:
        msg = f"{folder} holds no estimator that can be read: {error}"
        raise StoreError(msg) from error


def _check(header: Mapping[str, Any], folder: Path) -> None:
    """Refuse what was written by other versions."""
    if header["format"] != FORMAT:
        msg = f"{folder} was written by another version of seatrial-retrain; train it again"
        raise StoreError(msg)
    version, here = header["scikit-learn"], _version()
    if _minor(version) != _minor(here):
        msg = (
            f"{folder} was trained with scikit-learn {version} and this is {here}, which may "
            f"answer otherwise: install scikit-learn {_minor(version)}, or train it again"
        )
        raise ModelError(msg)


def _plain(value: Any, where: str, arrays: Arrays) -> Any:
    """Write a value as JSON; arrays are kept beside it, under where they belong."""
    if isinstance(value, list | tuple):
        items = [_plain(one, f"{where}.{at}", arrays) for at, one in enumerate(value)]
        return {type(value).__name__: items}
    if isinstance(value, dict):
        pairs = [
            [_plain(key, f"{where}.key{at}", arrays), _plain(one, f"{where}.{at}", arrays)]
            for at, (key, one) in enumerate(value.items())
        ]
        return {"dict": pairs}
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in KINDS:
        arrays[where] = np.asarray(value)
        return {"array" if isinstance(value, np.ndarray) else "scalar": where}
    if isinstance(value, type) and issubclass(value, np.number):
        return {"type": np.dtype(value).name}
    if hasattr(value, "get_params"):
        return _estimator(value, where, arrays)
    return _leaf(value, where)


def _leaf(value: Any, where: str) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    msg = (
        f"{where} is {value!r:.60}, which cannot be stored without pickle: use parameters that are "
        "numbers, texts, and lists or mappings of them"
    )
    raise ModelError(msg)


def _estimator(estimator: Any, where: str, arrays: Arrays) -> Any:
    name = name_of(estimator)
    params = estimator.get_params(deep=False)
    for key, default in DEFAULTS.items():
        if params.get(key, default) != default:
            msg = f"{where}.{key} must be {default!r} to be stored, got {params[key]!r:.60}"
            raise ModelError(msg)
    fitted = {key: getattr(estimator, key) for key in FITTED[name] if hasattr(estimator, key)}
    return {
        "class": name,
        "params": {key: _plain(one, f"{where}.{key}", arrays) for key, one in params.items()},
        "fitted": {key: _plain(one, f"{where}.{key}", arrays) for key, one in fitted.items()},
    }


def _made(plan: Any, arrays: Mapping[str, Any]) -> Any:
    """Make again what `_plain` wrote."""
    if not isinstance(plan, dict):
        return plan
    if "class" in plan:
        return _estimator_of(plan, arrays)
    ((kind, value),) = plan.items()
    if kind in ("list", "tuple"):
        items = [_made(one, arrays) for one in value]
        return items if kind == "list" else tuple(items)
    if kind == "dict":
        return {_made(key, arrays): _made(one, arrays) for key, one in value}
    return MADE[kind](value, arrays)


def _estimator_of(plan: Mapping[str, Any], arrays: Mapping[str, Any]) -> Any:
    name = plan["class"]
    kind = class_named(name)
    params = {key: _made(one, arrays) for key, one in plan["params"].items()}
    strange = [key for key in plan["fitted"] if key not in FITTED[name]]
    strange += [key for key, one in DEFAULTS.items() if params.get(key, one) != one]
    if strange:
        msg = f"a stored {name} may not have {', '.join(map(repr, strange))}"
        raise ModelError(msg)
    estimator = kind(**params)
    for key, one in plan["fitted"].items():
        setattr(estimator, key, _made(one, arrays))
    return estimator


def _npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _version() -> str:
    import sklearn

    return str(sklearn.__version__)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
