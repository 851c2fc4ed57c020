"""Types, depths, seeds, ladders on real pictures, and mistakes that are told by name."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import seatrial_albumentations as plugin
from seatrial_albumentations import gaussian_noise, jpeg, saturate, seatrial_perturbations

import seatrial as sea
from seatrial.errors import NotApplicable, ParameterError

ALL = seatrial_perturbations()
every = pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)


def damage(clean, changed):
    return float(np.sqrt(np.mean((changed.astype(float) - clean) ** 2)))


def colourless(one):
    return "satur" not in one.name


def test_the_python_names_follow_from_the_names():
    assert len(ALL) == 31
    for one in ALL:
        assert getattr(plugin, one.name.partition(".")[2].replace("-", "_")) is one
    assert sea.default_registry().get("albumentations.jpeg") is jpeg


@every
def test_the_ladder_grows_on_real_pictures(one, pictures):
    steps = []
    for clean in pictures if colourless(one) else pictures[:-1]:
        for seed in range(2):
            done = [damage(clean, one.at(severity)(clean, seed=seed)) for severity in range(1, 6)]
            steps += [low <= high for low, high in pairwise(done)]
    assert np.mean(steps) >= 0.95


@every
def test_12_bits_in_uint16_are_treated_as_8_bits_are(one, pictures):
    clean = pictures[0][..., :1] if colourless(one) else pictures[0]
    wide = np.rint(clean * (4095 / 255)).astype(np.uint16)
    narrow = one.at(3)(clean, seed=5) / 255
    changed = one.at(3, {"bits": 12})(wide, seed=5)
    assert changed.dtype == np.uint16
    assert changed.max() <= 4095
    if one is plugin.shot_noise:  # how many numbers a count takes depends on the value's last bits
        assert changed.std() / 4095 == pytest.approx(narrow.std(), rel=0.02)
        return
    assert np.quantile(np.abs(changed / 4095 - narrow), 0.99) < 0.02


@every
def test_float32_is_treated_as_8_bits_are(one, pictures):
    clean = pictures[1]
    scaled = (clean / 255).astype(np.float32)
    difference = one.at(3)(scaled, seed=5) - one.at(3)(clean, seed=5) / 255
    assert np.quantile(np.abs(difference), 0.99) < 0.02


def test_values_beyond_the_bits_are_refused():
    picture = np.full((8, 8, 1), 5000, np.uint16)
    with pytest.raises(ParameterError, match=r"jpeg: 5000 is more than bits=12 hold \(4095\)"):
        jpeg.at(1, {"bits": 12})(picture, seed=1)
    with pytest.raises(ParameterError, match="uint8 does not hold bits=12"):
        jpeg.at(1, {"bits": 12})(np.zeros((8, 8, 1), np.uint8), seed=1)
    with pytest.raises(ParameterError, match="bits are for uint8 and uint16"):
        jpeg.at(1, {"bits": 12})(np.zeros((8, 8, 1), np.float32), seed=1)
    for wrong in (0, 17, 8.0, True):
        with pytest.raises(ParameterError, match="bits must be a whole number from 1 to 16"):
            jpeg.at(1, {"bits": wrong})


@every
@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ([[1]], "takes a picture as an array, got list"),
        (np.zeros((8, 8), np.uint8), r"got the shape \(8, 8\)"),
        (np.zeros((8, 8, 4), np.uint8), r"got the shape \(8, 8, 4\)"),
        (np.zeros((8, 8, 3)), "takes uint8, uint16 or float32, got float64"),
        (np.zeros((8, 8, 3), bool), "got bool"),
        (np.full((8, 8, 3), 1.5, np.float32), "from 0 to 1 without NaN"),
        (np.full((8, 8, 3), np.nan, np.float32), "from 0 to 1 without NaN"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(one, picture, message):
    with pytest.raises(ParameterError, match=f"{one.name} .*{message}"):
        one.at(1)(picture, seed=1)


@every
def test_a_wrong_argument_is_an_error(one):
    with pytest.raises(ParameterError, match="it takes"):
        one.at(1, {"var_limit": 3})
    for name in one.ladder[0]:
        for wrong in (float("nan"), "much", None, True, -1e9):
            with pytest.raises(ParameterError, match=f"{name} must be a"):
                one.build({**one.ladder[0], name: wrong})


def test_grey_pictures_have_no_saturation():
    with pytest.raises(NotApplicable, match="a grey picture has no saturation"):
        saturate.at(1)(np.zeros((8, 8, 1), np.uint8), seed=1)


def prints():
    y, x = np.mgrid[0:40, 0:56]
    picture = np.stack([x * 4, y * 6, (x * y) % 256], axis=2).astype(np.uint8)
    return [hashlib.sha256(one.at(4)(picture, seed=2**40 + 7)).hexdigest() for one in ALL]


def test_a_fresh_process_gives_the_same_pictures_and_asks_no_network():
    code = (
        "import importlib.util, os, socket, sys\n"
        "def refused(*_): raise AssertionError('the network was asked')\n"
        "socket.socket.connect = refused\n"
        "socket.getaddrinfo = refused\n"
        "spec = importlib.util.spec_from_file_location('there', sys.argv[1])\n"
        "there = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(there)\n"
        "print(there.prints() == sys.argv[2].split(','))\n"
        "print('NO_ALBUMENTATIONS_UPDATE' in os.environ)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, __file__, ",".join(prints())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "False"], done.stderr
    assert "update" not in done.stderr.lower()


@every
def test_global_generators_are_left_alone(one, pictures):
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 - the global one
    one.at(5)(pictures[0], seed=3)
    assert random.getstate() == state
    assert (np.random.get_state()[1] == numpy_state[1]).all()  # noqa: NPY002 - the global one


def test_declaring_imports_nothing_heavy():
    code = (
        "import sys, seatrial_albumentations\n"
        "heavy = ['albumentations', 'cv2', 'numpy', 'scipy', 'torch']\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_seeds_of_63_bits_are_taken_whole(pictures):
    low, high = (gaussian_noise.at(2)(pictures[0], seed=seed) for seed in (5, 5 + 2**32))
    assert (low != high).any()
