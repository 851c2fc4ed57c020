"""Ladders are measured on cases, and rungs with equal steps are proposed."""

from __future__ import annotations

import json

import attrs
import numpy as np
import pytest

import seatrial as sea
from seatrial import Case, Perturbation, Volume
from seatrial.cli._commands import seatrial as command_line
from seatrial.cli._exits import guarded
from seatrial.errors import ComponentError, NotApplicable, PlanError
from seatrial.inputs.modalities._similarity import structural_similarity
from seatrial.verbs._calibrate import calibrate


def main(arguments):
    return guarded(command_line, list(arguments))


def shift(*, by):
    def perturb(value, /, *, seed):
        if value.max() > 1:
            msg = "too bright"
            raise NotApplicable(msg)
        moved = value.copy()
        moved.flat[1:] += by**2 * (1 + seed % 2)
        return moved

    return perturb


def ladder(*rungs):
    return Perturbation(
        name="demo.shift",
        summary="Move.",
        modality="array",
        factory=shift,
        ladder=tuple({"by": one} for one in rungs),
    )


def cases():
    values = np.linspace(0, 1, 50)
    return [Case("a", values), Case("b", values**2), Case("c", values + 5)]


def test_a_factory_that_fails_is_named():
    def broken(*, by):
        raise SystemExit(by)

    with pytest.raises(ComponentError, match=r"demo\.shift"):
        calibrate(attrs.evolve(ladder(0.2, 0.3), factory=broken), cases())


def test_each_rung_is_measured_and_steps_become_equal():
    found = calibrate(ladder(0.2, 0.3, 0.9, 1.0), cases(), seeds=4)
    assert found.rising == 1
    assert [len(one.distances) for one in found.rungs] == [12] * 4
    assert [len(one.known) for one in found.rungs] == [8] * 4
    means = [one.mean for one in found.rungs]
    assert means[0] / means[-1] == pytest.approx(0.04, rel=1e-6)
    proposed = [one.mean for one in found.proposed]
    steps = np.diff(proposed)
    assert steps == pytest.approx(steps.mean(), rel=0.05)
    assert (proposed[0], proposed[-1]) == (means[0], means[-1])


def test_a_ladder_that_falls_says_so_and_gets_no_proposal():
    found = calibrate(ladder(0.9, 0.5, 0.2), cases(), seeds=2)
    assert found.rising == pytest.approx(1 / 3)
    assert found.proposed == ()
    assert "rises in 33.3%" in found.tables()[0].text()


@pytest.mark.parametrize("seeds", [0, -1, 1.5, True])
def test_a_number_of_seeds_that_measures_nothing_is_refused(seeds):
    with pytest.raises(PlanError, match="seeds must be a whole number from 1 up"):
        calibrate(ladder(0.2, 0.3), cases(), seeds=seeds)


def test_a_search_cannot_be_calibrated():
    search = Perturbation(
        name="demo.search", summary="Look.", modality="array", factory=shift, searches=True
    )
    with pytest.raises(PlanError, match="searches with a model"):
        calibrate(search, cases())


def brute(x, y, side=7):
    """Write out equation 13 of Wang et al. window by window."""
    spread = x.max() - x.min()
    x, y = ((one - x.min()) / spread for one in (x, y))
    found = []
    for corner in np.ndindex(*(n - side + 1 for n in x.shape)):
        window = tuple(slice(at, at + side) for at in corner)
        a, b = x[window], y[window]
        covariance = ((a - a.mean()) * (b - b.mean())).mean()
        top = (2 * a.mean() * b.mean() + 0.01**2) * (2 * covariance + 0.03**2)
        below = (a.mean() ** 2 + b.mean() ** 2 + 0.01**2) * (a.var() + b.var() + 0.03**2)
        found.append(top / below)
    return np.mean(found)


@pytest.mark.parametrize("shape", [(12, 15), (9, 8, 10)])
def test_similarity_is_the_papers(shape):
    draw = np.random.default_rng(0)
    x = draw.normal(size=shape) * 20 + 100
    y = x + draw.normal(size=shape) * 8
    assert structural_similarity(x, y) == pytest.approx(brute(x, y), rel=1e-9)
    assert structural_similarity(x, x) == pytest.approx(1)
    assert structural_similarity(np.ones(shape), y) is None


def test_a_volume_that_was_cut_is_compared_with_darkness_outside():
    carrier = sea.default_registry().get("volume", sea.Modality).build()
    values = np.arange(1, 61, dtype=np.float32).reshape(3, 4, 5)
    affine = np.diag([2.0, 1, 1, 1])
    cut = affine.copy()
    cut[0, 3] = 2
    part = Volume(values[1:], cut)
    lost = np.concatenate([values[:1] - 1, np.zeros((2, 4, 5))])
    wanted = np.sqrt(np.mean(lost**2)) / 59
    assert carrier.distance(Volume(values, affine), part) == pytest.approx(wanted)
    other = affine.copy()
    other[0, 3] = 1
    assert carrier.distance(Volume(values, affine), Volume(values[1:], other)) is None


MODULE = """
from seatrial import Case
def cases():
    return [Case("a", "please return my money for order 12 and thank you")]
"""


def test_the_command_calibrates(tmp_path, monkeypatch, capsys):
    pytest.importorskip("seatrial_nlpaug")
    (tmp_path / "calibrated_cases.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    command = ["calibrate", "nlpaug.keyboard", "--on", "calibrated_cases:cases", "--seeds", "3"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["seeds"] == 3
    assert len(found["rungs"]) == len(found["proposed"]) == 5
    assert main(command) == 0
    assert "equal steps of mean distance" in capsys.readouterr().out


def test_show_draws_what_each_rung_does(tmp_path, capsys):
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("seatrial_torchio")
    np.save(tmp_path / "v.npy", np.random.default_rng(0).random((20, 22, 18), np.float32))
    out = tmp_path / "drawn.png"
    command = ["show", "torchio.noise", "--on", str(tmp_path / "v.npy"), "--out", str(out)]
    assert main(command) == 0
    with image.open(out) as drawn:
        assert drawn.size[1] > 6 * 18
    assert main([*command[:-1], str(tmp_path / "drawn")]) == 2
    assert "drawn.png" in capsys.readouterr().err
    assert main([*command[:-1], str(tmp_path / "none" / "drawn.png")]) == 2
    assert "No such file or directory\n" in capsys.readouterr().err
    assert main(["show", "torchio.noise", "--on", "x.npy"]) == 2
    assert main(["show", "nlpaug.keyboard", "--out", str(out)]) != 0
    assert "have no picture" in capsys.readouterr().err
