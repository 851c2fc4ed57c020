"""The support set: a few labelled images as features, and the texts of their classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from attrs import evolve, frozen

from seatrial.errors import PlanError

from ._arrays import Places, labels_of, no_contradictions, unit_matrix
from ._classifiers import directions
from ._kernel import Tensor

__all__ = ["Support", "classes_of", "places_of"]


def classes_of(labels: Any, classes: Sequence[Any] | None) -> tuple[Any, ...]:
    """Give the classes in their order: as named, or sorted."""
    found = np.asarray(labels)
    names = np.unique(found).tolist() if classes is None else list(classes)
    if len(names) != len(set(names)):
        msg = f"classes names one twice: {names!r}"
        raise PlanError(msg)
    if len(names) < 2:  # noqa: PLR2004 - of one there is nothing to tell apart
        msg = f"there must be two classes or more to tell apart, got {names!r}"
        raise PlanError(msg)
    return tuple(names)


def places_of(labels: Any, classes: Sequence[Any]) -> Places:
    """Give the place of each label among the classes."""
    place = {name: index for index, name in enumerate(classes)}
    listed = np.asarray(labels).tolist()
    strange = [label for label in listed if label not in place]
    if strange:
        msg = f"the label {strange[0]!r} is not among the classes {list(classes)!r:.200}"
        raise PlanError(msg)
    return np.array([place[label] for label in listed], dtype=np.int64)


@frozen(eq=False)
class Support:
    """What adapters learn from, on one device; the rows of a block stand together.

    `blocks` are the classes that the rows were drawn for, and `labels` what is said of them: they
    differ where labels are known to be noisy, and are the same elsewhere. `keys` [rows, width] are
    the cached features, `views` those of augmented images, each with the same rows; `texts` maps
    "template", "cupl" and "negative" to prototypes [classes, width]. `original` holds the place
    that each row had when it was given.
    """

    keys: Tensor
    labels: Tensor
    blocks: Tensor
    views: tuple[Tensor, ...]
    texts: dict[str, Tensor]
    classes: tuple[Any, ...]
    original: Places
    augmented: bool

    @classmethod
    def of(
        cls,
        features: Any,
        labels: Any,
        *,
        text: Any,
        cupl: Any,
        negative: Any,
        classes: Sequence[Any] | None,
        views: Any,
        device: str,
        blocks: Any = None,
    ) -> Support:
        """Check what is given, and bring the rows of each block together."""
        keys = unit_matrix("features", features)
        if np.shape(labels) != (len(keys),):
            msg = f"labels must be one for each of {len(keys)} rows, got {np.shape(labels)}"
            raise PlanError(msg)
        names = classes_of(labels, classes)
        places = labels_of("labels", places_of(labels, names), rows=len(keys), classes=len(names))
        without = [name for place, name in enumerate(names) if place not in places]
        if without:
            msg = f"the classes {without!r:.200} have no image; give each one, or leave it out"
            raise PlanError(msg)
        no_contradictions(keys, places, names)
        drawn = places
        if blocks is not None:
            drawn = labels_of(
                "blocks", places_of(blocks, names), rows=len(keys), classes=len(names)
            )
        order = np.argsort(drawn, kind="stable")
        given = {"template": text, "cupl": cupl, "negative": negative}
        texts = {
            name: torch.from_numpy(_text(name, value, names, keys.shape[1])).to(device)
            for name, value in given.items()
            if value is not None
        }
        seen = [keys] if views is None else list(views)
        if not seen:
            msg = "views must hold one view or more of the images"
            raise PlanError(msg)
        checked = [
            unit_matrix(f"views[{at}]", view, rows=len(keys), width=keys.shape[1])[order]
            for at, view in enumerate(seen)
        ]
        return cls(
            torch.from_numpy(keys[order]).to(device),
            torch.from_numpy(places[order]).to(device),
            torch.from_numpy(drawn[order]).to(device),
            tuple(torch.from_numpy(view).to(device) for view in checked),
            texts,
            names,
            order,
            views is not None,
        )

    def weight(self) -> Tensor:
        """Give one unit prototype for each class, of the template and CuPL texts together."""
        return directions(self.texts["template"] + self.texts.get("cupl", 0.0))

    def rows(self, places: Tensor) -> Support:
        """Give a part of it."""
        return evolve(
            self,
            keys=self.keys[places],
            labels=self.labels[places],
            blocks=self.blocks[places],
            views=tuple(view[places] for view in self.views),
            original=self.original[places.cpu().numpy()],
        )

    def folds(self, most: int) -> list[tuple[Support, Tensor]]:
        """Leave shots out: pairs of what remains and the places of what is held out.

        Shot `j` of each block is in fold `j mod n`, with `n` the number of shots of the largest
        block or `most`. A block's only shot is never held out. Empty where no block has two.
        """
        counts = torch.bincount(self.blocks)
        starts = counts.cumsum(0) - counts
        shot = torch.arange(len(self.blocks), device=self.blocks.device) - starts[self.blocks]
        several = counts[self.blocks] > 1
        number = min(int(counts.max()), most)
        if number < 2:  # noqa: PLR2004 - a single shot cannot be left out
            return []
        pairs = []
        for fold in range(number):
            out = (shot % number == fold) & several
            pairs.append((self.rows((~out).nonzero()[:, 0]), out.nonzero()[:, 0]))
        return pairs


def _text(name: str, value: Any, classes: Sequence[Any], width: int) -> Any:
    if np.ndim(value) == 2 and len(value) != len(classes):  # noqa: PLR2004 - a matrix has two
        msg = f"text {name} has {len(value)} rows, and there are {len(classes)} classes"
        raise PlanError(msg)
    return unit_matrix(f"text {name}", value, rows=len(classes), width=width)
