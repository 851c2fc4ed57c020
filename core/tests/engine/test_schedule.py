"""Variants of one case go to the model together, in batches that do not depend on what is done."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trial_stand_ins import Counting, bot, orders, plan, rows, shout, swap

import seatrial as sea
from seatrial.engine._schedule import Schedule
from seatrial.engine._workload import Workload
from seatrial.verbs._run import run

PLAN = plan(swap(), shout(), severities=(1, 3))
EACH = 4  # clean, two severities of swap, one of shout


def schedule_of(count):
    uses = PLAN.perturbations
    return Schedule.of(Workload(PLAN, tuple(orders(count)), "bot", ("",) * len(uses)))


class Batched(Counting):
    """Keeps every call as it was made."""

    def __init__(self, **attributes):
        super().__init__()
        self.calls = []
        vars(self).update(attributes)

    def __call__(self, texts):
        self.calls.append(list(texts))
        return super().__call__(texts)


def letters(text):
    """What all variants of one case share."""
    return "".join(sorted(text.lower()))


@given(st.integers(1, 12), st.integers(1, 40), st.randoms(use_true_random=False))
def test_batches_hold_whole_cases_and_what_is_done_moves_no_cut(count, size, draw):
    schedule = schedule_of(count)
    everything = np.ones(len(schedule), dtype=bool)
    whole = list(schedule.batches(everything, size))
    assert sorted(at for positions, _ in whole for at in positions) == list(range(len(schedule)))
    for positions, tasks in whole:
        held = [unit.case for unit, _, _ in tasks]
        assert held == sorted(held)
        assert {held.count(case) for case in held} == {EACH}
        assert [at for at, (unit, _, _) in enumerate(tasks) if unit.use < 0] == list(
            range(0, len(tasks), EACH)
        )
        assert len(positions) == len(tasks)
    assert all(len(positions) >= size for positions, _ in whole[:-1])
    pending = np.array([draw.random() < 0.5 for _ in range(len(schedule))])
    left = [[at for at in positions if pending[at]] for positions, _ in whole]
    assert [list(positions) for positions, _ in schedule.batches(pending, size)] == [
        some for some in left if some
    ]


def test_variants_of_one_case_are_asked_together():
    model = Batched()
    run(PLAN, model, orders(24), batch_size=8)
    for call in model.calls:
        assert len(call) <= 8
        assert len({letters(text) for text in call}) == 2


def test_calls_are_about_equally_long_and_never_longer_than_the_batch_size():
    model = Batched()
    run(PLAN, model, orders(9), batch_size=10)
    assert [len(call) for call in model.calls] == [6] * 6


def test_a_resumed_run_asks_for_the_batches_of_an_uninterrupted_one(tmp_path):
    whole = Batched()
    run(PLAN, whole, orders(20), to=tmp_path / "whole", batch_size=8)
    parts = []
    for stop in (8, 32, 1000):
        model = Batched()
        run(
            PLAN, model, orders(20), to=tmp_path / "parts", batch_size=8,
            stop=lambda now, most=stop: now.done >= most,
        )  # fmt: skip
        parts += [call for call in model.calls if len(call) > 3]  # not those that ask again
    assert parts == whole.calls


def test_a_model_whose_answers_depend_on_the_batch_gives_the_same_whatever_the_executor():
    def neighbourly(texts):
        return [f"{len(texts)} {min(texts)}" for _ in texts]

    truth = rows(run(PLAN, neighbourly, orders(20), batch_size=6))
    for options in ({"executor": "threads", "workers": 3}, {}):
        shuffled = random.Random(1).sample(orders(20), 20)
        assert rows(run(PLAN, neighbourly, shuffled, batch_size=6, **options)) == truth


def test_a_model_that_prefers_one_length_is_asked_in_the_order_of_length():
    cases = [sea.Case(f"c{i:02}", "word " * (1 + i * 7 % 16), "x") for i in range(16)]
    model = Batched(prefers="same-length")
    truth = rows(run(plan(shout(), severities=(1,)), bot, cases, batch_size=4))
    found = rows(run(plan(shout(), severities=(1,)), model, cases, batch_size=4))
    assert found == truth
    lengths = [[len(text) for text in call] for call in model.calls]
    assert all(len(set(some)) <= 2 for some in lengths)
    asked = [length for some in lengths for length in some]
    assert asked == sorted(asked)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_each_step_of_a_sequential_run_keeps_cases_together(size):
    schedule = schedule_of(6)
    order = np.concatenate([np.flatnonzero(schedule.units[:, 3] == case) for case in (4, 1, 3)])
    batches = list(schedule.in_order(order, np.ones(len(schedule), dtype=bool), size))
    assert [unit.case for _, tasks in batches for unit, _, _ in tasks] == [
        case for case in (4, 1, 3) for _ in range(EACH)
    ]
