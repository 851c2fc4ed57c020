"""Fine-tuning a copy of a network on clean and perturbed cases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import attrs
import numpy as np
import pytest
import seatrial_retrain as retrain
from seatrial_retrain._retrained import load_retrained

import seatrial as sea
from seatrial.errors import ModelError, ParameterError, StoreError
from seatrial.testing import check

torch = pytest.importorskip("torch")
nn = torch.nn

SIDE = 8


def stripes(count, start=0, clusters=10):
    """Pictures with one bright row (across) or column (down), and the mask of what is bright."""
    found = []
    for at in range(start, start + count):
        draw = np.random.default_rng(at)
        across, where = bool(at % 2), draw.integers(SIDE)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[where if across else slice(None), slice(None) if across else where] = 1
        picture = (0.2 + 0.5 * mask + draw.normal(0, 0.02, mask.shape)).astype(np.float32)
        found.append(
            sea.Case(
                f"{at:04}",
                picture[:, :, None],
                mask,
                {"kind": "across" if across else "down"},
                cluster=f"patient {at % clusters}",
            )
        )
    return found


class Finder:
    """Marks the bright pixels: a convolution that can be trained, of any size of picture."""

    def __init__(self, module):
        self.module = module.eval()
        self.trained = 0

    @classmethod
    def fresh(cls):
        with sea.seeded(3):
            return cls(
                nn.Sequential(
                    nn.Conv2d(1, 8, 3, padding=1),
                    nn.BatchNorm2d(8),
                    nn.ReLU(),
                    nn.Dropout(0.1),
                    nn.Conv2d(8, 2, 1),
                )
            )

    identity = "finder"

    def with_module(self, module):
        return Finder(module)

    def _tensor(self, inputs):
        return torch.from_numpy(np.stack([one[:, :, 0] for one in inputs]))[:, None]

    def __call__(self, inputs):
        with torch.inference_mode():
            found = self.module(self._tensor(inputs)).argmax(1).numpy().astype(np.uint8)
        return list(found)

    def training_loss(self, inputs, targets):
        wanted = torch.from_numpy(np.stack([np.array(one) for one in targets])).long()
        return nn.functional.cross_entropy(self.module(self._tensor(inputs)), wanted)


dim = sea.Perturbation(
    name="stand.dim",
    summary="Take light away.",
    modality="image",
    factory=lambda to: lambda picture, /, *, seed: (picture * np.float32(to)).astype(np.float32),
    ladder=[{"to": 0.6}, {"to": 0.3}],
)
QUICK = {"epochs": 8, "learning_rate": 0.02, "batch": 16}


def overlap(model, cases):
    found = model([case.input for case in cases])
    return np.mean(
        [
            2 * (a & c.target).sum() / (a.sum() + c.target.sum())
            for a, c in zip(found, cases, strict=True)
        ]
    )


def dimmed(cases):
    plan = sea.Plan(perturbations=[dim()], severities=[2], seed=1)
    return list(sea.perturbed(plan, cases))


def weights(model):
    return {name: one.clone() for name, one in model.module.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


@pytest.fixture(scope="module")
def trained():
    """A network that was trained on clean pictures alone."""
    return sea.repair(
        retrain.torch(**QUICK), model=Finder.fresh(), cases=stripes(120), seed=1
    ).model


def test_it_keeps_what_every_adapter_must_keep():
    results = check(retrain.torch(epochs=2))
    assert {one.outcome for one in results} == {"passed"}


def test_it_learns_to_withstand_what_it_was_trained_on(trained):
    unseen = stripes(40, start=1000)
    before, train = weights(trained), stripes(120)
    mixed = [*train, *dimmed(train)]
    told = []
    fixed = sea.repair(
        retrain.torch(**QUICK), model=trained, cases=mixed, seed=2, observers=[told.append]
    )
    losses = [one.figures["test_loss"] for one in told]
    assert losses[-1] < losses[0]
    assert overlap(trained, unseen) > 0.95
    assert overlap(trained, dimmed(unseen)) < 0.5
    assert overlap(fixed, dimmed(unseen)) > 0.9
    assert overlap(fixed, unseen) > 0.9
    assert same(weights(trained), before)


def test_it_learns_from_what_a_run_measured(trained):
    from seatrial_metrics import dice

    plan = sea.Plan(perturbations=[dim()], metrics=[dice()], severities=[2], seed=1)
    report = sea.run(plan, trained, stripes(120))
    fixed = sea.repair(retrain.torch(**QUICK), report=report, metric="metrics.dice")
    unseen = dimmed(stripes(40, start=1000))
    assert overlap(fixed, unseen) > overlap(trained, unseen) + 0.3
    assert len(fixed.learned_from) == 8


def test_it_is_saved_without_pickle_and_loaded_bit_for_bit(trained, tmp_path):
    fixed = sea.repair(retrain.torch(**QUICK), model=trained, cases=stripes(60), seed=3)
    fixed.save(tmp_path / "kept")
    again = sea.Repaired.load(tmp_path / "kept", model=trained, adapter=retrain.torch(**QUICK))
    assert same(weights(again), weights(fixed))
    assert again.identity == fixed.identity
    files = [one.name for one in (tmp_path / "kept" / "model").iterdir()]
    assert files == ["weights.safetensors"]
    with pytest.raises(StoreError, match="has no weights for this model"):
        load_retrained(tmp_path / "kept" / "model", model=Finder(nn.Conv2d(1, 2, 5)))


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(trained):
    one, two, three = (
        weights(sea.repair(retrain.torch(**QUICK), model=trained, cases=stripes(60), seed=seed))
        for seed in (1, 1, 2)
    )
    assert same(one, two)
    assert not same(one, three)


def test_it_stops_when_the_loss_on_held_out_clusters_no_longer_falls(trained):
    told = []
    adapter = retrain.torch(epochs=40, patience=2, learning_rate=0.5, batch=16)
    sea.repair(adapter, model=trained, cases=stripes(60), seed=1, observers=[told.append])
    assert told[-1].done < 40
    told.clear()
    whole = retrain.torch(epochs=6, patience=1, held_out=0, learning_rate=0.5)
    sea.repair(whole, model=trained, cases=stripes(60), seed=1, observers=[told.append])
    assert told[-1].done == 6


def test_whole_clusters_are_held_out():
    seen = {"train": set(), "held out": set()}

    class Spy(Finder):
        def with_module(self, module):
            return Spy(module)

        def training_loss(self, inputs, targets):
            part = "train" if self.module.training else "held out"
            seen[part] |= {one.tobytes() for one in inputs}
            return super().training_loss(inputs, targets)

    cases = stripes(60)
    mixed = [*cases, *dimmed(cases)]
    sea.repair(retrain.torch(epochs=1), model=Spy(Finder.fresh().module), cases=mixed)
    owner = {one.input.tobytes(): one.cluster for one in mixed}
    sides = [{owner[one] for one in some} for some in seen.values()]
    assert not sides[0] & sides[1]
    assert [len(one) for one in sides] == [8, 2]


def test_a_loss_that_is_no_number_is_an_error(trained):
    bad = [attrs.evolve(one, input=one.input * np.float32(np.nan)) for one in stripes(4)]
    with pytest.raises(ModelError, match="the training loss is nan in epoch 1: lower learn"):
        sea.repair(retrain.torch(held_out=0), model=trained, cases=bad)


def test_a_model_that_cannot_be_copied_is_an_error():
    class Stubborn(Finder):
        def with_module(self, module):
            return self

    with pytest.raises(ModelError, match="must give a model whose module is the one"):
        sea.repair(retrain.torch(), model=Stubborn(Finder.fresh().module), cases=stripes(4))


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch": 0}, {"patience": 0}, {"held_out": 1}])
def test_parameters_out_of_range_are_errors(wrong):
    with pytest.raises(ParameterError, match=f"retrain.torch: {next(iter(wrong))}"):
        sea.repair(retrain.torch(**wrong), model=Finder.fresh(), cases=stripes(4))


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from test_torch import *
import time
slow = float(sys.argv[2])
told = (lambda one: (print(one.done, file=sys.stderr, flush=True), time.sleep(slow)))
fixed = sea.repair(retrain.torch(epochs=8, learning_rate=.02, batch=16), model=Finder.fresh(),
                   cases=stripes(120), seed=1, to=sys.argv[1], observers=[told])
print(fixed.model.identity)
"""


def test_a_training_that_was_killed_goes_on_and_ends_in_the_same_weights(tmp_path):
    script = SCRIPT.format(folder=str(Path(__file__).parent))
    whole = sea.repair(
        retrain.torch(**QUICK), model=Finder.fresh(), cases=stripes(120), seed=1
    ).model.identity
    command = [sys.executable, "-c", script, str(tmp_path / "repaired")]
    with subprocess.Popen([*command, "2"], stderr=subprocess.PIPE, text=True) as killed:
        lines = [killed.stderr.readline().strip() for _ in range(3)]
        os.kill(killed.pid, signal.SIGKILL)
    assert lines == ["1", "2", "3"]
    time.sleep(0.1)
    done = subprocess.run([*command, "0"], capture_output=True, text=True, check=True)
    assert int(done.stderr.split()[0]) in (4, 5)
    assert done.stdout.strip() == whole
