"""Weather and what lies on medical pictures, against formulas written out anew."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import seatrial_albumentations as plugin
from scipy import ndimage, stats
from seatrial_albumentations._noise import normal
from seatrial_albumentations._plasma import plasma

SEED = 11
GREY = np.full((96, 128, 3), 0.5, np.float32)
BLACK = np.zeros((96, 128, 3), np.float32)


def colours(seed=0):
    return np.random.default_rng(seed).random((96, 128, 3), dtype=np.float32)


def test_normal_values_are_normal():
    drawn = normal(np.random.default_rng(1), (400, 500)).ravel()
    assert drawn.mean() == pytest.approx(0, abs=4 / np.sqrt(drawn.size))
    assert drawn.std() == pytest.approx(1, rel=0.01)
    assert stats.kurtosis(drawn) == pytest.approx(0, abs=0.05)
    assert stats.kstest(drawn, "norm").pvalue > 0.001
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.01


def diamond_square(size, decay, draw):
    """Write the algorithm out in loops, with the random numbers in the same order."""
    heights = np.zeros((size, size))
    step, spread = size, 1.0
    while step > 1:
        half, count = step // 2, size // step
        centres, beside, below = (
            draw.random((count, count), dtype=np.float32) * 2 * spread - spread for _ in range(3)
        )
        for i, j in np.ndindex(count, count):
            y, x = i * step, j * step
            corners = [
                heights[(y + a) % size, (x + b) % size] for a in (0, step) for b in (0, step)
            ]
            heights[y + half, x + half] = np.mean(corners) + centres[i, j]
        for moved, dy, dx in ((beside, 0, half), (below, half, 0)):
            for i, j in np.ndindex(count, count):
                y, x = i * step + dy, j * step + dx
                around = [(-half, 0), (half, 0), (0, -half), (0, half)]
                four = [heights[(y + a) % size, (x + b) % size] for a, b in around]
                heights[y, x] = np.mean(four) + moved[i, j]
        step, spread = half, spread / decay**2
    heights -= heights.min()
    return heights / heights.max()


@pytest.mark.parametrize("decay", [1.4, 2])
def test_clouds_are_diamond_square(decay):
    ours = plasma(32, decay, np.random.default_rng(SEED))
    expected = diamond_square(32, decay, np.random.default_rng(SEED))
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_larger_decay_makes_smoother_clouds():
    rough, smooth = (plasma(64, decay, np.random.default_rng(SEED)) for decay in (1.2, 2))
    assert np.abs(np.diff(smooth)).mean() < 0.5 * np.abs(np.diff(rough)).mean()


def test_fog_is_added_and_the_sum_scaled_back():
    picture = colours() * 0.8
    rung = {"thickness": 2.0, "decay": 1.8}
    clouds = plasma(128, 1.8, np.random.default_rng(SEED))[:96, :, None]
    white = picture.max()
    expected = (picture + 2 * clouds) * white / (white + 2)
    found = plugin.fog.build(rung)(picture, seed=SEED)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found.max() <= white + 1e-5


def test_snow_pales_the_picture_and_falls_twice():
    """Flakes without deviation are one sheet, so that the rest of the formula can be seen."""
    picture = colours()
    even = {"mean": 0.05, "sd": 0.0, "zoom": 2, "cut": 0.0, "radius": 5, "sigma": 3, "keep": 0.7}
    grey = (picture @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    expected = 0.7 * picture + 0.3 * np.maximum(picture, 1.5 * grey + 0.5) + 2 * 0.05
    found = plugin.snow.build(even)(picture, seed=SEED)
    np.testing.assert_allclose(found, np.clip(expected, 0, 1), atol=1e-4)
    calm = plugin.snow.build({**even, "cut": 1.0, "keep": 1.0})(picture, seed=SEED)
    np.testing.assert_allclose(calm, picture, atol=1e-6)


def test_flakes_are_smeared_downwards():
    rung = {**plugin.snow.ladder[1], "keep": 1.0}
    fallen = plugin.snow.build(rung)(BLACK, seed=SEED)[..., 0]
    down, across = (np.abs(np.diff(fallen, axis=axis)).mean() for axis in (0, 1))
    assert down < 0.7 * across
    np.testing.assert_allclose(fallen, fallen[::-1, ::-1], atol=1e-6)


def test_frost_is_mixed_in():
    picture = colours()
    pane = plugin.frost.build({"keep": 0, "ice": 1})(picture, seed=SEED)
    found = plugin.frost.build({"keep": 0.6, "ice": 0.3})(picture, seed=SEED)
    np.testing.assert_allclose(found, 0.6 * picture + 0.3 * pane, atol=1e-5)
    assert 0.35 < pane.mean() < 0.75  # ImageNet-C's photographs: .35 to .81
    assert 0.09 < pane.std() < 0.22  # and .09 to .17
    assert pane[..., 2].mean() > pane[..., 0].mean()
    other = plugin.frost.build({"keep": 0, "ice": 1})(picture, seed=SEED + 1)
    assert np.abs(pane - other).mean() > 0.05


def test_water_is_turquoise_and_at_most_its_strength():
    found = plugin.spatter.at(3)(BLACK, seed=SEED)
    turquoise = np.array([175, 238, 238]) / 255
    np.testing.assert_allclose(found.reshape(-1, 3).max(axis=0), 0.6 * turquoise, atol=1e-4)
    wet = found[..., 1] > 0
    assert 0.02 < wet.mean() < 0.8
    np.testing.assert_allclose(found[..., 0] * 238, found[..., 1] * 175, atol=1e-3)


def test_mud_hides_what_is_below():
    rung = plugin.mud.ladder[2]
    found = plugin.mud.at(3)(GREY, seed=SEED)
    noise = normal(np.random.default_rng(SEED), (96, 128)) * rung["sd"] + rung["mean"]
    liquid = ndimage.gaussian_filter(noise, rung["sigma"], mode="nearest")
    cover = (liquid > rung["cut"]).astype(float)
    cover = ndimage.gaussian_filter(cover, rung["soft"], mode="nearest")
    cover[cover < 0.8] = 0
    brown = np.array([63, 42, 20]) / 255
    expected = GREY * (1 - cover[..., None]) + brown * cover[..., None]
    close = np.isclose(found, expected, atol=1e-3).all(axis=2)
    assert close.mean() > 0.99  # what lies on a bound may fall to either side
    assert 0.05 < (found != GREY).any(axis=2).mean() < 0.4


@pytest.mark.parametrize("radius", [1.1, 0.9])
def test_a_black_corner_leaves_a_disk(radius):
    found = plugin.black_corner.build({"radius": radius})(
        np.full((200, 200, 1), 9, np.uint8), seed=1
    )
    assert set(np.unique(found)) == {0, 9}
    y, x = np.mgrid[0:200, 0:200] - 99.5
    assert ((found[..., 0] == 9) == (np.sqrt(x**2 + y**2) <= radius * 100)).all()


def test_letters_are_black_or_white_and_words_are_added():
    changed = [np.abs(plugin.characters.at(k)(GREY, seed=SEED) - GREY) for k in range(1, 6)]
    for fewer, more in pairwise(changed):
        assert (more[fewer > 0] > 0).mean() > 0.95  # what was written stays
        assert (more > 0).sum() >= (fewer > 0).sum()
    assert 0.4 < changed[-1].max() < 0.501


def test_bubbles_brighten_round_places():
    found = plugin.bubbles.build({"count": 1, "radius": 0.2})(GREY, seed=SEED)
    brighter = (found > GREY).all(axis=2)
    assert (found >= GREY - 1e-6).all()
    assert ndimage.label(brighter)[1] == 1
    rows, columns = np.nonzero(brighter)
    assert abs(np.ptp(rows) - np.ptp(columns)) <= 2


@pytest.mark.parametrize(("severity", "rung"), list(enumerate(plugin.stain.ladder, start=1)))
def test_stains_darken_the_stated_fraction(severity, rung):
    found = plugin.stain.at(severity)(GREY, seed=SEED)
    assert (found <= GREY + 1e-6).all()
    assert (found < GREY).any(axis=2).mean() == pytest.approx(rung["cover"], rel=0.1, abs=0.002)
