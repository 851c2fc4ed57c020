"""What is computed faster here gives the image that torchio gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchio
from seatrial_torchio import _bias, _kspace, _motion, _spatial, anisotropy, blur, elastic, swap
from seatrial_torchio import affine as affine_
from seatrial_torchio._cases import Field

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


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("factor", [1.0, 2.0, 2.5, 3.0, 4.0, 8.0])
def test_anisotropy(ball, axis, factor):
    """One slice may lie just on the border of the field, where torchio's rounding decides."""
    found = anisotropy.build({"factor": factor, "axis": axis})(ball, seed=0).array
    wanted = by_torchio(torchio.RandomAnisotropy((axis,), (factor, factor)), ball)
    found, wanted = (np.moveaxis(one, axis + 1, 0) for one in (found, wanted))
    apart = [
        not np.allclose(one, other, atol=1e-3) for one, other in zip(found, wanted, strict=True)
    ]
    assert sum(apart) <= 1
    assert not wanted[apart].any()


def by_torchio_with_labels(transform, case):
    image = torchio.ScalarImage(
        tensor=torch.from_numpy(case.input.array.copy()), affine=case.input.affine
    )
    labels = torch.from_numpy(case.target.array.astype(np.int32))
    mask = torchio.LabelMap(tensor=labels, affine=case.input.affine)
    with seeded(0):
        found = transform(torchio.Subject(image=image, mask=mask))
    return found["image"].data.numpy(), found["mask"].data.numpy()


@pytest.fixture(params=["turned", "other axes"])
def tilted(segmented, request):
    """Give the case on a grid that is turned in space, or whose axes run otherwise."""
    c, s = np.cos(0.3), np.sin(0.3)
    turn = {
        "turned": np.array([[c, -s, 0, 3], [s, c, 0, -5], [0, 0, 1, 40], [0, 0, 0, 1]]),
        "other axes": np.array([[0, 0, -1, 3], [-1, 0, 0, 5], [0, 1, 0, 7], [0, 0, 0, 1.0]]),
    }[request.param]
    affine = turn @ segmented.input.affine
    volumes = [Volume(one.array, affine) for one in (segmented.input, segmented.target)]
    return Case("tilted", *volumes)


@pytest.mark.parametrize("block", [500, 1 << 19], ids=["in slabs", "at once"])
def test_affine_with_labels(tilted, block, monkeypatch):
    monkeypatch.setattr("seatrial_torchio._resample.BLOCK", block)
    degrees, shift = np.array([4.0, -7.0, 9.0]), np.array([3.0, 1.0, -5.0])
    wanted = by_torchio_with_labels(torchio.Affine((1, 1, 1), tuple(degrees), tuple(shift)), tilted)
    arrays = [tilted.input.array.copy(), tilted.target.array.copy()]
    field = Field(arrays[0].shape[1:], tilted.input.affine)
    found, _ = _spatial.turned(field, arrays, [False, True], degrees, shift)
    near(found[0], wanted[0])
    assert (found[1] != wanted[1]).mean() < 1e-4


@pytest.mark.parametrize("block", [500, 1 << 19], ids=["in slabs", "at once"])
def test_elastic_with_labels(tilted, block, monkeypatch):
    monkeypatch.setattr("seatrial_torchio._bspline.BLOCK", block)
    points = np.zeros((7, 7, 7, 3))
    points[1:-1, 1:-1, 1:-1] = np.random.default_rng(2).normal(size=(5, 5, 5, 3)) * 2
    transform = torchio.ElasticDeformation(points, (1e-6, 1e-6, 1e-6))
    wanted = by_torchio_with_labels(transform, tilted)
    move = _spatial.bent(lambda *_: points, locked=1)
    arrays = [tilted.input.array.copy(), tilted.target.array.copy()]
    field = Field(arrays[0].shape[1:], tilted.input.affine)
    found, _ = move(field, arrays, [False, True], np.random.default_rng(0))
    near(found[0], wanted[0])
    assert (found[1] != wanted[1]).mean() < 1e-4


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
