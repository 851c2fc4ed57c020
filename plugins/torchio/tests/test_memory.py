"""A run of many volumes holds no more of them at once than a run of a few."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
import seatrial_torchio as plugin

import seatrial as sea


@pytest.fixture
def scans(tmp_path):
    draw = np.random.default_rng(0)
    for index in range(40):
        np.save(tmp_path / f"{index:02}.npy", draw.random((8, 9, 10), np.float32))
    return tmp_path


def most_alive(scans, limit):
    """Run, and count at every call of the model how many of the volumes it saw are in memory."""
    seen, counts = [], []

    def model(volumes):
        seen.extend(weakref.ref(one.array) for one in volumes)
        counts.append(sum(one() is not None for one in seen))
        return ["head"] * len(volumes)

    model.identity = "always a head"
    from seatrial_metrics import accuracy

    cases = [
        sea.Case(path.stem, sea.Asset(path, "volume"), "head")
        for path in sorted(scans.glob("*.npy"))[:limit]
    ]
    perturbations = [plugin.noise(), plugin.affine()]
    plan = sea.Plan(perturbations=perturbations, metrics=[accuracy()], severities=[1, 2], seed=1)
    report = sea.run(plan, model=model, cases=cases, to=scans / f"run-{limit}", batch_size=4)
    assert report.accounting.scored == 5 * limit
    assert len(seen) == 5 * limit
    return max(counts)


def test_no_more_volumes_are_alive_however_many_there_are(scans):
    assert most_alive(scans, 40) <= most_alive(scans, 4)
