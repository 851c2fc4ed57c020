"""Volumes: C×X×Y×Z with an affine."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..._carriers import Volume
from ..._writing import digest
from ._arrays import error_over_range, frozen_array, name_array, sides
from ._files import read_volume
from ._phantom import phantom
from ._pictures import range_without_tails, three_slices
from ._similarity import mean_similarity

__all__ = [
    "Volumes",
    "dump_volume",
    "freeze_volume",
    "load_volume",
    "name_volume",
    "volume",
]


def name_volume(value: Volume) -> str:
    """Name the content of a volume: its voxels and its place."""
    return digest(f"{name_array(value.array)}|{name_array(value.affine)}")


def freeze_volume(value: Volume) -> Volume:
    """Give a copy of a volume that nobody can write to."""
    return Volume(frozen_array(value.array), value.affine)


def dump_volume(value: Volume) -> bytes:
    """Write a volume as a compressed numpy archive, without pickle."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, array=value.array, affine=value.affine)
    return buffer.getvalue()


def load_volume(data: bytes) -> Volume:
    """Read what `dump_volume` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return Volume(frozen_array(stored["array"]), stored["affine"])


def cut_out(whole: Volume, part: Volume) -> tuple[slice, ...] | None:
    """Find the voxels of one volume that another consists of; None where it has other voxels."""
    if whole.array.shape[0] != part.array.shape[0]:
        return None
    shift = np.linalg.solve(whole.affine, part.affine)
    start = np.rint(shift[:3, 3])
    shift[:3, 3] -= start
    sides = np.array(part.array.shape[1:])
    inside = (start >= 0).all() and (start + sides <= whole.array.shape[1:]).all()
    if not inside or not np.allclose(shift, np.eye(4), atol=1e-4):
        return None
    pairs = zip(start.astype(int).tolist(), sides.tolist(), strict=True)
    return (slice(None), *(slice(first, first + side) for first, side in pairs))


class Volumes:
    """The carrier of `volume`."""

    def holds(self, value: Any, /) -> bool:
        """Tell whether this is a volume of finite numbers."""
        if not isinstance(value, Volume):
            return False
        return value.array.dtype.kind != "f" or bool(np.isfinite(value.array).all())

    def digest(self, value: Any, /) -> str:
        """Name voxels and affine."""
        return name_volume(value)

    def freeze(self, value: Any, /) -> Any:
        """Give a copy that nobody can write to."""
        return freeze_volume(value)

    def dump(self, value: Any, /) -> bytes:
        """Write a compressed numpy archive."""
        return dump_volume(value)

    def load(self, data: bytes, /) -> Any:
        """Read a numpy archive."""
        return load_volume(data)

    def read(self, path: Path, /) -> Any:
        """Read a NIfTI file, a folder or file of DICOM, or a numpy file.

        A numpy archive holds voxels, and beside them `affine`.
        """
        return read_volume(path)

    def distance(self, clean: Any, perturbed: Any, /) -> float | None:
        """Give the error over the range of the clean voxels; None where the grid was changed.

        Where only the field was cut, what is outside counts as the darkest voxel.
        """
        same = clean.array.shape == perturbed.array.shape
        if same and np.array_equal(clean.affine, perturbed.affine):
            return error_over_range(clean.array, perturbed.array)
        if (window := cut_out(clean, perturbed)) is None:
            return None
        whole = np.full_like(clean.array, clean.array.min())
        whole[window] = perturbed.array
        return error_over_range(clean.array, whole)

    def similarity(self, clean: Any, perturbed: Any, /) -> float | None:
        """Give the structural similarity, the mean over channels; None where the grid differs."""
        if not np.array_equal(clean.affine, perturbed.affine):
            return None
        return mean_similarity(clean.array, perturbed.array)

    def picture(self, value: Any, /, *, like: Any) -> Any:
        """Show the three slices through the middle: sagittal, coronal, axial."""
        return three_slices(value, *range_without_tails(like))

    def example(self) -> Any:
        """Give a head drawn with ellipsoids, to show perturbations on."""
        return phantom()

    def preview(self, value: Any, /) -> str:
        """Show size, type and spacing."""
        size = "×".join(f"{one:.3g}" for one in value.spacing)
        return f"volume {sides(value.array)}, {size} mm"

    def samples(self) -> Sequence[Any]:
        """Give a ball in noise, isotropic and with thick slices, and one of two channels."""
        draw = np.random.default_rng(0)
        x, y, z = np.mgrid[-1:1:24j, -1:1:26j, -1:1:22j]
        ball = (x**2 + y**2 + z**2 < 0.5) * 300.0 + draw.normal(100, 10, x.shape)
        thick = np.diag([1.0, 1.0, 4.0, 1.0])
        thick[:3, 3] = (-12, -13, -44)
        scaled = ball.astype(np.float32)
        return (
            Volume(scaled),
            Volume(ball.clip(0).astype(np.int16), thick),
            Volume(np.stack([scaled, scaled[::-1]])),
        )

    def edges(self) -> Sequence[Any]:
        """Give one voxel, one slice and a constant volume."""
        return (
            Volume(np.ones((1, 1, 1), np.float32)),
            Volume(np.arange(64, dtype=np.float32).reshape(8, 8, 1)),
            Volume(np.full((8, 8, 8), 5, np.float32)),
        )


def volume() -> Volumes:
    """Make the carrier."""
    return Volumes()
