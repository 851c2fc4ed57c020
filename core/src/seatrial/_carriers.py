"""Values that are more than a Python object of their own: volumes, and values kept in files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ._arguments import as_path, of_kind
from .errors import PlanError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

__all__ = ["Asset", "Volume"]

AXES = 4


def _array(value: Any) -> np.ndarray[Any, Any]:
    import numpy as np

    found = np.asarray(value)
    if found.ndim == AXES - 1:
        found = found[None]
    if found.ndim != AXES or found.dtype.kind not in "biuf" or not found.size:
        msg = (
            "a volume is a numeric array C×X×Y×Z (or X×Y×Z for one channel), got "
            f"{found.dtype} of shape {found.shape}"
        )
        raise PlanError(msg)
    found = found.view()
    found.flags.writeable = False
    return found


def _affine(value: Any) -> np.ndarray[Any, Any]:
    import numpy as np

    found = np.array(np.eye(AXES) if value is None else value, dtype=np.float64)
    if found.shape != (AXES, AXES) or not np.isfinite(found).all():
        msg = f"an affine is a 4×4 matrix of finite numbers (voxel to mm, RAS+), got {value!r:.80}"
        raise PlanError(msg)
    if not (found[3] == [0, 0, 0, 1]).all() or not np.linalg.det(found[:3, :3]):
        msg = "an affine ends with the row 0 0 0 1 and can be inverted; this one does not"
        raise PlanError(msg)
    return np.frombuffer(found.tobytes()).reshape(AXES, AXES)  # nobody can write to it


def _path(value: Any) -> Path:
    return as_path(value, "the path of an asset")


@frozen(eq=False)
class Volume:
    """A three-dimensional image, or labels of one, with its place in space.

    `array` is C×X×Y×Z (X×Y×Z becomes 1×X×Y×Z); `affine` is 4×4, from voxel indices to millimetres
    in RAS+ (x to the right, y to the front, z up), by default 1 mm with the origin in voxel 0. Both
    are read-only. A mask of labels is a `Volume` of integers with the affine of its image.
    """

    array: np.ndarray[Any, Any] = field(converter=_array)
    affine: np.ndarray[Any, Any] = field(default=None, converter=_affine)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """The size of a voxel along X, Y and Z in millimetres."""
        x, y, z = ((self.affine[:3, :3] ** 2).sum(axis=0) ** 0.5).tolist()
        return x, y, z

    def __eq__(self, other: object) -> bool:
        import numpy as np

        if not isinstance(other, Volume):
            return NotImplemented
        return bool(
            self.array.dtype == other.array.dtype
            and np.array_equal(self.array, other.array, equal_nan=self.array.dtype.kind == "f")
            and np.array_equal(self.affine, other.affine)
        )

    def __hash__(self) -> int:
        return hash((self.array.shape, str(self.array.dtype), self.affine.tobytes()))

    def __repr__(self) -> str:
        sides = "×".join(map(str, self.array.shape))
        size = "×".join(f"{one:g}" for one in self.spacing)
        return f"Volume({sides} {self.array.dtype}, {size} mm)"


@frozen
class Asset:
    """A value that stays in its file until a worker needs it.

    `path` is read by the modality when the value is perturbed, asked about or scored, and its
    content is what identifies it: a file that is replaced is another value.
    """

    path: Path = field(converter=_path)
    modality: str = field(validator=of_kind(str))

    def __str__(self) -> str:
        return f"{self.path} ({self.modality})"
