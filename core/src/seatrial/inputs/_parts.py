"""Where in an input a perturbation acts: paths such as `question` or `messages[-1].content`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from .._cases import Case
from .._components import Perturbation, Use
from .._values import FrozenMapping, did_you_mean
from ..errors import PlanError
from ._modalities import Modalities, core_modalities, described

__all__ = ["Path", "parse_path", "parts_of", "put", "value_at"]

Path = tuple[str | int, ...]
"""Steps into a value: names of parts and positions in sequences; the empty path is all of it."""

WHOLE: tuple[Path, ...] = ((),)

STEP = re.compile(r"\[(-?\d+)\]|\.?([^.\[\]]+)")


@cache
def parse_path(text: str) -> Path:
    """Read a path as it is written in `on=`: names, dots, and positions in brackets.

    Raises `LookupError` for what is no path.
    """
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        found = STEP.match(text, at)
        if found is None or (not at and text.startswith(".")):
            break
        steps.append(found[2] if found[1] is None else int(found[1]))
        at = found.end()
    if at < len(text) or not steps:
        msg = (
            f"on={text!r} is no path to a part: write the part's name, or a path as in "
            "'messages[-1].content' or '[-1].content'"
        )
        raise LookupError(msg)
    return tuple(steps)


def value_at(value: Any, path: Path) -> Any:
    """Follow a path; raises `LookupError` with what is there instead."""
    for done, step in enumerate(path):
        if gap := _gap(value, step, written(path[:done])):
            raise LookupError(gap)
        value = value[step]
    return value


def _gap(value: Any, step: str | int, before: str) -> str | None:
    """Say why there is no such step inside a value, None where there is."""
    inside = repr(before) if before else "the input"
    if isinstance(step, int):
        if not isinstance(value, tuple | list):
            return f"{inside} is no sequence but {described(value)}"
        if not -len(value) <= step < len(value):
            return f"{inside} has {len(value)} items, so there is no [{step}]"
        return None
    if not isinstance(value, Mapping):
        found = isinstance(value, tuple | list)
        hint = f": items are found by position, as in '{before}[-1]'" if found else ""
        return f"{inside} has no parts, so there is no {step!r} to act on{hint}"
    if step not in value:
        hint = did_you_mean(step, map(str, value))
        return f"{inside} has no part {step!r}; it has {', '.join(map(str, value))}{hint}"
    return None


def put(value: Any, path: Path, new: Any) -> Any:
    """Give the same value with something else at a path; what is beside it is shared."""
    if not path:
        return new
    step, *rest = path
    inside = put(value[step], tuple(rest), new)
    if isinstance(step, int):
        items = list(value)
        items[step] = inside
        return tuple(items)
    return FrozenMapping({**value, step: inside})


def written(path: Path) -> str:
    """Write a path as `parse_path` reads it."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def parts_of(
    use: Use[Perturbation], case: Case, modalities: Modalities | None = None
) -> tuple[Path, ...]:
    """Tell which parts of a case's input a perturbation acts on, as paths; `()` is all of it.

    A path that leads to a sequence (the content of a message with pictures, options) stands for
    those of its items that have the perturbation's modality. Raises `PlanError` with the case's id
    where there is nothing to act on, or where it is not said which of several parts is meant.
    """
    modalities = (modalities or core_modalities()).with_names([use.component.modality])
    try:
        return tuple(dict.fromkeys(_paths(use, case, modalities)))
    except LookupError as error:
        msg = f"{use.label}: case {case.id!r}: {error.args[0]}"
        raise PlanError(msg) from None


def _paths(use: Use[Perturbation], case: Case, modalities: Modalities) -> Iterable[Path]:
    wanted = use.component.modality
    if use.component.sees_case:
        if use.on:
            msg = "it changes the whole case, so leave out on="
            raise LookupError(msg)
        if not use.component.trains and not _contains(case.input, wanted, modalities):
            raise LookupError(_hint(use, case.input, modalities))
        return WHOLE
    if use.on:
        return [path for text in use.on for path in _fitting(case, text, wanted, modalities)]
    if modalities.holds(wanted, case.input):
        return WHOLE
    if isinstance(case.input, Mapping):
        return [_only(use, case, modalities)]
    raise LookupError(_hint(use, case.input, modalities))


def _fitting(case: Case, text: str, wanted: str, modalities: Modalities) -> Sequence[Path]:
    whole = isinstance(case.input, Mapping) and text in case.input
    path: Path = (text,) if whole else parse_path(text)
    value = value_at(case.input, path)
    if modalities.holds(wanted, value):
        return [path]
    inside = [
        (*path, index)
        for index, item in enumerate(value if isinstance(value, tuple | list) else ())
        if modalities.holds(wanted, item)
    ]
    if not inside:
        msg = f"part {text!r}: {modalities.misfit(wanted, value)}"
        raise LookupError(msg)
    return inside


def _contains(value: Any, wanted: str, modalities: Modalities) -> bool:
    if modalities.holds(wanted, value):
        return True
    if isinstance(value, Mapping):
        return any(_contains(item, wanted, modalities) for item in value.values())
    return isinstance(value, tuple | list) and any(
        _contains(item, wanted, modalities) for item in value
    )


def _only(use: Use[Perturbation], case: Case, modalities: Modalities) -> Path:
    wanted = use.component.modality
    fitting = [key for key, part in case.input.items() if modalities.holds(wanted, part)]
    if len(fitting) == 1:
        return (fitting[0],)
    short = use.component.name.rpartition(".")[2].replace("-", "_")
    if fitting:
        msg = (
            f"{len(fitting)} parts ({', '.join(fitting)}) are of modality {wanted!r}; say which "
            f"one to act on, as in {short}(on={fitting[0]!r})"
        )
        raise LookupError(msg)
    parts = ", ".join(
        f"{key} ({modalities.recognise(part) or type(part).__name__})"
        for key, part in case.input.items()
    )
    talks = [
        key
        for key, part in case.input.items()
        if wanted in ("text", "image") and modalities.holds("messages", part)
    ]
    hint = f"; to act on what was said last, write on='{talks[0]}[-1].content'" if talks else ""
    msg = f"no part is of modality {wanted!r}; there are {parts or 'none'}{hint}"
    raise LookupError(msg)


def _hint(use: Use[Perturbation], value: Any, modalities: Modalities) -> str:
    wanted = use.component.modality
    said = str(modalities.misfit(wanted, value))
    if wanted in ("text", "image") and modalities.holds("messages", value):
        said += "; to act on what was said last, write on='[-1].content'"
    return said
