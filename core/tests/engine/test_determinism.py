"""Results depend on the plan, the model and the cases, and on nothing else."""

# ruff: noqa: EM101, TRY003 - stand-ins say what they like

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest
from trial_stand_ins import Counting, bot, orders, plan, rows, shout, swap

import seatrial as sea
from seatrial.verbs._run import run

CASES = orders(40)
PLAN = plan(swap(), shout(), severities=(1, 3), replicates=2)


@pytest.fixture(scope="module")
def truth():
    return rows(run(PLAN, bot, CASES))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_size_of_batches_changes_nothing(truth, size):
    assert rows(run(PLAN, bot, CASES, batch_size=size)) == truth


def test_the_order_of_the_cases_changes_nothing(truth):
    shuffled = random.Random(3).sample(CASES, len(CASES))
    assert rows(run(PLAN, bot, shuffled)) == truth


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_neither_threads_nor_processes_change_anything(truth, executor, workers):
    found = run(
        PLAN, "trial_stand_ins:bot", CASES, executor=executor, workers=workers, batch_size=9
    )
    assert rows(found) == truth


def test_any_executor_of_the_standard_library_will_do(truth):
    with ThreadPoolExecutor(2) as pool:
        assert rows(run(PLAN, Counting(), CASES, executor=pool)) == truth
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert rows(run(PLAN, bot, CASES, executor=pool)) == truth
        assert rows(run(PLAN, "trial_stand_ins:bot", CASES[:5], executor=pool)) == [
            row for row in truth if row.case_id < "q005"
        ]


def test_seeds_follow_the_frozen_mapping_and_severities_share_them(truth):
    for record in truth:
        if record.perturbation == "clean":
            assert record.seed is None
        else:
            wanted = sea.derive(7, record.perturbation, record.case_id, record.replicate)
            assert record.seed == wanted


def test_replicates_draw_differently():
    first, second = (
        [case.input for case in sea.perturbed(PLAN, CASES) if case.id.endswith(end)]
        for end in ("stand.swap:3", "stand.swap:3#1")
    )
    assert len(first) == len(second) == len(CASES)
    assert first != second


def test_an_unchanged_input_takes_the_clean_answer_without_a_call():
    cases = [sea.Case(f"c{i}", text, "other") for i, text in enumerate(["A", "b", "C", "7"])]
    model = Counting()
    report = run(plan(shout(), severities=(1,)), model, cases)
    assert sorted(model.asked) == sorted(["A", "b", "C", "7", "B"])
    assert report.accounting.unchanged == 3
    unchanged = [r for r in report.records() if r.severity and not r.changed]
    assert [record.case_id for record in unchanged] == ["c0", "c2", "c3"]
    assert all(r.prediction.value == "other" and r.scores["stand.same"] == 1 for r in unchanged)


def test_an_unchanged_input_shares_the_fate_of_the_clean_one():
    def moody(texts):
        if "A" in texts:
            raise ValueError("no A")
        return ["other"] * len(texts)

    cases = [sea.Case("a", "A", "other"), sea.Case("b", "b", "other")]
    seen = []
    report = run(plan(shout(), severities=(1,)), moody, cases, observers=[seen.append])
    assert report.accounting.errored == seen[-1].errored == 2


def test_perturbed_gives_the_very_inputs_that_the_model_sees():
    model = Counting()
    run(PLAN, model, CASES)
    inputs = {case.input for case in sea.perturbed(PLAN, CASES)} | {case.input for case in CASES}
    assert set(model.asked) == inputs
