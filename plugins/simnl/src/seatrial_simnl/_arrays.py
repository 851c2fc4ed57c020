"""What goes in: finite float32 matrices of unit rows, and labels that name classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial.errors import PlanError

__all__ = ["Matrix", "Places", "labels_of", "matrix", "no_contradictions", "unit", "unit_matrix"]

Matrix = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

UNIT = 1e-3
"""How far a row's norm may be from 1: rounding to half precision stays below half of it."""


def matrix(name: str, value: Any, *, rows: int | None = None, width: int | None = None) -> Matrix:
    """Give a finite float32 matrix of nonzero rows, or say what is wrong with it."""
    found = np.ascontiguousarray(_numbers(name, value))
    if found.ndim != 2:  # noqa: PLR2004 - a matrix has two
        msg = f"{name} must be a matrix of one vector in each row, got the shape {found.shape}"
        raise PlanError(msg)
    if rows is not None and len(found) != rows:
        msg = f"{name} must have {rows} rows, got {len(found)}"
        raise PlanError(msg)
    if width is not None and found.shape[1] != width:
        msg = (
            f"{name} are {found.shape[1]} wide and not {width}; images and texts must be embedded "
            "by the same backbone"
        )
        raise PlanError(msg)
    strange = np.flatnonzero(~np.isfinite(found).all(1))
    if strange.size:
        msg = f"{name}: row {strange[0]} holds NaN or infinity; leave it out, or embed it anew"
        raise PlanError(msg)
    empty = np.flatnonzero(~found.any(1))
    if empty.size:
        msg = f"{name}: row {empty[0]} is zero and has no direction; leave it out, or embed it anew"
        raise PlanError(msg)
    return found


def _numbers(name: str, value: Any) -> Matrix:
    try:
        return np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError) as error:
        msg = f"{name} must be numbers: {error}"
        raise PlanError(msg) from error


def unit(rows: Matrix) -> Matrix:
    """Bring every row to length 1."""
    found: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return found


def unit_matrix(
    name: str, value: Any, *, rows: int | None = None, width: int | None = None
) -> Matrix:
    """Give a matrix whose rows have length 1, and refuse one whose rows have not.

    Normalising in silence would hide that raw features were passed, or those of another stage.
    """
    found = matrix(name, value, rows=rows, width=width)
    lengths = np.linalg.norm(found, axis=1)
    off = np.flatnonzero(np.abs(lengths - 1) > UNIT)
    if off.size:
        msg = (
            f"{name}: row {off[0]} has the norm {lengths[off[0]]:.4g} and not 1; divide each row "
            "by its norm"
        )
        raise PlanError(msg)
    return found


def labels_of(name: str, value: Any, *, rows: int, classes: int) -> Places:
    """Give labels as places among the classes, one for each row."""
    found = np.asarray(value)
    if found.shape != (rows,) or found.dtype.kind not in "iu":
        msg = f"{name} must be {rows} integers, got {found.dtype} of the shape {found.shape}"
        raise PlanError(msg)
    out = np.flatnonzero((found < 0) | (found >= classes))
    if out.size:
        msg = f"{name}: row {out[0]} has the label {found[out[0]]}, outside of 0 to {classes - 1}"
        raise PlanError(msg)
    return found.astype(np.int64)


def no_contradictions(features: Matrix, labels: Places, classes: Sequence[Any]) -> None:
    """Refuse a support set in which the same row belongs to two classes."""
    seen: dict[bytes, int] = {}
    for row, vector in enumerate(features):
        first = seen.setdefault(vector.tobytes(), row)
        if labels[first] != labels[row]:
            one, other = classes[labels[first]], classes[labels[row]]
            msg = (
                f"rows {first} and {row} are the same, and belong to {one!r} and to {other!r}; "
                "keep one of them"
            )
            raise PlanError(msg)
