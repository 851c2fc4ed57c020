"""Each artefact does what its formula says."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import seatrial_torchio as plugin
from scipy import ndimage

from seatrial import Volume
from seatrial.errors import NotApplicable, ParameterError, PlanError

ALL = plugin.seatrial_perturbations()


def applied(component, volume, seed=1, **params):
    return component.build(params)(volume, seed=seed).array[0]


def test_rician_noise_has_the_moments_of_its_distribution():
    """Where there is no signal: Rayleigh, with mean σ√(π/2) and mean square 2σ²."""
    values = np.zeros((40, 40, 40), np.float32)
    values[20:] = 1000
    sigma = 50.0
    found = applied(plugin.rician, Volume(values), std=sigma / 1000)
    dark, bright = found[:20], found[20:]
    assert dark.mean() == pytest.approx(sigma * np.sqrt(np.pi / 2), rel=0.01)
    assert (dark**2).mean() == pytest.approx(2 * sigma**2, rel=0.02)
    assert (bright**2).mean() == pytest.approx(1000**2 + 2 * sigma**2, rel=0.001)
    assert found.min() >= 0


def test_noise_has_the_standard_deviation_asked_for():
    values = np.zeros((40, 40, 40), np.float32)
    values[20:] = 1000
    moved = applied(plugin.noise, Volume(values), std=0.05) - values
    assert moved.std() == pytest.approx(50, rel=0.01)
    assert abs(moved.mean()) < 1


def test_gibbs_overshoots_as_the_theory_says():
    """Wilbraham and Gibbs: 8.95 % of the jump beside an edge, however many lines are kept."""
    values = np.zeros((512, 4, 4), np.float32)
    values[128:384] = 100
    found = applied(plugin.gibbs, Volume(values - 50), kept=0.1)[:, 1, 1] + 50
    assert found.max() == pytest.approx(108.95, abs=0.5)
    assert np.abs(np.fft.fft(found)[30:257]).max() < 1


def test_gibbs_leaves_a_magnitude_image_one(ball):
    assert applied(plugin.gibbs, ball, kept=0.3).min() >= 0


def test_a_bias_field_has_the_strength_asked_for_whatever_was_drawn(ball):
    for seed in range(8):
        log = np.log(applied(plugin.bias_field, ball, seed, strength=0.3) / ball.array[0])
        assert log.std() == pytest.approx(0.3, rel=1e-4)
        assert log.mean() == pytest.approx(0, abs=1e-4)


def test_ghosts_never_take_the_mean_away():
    """The centre of k-space is the mean; at 48 planes no other is restored, and it is the 24th."""
    values = np.random.default_rng(0).random((48, 6, 6), np.float32) + 1
    found = applied(plugin.ghosting, Volume(values), intensity=1.0, axis=0)
    assert found.mean() == pytest.approx(values.mean(), rel=1e-5)
    assert np.abs(found - values).mean() > 0.05


def test_wrap_around_is_the_sum_of_shifted_images(ball):
    values = ball.array[0] - ball.array.min()
    found = applied(plugin.wrap_around, ball, overlap=0.25, axis=1) - ball.array.min()
    period = 31 - round(0.25 * 31)
    wanted = values.copy()
    wanted[:, :-period] += values[:, period:]
    wanted[:, period:] += values[:, :-period]
    assert np.allclose(found, wanted, rtol=1e-5)


def test_drop_out_loses_the_slices_that_it_is_told_to(ball):
    found = applied(plugin.drop_out, ball, fraction=0.5, axis=2)
    low = ball.array.min()
    lost = (found == low).all(axis=(0, 1))
    assert lost.sum() == 11
    assert np.array_equal(found[:, :, ~lost], ball.array[0][:, :, ~lost])


def test_contrast_makes_fluid_bright_and_leaves_the_background():
    tissue = {"background": 0, "fluid": 200, "grey": 500, "white": 800, "fat": 1000}
    values = np.repeat(np.array(list(tissue.values()), np.float32), 512).reshape(5, 16, 32)
    found = applied(plugin.contrast, Volume(values), weight=1.0).mean(axis=(1, 2))
    level = dict(zip(tissue, found, strict=True))
    assert level["fluid"] > level["grey"] > level["white"] > level["background"]
    assert level["background"] == 0


def test_gamma_keeps_the_range_and_goes_either_way(ball):
    found = [applied(plugin.gamma, ball, seed, log_gamma=0.5) for seed in range(12)]
    assert {bool(one.mean() > ball.array.mean()) for one in found} == {True, False}
    for one in found:
        assert one.min() == pytest.approx(ball.array.min(), rel=1e-4)
        assert one.max() == pytest.approx(ball.array.max(), rel=1e-4)


def test_swap_exchanges_blocks_and_keeps_every_voxel(ball):
    found = applied(plugin.swap, ball, swaps=20)
    assert np.array_equal(np.sort(found, axis=None), np.sort(ball.array, axis=None))
    moved = (found != ball.array[0]).sum()
    assert moved == pytest.approx(20 * 2 * 3 * 3 * 2, abs=5)


def test_blur_is_in_millimetres(ball):
    found = applied(plugin.blur, ball, std=2.0)
    wanted = ndimage.gaussian_filter(ball.array[0], np.array([2.0, 2.0, 2.0]) / ball.spacing)
    assert np.allclose(found, wanted, rtol=1e-5)


def test_anisotropy_makes_neighbours_along_its_axis_alike(ball):
    found = applied(plugin.anisotropy, ball, factor=6.0, axis=1)
    rough = [np.abs(np.diff(one, axis=1)).mean() for one in (found, ball.array[0])]
    assert rough[0] < 0.7 * rough[1]


@pytest.mark.parametrize(
    "component", [plugin.motion, plugin.noise, plugin.blur, plugin.gibbs, plugin.bias_field]
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float64, ">i2"])
def test_the_type_of_voxels_stays_and_integers_do_not_wrap(ball, component, dtype):
    values = np.clip(ball.array / 1.7, 0, 255).astype(dtype)
    found = component.at(5)(Volume(values, ball.affine), seed=3).array
    assert found.dtype.newbyteorder("=") == np.dtype(dtype).newbyteorder("=")
    exact = component.at(5)(Volume(values.astype(np.float32), ball.affine), seed=3).array
    if np.dtype(dtype).kind in "iu":
        held = np.iinfo(dtype)
        exact = np.clip(np.rint(exact), held.min, held.max)
    assert np.abs(found - exact).max() <= 1


@pytest.mark.parametrize("component", ALL, ids=lambda one: one.name)
def test_the_order_of_voxels_in_memory_does_not_matter(segmented, component):
    """nibabel gives arrays in Fortran's order."""
    volume = segmented.input
    turned = Volume(np.asfortranarray(volume.array), volume.affine)
    if component.sees_case:
        values = segmented, attrs.evolve(segmented, input=turned)
        found = [component.at(1)(one, seed=3).input for one in values]
    else:
        found = [component.at(1)(one, seed=3) for one in (volume, turned)]
    assert found[0] == found[1]
    assert found[0] != volume


