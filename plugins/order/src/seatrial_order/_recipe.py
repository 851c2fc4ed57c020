"""The recipe by which towers and head are trained, those that were published, and its name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, Final, Literal

from attrs import asdict, field, frozen
from attrs.validators import and_, ge, gt, in_, instance_of, lt

from seatrial import Asset, Case
from seatrial.errors import ModelError, ParameterError
from seatrial.kit import cluster_of, did_you_mean, digest

from ._features import content_of
from ._heads import HEADS, HeadKind
from ._towers import Towers

__all__ = ["Precision", "Recipe", "Side", "job_of", "preset"]

Precision = Literal["float32", "bfloat16"]
Side = Literal["text", "image"]

PRESETS: Final[dict[str, dict[str, Any]]] = {
    "wikiorder": {"head": "linear", "learning_rate": 1e-5, "batch_size": 4, "epochs": 5},
}


def _sides_of(given: Side | Sequence[Side]) -> tuple[Side, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


@frozen(kw_only=True)
class Recipe:
    """How the towers and the head are trained."""

    head: HeadKind = field(default="antisymmetric", validator=in_(HEADS))
    hidden: int = field(default=0, validator=[instance_of(int), ge(0)])
    learning_rate: float = field(default=1e-5, converter=float, validator=[gt(0), lt(inf)])
    batch_size: int = field(default=4, validator=[instance_of(int), ge(1)])
    epochs: int = field(default=5, validator=[instance_of(int), ge(1)])
    validation: float = field(default=0.2, converter=float, validator=and_(ge(0), lt(1)))
    freeze: tuple[Side, ...] = field(default=(), converter=_sides_of)
    precision: Precision = field(default="float32", validator=in_(("float32", "bfloat16")))

    @hidden.validator
    def _none_in_a_line(self, _: Any, hidden: int) -> None:
        if self.head == "linear" and hidden:
            msg = f"a linear head has no hidden units: leave out hidden = {hidden}"
            raise ValueError(msg)

    @freeze.validator
    def _sides(self, _: Any, sides: tuple[str, ...]) -> None:
        if wrong := [one for one in sides if one not in ("text", "image")]:
            msg = f"freeze names towers, text or image, and not {wrong[0]!r}"
            raise ValueError(msg)


def preset(name: str) -> dict[str, Any]:
    """Give the parameters of a published recipe for `fine_tune`.

    "wikiorder": the linear head on [t; v], all weights trained by Adam at a rate of 1e-5 in batches
    of 4 for 5 epochs, of which the best on validation data is kept (sections 4.3 and 5.1).
    """
    if name not in PRESETS:
        hint = did_you_mean(name, PRESETS)
        msg = f"there is no preset {name!r}; there are {', '.join(PRESETS)}{hint}"
        raise ParameterError(msg)
    return dict(PRESETS[name])


def job_of(towers: Towers, cases: Sequence[Case], modality: str, recipe: Recipe, seed: int) -> str:
    """Name what is trained on what: a checkpoint of anything else is not gone on from."""
    shown = [[one.id, one.target, cluster_of(one), _told(one.input)] for one in cases]
    whole = [towers.identity, shown, modality, asdict(recipe), seed]
    return f"fine-tune-{digest(json.dumps(whole))}"


def _told(value: Any) -> list[list[str]]:
    """Name the parts of an input: texts by themselves, images by their content, in files too."""
    if not isinstance(value, Mapping):
        return []
    return [[name, _content(one)] for name, one in sorted(value.items())]


def _content(value: Any) -> str:
    if hasattr(value, "shape"):
        return content_of(value)
    try:
        return digest(value.path.read_bytes()) if isinstance(value, Asset) else str(value)
    except OSError as error:
        msg = f"{value.path} cannot be read: {error}; `filtered` leaves such articles out"
        raise ModelError(msg) from error
