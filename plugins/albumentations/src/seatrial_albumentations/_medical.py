"""What lies on medical pictures: MedMNIST-C's choices (Di Salvo and others 2024), drawn anew."""

from __future__ import annotations

import string

import cv2
import numpy as np

from ._blur import smooth
from ._noise import normal
from ._pictures import Corruption, Picture, corruption, number, whole

__all__ = ["black_corner", "bubbles", "characters", "stain"]

FINE = 4  # bits of subpixel positions in OpenCV's drawings
LETTERS = np.array(list(string.ascii_lowercase))
CAPITAL = 22  # height in pixels of OpenCV's letters at scale 1


def black_corner(*, radius: float, bits: int | None = None) -> Corruption:
    """Black out what a dermatoscope's tube hides: all beyond a `radius`, 1 touching the sides."""
    radius = number("radius", radius, 0.01, 2)

    def change(picture: Picture, _: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        rows, columns = (
            np.arange(side, dtype=np.float32) - (side - 1) / 2 for side in (height, width)
        )
        inside = rows[:, None] ** 2 + columns**2 <= (radius * min(height, width) / 2) ** 2
        seen: Picture = picture * inside[:, :, None]
        return seen

    return corruption("black-corner", change, bits, native=True)


def characters(*, words: int, size: float = 0.05, bits: int | None = None) -> Corruption:
    """Write `words` of random letters over the picture, as stations and rulers do.

    Letters are `size` of the shorter side high, in black or white.
    """
    words = whole("words", words, 0, 1000)
    size = number("size", size, 0.005, 1)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        scale = size * min(height, width) / CAPITAL
        written = [np.zeros((height, width), np.uint8) for _ in range(2)]  # black, white
        for _ in range(words):
            word = "".join(draw.choice(LETTERS, draw.integers(3, 9)))
            place = int(draw.integers(0, width)), int(draw.integers(0, height))
            drawn = written[int(draw.integers(0, 2))]
            cv2.putText(drawn, word, place, cv2.FONT_HERSHEY_DUPLEX, scale, 255, 1, cv2.LINE_AA)
        for ink, drawn in enumerate(written):
            touched = np.nonzero(drawn)
            cover = drawn[touched][:, None] / np.float32(255)
            picture[touched] += cover * (ink - picture[touched])
        return picture

    return corruption("characters", change, bits)


def bubbles(*, count: int, radius: float, bits: int | None = None) -> Corruption:
    """Trap `count` bubbles of air under the cover glass, with bright rims.

    Their radii go up to `radius` of the shorter side.
    """
    count = whole("count", count, 0, 1000)
    radius = number("radius", radius, 0.005, 1)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        veil = np.zeros((height, width), np.float32)
        one = 1 << FINE
        for _ in range(count):
            middle = draw.random(2) * (width, height)
            size = radius * min(height, width) * (0.3 + 0.7 * draw.random())
            at = tuple(int(part * one) for part in middle)
            around = int(size * one)
            cv2.circle(veil, at, around, 0.4, -1, cv2.LINE_AA, FINE)
            cv2.circle(veil, at, around, 0.55, 2, cv2.LINE_AA, FINE)
        veil = veil[:, :, None]
        under: Picture = picture * (1 - veil) + veil
        return under

    return corruption("bubbles", change, bits)


def stain(*, cover: float, bits: int | None = None) -> Corruption:
    """Leave deposits of stain, dark spots with soft edges, on a fraction `cover` of the picture."""
    cover = number("cover", cover, 0, 1)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        spots = smooth(normal(draw, (height, width)), max(min(height, width) / 50, 0.3))
        edge = float(np.quantile(spots, 1 - cover))
        deviation = max(float(spots.std()), 1e-6)
        depth = np.clip((spots - edge) / (0.5 * deviation), 0, 1)[:, :, None] if cover else 0
        stained: Picture = picture * (1 - np.float32(0.9) * depth)
        return stained

    return corruption("stain", change, bits)
