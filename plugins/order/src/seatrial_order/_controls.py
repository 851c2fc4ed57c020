"""The same pairs with one source of information taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from seatrial import Case, derive
from seatrial.errors import ParameterError, PlanError
from seatrial.kit import cluster_of

__all__ = ["CONTROLS", "Control", "controlled"]

Control = Literal["images-shuffled", "images-swapped", "headlines-shuffled", "headlines-swapped"]
CONTROLS = get_args(Control)


def controlled(cases: Sequence[Case], control: Control, *, seed: int) -> tuple[Case, ...]:
    """Give the same pairs with their images, or headlines, of another article or swapped.

    "images-shuffled" gives each pair the two images of a pair of another article, in either order:
    a model that uses images loses what they told. "images-swapped" exchanges the two images and
    leaves the headlines: a model that trusts images turns its answer round. The targets stay.
    Raises `PlanError` where there are no images, or where all pairs are of one article.
    """
    if control not in CONTROLS:
        msg = f"the controls are {', '.join(CONTROLS)}, not {control!r}"
        raise ParameterError(msg)
    part, how = control.split("-")
    names = tuple(f"{part.removesuffix('s')}_{place}" for place in (1, 2))
    if bare := [one.id for one in cases if not set(names) <= set(one.input)]:
        msg = f"case {bare[0]!r} lacks {names[0]} or {names[1]}: it cannot be controlled for them"
        raise PlanError(msg)
    pairs = [tuple(one.input[name] for name in names) for one in cases]
    if how == "swapped":
        given = [(second, first) for first, second in pairs]
    else:
        draw = np.random.default_rng(derive(seed, "control", control))
        donors = _donors([cluster_of(one) for one in cases], draw)
        turned = draw.random(len(cases)) < 0.5  # noqa: PLR2004 - in either order alike
        given = [
            pairs[at][::-1] if turn else pairs[at] for at, turn in zip(donors, turned, strict=True)
        ]
    return tuple(
        Case(one.id, _replaced(one.input, names, new), one.target, one.groups, one.cluster)
        for one, new in zip(cases, given, strict=True)
    )


def _replaced(value: Any, names: Sequence[str], new: Sequence[Any]) -> dict[str, Any]:
    return {**value, **dict(zip(names, new, strict=True))}


def _donors(clusters: Sequence[str], draw: np.random.Generator) -> list[int]:
    """Choose for each case one of another article."""
    labels = np.asarray(clusters)
    if len(set(clusters)) < 2:  # noqa: PLR2004 - one to take from
        msg = "all pairs are of one article: there is no other to take images or headlines from"
        raise PlanError(msg)
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    found = np.empty(len(labels), dtype=int)
    for name in np.unique(labels):
        start, end = np.searchsorted(ordered, [name, name], side="left")[0], 0
        end = int(np.searchsorted(ordered, name, side="right"))
        others = len(labels) - (end - start)
        drawn = draw.integers(0, others, end - start)
        found[order[start:end]] = order[np.where(drawn < start, drawn, drawn + end - start)]
    return [int(one) for one in found]
