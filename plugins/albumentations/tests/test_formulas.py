"""Against ImageNet-C's formulas, written out anew with scipy, Pillow, colorsys and loops."""

from __future__ import annotations

import colorsys
import io

import numpy as np
import pytest
import seatrial_albumentations as plugin
from PIL import Image
from scipy import ndimage

SEED = 11


@pytest.fixture(scope="module")
def picture(pictures):
    return (pictures[0] / 255).astype(np.float32)


def change(name, picture, severity=3):
    return getattr(plugin, name).at(severity)(picture, seed=SEED)


def rungs(name):
    return list(enumerate(getattr(plugin, name).ladder, start=1))


@pytest.mark.parametrize(("severity", "rung"), rungs("gaussian_noise"))
def test_gaussian_noise_has_the_stated_deviation(severity, rung):
    grey = np.full((300, 300, 3), 0.5, np.float32)
    if rung["sd"] > 0.2:
        rung = {"sd": 0.2}
        noise = plugin.gaussian_noise.build(rung)(grey, seed=SEED) - grey
    else:
        noise = change("gaussian_noise", grey, severity) - grey
    assert noise.std() == pytest.approx(rung["sd"], rel=0.02)
    assert abs(noise.mean()) < 0.003
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.02


@pytest.mark.parametrize(("severity", "rung"), rungs("shot_noise")[:3])
def test_shot_noise_has_the_variance_of_counting(severity, rung):
    grey = np.full((300, 300, 1), 0.25, np.float32)
    noisy = change("shot_noise", grey, severity)
    assert noisy.mean() == pytest.approx(0.25, rel=0.02)
    assert noisy.var() == pytest.approx(0.25 / rung["photons"], rel=0.03)
    counts = noisy * rung["photons"]
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-4)


@pytest.mark.parametrize(("severity", "rung"), rungs("impulse_noise"))
def test_impulse_noise_hits_the_stated_fraction_of_each_channel_half_and_half(severity, rung):
    grey = np.full((300, 300, 3), 0.5, np.float32)
    noisy = change("impulse_noise", grey, severity)
    assert (noisy == 0).mean() == pytest.approx(rung["amount"] / 2, rel=0.06)
    assert (noisy == 1).mean() == pytest.approx(rung["amount"] / 2, rel=0.06)
    assert ((noisy == 0.5) | (noisy == 0) | (noisy == 1)).all()


def test_speckle_noise_grows_with_the_value():
    for value in (0.1, 0.3):
        flat = np.full((300, 300, 1), value, np.float32)
        assert change("speckle_noise", flat, 1).std() == pytest.approx(0.15 * value, rel=0.02)


@pytest.mark.parametrize(("severity", "rung"), rungs("gaussian_blur"))
def test_gaussian_blur_is_scipys(picture, severity, rung):
    expected = ndimage.gaussian_filter(picture, rung["sigma"], mode="nearest", axes=(0, 1))
    np.testing.assert_allclose(change("gaussian_blur", picture, severity), expected, atol=2e-5)


@pytest.mark.parametrize(("severity", "rung"), rungs("defocus_blur"))
def test_defocus_blur_is_a_softened_disk(picture, severity, rung):
    radius, size = rung["radius"], 3 if rung["radius"] <= 8 else 5
    reach = max(8, radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disk = (x**2 + y**2 <= radius**2).astype(float)
    edge = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * rung["alias"] ** 2))
    edge = np.outer(edge, edge) / edge.sum() ** 2
    kernel = ndimage.convolve(disk / disk.sum(), edge, mode="mirror")
    expected = ndimage.correlate(picture, kernel[..., None], mode="mirror")
    np.testing.assert_allclose(change("defocus_blur", picture, severity), expected, atol=2e-5)


def test_glass_blur_is_albumentations_exact_mode(picture):
    from seatrial_albumentations._blur import travelled
    from seatrial_albumentations._library import blurs

    small = picture[:40, :50]
    shift, times = 2, 2
    draw = np.random.default_rng(SEED)
    inside = (40 - 2 * shift, 50 - 2 * shift)
    steps = [draw.integers(-shift, shift, (*inside, 2)).reshape(-1, 2) for _ in range(times)]
    ours = plugin.glass_blur.build({"sigma": 0.9, "shift": shift, "times": times})(small, seed=SEED)
    # Its array of steps is read by the running number and by the round at once.
    several = np.stack([np.concatenate(steps)] * times, axis=1)
    theirs = blurs.glass_blur(small.copy(), 0.9, shift, times, several, "exact")
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    moved = travelled((40, 50), shift, times, np.random.default_rng(SEED))
    assert moved != list(range(2000))


