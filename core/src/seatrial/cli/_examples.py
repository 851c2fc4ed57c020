"""One record as people and files want it: its parts as texts, pictures as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from .._carriers import Asset
from .._cases import CLEAN, Prediction
from .._png import png
from .._values import plain
from .._writing import digest, write_atomically
from ..engine._conversations import is_open
from ..errors import SeatrialError, StoreError
from ..inputs._assets import opened
from ..inputs._encoding import as_json
from ..inputs._modalities import Modalities
from ..runs._records import Record
from ..runs._row import columns_of_groups, row_of

__all__ = ["Drawn", "Example", "Texts", "parts_of", "said"]

TEXTS = ("original", "perturbed", "wrong", "clean_answer")
"""Columns of a row that a data frame does not have."""
NAMED = 16  # digits of the digest in a picture's name


class Drawn(str):
    """The path of a picture, which is shown whole: how two paths differ says nothing."""

    __slots__ = ()


@frozen
class Texts:
    """Writes values as texts; what can be drawn becomes a picture in a folder, if there is one."""

    modalities: Modalities
    pictures: Path | None = None

    def __call__(self, value: Any) -> str:
        """Give a text for one value: itself, the path of its picture, or what it is."""
        if value is None or isinstance(value, bool | int | float):
            return "" if value is None else str(value)
        if isinstance(value, str):
            return value
        try:
            name = self.modalities.recognise(value)
            if name is None:
                return str(plain(value))
            shown = opened(value, self.modalities)
            return self._drawn(name, shown) or str(self.modalities.carrier(name).preview(shown))
        except SeatrialError as error:
            path = value.path if isinstance(value, Asset) else ""
            return f"{path} ({error})".strip()

    def _drawn(self, name: str, value: Any) -> str | None:
        picture = getattr(self.modalities.carrier(name), "picture", None)
        if self.pictures is None or picture is None:
            return None
        drawn = png(picture(value, like=value))
        path = self.pictures / f"{digest(drawn)[:NAMED]}.png"
        if not path.exists():
            try:
                self.pictures.mkdir(parents=True, exist_ok=True)
                write_atomically(path, drawn)
            except OSError as error:
                why = error.strerror or error
                msg = f"{self.pictures} cannot be written ({why}): name a folder by --pictures"
                raise StoreError(msg) from error
        return Drawn(path)


OPEN = "(the model says)"
"""What stands for a turn of a conversation that the model was to say."""


def parts_of(value: Any, texts: Texts, at: str = "") -> Iterator[tuple[str, str]]:
    """Give the named parts of an input as (name, text); one value has the name ""."""
    if isinstance(value, Mapping):
        if {"role", "content"} <= set(value):
            at = f"{at} {value['role']}".strip()
            yield from parts_of(OPEN if is_open(value) else value["content"], texts, at)
        for key, part in value.items():
            if key not in ("role", "content") or "content" not in value:
                yield from parts_of(part, texts, f"{at}.{key}" if at else str(key))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value, start=1):
            yield from parts_of(part, texts, f"{at}[{number}]" if at else str(number))
    else:
        yield at, texts(value)


def said(prediction: Prediction | None, texts: Texts) -> str:
    """Write an answer as one text; a refusal says so."""
    if prediction is None:
        return ""
    answer = "; ".join(text for _, text in parts_of(prediction.value, texts))
    return f"{answer} (refused)".strip() if prediction.refused else answer


@frozen
class Example:
    """A record with what was judged of it. `wrong` is None where nothing says right or wrong.

    `clean` is the answer to the clean input of the case.
    """

    record: Record
    wrong: bool | None
    texts: Texts
    clean: str | None = None

    @property
    def answer(self) -> str:
        """What the model said; a refusal says so."""
        return said(self.record.prediction, self.texts)

    @property
    def target(self) -> str:
        """What should have been said."""
        return "; ".join(text for _, text in parts_of(self.record.target, self.texts))

    def original(self) -> dict[str, str]:
        """Give the parts of the case as it is."""
        return dict(parts_of(self.record.case.input, self.texts))

    def seen(self) -> dict[str, str]:
        """Give the parts of what the model saw; none where the perturbation gave nothing."""
        found = self.record.input
        return {} if found is None else dict(parts_of(found, self.texts))

    def row(self) -> dict[str, Any]:
        """Give the record as one flat row for a file."""
        record, case = self.record, self.record.case
        named = columns_of_groups(case.groups, (*TEXTS, *record.scores))
        return row_of(
            record,
            case,
            {named[name]: as_json(value) for name, value in case.groups.items()},
            record.scores,
            target=self.target or None,
            answer=self.answer if record.prediction is not None else None,
            seen={
                "wrong": self.wrong,
                **_columns("original", self.original()),
                **_columns("perturbed", {} if record.perturbation == CLEAN else self.seen()),
                "clean_answer": self.clean,
            },
        )


def _columns(name: str, parts: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}.{key}" if key else name: text for key, text in parts.items()}
