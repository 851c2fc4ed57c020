"""Read `--param key=value`: the value as TOML would, or else as a text."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

import click

__all__ = ["parameters"]


def parameters(given: Sequence[str]) -> dict[str, Any]:
    """Read parameters of a component; a bare word is a text, so that nobody has to quote twice."""
    found: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip().isidentifier():
            msg = f"--param takes key=value, as in --param layers=[5,10], got {one!r}"
            raise click.UsageError(msg)
        if name.strip() in found:
            msg = f"--param {name.strip()} is given twice"
            raise click.UsageError(msg)
        found[name.strip()] = _read(value.strip())
    return found


def _read(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        if value[:1] in ("[", "{", '"', "'"):
            msg = f"--param: {value!r} is not a value that TOML can read"
            raise click.UsageError(msg) from None
        return value
