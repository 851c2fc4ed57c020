"""What a run keeps of the inputs that the model saw."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest
from trial_stand_ins import bot, orders, plan, same, swap

import seatrial as sea
from seatrial.errors import PlanError, StoreError
from seatrial.inputs._encoding import encode
from seatrial.runs._artifacts import Artifacts
from seatrial.runs._encoding import Row
from seatrial.runs._keeping import Keeper, is_withheld
from seatrial.runs._report import Report
from seatrial.verbs._run import run

SECRET = "please return my money"


def flipped():
    return lambda x, /, *, seed: x[::-1].copy()


flip = sea.Perturbation(
    name="local.flip", summary="Flip.", modality="image", factory=flipped, ladder=({},)
)


def pictures(count=6):
    draw = np.random.default_rng(0)
    return [
        sea.Case(f"i{i}", draw.integers(0, 255, (4, 4, 3), np.uint8), "dark") for i in range(count)
    ]


def dark(images):
    return ["dark"] * len(images)


dark.identity = "dark 1"


def test_all_keeps_every_input(tmp_path):
    asked = sea.Plan(perturbations=[flip()], metrics=[same()], seed=1)
    run(asked, dark, pictures(), to=tmp_path / "run", keep="all")
    found = list(Report.load(tmp_path / "run").outcomes())
    assert len(found) == 12
    for case in pictures():
        clean, turned = (one.input for one in found if one.case.id == case.id)
        assert np.array_equal(clean, case.input)
        assert np.array_equal(turned, case.input[::-1])


def test_failures_keeps_nothing_of_a_run_without_failures(tmp_path):
    asked = sea.Plan(perturbations=[flip()], metrics=[same()], seed=1)
    run(asked, dark, pictures(), to=tmp_path / "run")
    assert not list((tmp_path / "run").glob("artifacts/*"))
    with pytest.raises(StoreError, match=r"not kept .*keep='failures'.*pass cases="):
        list(Report.load(tmp_path / "run").outcomes())


def test_none_keeps_digests_alone_and_no_text(tmp_path):
    report = run(plan(swap(), severities=(1, 2)), bot, orders(8), to=tmp_path / "run", keep="none")
    for path in (tmp_path / "run").rglob("*"):
        if path.is_file():
            assert b"money" not in path.read_bytes(), path
    assert sum(1 for one in report.outcomes() if SECRET in one.case.input) == 24
    loaded = Report.load(tmp_path / "run")
    assert loaded.as_dict() == report.as_dict()
    with pytest.raises(StoreError, match=r"keep='none'.*pass cases="):
        list(loaded.outcomes())


def test_texts_are_kept_and_searches_need_no_model_to_be_read(tmp_path):
    report = run(plan(swap(), severities=(1,)), bot, orders(8), to=tmp_path / "run")
    seen = [record.input for record in report.records()]
    loaded = Report.load(tmp_path / "run", registry=sea.Registry())
    assert [record.input for record in loaded.records()] == seen


def test_another_policy_is_refused(tmp_path):
    with pytest.raises(PlanError, match="keep must be 'failures', 'all', 'none', got 'some'"):
        run(plan(), bot, orders(2), to=tmp_path / "run", keep="some")


METRIC = {"label": "m", "higher_is_better": True, "bounds": (0.0, 1.0)}


@pytest.mark.parametrize(
    ("score", "clean", "queries", "keep", "kept"),
    [
        (0.9, 5, None, "failures", False),
        (0.5, 5, None, "failures", True),
        (0.9, 6, None, "failures", True),
        (0.9, 5, 3, "failures", True),
        (0.9, 5, None, "all", True),
        (0.1, 5, None, "none", False),
    ],
)
def test_a_worse_score_or_another_answer_is_a_failure(tmp_path, score, clean, queries, keep, kept):
    seen = encode(np.ones((2, 2, 3), np.uint8))
    row = Row(scores={"m": score}, answer=5, seen=seen, queries=queries)
    Keeper(Artifacts(tmp_path), keep, (METRIC,)).settle(row, clean)
    assert bool(list(tmp_path.iterdir())) is kept
    assert not row.seen.artifacts
    assert is_withheld(row.seen.text) is (keep == "none")


@pytest.mark.parametrize(("better", "score", "failed"), [(True, 0.4, True), (False, 0.4, False)])
def test_the_worse_half_follows_the_direction_of_the_metric(tmp_path, better, score, failed):
    keeper = Keeper(Artifacts(tmp_path), "failures", ({**METRIC, "higher_is_better": better},))
    assert keeper.failed(Row(scores={"m": score}), None) is failed


def test_a_database_is_strict_and_trusts_no_schema(tmp_path):
    run(plan(), bot, orders(2), to=tmp_path / "run")
    loaded = Report.load(tmp_path / "run")
    assert next(loaded._store._read("PRAGMA trusted_schema")) == (0,)
    with sqlite3.connect(tmp_path / "run" / "trials.sqlite") as stored:
        strict = stored.execute("SELECT name, strict FROM pragma_table_list WHERE type = 'table'")
        tables = {name: flag for name, flag in strict if not name.startswith("sqlite_")}
    assert tables == {"meta": 1, "cases": 1, "plan": 1, "records": 1, "looks": 1}
