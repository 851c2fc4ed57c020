"""The volumes that a model sees are the same in one process and in two."""

from __future__ import annotations

import seatrial_torchio as plugin

import seatrial as sea

MODULE = """
import numpy as np
import seatrial as sea


def cases():
    draw = np.random.default_rng(0)
    found = []
    for index in range(4):
        x, y, z = np.mgrid[-1:1:16j, -1:1:17j, -1:1:18j]
        ball = (x**2 + y**2 + z**2 < 0.4) * 300 + draw.normal(100, 10, x.shape)
        mask = (ball > 250).astype(np.uint8)
        found.append(sea.Case(f"c{index}", sea.Volume(ball.astype(np.float32)), sea.Volume(mask)))
    return found


def name_it(volumes):
    from seatrial.kit import digest

    return [digest(one.array.tobytes()) for one in volumes]
"""


ARTEFACTS = [one for one in plugin.seatrial_perturbations() if "rood" not in one.name]


def test_two_processes_give_what_one_gives(tmp_path, monkeypatch):
    (tmp_path / "scans_for_workers.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    from seatrial_metrics import volume_error

    plan = sea.Plan(
        perturbations=ARTEFACTS,
        metrics=[volume_error()],
        severities=[1],
        seed=11,
    )
    seen = []
    for how in ({}, {"executor": "processes", "workers": 2}):
        report = sea.run(
            plan, model="scans_for_workers:name_it", cases="scans_for_workers:cases", **how
        )
        assert report.accounting.scored == report.accounting.planned == 4 * (1 + len(ARTEFACTS))
        seen.append(
            [
                (one.case, one.perturbation, one.severity, one.prediction.value, one.distance)
                for one in report.records()
            ]
        )
    assert seen[0] == seen[1]
    assert len({row[3] for row in seen[0]}) == 4 * (1 + len(ARTEFACTS))