@pytest.mark.parametrize(("severity", "rung"), rungs("motion_blur"))
def test_motion_blur_is_a_weighted_mean_of_shifted_copies(picture, severity, rung):
    angle = np.deg2rad(np.random.default_rng(SEED).uniform(-45, 45))
    along = np.arange(2 * rung["radius"] + 1)
    weights = np.exp(-(along**2) / (2 * rung["sigma"] ** 2))
    weights /= weights.sum()
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
    expected = np.zeros(picture.shape)
    for step, weight in zip(along, weights, strict=True):
        y = np.clip(rows + int(np.ceil(step * np.sin(angle) - 0.5)), 0, picture.shape[0] - 1)
        x = np.clip(columns + int(np.ceil(step * np.cos(angle) - 0.5)), 0, picture.shape[1] - 1)
        expected += weight * picture[y, x]
    np.testing.assert_allclose(change("motion_blur", picture, severity), expected, atol=2e-5)


@pytest.mark.parametrize(("severity", "rung"), rungs("zoom_blur"))
def test_zoom_blur_averages_scipys_zooms(picture, severity, rung):
    side = picture.shape[0]
    zooms = np.arange(1, rung["most"], rung["step"])
    total = picture.astype(float)
    for zoom in zooms:
        kept = int(np.ceil(side / zoom))
        top = (side - kept) // 2
        cut = picture[top : top + kept, top : top + kept]
        grown = ndimage.zoom(cut, (zoom, zoom, 1), order=1)
        trim = (grown.shape[0] - side) // 2
        total += grown[trim : trim + side, trim : trim + side]
    # OpenCV interpolates between 32 places from pixel to pixel.
    found = change("zoom_blur", picture, severity)
    assert np.abs(found - total / (len(zooms) + 1)).max() < 0.01


@pytest.mark.parametrize(("severity", "rung"), rungs("brightness"))
def test_brightness_adds_to_the_value_of_hsv(picture, severity, rung):
    found = change("brightness", picture, severity)
    for y, x in np.ndindex(6, 7):
        h, s, v = colorsys.rgb_to_hsv(*map(float, picture[y * 20, x * 18]))
        expected = colorsys.hsv_to_rgb(h, s, min(v + rung["add"], 1))
        np.testing.assert_allclose(found[y * 20, x * 18], expected, atol=1e-5)


@pytest.mark.parametrize("name", ["saturate", "desaturate"])
@pytest.mark.parametrize("severity", [1, 3, 5])
def test_saturation_is_that_of_hsv(picture, name, severity):
    rung = getattr(plugin, name).ladder[severity - 1]
    picture = picture.copy()
    picture[0, 0] = 0.4
    found = change(name, picture, severity)
    for y, x in np.ndindex(6, 7):
        h, s, v = colorsys.rgb_to_hsv(*map(float, picture[y * 20, x * 18]))
        s = min(max(s * rung["factor"] + rung.get("add", 0), 0), 1)
        np.testing.assert_allclose(found[y * 20, x * 18], colorsys.hsv_to_rgb(h, s, v), atol=1e-4)


@pytest.mark.parametrize(("name", "severity"), [("dim", 2), ("dim", 5), ("brighten", 5)])
def test_values_are_multiplied(pictures, name, severity):
    factor = getattr(plugin, name).ladder[severity - 1]["factor"]
    expected = np.clip(np.rint(pictures[0] * factor), 0, 255)
    np.testing.assert_array_equal(change(name, pictures[0], severity), expected)


@pytest.mark.parametrize(("severity", "rung"), rungs("contrast"))
def test_contrast_keeps_the_mean_of_each_channel(picture, severity, rung):
    mean = picture.mean(axis=(0, 1))
    expected = np.clip((picture - mean) * rung["factor"] + mean, 0, 1)
    np.testing.assert_allclose(change("contrast", picture, severity), expected, atol=1e-5)


@pytest.mark.parametrize("severity", [1, 2, 3])
def test_pixelate_is_pillows_box_filter(pictures, severity):
    clean = pictures[0]
    size = int(clean.shape[0] * plugin.pixelate.ladder[severity - 1]["scale"])
    small = Image.fromarray(clean).resize((size, size), Image.Resampling.BOX)
    expected = np.asarray(small.resize(clean.shape[:2], Image.Resampling.BOX)).astype(int)
    found = change("pixelate", clean, severity).astype(int)
    # Pillow and OpenCV weigh the pixels that a block cuts through a little differently.
    assert np.abs(found - expected).mean() < 3


@pytest.mark.parametrize(("severity", "rung"), rungs("jpeg"))
def test_jpeg_is_about_pillows(pictures, severity, rung):
    clean = pictures[0]
    file = io.BytesIO()
    Image.fromarray(clean).save(file, "JPEG", quality=rung["quality"])
    theirs = np.asarray(Image.open(file)).astype(float)
    ours = change("jpeg", clean, severity).astype(float)
    assert np.sqrt(np.mean((ours - theirs) ** 2)) < 3
