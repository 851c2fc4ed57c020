"""What the published codes set for each data set that SimNL was measured on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from seatrial.errors import PlanError
from seatrial.kit import did_you_mean

from ._prompts import data_set

__all__ = ["PUBLISHED", "preset"]

PUBLISHED: Mapping[str, Mapping[str, Any]] = {
    "simnl": {"variant": "release", "lr": 1e-4, "eps": 1e-3, "lam": 0.75},
    "tip": {"trained": False},
    "tip-f": {"trained": True},
    "taskres": {},
    "ape": {"trained": False},
    "ape-t": {"trained": True},
}
"""The methods with settings for each data set, and what is the same for all sets."""

WIDTH = 1024
"""How wide the features of the published settings' backbone are (CLIP's ResNet-50)."""


def preset(name: str, method: str = "simnl", *, width: int = WIDTH) -> dict[str, Any]:
    """Give the published settings of a method for a data set, as in `SimNL(**preset("eurosat"))`.

    `name` is one of the eleven data sets of `prompts`, or one of the four variants of ImageNet,
    which have those of ImageNet. `method` is "simnl" (its release), "tip", "tip-f", "taskres",
    "ape" or "ape-t"; CLIP-Adapter, CLAP and the linear probe publish none for each set. Grids are
    those that the codes search with `selection="val"`. The channels that APE keeps are counted on
    features 1,024 wide; for another `width` the same fraction is kept.

    The release trains on ten augmented views of each image, and twenty on ImageNet.
    """
    if method not in PUBLISHED:
        hint = did_you_mean(method, PUBLISHED)
        known = ", ".join(PUBLISHED)
        msg = f"there are no settings of {method!r} for each data set{hint}; there are of {known}"
        raise PlanError(msg)
    if not width >= 1:
        msg = f"the width of features is 1 or more, got {width!r}"
        raise PlanError(msg)
    key = data_set(name)
    table = "tip" if method == "tip-f" else method
    given: dict[str, Any] = {
        option: tuple(value) if isinstance(value, list) else value
        for option, value in _known()[table][key].items()
    }
    if method in ("tip", "ape"):
        given.pop("epochs", None)
    if "channels" in given:
        given["channels"] = max(1, round(given["channels"] * width / WIDTH))
    return {**PUBLISHED[method], **given}


@cache
def _known() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("presets.toml").read_text(encoding="utf-8"))
