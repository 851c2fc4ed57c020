"""`make demo-repair`: its code, on a tiny model; what it shows on SmolLM2 stands in the docs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
import seatrial_posttrain as posttrain
from seatrial_posttrain._samples import saved
from seatrial_transformers import causal_lm

import seatrial as sea
from seatrial.kit import cluster_of

DEMO = Path(__file__).parents[1] / "docs" / "demo"


@pytest.fixture(scope="module")
def demo():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DEMO)
        yield import_module("repair")


def test_it_measures_what_the_pharmacy_demands_on_every_fact(demo):
    found = demo.demanded()
    assert {one.name for one in found.priorities} == set(demo.PRIORITIES)
    assert len(found.cases) > 500
    few = demo.demanded(facts=3).cases
    for topic in {case.groups["topic"] for case in found.cases}:
        assert len({cluster_of(case) for case in few if case.groups["topic"] == topic}) == 3


def test_the_loop_closes_on_facts_that_no_preference_came_from(demo, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(demo, "TUNING", posttrain.dpo(rank=2, batch_size=8, learning_rate=1e-3))
    path = saved(tmp_path / "tiny", max_position_embeddings=1024)
    model = causal_lm(path, prompt="Question: {question}\nAnswer:")
    specification = demo.demanded(model, facts=4)
    change = demo.loop(specification, tmp_path / "runs", per_kind=3)
    fixed = sea.Repaired.load(tmp_path / "runs" / "repaired", model=model, adapter=demo.TUNING)
    after = sea.Report.load(tmp_path / "runs" / "after")
    assert not {cluster_of(case) for case in after.cases} & set(fixed.learned_from)
    assert {cluster_of(case) for case in after.cases} | set(fixed.learned_from) == {
        cluster_of(case) for case in specification.cases
    }
    assert {one.priority for one in change.priorities} == set(demo.PRIORITIES)
    printed = capsys.readouterr().out
    assert all(name in printed for name in demo.PRIORITIES)
    assert len(printed.splitlines()) <= 60
    again = demo.loop(specification, tmp_path / "runs", per_kind=3)  # all of it is kept
    assert again == change
