"""Prompts: templates for known data sets, sentences for each class, CuPL files."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from seatrial.errors import FileError, PlanError
from seatrial.kit import did_you_mean

from ._wording import plain_name

__all__ = ["Prompts", "cupl_file", "data_set", "prompts"]

SHOWN = 5
Side = tuple[str, ...] | Mapping[str, tuple[str, ...]]


def _side(given: Any) -> Any:
    if isinstance(given, Mapping):
        return {str(name): _texts(one, f"the class {name!r}") for name, one in given.items()}
    found = _texts((given,) if isinstance(given, str) else given, "a list of templates")
    if wrong := [one for one in found if one.count("{}") != 1]:
        msg = f"a template has one {{}} for the class, as in 'a photo of a {{}}.'; got {wrong[0]!r}"
        raise PlanError(msg)
    return found


def _texts(given: Any, what: str) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        msg = f"{what} needs a list of sentences, not {type(given).__name__}"
        raise PlanError(msg)
    if wrong := [one for one in given if not isinstance(one, str) or not one.strip()]:
        msg = f"{what} has a sentence that is none: {wrong[0]!r}"
        raise PlanError(msg)
    return tuple(given)


def _optional(given: Any) -> Any:
    return None if given is None else _side(given)


def _described(given: Any) -> Any:
    if given is not None and not isinstance(given, Mapping):
        msg = "cupl needs a mapping from each class to its sentences; templates go to positive"
        raise PlanError(msg)
    return _optional(given)


@frozen
class Prompts:
    """The texts that stand for classes: what they look like, and what they do not.

    Each side is a list of templates with one `{}` for the class name, or a mapping from each class
    to its own sentences. `cupl` are descriptions by a language model (Pratt et al., CuPL, ICCV
    2023), kept apart from the templates because SimNL weighs them apart.
    """

    positive: Side = field(converter=_side)
    negative: Side | None = field(default=None, converter=_optional)
    cupl: Mapping[str, tuple[str, ...]] | None = field(default=None, converter=_described)

    def with_cupl(self, path: str | Path) -> Prompts:
        """Give the same with the descriptions in a CuPL file."""
        return evolve(self, cupl=cupl_file(path))

    def sentences(self, classes: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
        """Give the sentences of each class: "template", and "negative" and "cupl" if there are any.

        Underscores in class names are read as spaces. Raises `PlanError` where a class has no
        sentence.
        """
        sides = {"template": self.positive, "negative": self.negative, "cupl": self.cupl}
        return {
            name: _each(side, classes, name) for name, side in sides.items() if side is not None
        }

    def written(self, classes: Sequence[str]) -> dict[str, list[list[str]]]:
        """Give the sentences as JSON holds them."""
        return {name: list(map(list, side)) for name, side in self.sentences(classes).items()}


def _each(side: Side, classes: Sequence[str], what: str) -> list[tuple[str, ...]]:
    if not isinstance(side, Mapping):
        names = [plain_name(name) for name in classes]
        return [tuple(template.replace("{}", name) for template in side) for name in names]
    alike = {plain_name(name).casefold(): texts for name, texts in side.items()}
    found = [side.get(name) or alike.get(plain_name(name).casefold(), ()) for name in classes]
    if without := [name for name, texts in zip(classes, found, strict=True) if not texts]:
        known = ", ".join(map(repr, list(side)[:SHOWN])) + (" ..." if len(side) > SHOWN else "")
        msg = f"the {what} prompts have no sentence for {without!r:.200}; they know {known}"
        raise PlanError(msg)
    return found


def prompts(name: str, *, source: str = "paper") -> Prompts:
    """Give SimNL's templates for a data set, as in `prompts("eurosat")`.

    Known are caltech101, dtd, eurosat, fgvc_aircraft, food101, imagenet (with -v2, -sketch, -a and
    -r), oxford_flowers, oxford_pets, stanford_cars, sun397 and ucf101. `source` "paper" is table C5
    of the supplement; "release" is the published code, which has more templates for four of them.
    """
    key = data_set(name)
    if source not in ("paper", "release"):
        msg = f"source must be 'paper' or 'release', not {source!r}"
        raise PlanError(msg)
    known = _known()[key]
    found = known.get(source, known["paper"])
    return Prompts(found["positive"], found["negative"])


def data_set(name: Any) -> str:
    """Give the name under which a data set's prompts and settings stand."""
    known = _known()
    names = sorted(set(known) - {"aliases"})
    spelt = {_letters(one): one for one in names}
    spelt |= {_letters(alias): one for alias, one in known["aliases"].items()}
    if isinstance(name, str) and _letters(name) in spelt:
        return spelt[_letters(name)]
    hint = did_you_mean(str(name).casefold(), [*names, *known["aliases"]])
    msg = f"the data set {name!r} is not known here{hint}; known are {', '.join(names)}"
    raise PlanError(msg)


def _letters(name: str) -> str:
    """Give letters and digits alone, so that EuroSAT, euro_sat and euro-sat are one name."""
    return "".join(one for one in name.casefold() if one.isalnum())


@cache
def _known() -> dict[str, Any]:
    text = files(__package__).joinpath("prompts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def cupl_file(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Read a CuPL file: JSON that maps each class name to its sentences."""
    file = Path(path)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(str(file), (f"{file} cannot be read as CuPL prompts: {error}",)) from error
    if not isinstance(found, dict) or not found:
        msg = f"{file}: CuPL prompts are one object from class names to lists of sentences"
        raise FileError(str(file), (msg,))
    problems = tuple(
        f"{file}: the class {name!r} needs a list of sentences"
        for name, texts in found.items()
        if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts)
    )
    if problems:
        raise FileError(str(file), problems)
    return {name: tuple(texts) for name, texts in found.items()}
