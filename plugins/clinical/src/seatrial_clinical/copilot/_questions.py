"""The questions and their options, read from `questions.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["bank", "option", "wording"]


@cache
def bank() -> dict[str, Any]:
    """Read the file."""
    text = files(__package__).joinpath("questions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def wording(topic: str, at: int, *, image: int = 1, words: str = "plain") -> str:
    """Take one of the wordings of a question; they come in turns."""
    several = bank()[topic][words]
    return str(several[at % len(several)].format(image=image))


def option(topic: str, key: str) -> str:
    """Give the option that says so."""
    return str(bank()[topic]["options"][key])