def refused(component, volume, error, words):
    with pytest.raises(error, match=words):
        component.at(1)(volume, seed=0)


@pytest.mark.parametrize("component", [plugin.motion, plugin.ghosting, plugin.noise, plugin.blur])
def test_what_is_no_image_is_refused_with_a_reason(component):
    spoilt = np.ones((8, 8, 8), np.float32)
    spoilt[1, 2, 3] = np.nan
    refused(component, Volume(spoilt), PlanError, "NaN or infinite")
    refused(component, Volume(np.eye(8, dtype=bool)[None]), PlanError, "mask, not an image")
    refused(component, Volume(np.ones((8, 8, 8), np.uint16)), NotApplicable, "constant")


def test_a_thin_volume_is_left_out_where_it_has_too_few_voxels():
    thin = Volume(np.arange(200, dtype=np.float32).reshape(1, 1, 200))
    refused(plugin.motion, thin, NotApplicable, "4 voxels along each axis, and .* 1×1×200")
    refused(plugin.swap, thin, NotApplicable, "8 voxels along each axis")
    assert applied(plugin.ghosting, thin, intensity=1.0, axis=2).shape == (1, 1, 200)
    assert applied(plugin.bias_field, thin, strength=0.2).shape == (1, 1, 200)


def test_rician_noise_is_refused_where_there_is_no_magnitude():
    values = np.linspace(-1, 1, 64, dtype=np.float32).reshape(4, 4, 4)
    refused(plugin.rician, Volume(values), NotApplicable, "magnitude")


@pytest.mark.parametrize(
    ("component", "params"),
    [
        (plugin.ghosting, {"intensity": 0.5, "ghosts": 0}),
        (plugin.gibbs, {"kept": 1.0}),
        (plugin.wrap_around, {"overlap": 0.6}),
        (plugin.drop_out, {"fraction": 0.0}),
        (plugin.swap, {"swaps": 300}),
        (plugin.contrast, {"weight": 0.0}),
        (plugin.anisotropy, {"factor": 0.5}),
        (plugin.elastic, {"displacement": 0.2}),
        (plugin.crop, {"removed": 1.0}),
        (plugin.field_of_view, {"radius": 0.0}),
        (plugin.bias_field, {"strength": 0.1, "order": 0}),
        (plugin.affine, {"degrees": 1, "translation": 1, "kept": 2}),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(component, params):
    with pytest.raises(ParameterError):
        component.build(params)
