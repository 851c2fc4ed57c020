"""What travels between the driver and its workers: never a voxel of an asset, or of an answer."""

from __future__ import annotations

import pickle
from concurrent.futures import Executor, Future

import numpy as np
import pytest
from volume_stand_ins import agree, brighten, segment

import seatrial as sea
from seatrial.verbs._run import run

COUNT = 5
SIDE = 48
PLAN = sea.Plan(perturbations=[brighten()], metrics=[agree()], severities=[1, 2])


class Wire(Executor):
    """Sends batches and results through pickles, as other processes get and give them."""

    def __init__(self):
        self.sent, self.returned = [], []

    def submit(self, job, batch, /):
        self.sent.append(pickle.dumps(batch))
        result = pickle.loads(pickle.dumps(job))(pickle.loads(self.sent[-1]))
        self.returned.append(pickle.dumps(result))
        done = Future()
        done.set_result(pickle.loads(self.returned[-1]))
        return done


@pytest.fixture
def volumes():
    draw = np.random.default_rng(0)
    return [sea.Volume(draw.random((SIDE,) * 3, np.float32)) for _ in range(COUNT)]


def measured(cases, keep="failures"):
    wire = Wire()
    model = "volume_stand_ins:segment"
    report = run(PLAN, model, cases, executor=wire, batch_size=1, keep=keep)
    assert report.accounting.scored == 3 * COUNT
    return report, wire


@pytest.mark.parametrize("keep", ["failures", "all", "none"])
def test_an_asset_travels_as_its_path(tmp_path, volumes, keep):
    cases = []
    for at, volume in enumerate(volumes):
        labels = segment([volume])[0]
        np.save(tmp_path / f"{at}.npy", volume.array)
        np.save(tmp_path / f"{at}-labels.npy", labels.array)
        given = sea.Asset(tmp_path / f"{at}.npy", "volume")
        wanted = sea.Asset(tmp_path / f"{at}-labels.npy", "volume")
        cases.append(sea.Case(f"v{at}", given, wanted))
    report, wire = measured(cases, keep)
    assert sum(map(len, wire.sent + wire.returned)) < volumes[0].array.nbytes / 4
    answers = [record.prediction.value for record in report.records()]
    assert {answer.array.shape for answer in answers} == {(1, SIDE, SIDE, SIDE)}
    assert report.cells[0].scores == {"stand.agree": 1.0}


def test_a_volume_in_memory_travels_once(volumes):
    cases = [sea.Case(f"v{at}", one, segment([one])[0]) for at, one in enumerate(volumes)]
    _, wire = measured(cases)
    once = sum(case.input.array.nbytes + case.target.array.nbytes for case in cases)
    assert once < sum(map(len, wire.sent)) < 1.01 * once
    assert sum(map(len, wire.returned)) < volumes[0].array.nbytes / 4
