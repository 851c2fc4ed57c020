"""What metrics of segmentations share: masks on one grid, structure by structure.

A structure that was missed stays in the mean, at the worst value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from seatrial import Case, Prediction, Volume
from seatrial.errors import MetricError

from ._input import case_at, paired

__all__ = ["Array", "Masks", "PerStructure", "per_structure"]

Array = np.ndarray[Any, Any]
FLAT, SOLID = 2, 3
CLOSE = 1e-3
"""Affines of one grid may differ by this, in mm."""


@frozen
class Masks:
    """Where one structure is, in truth and by the answer, and how far apart voxels lie (mm)."""

    truth: Array
    answer: Array
    spacing: tuple[float, ...]

    @property
    def diagonal(self) -> float:
        """The length of the field's diagonal: no two voxels lie further apart."""
        sides = np.array(self.truth.shape) * self.spacing
        return float(np.linalg.norm(sides))


PerStructure = Callable[[Masks], float]
"""Scores one structure that is in the truth or in the answer, or in both."""


def per_structure(
    name: str, label: int | None, ignore: int | None, score: PerStructure, *, nothing: float
) -> Callable[[Sequence[Any], Sequence[Any]], list[float]]:
    """Score each case by the mean over the structures that are in its truth or in the answer.

    `label` takes one structure alone. Where the target has the label `ignore`, neither the target
    nor the answer counts: nobody knows what is there, or training has seen it. `nothing` is the
    score where there is none in either. An answer that is no mask (it could not be parsed) has no
    structure in it.
    """

    def scored(cases: Sequence[Any], answers: Sequence[Any], /) -> list[float]:
        paired(name, cases, answers)
        found = []
        for place, (case, answer) in enumerate(zip(cases, answers, strict=True)):
            where = f"{name}: {case_at(place, len(cases))}"
            scores = [score(one) for one in _structures(where, case, answer, label, ignore)]
            found.append(sum(scores) / len(scores) if scores else nothing)
        return found

    return scored


def _structures(
    where: str, case: Case, answer: Prediction, label: int | None, ignore: int | None
) -> Iterator[Masks]:
    truth = _labels(where, case.target, "target")
    if answer.value is None or isinstance(answer.value, str):
        found = np.zeros_like(truth)
    else:
        found = _labels(where, answer.value, "answer")
    if found.shape != truth.shape:
        sides = ["×".join(map(str, one.shape)) for one in (found, truth)]
        msg = f"{where}: the answer has {sides[0]} voxels and the target {sides[1]}"
        raise MetricError(msg)
    _check_place(where, case.target, answer.value)
    spacing = _spacing(case, truth.shape)
    if ignore is not None:
        known = truth != ignore
        truth, found = truth * known, found * known
    names = [label] if label is not None else [*np.unique(truth), *np.unique(found)]
    for one in sorted({int(name) for name in names} - ({0} if label is None else set())):
        masks = Masks(truth == one, found == one, spacing)
        if masks.truth.any() or masks.answer.any():
            yield masks


def _labels(where: str, value: Any, what: str) -> Array:
    labels = value.array[0] if isinstance(value, Volume) else np.asarray(value)
    flat = labels.dtype.kind in "biu" and labels.ndim in (FLAT, SOLID) and labels.size
    if not flat or (isinstance(value, Volume) and value.array.shape[0] != 1):
        msg = (
            f"{where}: its {what} is no mask: integers H×W or X×Y×Z, or a Volume of one channel of "
            f"them, are needed, got {type(value).__name__} of {labels.dtype} {labels.shape}"
        )
        raise MetricError(msg)
    return labels


def _check_place(where: str, truth: Any, answer: Any) -> None:
    if not isinstance(truth, Volume) or not isinstance(answer, Volume):
        return
    if not np.allclose(truth.affine, answer.affine, rtol=0, atol=CLOSE):
        msg = f"{where}: the answer lies elsewhere than the target: their affines differ"
        raise MetricError(msg)


def _spacing(case: Case, shape: tuple[int, ...]) -> tuple[float, ...]:
    """Take the spacing of the target, or of the image on its grid; 1 where neither has any."""
    for one in (case.target, *_inside(case.input)):
        if isinstance(one, Volume) and one.array.shape[1:] == shape:
            return one.spacing
    return (1.0,) * len(shape)


def _inside(value: Any) -> Sequence[Any]:
    return tuple(value.values()) if isinstance(value, Mapping) else (value,)
