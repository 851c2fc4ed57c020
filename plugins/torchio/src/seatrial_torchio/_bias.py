"""The bias field of the receiving coil: a smooth factor over the volume."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seatrial import Volume
from seatrial.errors import NotApplicable, ParameterError
from seatrial.protocols import Perturb

from ._volumes import Array, on_voxels

__all__ = ["bias_field", "exponents", "polynomial", "shaded"]


def bias_field(*, strength: float, order: int = 3) -> Perturb:
    """Shade the volume smoothly, as an uneven coil does.

    The voxels are multiplied by exp(p), where p is a polynomial of the place whose shape is drawn.
    Over the volume p has mean 0 and standard deviation `strength`, whatever was drawn. With the
    coefficients of p, torchio's `BiasField` gives the same field (Van Leemput et al., IEEE TMI
    1999); here it is made slice by slice, from powers along one axis at a time.
    """
    if order < 1:
        msg = f"order must be 1 or more, got {order}"
        raise ParameterError(msg)

    def change(values: Array, _: Volume, draw: np.random.Generator) -> Array:
        drawn = draw.uniform(-1, 1, len(list(exponents(order))))
        return shaded(values, _scaled(drawn, order, values.shape[1:], strength))

    return on_voxels(change)


def exponents(order: int) -> Iterator[tuple[int, int, int]]:
    """List the exponents of x, y and z in torchio's order of coefficients."""
    for i in range(order + 1):
        for j in range(order + 1 - i):
            for k in range(order + 1 - i - j):
                yield i, j, k


def polynomial(coefficients: Array, order: int) -> Array:
    """Lay coefficients out by exponents: [order + 1, order + 1, order + 1]."""
    laid = np.zeros((order + 1,) * 3)
    for place, value in zip(exponents(order), coefficients, strict=True):
        laid[place] = value
    return laid


def _places(count: int) -> Array:
    """Give the places along an axis, from -1 to 1."""
    places = np.arange(count) - (count - 1) / 2
    return np.asarray(places / max(places[-1], 0.5))


def _scaled(drawn: Array, order: int, shape: tuple[int, ...], strength: float) -> Array:
    """Bring a polynomial to mean 0 and the standard deviation asked for, over all voxels.

    Both come from the mean powers along each axis: no field is made for it.
    """
    means = [[np.mean(_places(count) ** n) for n in range(2 * order + 1)] for count in shape]
    powers = np.array(list(exponents(order)))

    def mean(total: Array) -> Array:
        x, y, z = (np.array(one)[total[..., axis]] for axis, one in enumerate(means))
        return np.asarray(x * y * z)

    first = mean(powers)
    second = mean(powers[:, None] + powers[None, :])
    variance = drawn @ second @ drawn - (drawn @ first) ** 2
    if variance <= 0:
        msg = "the volume is a single voxel, over which no field can vary"
        raise NotApplicable(msg)
    scaled = drawn * strength / variance**0.5
    scaled[0] -= scaled @ first
    return polynomial(scaled, order)


def shaded(values: Array, laid: Array) -> Array:
    """Multiply every channel by exp of a polynomial, in place."""
    x, y, z = (_places(count) for count in values.shape[1:])
    order = len(laid) - 1
    along_z = np.einsum("ijk,kz->ijz", laid, np.vander(z, order + 1, increasing=True).T)
    planes = np.einsum("ijz,yj->iyz", along_z, np.vander(y, order + 1, increasing=True))
    planes = planes.astype(np.float32)
    for place, at in enumerate(x.astype(np.float32)):
        field = planes[order].copy()
        for plane in planes[-2::-1]:
            field *= at
            field += plane
        values[:, place] *= np.exp(field, out=field)
    return values
