"""What is computed faster here gives the image that torchio gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchio
from seatrial_torchio import _bias, _kspace, _motion, blur, elastic, swap
from seatrial_torchio import affine as affine_

from seatrial import Case, Volume, seeded


def by_torchio(transform, volume):
    image = torchio.ScalarImage(tensor=torch.from_numpy(volume.array.copy()), affine=volume.affine)
    with seeded(0):
        return transform(image).data.numpy()


def near(found, wanted):
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize(("ghosts", "restore"), [(3, None), (8, 0.02), (5, 0.3), (2, 0.0)])
def test_ghosting(ball, axis, ghosts, restore):
    count = ball.array.shape[axis + 1]
    weights = _kspace.even(_kspace.comb(count, ghosts, 0.7, restore))
    values = ball.array[0].copy()
    _kspace.weighted_along(values, axis, weights, into=values)
    near(values, by_torchio(torchio.Ghosting(ghosts, axis, 0.7, restore), ball)[0])


@pytest.mark.parametrize("place", [(0.1, 0.3, 0.8), (0.5, 0.5, 0.5), (0.0, 0.0, 0.0)])
@pytest.mark.parametrize("shift", [0, -250], ids=["magnitude", "with negatives"])
def test_spike(ball, place, shift):
    volume = Volume(ball.array + np.float32(shift), ball.affine)
    values = _kspace.waved(volume.array.copy(), np.array([place]), 0.7)
    near(values, by_torchio(torchio.Spike(np.array([place]), 0.7), volume))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_bias_field(ball, order):
    names = list(_bias.exponents(order))
    drawn = np.random.default_rng(order).uniform(-0.5, 0.5, len(names))
    values = _bias.shaded(ball.array.copy(), _bias.polynomial(drawn, order))
    near(values, by_torchio(torchio.BiasField(drawn.tolist(), order), ball))


@pytest.mark.parametrize("times", [(0.2, 0.45, 0.8), (0.1, 0.2, 0.3), (0.6, 0.7, 0.9)])
def test_motion_about_the_same_centre(ball, times):
    """torchio turns about the world's origin: put that into the middle of the field."""
    affine = ball.affine.copy()
    affine[:3, 3] = -affine[:3, :3] @ (np.array(ball.array.shape[1:]) - 1) / 2
    volume = Volume(ball.array, affine)
    degrees, shifts = np.random.default_rng(1).normal(size=(2, 3, 3)) * 4
    values = ball.array[0].copy()
    _motion.moved(values, affine, degrees, shifts, np.array(times), 2)
    transform = torchio.Motion(degrees, shifts, np.array(times), image_interpolation="linear")
    near(values, by_torchio(transform, volume)[0])


def test_blur_is_torchios(ball):
    wanted = by_torchio(torchio.Blur((2.0, 2.0, 2.0)), ball)
    assert np.array_equal(blur.at(3, {}).__call__(ball, seed=1).array, _blurred(ball, 2.3))
    assert np.array_equal(_blurred(ball, 2.0), wanted)


def _blurred(volume, std):
    return blur.build({"std": std})(volume, seed=0).array


def test_what_torchio_moves_depends_on_the_seed_alone(ball):
    """Its deterministic forms draw from torch's generator, whatever state that is in."""
    case = Case("a", ball)
    for component, value in ((affine_, case), (elastic, case), (swap, ball)):
        work = component.at(3)
        torch.manual_seed(1)
        before = torch.get_rng_state()
        first = work(value, seed=5)
        assert torch.equal(torch.get_rng_state(), before)
        torch.manual_seed(2)
        assert work(value, seed=5) == first
        assert work(value, seed=6) != first
