"""`make demo-repair`: its code, on a tiny model; what it shows on SmolLM2 stands in the docs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
import seatrial_posttrain as posttrain
import torch
from seatrial_clinical import pharmacy_specification
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


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path / "cache"))
    path = saved(tmp_path / "tiny", max_position_embeddings=1024)
    return causal_lm(path, prompt="Question: {question}\nAnswer:")


@pytest.fixture
def small(demo, model, monkeypatch):
    """Give what makes the loop small."""
    monkeypatch.setattr(demo, "TUNING", posttrain.dpo(rank=2, batch_size=8, learning_rate=1e-3))
    return {
        "model": model,
        "learned": dict.fromkeys(demo.LEARNED, 4),
        "others": dict.fromkeys(demo.NOT_LEARNED, 1),
    }


def test_it_measures_every_demand_on_clean_questions_and_some_on_perturbed_ones(demo):
    asked = {
        one.name: one for one in demo.demanded({**demo.LEARNED, **demo.NOT_LEARNED}).priorities
    }
    whole = sea.load_specification(pharmacy_specification()).priorities
    clean = {one.name for one in whole if not one.perturbations}
    assert clean < set(asked) == {*demo.LEARNED, *demo.NOT_LEARNED}
    perturbed = [one for name, one in asked.items() if name not in clean]
    assert not {one.name for one in perturbed} & set(demo.LEARNED)
    assert "nlpaug.keyboard" in {
        one.component.name for use in perturbed for one in use.perturbations
    }


def test_so_many_facts_of_a_topic_are_asked_about_and_none_that_is_left_out(demo):
    few = demo.demanded({"Withstands typing errors": 3, "Knows what is in the brands": 3})
    facts = {case.groups["topic"]: set() for case in few.cases}
    for case in few.cases:
        facts[case.groups["topic"]].add(cluster_of(case))
    assert {topic: len(some) for topic, some in facts.items()} == {"paraphrase": 3, "vocabulary": 3}
    apart = facts["paraphrase"] | facts["vocabulary"]
    more = demo.demanded({"Withstands typing errors": None}, apart_from=apart)
    assert not apart & set(map(cluster_of, more.cases))


def test_the_loop_closes_on_facts_that_no_preference_came_from(demo, small, tmp_path, capsys):
    runs = tmp_path / "runs"
    demo.loop(runs, 1, **small)
    fixed = sea.Repaired.load(runs / "repaired", model=small["model"], adapter=demo.TUNING)
    asked = demo.demanded(small["learned"])
    learned = set(fixed.learned_from)
    apart = {cluster_of(case) for case in sea.Report.load(runs / "after").cases}
    assert apart
    assert not apart & learned
    assert apart | learned == {cluster_of(case) for case in asked.cases}
    others = sea.Report.load(runs / "after-others")
    assert not learned & set(map(cluster_of, others.cases))
    printed = capsys.readouterr().out
    for name in (*demo.LEARNED, *demo.NOT_LEARNED):
        assert name in printed
    assert len(printed.splitlines()) <= 60
    demo.loop(runs, 1, **small)  # everything is kept
    assert capsys.readouterr().out == printed


def test_what_is_stopped_says_that_it_goes_on(demo, monkeypatch, tmp_path, capsys):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.argv", ["repair.py", "--to", str(tmp_path)])
    monkeypatch.setattr(demo, "loop", stopped)
    threads = torch.get_num_threads()
    try:
        with pytest.raises(SystemExit) as ended:
            demo.main()
    finally:
        torch.set_num_threads(threads)
    assert ended.value.code == 130
    assert capsys.readouterr().out.strip() == "Stopped. The same command goes on from here."
