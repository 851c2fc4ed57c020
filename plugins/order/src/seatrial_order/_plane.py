"""Embeddings before and after training, drawn in one plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import frozen

from seatrial.errors import MetricError

from ._drawing import Box, Dot, Drawing, Line, Words
from ._rows import Floats, embeddings, same_width, unit

__all__ = ["Plane", "principal_plane"]

SIDE: Final = 260
MARGIN: Final = 30
AXES: Final = 2
SHOWN: Final = 1000  # dots of a colour in a panel: more hide each other


@frozen(eq=False)
class Plane:
    """Unit embeddings in the plane of their first two principal components.

    `images` and `texts` map the name of each panel to coordinates [rows, 2]. All panels share one
    origin and one pair of axes, so that they can be compared; `explained` is the fraction of the
    variance along each axis.
    """

    images: dict[str, Floats]
    texts: dict[str, Floats]
    explained: tuple[float, float]

    def svg(self) -> str:
        """Draw one panel beside the other: images are red, texts blue, as in the paper."""
        return self._drawn().svg()

    def png(self, *, scale: float = 2.0) -> bytes:
        """Draw the same as PNG."""
        return self._drawn().png(scale=scale)

    def save(self, path: str | Path) -> None:
        """Write it to a file whose name ends in .svg or .png."""
        self._drawn().save(path)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _drawn(self) -> Drawing:
        every = np.concatenate([*self.images.values(), *self.texts.values()])
        low, high = every.min(axis=0), every.max(axis=0)
        scale = (SIDE - 2 * MARGIN) / max(float((high - low).max()), 1e-12)
        middle = (low + high) / 2
        shapes: list[Dot | Line | Box | Words] = []
        for at, name in enumerate(self.images):
            left = at * SIDE
            shapes.append(Words(left + MARGIN, 20, name, bold=True))
            shapes.append(Box(left + MARGIN / 2, 28, SIDE - MARGIN, SIDE - MARGIN))
            for kind, rows in (("image", self.images[name]), ("text", self.texts[name])):
                shapes += _dots(kind, rows, middle, scale, left)
        first, second = (f"{100 * one:.0f} %" for one in self.explained)
        note = f"principal components of all panels together: {first} and {second} of the variance"
        for place, kind in enumerate(("image", "text")):
            x = MARGIN / 2 + 4 + 70 * place
            shapes += [Dot(kind, x, SIDE + 12), Words(x + 8, SIDE + 16, f"{kind}s")]
        shapes.append(Words(MARGIN / 2, SIDE + 34, note))
        width = max(SIDE * len(self.images), 2 * SIDE)
        title = "Embeddings of images and texts"
        return Drawing(title, note, width, SIDE + 44, tuple(shapes))


def principal_plane(**panels: tuple[Any, Any]) -> Plane:
    """Fit one plane to all panels, each the pair (images, texts).

    `principal_plane(before=(x, y), after=(x2, y2))`: a plane fitted to each panel by itself, as in
    the paper, cannot show what moved, because its axes are turned and mirrored at will. The sign of
    an axis is such that the largest part of its direction is positive.
    """
    if not panels:
        msg = "there is nothing to draw: give panels, as before=(images, texts)"
        raise MetricError(msg)
    rows: list[tuple[Floats, Floats]] = []
    for given in panels.values():
        x, y = embeddings(given[0], "images"), embeddings(given[1], "texts")
        same_width(x, y)
        rows.append((unit(x, "images"), unit(y, "texts")))
    if min(x.shape[1] for x, _ in rows) < AXES:
        msg = "embeddings of one dimension lie on a line: a plane needs two or more"
        raise MetricError(msg)
    if len({x.shape[1] for x, _ in rows}) > 1:
        msg = "the panels have embeddings of different widths: no plane holds them all"
        raise MetricError(msg)
    every = np.concatenate([one for pair in rows for one in pair])
    origin = every.mean(axis=0)
    values, vectors = np.linalg.eigh((every - origin).T @ (every - origin))
    axes = vectors[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    fractions = values[::-1][:2] / max(float(values.sum()), 1e-300)
    names = list(panels)
    return Plane(
        {name: (x - origin) @ axes for name, (x, _) in zip(names, rows, strict=True)},
        {name: (y - origin) @ axes for name, (_, y) in zip(names, rows, strict=True)},
        (float(fractions[0]), float(fractions[-1])),
    )


def _dots(kind: str, rows: Floats, middle: Floats, scale: float, left: float) -> Iterator[Dot]:
    step = max(1, len(rows) // SHOWN)
    for x, y in (rows[::step] - middle) * scale:
        yield Dot(kind, left + SIDE / 2 + x, 28 + (SIDE - MARGIN) / 2 - y, 2)
