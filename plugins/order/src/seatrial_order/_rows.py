"""Embeddings as they are measured: checked, and brought to unit length in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seatrial.errors import MetricError

__all__ = ["BLOCK", "Floats", "blocks", "codes_of", "embeddings", "same_width", "unit"]

Floats = npt.NDArray[np.float64]

BLOCK: Final = 2048  # rows at a time: what fits the cache is normalised fastest
MIN_ROWS: Final = 2
NO_LABELS: Final = "clusters are labels, texts or numbers, one for each row"
TINY: Final = 1e-140  # below it squares lose digits


def embeddings(rows: Any, what: str) -> npt.NDArray[Any]:
    """Check embeddings [rows, width]: finite numbers, two rows at least, none of length zero."""
    if hasattr(rows, "detach"):  # a torch tensor, maybe bfloat16, on a GPU or with a gradient
        rows = rows.detach().to_dense().cpu()
        rows = (rows.double() if rows.is_floating_point() else rows).numpy()
    try:
        found = np.asarray(rows)
    except ValueError as error:
        msg = f"embeddings of {what} are numbers [rows, width], and these rows differ in width"
        raise MetricError(msg) from error
    if found.ndim != 2 or found.dtype.kind not in "fiu" or not found.shape[1]:  # noqa: PLR2004
        msg = f"embeddings of {what} are numbers [rows, width], got {found.dtype} {found.shape}"
        raise MetricError(msg)
    if len(found) < MIN_ROWS:
        msg = f"there are {len(found)} embeddings of {what}: at least {MIN_ROWS} are needed"
        raise MetricError(msg)
    return found


def same_width(images: npt.NDArray[Any], texts: npt.NDArray[Any]) -> None:
    """Refuse embeddings that cannot lie in one space."""
    if images.shape[1] != texts.shape[1]:
        msg = (
            f"images have {images.shape[1]} dimensions and texts {texts.shape[1]}: these towers "
            "share no space, and there is no gap between their embeddings"
        )
        raise MetricError(msg)


def unit(rows: npt.NDArray[Any], what: str = "embeddings") -> Floats:
    """Bring each row to unit length, in float64."""
    found = rows.astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        length = np.sqrt(np.einsum("ij,ij->i", found, found))
    extreme = np.flatnonzero(~((length > TINY) & (length < np.inf)))
    if len(extreme):  # the squares left the range of float64, or there is no direction
        largest = np.abs(found[extreme]).max(axis=1)
        if not (np.isfinite(largest) & (largest > 0)).all():
            msg = f"some {what} have length zero or are not finite: they have no direction"
            raise MetricError(msg)
        found[extreme] /= largest[:, None]
        length[extreme] = np.sqrt(np.square(found[extreme]).sum(axis=1))
    found /= length[:, None]
    return found


def blocks(rows: npt.NDArray[Any], what: str) -> Iterator[tuple[int, Floats]]:
    """Give the unit rows block by block, each with the place of its first row."""
    for start in range(0, len(rows), BLOCK):
        yield start, unit(rows[start : start + BLOCK], what)


def codes_of(
    clusters: Any, images: int, texts: int, *, paired: bool
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Number the clusters of images and texts: one label a row, or one sequence for each side."""
    given = _listed(clusters)
    apart = (
        not paired
        and len(given) == 2  # noqa: PLR2004 - images and texts
        and all(np.ndim(one) == 1 for one in given)
    )
    sides = [_listed(one) for one in given] if apart else [given, given]
    codes: dict[Any, int] = {}
    found = []
    for side, count, what in zip(sides, (images, texts), ("image", "text"), strict=True):
        if len(side) != count:
            msg = (
                f"{count} {what} embeddings need as many cluster labels, got {len(side)}; "
                "where images and texts are not paired, give clusters=(of images, of texts)"
            )
            raise MetricError(msg)
        try:
            numbers = [codes.setdefault(one, len(codes)) for one in side]
        except TypeError as error:
            raise MetricError(NO_LABELS) from error
        if any(_missing(one) for one in codes):
            msg = f"{what} embeddings have no cluster label in some rows: give one to each"
            raise MetricError(msg)
        found.append(np.array(numbers, dtype=np.intp))
    return found[0], found[1]


def _missing(label: Any) -> bool:
    """Tell None, NaN, NaT and pandas' NA, which has no truth value, from labels."""
    try:
        return label is None or bool(label != label)  # noqa: PLR0124
    except TypeError:
        return True


def _listed(labels: Any) -> list[Any]:
    """Give labels as Python's own values: what Python tells apart is told apart."""
    try:
        return list(labels.tolist() if hasattr(labels, "tolist") else labels)
    except TypeError as error:
        raise MetricError(NO_LABELS) from error
