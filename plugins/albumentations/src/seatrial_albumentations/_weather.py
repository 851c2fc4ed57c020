"""Weather: ImageNet-C's formulas (Hendrycks and Dietterich 2019) on a picture in [0, 1]."""

from __future__ import annotations

import math

import cv2
import numpy as np
from attrs import frozen

from ._blur import enlarged, smeared, smooth
from ._frost import frosted
from ._noise import normal
from ._pictures import Corruption, Picture, corruption, number, whole
from ._plasma import plasma

__all__ = ["fog", "frost", "mud", "snow", "spatter"]

TURQUOISE = (175 / 255, 238 / 255, 238 / 255)
MUD = (63 / 255, 42 / 255, 20 / 255)
LEAST_MUD = 0.8


def fog(*, thickness: float, decay: float, bits: int | None = None) -> Corruption:
    """Lay clouds over the picture: plasma by midpoint displacement, `thickness` times white.

    Each halving of the distance divides the displacement by the square of `decay`: more of it
    makes larger, smoother clouds. The sum is scaled back to the range of the picture.
    """
    thickness = number("thickness", thickness, 0, 100)
    decay = number("decay", decay, 1, 10)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        clouds = plasma(max(height, width), decay, draw)[:height, :width, None]
        white = float(picture.max())
        picture += np.float32(thickness) * clouds
        picture *= np.float32(white / (white + thickness) if white else 0)
        return picture

    return corruption("fog", change, bits)


def frost(*, keep: float, ice: float, bits: int | None = None) -> Corruption:
    """Look through a frozen pane: `keep` of the picture plus `ice` of the frost on it.

    ImageNet-C takes one of five photographs of frost; here the frost is drawn, see `frosted`.
    """
    keep = number("keep", keep, 0, 1)
    ice = number("ice", ice, 0, 1)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        height, width, channels = picture.shape
        pane = frosted(height, width, draw)
        if channels == 1:
            pane = cv2.cvtColor(pane, cv2.COLOR_RGB2GRAY)[:, :, None]
        picture *= np.float32(keep)
        picture += np.float32(ice) * pane
        return picture

    return corruption("frost", change, bits)


def snow(
    *,
    mean: float,
    sd: float,
    zoom: float,
    cut: float,
    radius: int,
    sigma: float,
    keep: float,
    bits: int | None = None,
) -> Corruption:
    """Let snow fall: flakes that the wind smears, and a picture that turns bright and pale.

    Flakes are normal noise of `mean` and `sd`, enlarged by `zoom`, of which what is below `cut`
    falls out; they are smeared along a line as in motion blur, by `radius` and `sigma`, and fall
    twice, turned by half a turn. `keep` of the picture stays as it is; the rest becomes at least
    half white.
    """
    mean, sd = number("mean", mean, -10, 10), number("sd", sd, 0, 10)
    zoom = number("zoom", zoom, 1, 100)
    cut, keep = number("cut", cut, 0, 10), number("keep", keep, 0, 1)
    radius, sigma = whole("radius", radius, 1, 200), number("sigma", sigma, 0.01, 200)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        flakes = normal(draw, picture.shape[:2])
        flakes *= sd
        flakes += mean
        flakes = enlarged(flakes, zoom)
        flakes[flakes < cut] = 0
        angle = math.radians(draw.uniform(-135, -45))
        flakes = smeared(np.clip(flakes, 0, 1), radius, sigma, angle)
        if picture.shape[2] == 1:
            grey = picture
        else:
            grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[:, :, None]
        pale = np.maximum(picture, grey * np.float32(1.5) + np.float32(0.5))
        pale *= np.float32(1 - keep)
        pale += (flakes + flakes[::-1, ::-1])[:, :, None]
        picture *= np.float32(keep)
        picture += pale
        return picture

    return corruption("snow", change, bits)


def spatter(
    *, mean: float, sd: float, sigma: float, cut: float, strength: float, bits: int | None = None
) -> Corruption:
    """Splash the lens with drops of water.

    Where normal noise of `mean` and `sd`, blurred by `sigma` pixels, exceeds `cut`, there is water:
    it adds up to `strength` of turquoise, most at the edges of the drops.
    """
    splash = Splash.of(mean, sd, sigma, cut)
    strength = number("strength", strength, 0, 100)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        liquid = splash.over(picture, draw)
        liquid[liquid < splash.cut] = 0
        wet = drops(liquid)[:, :, None] * np.float32(strength)
        picture += wet * _colour(TURQUOISE, picture)
        return picture

    return corruption("spatter", change, bits)


def mud(
    *, mean: float, sd: float, sigma: float, cut: float, soft: float, bits: int | None = None
) -> Corruption:
    """Splash the lens with mud, which is brown and hides what is below.

    There is mud where `spatter` has water; its edges are blurred by `soft` pixels, and what covers
    less than .8 then is left out.
    """
    splash = Splash.of(mean, sd, sigma, cut)
    soft = number("soft", soft, 0.01, 100)

    def change(picture: Picture, draw: np.random.Generator) -> Picture:
        liquid = splash.over(picture, draw)
        covered = smooth((liquid > splash.cut).astype(np.float32), soft)[:, :, None]
        covered[covered < LEAST_MUD] = 0
        picture *= 1 - covered
        picture += covered * _colour(MUD, picture)
        return picture

    return corruption("mud", change, bits)


@frozen
class Splash:
    """Where a liquid hits the lens."""

    mean: float
    sd: float
    sigma: float
    cut: float

    @classmethod
    def of(cls, mean: float, sd: float, sigma: float, cut: float) -> Splash:
        """Check the parameters."""
        return cls(
            number("mean", mean, -10, 10),
            number("sd", sd, 0, 10),
            number("sigma", sigma, 0.01, 100),
            number("cut", cut, 0, 10),
        )

    def over(self, picture: Picture, draw: np.random.Generator) -> Picture:
        """Draw the height of the liquid over a picture."""
        noise = normal(draw, picture.shape[:2])
        noise *= self.sd
        noise += self.mean
        return smooth(noise, self.sigma)


def drops(liquid: Picture) -> Picture:
    """Light the edges of the liquid, and the inside by its distance from them: 0 to 1."""
    eight = np.clip(liquid * 255, 0, 255).astype(np.uint8)
    far = cv2.distanceTransform(255 - cv2.Canny(eight, 50, 150), cv2.DIST_L2, 5)
    near = cv2.blur(np.minimum(far, 20), (3, 3)).astype(np.uint8)
    relief = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], np.float32)
    lit = cv2.blur(cv2.filter2D(cv2.equalizeHist(near), cv2.CV_8U, relief), (3, 3))
    shine: Picture = eight.astype(np.float32) * lit
    shine /= max(float(shine.max()), 1e-6)
    return shine


def _colour(colour: tuple[float, float, float], picture: Picture) -> Picture:
    """Give a colour, or how bright it is for a grey picture."""
    if picture.shape[2] == 1:
        return np.array([np.dot(colour, (0.299, 0.587, 0.114))], np.float32)
    return np.array(colour, np.float32)
