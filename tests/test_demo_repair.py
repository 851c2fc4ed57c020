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


def test_it_measures_what_the_pharmacy_demands_of_clean_questions(demo):
    learned, others = demo.demanded(learned=True), demo.demanded(learned=False)
    assert {one.name for one in learned.priorities} == set(demo.LEARNED)
    whole = sea.load_specification(pharmacy_specification()).priorities
    assert {one.name for one in (*learned.priorities, *others.priorities)} == {
        one.name for one in whole if not one.perturbations
    }
    assert not {case.id for case in learned.cases} & {case.id for case in others.cases}
    few = demo.demanded(learned=False, facts=3).cases
    for topic in {case.groups["topic"] for case in others.cases}:
        assert len({cluster_of(case) for case in few if case.groups["topic"] == topic}) == 3


def test_the_loop_closes_on_facts_that_no_preference_came_from(demo, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(demo, "TUNING", posttrain.dpo(rank=2, batch_size=8, learning_rate=1e-3))
    monkeypatch.setattr(demo, "PER_KIND", 3)
    path = saved(tmp_path / "tiny", max_position_embeddings=1024)
    model = causal_lm(path, prompt="Question: {question}\nAnswer:")
    asked, others = (
        demo.demanded(learned=learned, model=model, facts=facts)
        for learned, facts in ((True, 4), (False, 1))
    )
    demo.loop(asked, others, tmp_path / "runs", 1)
    fixed = sea.Repaired.load(tmp_path / "runs" / "repaired", model=model, adapter=demo.TUNING)
    after = sea.Report.load(tmp_path / "runs" / "after")
    apart = {cluster_of(case) for case in after.cases}
    assert apart
    assert not apart & set(fixed.learned_from)
    assert apart | set(fixed.learned_from) == {cluster_of(case) for case in asked.cases}
    printed = capsys.readouterr().out
    for one in (*asked.priorities, *others.priorities):
        assert one.name in printed
    assert len(printed.splitlines()) <= 60
    demo.loop(asked, others, tmp_path / "runs", 1)  # everything is kept
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
