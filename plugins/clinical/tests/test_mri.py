"""Segmenting the brain: what training sees, the models, the specifications, the demonstration."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import attrs
import numpy as np
import pytest

import seatrial as sea

torch = pytest.importorskip("torch")
pytest.importorskip("seatrial_torchio")

from seatrial_clinical import mri  # noqa: E402 - it loads torch
from seatrial_clinical.mri._cases import slabs_of  # noqa: E402
from seatrial_clinical.mri._demo import repair_examples  # noqa: E402
from seatrial_clinical.mri._net import IGNORED, TissueNet, UNet  # noqa: E402
from seatrial_metrics import dice  # noqa: E402


def installed(name):
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


pytestmark = pytest.mark.skipif(not installed("nilearn"), reason="nilearn's files are not here")
SPECIFICATIONS = (
    mri.segmentation_specification(),
    mri.repaired_specification(),
    mri.brain_mask_specification(),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A network of sixty steps: it finds tissue, and not well."""
    path = tmp_path_factory.mktemp("net") / "net.safetensors"
    mri.train_tissue_net(path, steps=60)
    return path


def score(model, case, label=2):
    (found,) = dice.build({"label": label, "ignore": IGNORED})([case], model([case.input]))
    return found


def test_the_face_loads_nothing_heavy():
    code = (
        "import sys, seatrial_clinical.mri as mri; mri.segmentation_specification();"
        "print(*{'numpy', 'torch', 'nibabel'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
    assert set(mri.__all__) <= set(dir(mri))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        mri.nothing  # noqa: B018


def test_no_slice_is_both_trained_on_and_scored():
    (test, *_), (training,) = mri.tissue_cases(draws=1), mri.training_cases()
    scored, seen = ((one.target.array[0] != IGNORED).any(axis=(0, 1)) for one in (test, training))
    assert scored.sum() == 32
    assert seen.sum() > 1.5 * 32
    beside = np.convolve(scored, [1, 1, 1], mode="same") > 0
    assert not (seen & beside).any()


def test_training_blocks_hold_nothing_of_the_other_slices():
    (case,) = mri.training_cases()
    slabs = list(slabs_of(case))
    kept = case.input.array[0][:, :, (case.target.array[0] != IGNORED).any(axis=(0, 1))]
    slices = [
        slab.input.array[0][:, :, at] for slab in slabs for at in range(slab.input.array.shape[3])
    ]
    rows = {one.tobytes() for one in np.moveaxis(kept, 2, 0)}
    assert {one.tobytes() for one in slices} <= rows
    assert len({slab.cluster for slab in slabs}) == len(slabs)
    for slab in slabs:
        assert slab.input.affine.tolist() == slab.target.affine.tolist()
        where = slab.input.affine[2, 3] - case.input.affine[2, 3]
        at = round(where / case.input.affine[2, 2])
        assert np.array_equal(slab.input.array[0][:, :, 0], case.input.array[0][:, :, at])


def test_the_repair_learns_from_clean_blocks_shaded_ones_and_others():
    examples = repair_examples()
    (case,) = mri.training_cases()
    clean = {slab.input.array.tobytes() for slab in slabs_of(case)}
    plain = [one.input.array.tobytes() in clean for one in examples]
    shaded = ["bias-field" in one.id for one in examples]
    assert (sum(plain), sum(shaded)) == (14 * len(clean), 9 * len(clean))
    assert len(examples) == (14 + 9 + 6 * 2) * len(clean)
    tested = {one.id for one in mri.tissue_cases(draws=12)}
    assert not tested & {one.id.partition("@")[0] for one in examples}


def test_phantoms_are_simulated_anew_from_each_seed_and_bring_their_masks():
    one, two = mri.tissue_cases(draws=0, phantoms=2)[1:]
    again = mri.tissue_cases(draws=0, phantoms=1)[1]
    assert np.array_equal(one.input.array, again.input.array)
    assert not np.array_equal(one.input.array, two.input.array)
    assert {one.groups["volume"], two.groups["volume"]} == {"simulated"}
    means = [one.input.array[0][one.target.array[0] == label].mean() for label in (1, 2)]
    assert means[1] > means[0] + 0.05
    assert set(np.unique(one.target.array)) == {0, 1, 2, IGNORED}


def test_the_network_learns_and_is_kept_bit_for_bit(trained):
    (case, *_) = mri.tissue_cases(draws=1)
    net = mri.tissue_net(trained)
    assert score(net, case) > score(TissueNet(UNet()), case) + 0.3
    assert net.identity == mri.tissue_net(trained).identity
    assert net.identity != TissueNet(UNet()).identity
    (answer,) = net([case.input])
    assert answer.value.array.shape == case.input.array.shape
    assert answer.refused is False


def test_the_network_takes_slices_of_any_size(trained):
    net = mri.tissue_net(trained)
    (case, *_) = mri.tissue_cases(draws=1)
    part = sea.Volume(case.input.array[:, 3:94, 5:110, 30:34].copy(), case.input.affine)
    (answer,) = net([part])
    assert answer.value.array.shape == part.array.shape
    nothing = sea.Volume(np.zeros((1, 5, 6, 3), np.float32), case.input.affine)
    assert net([nothing])[0].value.array.shape == nothing.array.shape


def test_thresholds_are_fitted_and_are_hard_to_beat_on_the_template():
    found = mri.thresholds()
    (case, *_) = mri.tissue_cases(draws=1)
    assert score(found, case) > 0.9
    assert score(found, case, 1) > 0.9
    worse = type(found)(found.low, found.high + 0.1)
    assert score(worse, case) < score(found, case)


@pytest.mark.skipif(not installed("deepbet"), reason="deepbet's files are not here")
def test_the_brain_mask_is_deepbets():
    (case,) = mri.brain_cases(draws=1)
    (answer,) = mri.brain_mask()([case.input])
    (found,) = dice.build({})([case], [answer])
    assert found > 0.9


@pytest.mark.parametrize("path", SPECIFICATIONS, ids=lambda path: path.stem)
def test_specifications_can_be_read_and_every_demand_but_that_on_patients_can_pass(path):
    spec = sea.load_specification(path)
    cases = mri.brain_cases() if "brain" in path.stem else mri.tissue_cases()
    told = sea.forecast(spec, cases)
    assert {one.can_pass for one in told.priorities if "patient" not in one.priority} <= {
        True,
        None,
    }
    for one in told.priorities:
        if "patient" in one.priority:
            assert one.clusters == 1
            assert one.can_pass is False


def test_the_demonstration_goes_through(tmp_path, monkeypatch, capsys):
    from seatrial_clinical.mri import _demo

    def few(draws):
        return [case for case in mri.tissue_cases(draws=1) if case.groups["counts"] == "draws"]

    read = sea.load_specification

    def narrow(path):
        spec = read(path)
        some = [
            one
            for one in spec.priorities
            if one.name in ("Bias field", "Costs little where nothing is wrong")
        ]
        kept = [
            attrs.evolve(one, severities=[5] if one.perturbations else [], where={}) for one in some
        ]
        return attrs.evolve(spec, priorities=kept)

    examples = repair_examples()[::21]
    monkeypatch.setattr(_demo, "repair_examples", lambda: examples)
    monkeypatch.setattr(_demo, "tissue_cases", few)
    monkeypatch.setattr(_demo.sea, "load_specification", narrow)
    if not installed("deepbet"):
        pytest.skip("deepbet's files are not here")
    _demo.demonstrate(tmp_path, draws=1, steps=20, epochs=1)
    told = capsys.readouterr().out
    assert "verdict before → after" in told
    assert "the cap is 0.02" in told
    assert (tmp_path / "before-and-after.png").stat().st_size > 10_000
