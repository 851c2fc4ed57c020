"""Bend volumes by cubic B-splines: the displacements are products of splines along the axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813 - as its own documentation has it
from scipy import ndimage

from ._volumes import Array

__all__ = ["Spline", "bend", "spline_of"]

BLOCK = 1 << 17
"""How many voxels are worked on at once."""
HALF = 0.5


Spline = tuple[Array, list[Array]]
"""Coefficients [3, i, j, k], in voxels, and for each axis the splines [places, coefficients]."""


def bend(channel: Array, spline: Spline, *, label: bool) -> None:
    """Resample X×Y×Z voxels in place, each from where its displacement leads.

    A displacement is Σ c · β(x) β(y) β(z), where β is the cubic B-spline and c lies on a grid along
    the axes of the volume, so it is summed up axis by axis. Images are interpolated linearly, and
    labels take the nearest voxel; outside is the darkest voxel, or the background of labels, 0.
    """
    before = channel.copy()
    outside = 0 if label else channel.min()
    whole, (first, *others) = spline
    along_z = np.einsum("cijk,zk->cijz", whole, others[1])
    planes = np.einsum("cijz,yj->icyz", along_z, others[0])
    sides = np.array(channel.shape)
    step = max(1, BLOCK // (channel.shape[1] * channel.shape[2]))
    y, z = np.arange(sides[1])[:, None], np.arange(sides[2])
    for start in range(0, channel.shape[0], step):
        part = slice(start, start + step)
        places = (first[part] @ planes.reshape(len(planes), -1)).reshape(-1, *planes.shape[1:])
        places = places.swapaxes(0, 1)
        places[0] += np.arange(start, start + places.shape[1])[:, None, None]
        places[1] += y
        places[2] += z
        limits = (sides - HALF)[:, None, None, None]
        inside = ((places >= -HALF) & (places <= limits)).all(axis=0)
        if label:
            nearest = np.floor(places + HALF).astype(int)
            nearest = nearest.clip(0, (sides - 1)[:, None, None, None])
            found = before[tuple(nearest)]
        else:
            found = ndimage.map_coordinates(before, places, order=1, mode="nearest")
        channel[part] = np.where(inside, found, outside)


def spline_of(image: Any, transform: Any) -> Spline:
    """Read a SimpleITK `BSplineTransform` of an image.

    It lays its grid out along the axes of the image, in an order and with signs of its own.
    """
    grids = transform.GetCoefficientImages()
    to_world, from_grid = _matrix(image), np.linalg.inv(_matrix(grids[0]))
    to_grid = from_grid @ to_world
    order = np.abs(to_grid[:3, :3]).argmax(axis=0)  # the axis of the grid for each of the volume's
    # [3, x, y, z] of the grid, its axes then in the order of the volume's
    in_world = np.array([sitk.GetArrayFromImage(one).transpose() for one in grids])
    in_world = in_world.transpose(0, *(1 + order))
    in_voxels = np.tensordot(np.linalg.inv(to_world[:3, :3]), in_world, 1)
    splines = []
    for axis, of_grid in enumerate(order):
        count, scale = image.GetSize()[axis], to_grid[of_grid, axis]
        places = to_grid[of_grid, 3] + scale * np.arange(count)
        splines.append(_cubic(places[:, None] - np.arange(in_world.shape[1 + axis])))
    return in_voxels, splines


def _matrix(image: Any) -> Array:
    """Give the matrix from indices to the world of SimpleITK (LPS)."""
    matrix = np.eye(4)
    directions = np.reshape(image.GetDirection(), (3, 3))
    matrix[:3, :3] = directions * np.array(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    return matrix


def _cubic(distance: Array) -> Array:
    """Give the cubic B-spline: 2/3 in its centre, 0 from a distance of 2 on."""
    near = np.abs(distance)
    inner = 2 / 3 - near**2 + near**3 / 2
    outer = np.clip(2 - near, 0, None) ** 3 / 6
    return np.where(near < 1, inner, outer)
