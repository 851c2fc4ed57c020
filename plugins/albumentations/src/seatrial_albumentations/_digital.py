"""Compression, loss of resolution and distortion: ImageNet-C's formulas."""

from __future__ import annotations

import cv2
import numpy as np

from ._pictures import Corruption, Picture, corruption, number, whole

__all__ = ["elastic", "jpeg", "pixelate"]


def jpeg(*, quality: int, bits: int | None = None) -> Corruption:
    """Compress as JPEG of a `quality` from 1 to 100.

    JPEG holds 8 bits: pictures of more lose the rest on the way, and come back in their own type.
    """
    quality = whole("quality", quality, 1, 100)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        if picture.dtype == np.uint8:
            return packed(picture, quality)
        eight = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
        return packed(eight, quality).astype(np.float32) / np.float32(255)

    return corruption("jpeg", change, bits, native=True)


def packed(picture: Picture, quality: int) -> Picture:
    """Encode and decode; OpenCV takes blue first, and JPEG weighs the colours differently."""
    colours = picture.shape[2] > 1
    swapped = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if colours else picture
    _, encoded = cv2.imencode(".jpg", swapped, [cv2.IMWRITE_JPEG_QUALITY, quality])
    mode = cv2.IMREAD_COLOR if colours else cv2.IMREAD_GRAYSCALE
    decoded: Picture = np.asarray(cv2.imdecode(encoded, mode))
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB) if colours else decoded


def pixelate(*, scale: float, bits: int | None = None) -> Corruption:
    """Shrink to a `scale` by averaging, and enlarge again without smoothing."""
    scale = number("scale", scale, 0.01, 1)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        small = max(int(width * scale), 1), max(int(height * scale), 1)
        shrunk = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
        return cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)

    return corruption("pixelate", change, bits, native=True)


def elastic(
    *, shift: float, tilt: float, smooth: float = 0.01, bits: int | None = None
) -> Corruption:
    """Warp: a random affine map, then displacements of every pixel, smoothed.

    All are fractions of the shorter side. `shift` multiplies displacements from -1 to 1 that a
    Gaussian of `smooth` has averaged, and `tilt` is how far the corners of the affine map's
    triangle go at most. Borders are mirrored.
    """
    shift = number("shift", shift, 0, 10)
    smooth = number("smooth", smooth, 0.0001, 1)
    tilt = number("tilt", tilt, 0, 0.25)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        side = min(height, width)
        centre = np.array([width, height], np.float32) // 2
        third = np.float32(max(side // 3, 1))
        corners = centre + third * np.array([[1, 1], [1, -1], [-1, -1]], np.float32)
        moved = corners + draw.uniform(-tilt * side, tilt * side, (3, 2)).astype(np.float32)
        matrix = cv2.getAffineTransform(corners, moved)
        tilted = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
        sigma = smooth * side
        ksize = 2 * int(3 * sigma + 0.5) + 1
        fields = draw.uniform(-1, 1, (height, width, 2)).astype(np.float32)
        smoothed = cv2.GaussianBlur(
            fields, (ksize, ksize), sigmaX=sigma, borderType=cv2.BORDER_REFLECT
        )
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        return cv2.remap(
            tilted,
            columns + smoothed[..., 0] * np.float32(shift * side),
            rows + smoothed[..., 1] * np.float32(shift * side),
            interpolation=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )

    return corruption("elastic", change, bits)
