"""Features of images, and of the texts that stand for their classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from attrs import evolve, field, frozen

from seatrial.errors import ModelError, StoreError

from ._arrays import Matrix, Places
from ._identity import data_digest, identity_of, image_digest, targets_of
from ._prompts import Prompts
from ._rows import read_checked, write_checked

__all__ = ["Features"]

TEXTS = "texts."


@frozen(eq=False)
class Features:
    """What adapters learn from: unit float32 features of images, and prototypes of their classes.

    - `plain` [n, width]: each image as it is; what a classifier is asked with.
    - `views` [views, n, width]: its augmented views.
    - `keys` [n, width]: the mean over its views before they were brought to unit norm; the same as
      `plain` where there are no views. What a cache holds.
    - `labels` [n]: places among `classes`; empty for images without labels.
    - `texts`: prototypes [classes, width] under "template", "negative" and "cupl".
    - `facts`: what all of it was made from.
    """

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    labels: Places
    plain: Matrix
    keys: Matrix
    views: Matrix
    texts: Mapping[str, Matrix] = field(factory=dict)
    facts: Mapping[str, Any] = field(factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def targets(self) -> tuple[str, ...]:
        """The name of each image's class."""
        return tuple(self.classes[place] for place in self.labels)

    def take(self, places: Sequence[int]) -> Features:
        """Give some of the images."""
        chosen = np.asarray(places, dtype=np.int64)
        return evolve(
            self,
            ids=tuple(self.ids[place] for place in chosen),
            labels=self.labels[chosen] if len(self.labels) else self.labels,
            plain=self.plain[chosen],
            keys=self.keys[chosen],
            views=self.views[:, chosen],
            facts={**self.facts, "data": data_digest([self.facts["data"]], chosen.tolist())},
        )

    def save(self, path: str | Path) -> None:
        """Write everything to one safetensors file, with what it was made from in its header."""
        if self.facts.get("backbone") is None:
            msg = "features of a model without identity cannot be told from others: give it one"
            raise ModelError(msg)
        arrays: dict[str, np.ndarray[Any, Any]] = {
            "labels": self.labels,
            "plain": self.plain,
            "keys": self.keys,
            "views": self.views,
            **{f"{TEXTS}{name}": rows for name, rows in self.texts.items()},
        }
        header = {"facts": dict(self.facts), "ids": list(self.ids), "classes": list(self.classes)}
        write_checked(Path(path), arrays, header)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        model: Any = None,
        cases: Sequence[Any] | None = None,
        prompts: Prompts | None = None,
        classes: Sequence[str] | None = None,
        seed: int | None = None,
    ) -> Self:
        """Read what `save` wrote.

        What is given must be what the features were made from; if it is not, they are stale, and
        `StoreError` says in what.
        """
        file = Path(path)
        header, arrays = read_checked(file)
        facts = header.get("facts", {})
        if not {"labels", "plain", "keys", "views"} <= arrays.keys() or "ids" not in header:
            msg = f"{file} holds no features of images"
            raise StoreError(msg)
        names = header["classes"]
        wanted = {
            "backbone": None if model is None else identity_of(model),
            "classes": None if classes is None else list(classes),
            "seed": seed,
            "data": None if cases is None else _data(cases),
            "prompts": None if prompts is None else prompts.written(names),
        }
        wrong = [
            name for name, value in wanted.items() if value is not None and facts.get(name) != value
        ]
        if wrong:
            msg = (
                f"{file} is stale: its {' and '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} "
                f"not the given one{'s' if len(wrong) > 1 else ''}; extract the features again"
            )
            raise StoreError(msg)
        texts = {
            name.removeprefix(TEXTS): rows
            for name, rows in arrays.items()
            if name.startswith(TEXTS)
        }
        return cls(
            ids=tuple(header["ids"]),
            classes=tuple(names),
            labels=arrays["labels"],
            plain=arrays["plain"],
            keys=arrays["keys"],
            views=arrays["views"],
            texts=texts,
            facts=facts,
        )


def _data(cases: Sequence[Any]) -> str:
    digests = [image_digest(cases[place]) for place in range(len(cases))]
    return data_digest(digests, targets_of(cases))
