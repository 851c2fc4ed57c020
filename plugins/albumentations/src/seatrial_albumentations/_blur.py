"""Blur: ImageNet-C's formulas (Hendrycks and Dietterich 2019)."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ._pictures import Corruption, Picture, corruption, number, whole

__all__ = ["defocus_blur", "gaussian_blur", "glass_blur", "motion_blur", "zoom_blur"]


def gaussian_blur(*, sigma: float, bits: int | None = None) -> Corruption:
    """Blur by a Gaussian of `sigma` pixels, cut at four of them."""
    sigma = number("sigma", sigma, 0.01, 100)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        return smooth(picture, sigma)

    # Not native: OpenCV takes up to three times as long for 8 bits as for float32.
    return corruption("gaussian-blur", change, bits)


def smooth(picture: Picture, sigma: float) -> Picture:
    """Blur by a Gaussian of `sigma` pixels, cut at four of them, with the borders repeated."""
    width = 2 * int(4 * sigma + 0.5) + 1
    return cv2.GaussianBlur(picture, (width, width), sigmaX=sigma, borderType=cv2.BORDER_REPLICATE)


def defocus_blur(*, radius: int, alias: float, bits: int | None = None) -> Corruption:
    """Blur by a disk of `radius` pixels, whose edge a Gaussian of `alias` pixels softens."""
    radius = whole("radius", radius, 1, 100)
    alias = number("alias", alias, 0.01, 10)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        from ._library import blurs

        blurred: Picture = blurs.defocus(picture, radius, alias)
        return blurred

    # Not native: OpenCV filters float32 in a third of the time that it takes for 8 bits.
    return corruption("defocus-blur", change, bits)


def glass_blur(*, sigma: float, shift: int, times: int, bits: int | None = None) -> Corruption:
    """Look through frosted glass: blur, take pixels from up to `shift` away, `times`, and blur.

    Pixels are taken one after another, so that one may travel further. Both blurs have `sigma`.
    """
    sigma = number("sigma", sigma, 0.01, 100)
    shift = whole("shift", shift, 1, 50)
    times = whole("times", times, 1, 20)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        blurred = cv2.GaussianBlur(picture, (0, 0), sigmaX=sigma).reshape(picture.shape)
        taken = travelled(picture.shape[:2], shift, times, draw)
        moved = blurred.reshape(-1, picture.shape[2])[taken].reshape(picture.shape)
        return cv2.GaussianBlur(moved, (0, 0), sigmaX=sigma)

    return corruption("glass-blur", change, bits)


def travelled(
    shape: tuple[int, ...], shift: int, times: int, draw: np.random.Generator
) -> list[int]:
    """Tell which pixel of the picture ends at each place."""
    height, width = shape
    places = np.arange(height * width).reshape(height, width)
    inside = places[shift + 1 : height - shift + 1, shift + 1 : width - shift + 1][::-1, ::-1]
    found: list[int] = places.ravel().tolist()
    for _ in range(times):
        steps = draw.integers(-shift, shift, (*inside.shape, 2))
        sources = inside + steps[..., 0] * width + steps[..., 1]
        for place, source in zip(inside.ravel().tolist(), sources.ravel().tolist(), strict=True):
            found[place] = found[source]
    return found


def motion_blur(*, radius: int, sigma: float, bits: int | None = None) -> Corruption:
    """Smear along a line whose angle is drawn from ±45°.

    Weights along it fall as a Gaussian of `sigma` pixels does, up to twice the `radius`.
    """
    radius = whole("radius", radius, 1, 200)
    sigma = number("sigma", sigma, 0.01, 200)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        return smeared(picture, radius, sigma, math.radians(draw.uniform(-45, 45)))

    return corruption("motion-blur", change, bits)


def smeared(picture: Picture, radius: int, sigma: float, angle: float) -> Picture:
    """Add up copies that are shifted along a line, with the borders repeated.

    Some 30 shifted copies take a fifth of the time of a filter that is as wide.
    """
    along = np.arange(2 * radius + 1)
    weights = np.exp(-(along**2) / (2 * sigma**2))
    weights /= weights.sum()
    rows = np.ceil(along * math.sin(angle) - 0.5).astype(int)
    columns = np.ceil(along * math.cos(angle) - 0.5).astype(int)
    height, width = picture.shape[:2]
    top, left = max(-rows.min(), 0), max(-columns.min(), 0)
    bottom, right = max(rows.max(), 0), max(columns.max(), 0)
    wide = cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_REPLICATE)
    total = np.zeros((height, width, *wide.shape[2:]), np.float32)
    for weight, row, column in zip(weights.tolist(), top + rows, left + columns, strict=True):
        shifted = wide[row : row + height, column : column + width]
        cv2.scaleAdd(shifted, weight, total, dst=total)
    return total


def zoom_blur(*, most: float, step: float, bits: int | None = None) -> Corruption:
    """Average the picture with itself enlarged by 1, 1 + `step` and so on, below `most`."""
    most = number("most", most, 1.001, 10)
    step = number("step", step, 0.001, 1)
    zooms = np.arange(1, most, step)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        total = picture.copy()
        for zoom in zooms:
            total += enlarged(picture, float(zoom)).reshape(picture.shape)
        total /= len(zooms) + 1
        return total

    return corruption("zoom-blur", change, bits)


def enlarged(picture: Picture, zoom: float) -> Picture:
    """Cut out the centre and stretch it, corner onto corner, to the size of the picture."""
    height, width = picture.shape[:2]
    down, top = _axis(height, zoom)
    right, left = _axis(width, zoom)
    return cv2.warpAffine(
        picture,
        np.array([[right, 0, left], [0, down, top]]),
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _axis(size: int, zoom: float) -> tuple[float, float]:
    """Give step and start, in pixels of the picture, of one axis."""
    kept = math.ceil(size / zoom)
    grown = max(round(kept * zoom), size)
    scale = (kept - 1) / max(grown - 1, 1)
    return scale, (size - kept) // 2 + scale * ((grown - size) // 2)
