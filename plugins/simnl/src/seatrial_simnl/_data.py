"""Labelled images in three parts, from folders, tables, arrays and split files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from seatrial import Case, derive
from seatrial.errors import PlanError
from seatrial.kit import did_you_mean

from ._pictures import Pictures, rewrapped

__all__ = ["PARTS", "ImageData", "assembled"]

PARTS: Mapping[str, str] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
}
"""What the three parts are called in files and folders, and here."""

WHOLE = 1 << 63


@frozen
class ImageData:
    """Cases for training, validation and test, and the names of the classes in their order.

    A case's input is an image (uint8 H×W×3) and its target the name of its class. Images in files
    are read when they are asked for.
    """

    train: Sequence[Case] = field(repr=lambda part: f"{len(part)} cases")
    validation: Sequence[Case] = field(repr=lambda part: f"{len(part)} cases")
    test: Sequence[Case] = field(repr=lambda part: f"{len(part)} cases")
    classes: tuple[str, ...]

    def split(self, *, validation: float = 0.0, test: float = 0.0, seed: int) -> ImageData:
        """Give the same with fractions of each class moved out of the training part, by a seed.

        Clusters (patients, scenes) are not known here: for data that has them, split beforehand.
        """
        if min(validation, test) < 0 or validation + test >= 1:
            msg = (
                f"fractions must be 0 or more and leave some to train, not {validation} and {test}"
            )
            raise PlanError(msg)
        parts: dict[str, list[Case]] = {"train": [], "validation": [], "test": []}
        by_class: dict[Any, list[Case]] = {}
        for case in getattr(self.train, "entries", self.train):
            by_class.setdefault(case.target, []).append(case)
        for cases in by_class.values():
            cases.sort(key=lambda case: derive(seed, "split", case.id))
            first = round(len(cases) * test)
            second = first + round(len(cases) * validation)
            parts["test"] += cases[:first]
            parts["validation"] += cases[first:second]
            parts["train"] += cases[second:]
        given = {"train": (), "validation": self.validation, "test": self.test}
        whole = {
            name: rewrapped(self.train, [*getattr(given[name], "entries", given[name]), *cases])
            for name, cases in parts.items()
        }
        return ImageData(**whole, classes=self.classes)


def assembled(
    cases: Mapping[str, Iterable[Case]], classes: Sequence[str] | None, *, where: str, lazy: bool
) -> ImageData:
    """Put parts together, and refuse targets that are none of the classes.

    An image in a file belongs to one part, and to one class.
    """
    parts = {name: tuple(cases.get(name, ())) for name in ("train", "validation", "test")}
    found = {case.target for part in parts.values() for case in part}
    if not found:
        msg = f"{where} holds no labelled image"
        raise PlanError(msg)
    names = tuple(sorted(found) if classes is None else classes)
    if strange := sorted(found - set(names)):
        hint = did_you_mean(strange[0], names)
        msg = f"{where} has the class {strange[0]!r}, which is none of the given ones{hint}"
        raise PlanError(msg)
    if lazy:
        _placed_once(parts, where)
    wrapped = {name: Pictures(part) if lazy else part for name, part in parts.items()}
    return ImageData(**wrapped, classes=names)


def _placed_once(parts: Mapping[str, Sequence[Case]], where: str) -> None:
    """Refuse a file that is an image of two parts, or of two classes."""
    found: dict[str, tuple[str, Any]] = {}
    for part, cases in parts.items():
        for case in cases:
            here = (part, case.target)
            if (before := found.setdefault(case.input, here)) != here:
                told = " and ".join(f"{name} as {target!r}" for name, target in (before, here))
                msg = f"{where}: the image {case.id!r} is in {told}; keep one of them"
                raise PlanError(msg)
