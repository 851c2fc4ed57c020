"""How a model is asked: once for equal inputs, again where that may help, and never in vain."""

# ruff: noqa: EM101, TRY003 - stand-ins say what they like

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from trial_stand_ins import Counting, bot, orders, plan, same, shout, swap

import seatrial as sea
from seatrial.engine._asking import Asker, Asking, Cost
from seatrial.engine._calls import WrongCountError
from seatrial.errors import ModelError, TrialError
from seatrial.events import Retried, Usage
from seatrial.verbs._run import run

ONE = plan(shout(), severities=(1,))


def asked_of(model, inputs, **asking):
    waits = []
    given = {"batch_size": 4, **asking}
    asker = Asker(model, Asking(**given), sleep=waits.append)
    cost = Cost()
    return asker.ask(inputs, cost), waits, cost


def failing(reason, *, retryable=False, times=99, when=lambda text: True):
    """Answers every text by itself, but for some that fail so many times."""
    left = {}
    asked = []

    def model(texts):
        asked.append(list(texts))
        answers = []
        for text in texts:
            left.setdefault(text, times)
            if when(text) and left[text]:
                left[text] -= 1
                answers.append(sea.Failed(reason, retryable=retryable))
            else:
                answers.append(text.upper())
        return answers

    model.asked = asked
    return model


def test_a_failed_input_costs_itself_alone_and_is_not_asked_again():
    model = failing("too long", when=lambda text: text == "b")
    answers, waits, _ = asked_of(model, ["a", "b", "c"], retries=5)
    assert [one.error for one in answers] == [None, "too long", None]
    assert [one.attempts for one in answers] == [1, 1, 1]
    assert model.asked == [["a", "b", "c"]]
    assert waits == []


def test_only_what_may_pass_by_itself_is_asked_again_after_growing_waits():
    model = failing("busy", retryable=True, times=3, when=lambda text: text in "bd")
    answers, waits, cost = asked_of(model, ["a", "b", "c", "d"], retries=3, retry_wait=2.0)
    assert [one.prediction.value for one in answers] == ["A", "B", "C", "D"]
    assert [one.attempts for one in answers] == [1, 4, 1, 4]
    assert model.asked == [["a", "b", "c", "d"]] + [["b", "d"]] * 3
    for wait, middle in zip(waits, (2, 4, 8), strict=True):
        assert 0.5 * middle <= wait <= 1.5 * middle
    assert [(one.attempt, one.inputs, one.reason) for one in cost.repeats] == [
        (attempt, 2, "busy") for attempt in (2, 3, 4)
    ]


def test_waits_are_drawn_from_the_seed_and_differ_between_batches():
    asking = Asking(4, retries=2, seed=7)
    assert asking.wait(2, "a") == evolve(asking, timeout=3).wait(2, "a")
    assert len({asking.wait(2, "a"), asking.wait(2, "b"), evolve(asking, seed=8).wait(2, "a")}) == 3


def test_what_keeps_failing_is_an_error_with_its_reason():
    answers, waits, _ = asked_of(failing("busy", retryable=True), ["a"], retries=2)
    assert (answers[0].error, answers[0].attempts, len(waits)) == ("busy", 3, 2)


def test_an_exception_that_names_nobody_is_looked_into_input_by_input_and_only_once():
    asked = []

    def model(texts):
        asked.append(list(texts))
        if "b" in texts:
            raise ValueError("no b")
        return texts

    answers, _, _ = asked_of(model, ["a", "b", "c", "d", "e"], retries=3)
    assert [one.error for one in answers] == [None, "ValueError: no b", None, None, None]
    assert asked == [["a", "b", "c", "d"], ["e"], ["a"], ["b"], ["c"], ["d"]]


def test_a_lost_connection_is_waited_for_before_inputs_are_asked_alone():
    asked = []

    def model(texts):
        asked.append(list(texts))
        if len(asked) < 3:
            raise ConnectionError("gone")
        return texts

    answers, waits, _ = asked_of(model, ["a", "b"], retries=2)
    assert [one.prediction.value for one in answers] == ["a", "b"]
    assert asked == [["a", "b"]] * 3
    assert len(waits) == 2


@given(
    st.lists(st.sampled_from(["fine", "final", "busy", "odd"]), min_size=1, max_size=12),
    st.integers(1, 5),
    st.integers(0, 2),
)
def test_every_input_gets_its_own_answer(fates, size, retries):
    def model(texts):
        told = {
            "fine": lambda text: text,
            "final": lambda text: sea.Failed("final"),
            "busy": lambda text: sea.Failed("busy", retryable=True),
            "odd": lambda text: object(),
        }
        counts.update(texts)
        return [told[text.split()[1]](text) for text in texts]

    counts: Counter[str] = Counter()
    inputs = [f"{at} {fate}" for at, fate in enumerate(fates)]
    answers, _, cost = asked_of(model, inputs, batch_size=size, retries=retries)
    for text, fate, answer in zip(inputs, fates, answers, strict=True):
        assert counts[text] == answer.attempts == (1 + retries if fate == "busy" else 1)
        if fate == "fine":
            assert answer.prediction.value == text
        else:
            assert answer.prediction is None
            assert fate in answer.error or "answers must be" in answer.error
    assert cost.inputs == counts.total()


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_a_wrong_number_of_answers_is_never_matched_to_inputs(count):
    with pytest.raises(WrongCountError, match=f"returned {count} answer"):
        asked_of(lambda texts: ["x"] * count, ["a", "b", "c", "d"])


def test_failed_instead_of_a_list_is_no_list():
    answers, _, _ = asked_of(lambda texts: sea.Failed("all of it"), ["a"])
    assert "a list with one answer for each input, got Failed" in answers[0].error


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt(), GeneratorExit()])
def test_whatever_a_model_raises_in_a_thread_is_its_error(error):
    def model(texts):
        raise error

    found = []
    thread = threading.Thread(target=lambda: found.extend(asked_of(model, ["a"])[0]))
    thread.start()
    thread.join()
    assert type(error).__name__ in found[0].error


# in a run


def test_equal_inputs_of_a_batch_are_asked_once_and_scored_each_against_its_target():
    cases = [sea.Case(f"c{i}", "the same", "refund" if i % 2 else "other") for i in range(6)]
    model = Counting()
    report = run(plan(shout(), severities=(1,)), model, cases)
    assert sorted(model.asked) == ["THE SAME", "the same"]
    assert [one.scores["stand.same"] for one in report.records()] == [1, 0] * 6


@pytest.mark.parametrize("retryable", [True, False])
def test_failed_costs_one_record_and_says_why(retryable):
    def model(texts):
        return [
            sea.Failed("no 3", retryable=retryable) if text.endswith(" 3") else bot([text])[0]
            for text in texts
        ]

    report = run(ONE, model, orders(8), retry_wait=0)
    bad = [one for one in report.records() if one.status == "errored"]
    assert [(one.case_id, one.error, one.attempts) for one in bad] == [
        ("q003", "no 3", 3 if retryable else 1)
    ] * 2
    assert report.accounting.scored == 14


def test_inputs_are_read_only_and_what_a_model_does_to_them_reaches_no_case():
    def model(images):
        for one in images:
            with pytest.raises((ValueError, TypeError)):
                one["image"][...] = 0
        return [float(one["image"].mean()) for one in images]

    cases = [sea.Case(str(i), {"image": np.full((4, 4, 3), i, np.uint8)}, i) for i in range(4)]
    assert run(sea.Plan(metrics=[same()], seed=1), model, cases).accounting.errored == 0
    assert [case.input["image"].mean() for case in cases] == [0, 1, 2, 3]


def test_what_a_model_prints_stays_off_stdout(capsys):
    def model(texts):
        print("chatter")
        return bot(texts)

    run(ONE, model, orders(3))
    out, err = capsys.readouterr()
    assert (out, "chatter" in err) == ("", True)


def test_a_model_that_exits_is_an_error_of_its_records():
    report = run(ONE, lambda texts: sys.exit(0), orders(3))
    assert {one.error for one in report.records()} == {"SystemExit: 0"}


def test_a_model_that_never_answers_in_time_stops_the_run():
    stop = threading.Event()
    with pytest.raises(TrialError, match="seems to hang for good"):
        run(ONE, lambda texts: stop.wait(30), orders(10), timeout=0.02, retry_wait=0)
    stop.set()


# async models


class Endpoint:
    """Waits until enough calls wait together, which only concurrent calls can."""

    identity = "endpoint"

    def __init__(self, limit, together):
        self.max_concurrency = limit
        self.batch_size = 1
        self.together = together
        self.now = self.most = 0
        self.full = None
        self.loops = set()

    async def __call__(self, texts):
        self.loops.add(id(asyncio.get_running_loop()))
        self.full = self.full or asyncio.Event()
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now >= self.together:
            self.full.set()
        await asyncio.wait_for(self.full.wait(), 20)
        await asyncio.sleep(0)
        self.now -= 1
        return bot(texts)


def test_an_async_model_waits_for_several_calls_at_once_but_no_more_than_it_allows():
    model = Endpoint(limit=3, together=3)
    report = run(ONE, model, orders(9))
    assert report.accounting.scored == 18
    assert model.most == 3


@pytest.mark.parametrize("executor", ["serial", "threads"])
def test_an_async_model_lives_in_one_loop(executor):
    model = Endpoint(limit=2, together=1)
    assert run(ONE, model, orders(9), executor=executor, workers=2).accounting.scored == 18
    assert run(ONE, model, orders(3)).accounting.scored == 6
    assert len(model.loops) == 1
    assert model.most <= 2


def test_an_async_model_gives_what_the_same_model_gives_otherwise():
    async def slow(texts):
        await asyncio.sleep(0)
        return bot(texts)

    given = plan(swap(), severities=(1, 3))
    assert list(run(given, slow, orders(20)).records()) == list(
        run(given, bot, orders(20)).records()
    )


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt(), ValueError("no")])
def test_what_an_async_model_raises_is_an_error_and_the_loop_goes_on(error):
    async def model(texts):
        if any("3" in text for text in texts):
            raise error
        return bot(texts)

    report = run(ONE, model, orders(5), batch_size=1)
    assert report.accounting.errored == 2
    assert run(ONE, model, orders(3)).accounting.errored == 0


def test_an_async_model_that_takes_too_long_is_given_up_and_asked_again():
    hanging = Counter()

    async def model(texts):
        hanging.update(texts)
        if texts == ["please return my money for order 2"] and hanging[texts[0]] < 3:
            await asyncio.sleep(60)
        return bot(texts)

    report = run(ONE, model, orders(4), batch_size=1, timeout=0.05, retry_wait=0)
    assert report.accounting.scored == 8
    assert max(one.attempts for one in report.records()) == 3


def test_a_wrong_number_of_answers_of_an_async_model_stops_the_run_too():
    async def model(texts):
        return []

    with pytest.raises(ModelError, match="0 answers"):
        run(ONE, model, orders(4))


# what is told of it


def test_retries_and_usage_are_told():
    left = {"q": 1}

    def model(texts):
        if left["q"]:
            left["q"] -= 1
            return [sea.Failed("busy", retryable=True) for _ in texts]
        usage = {"usage": {"tokens": 3, "model": "x"}}
        return [sea.Prediction("refund", details=usage) for _ in texts]

    seen = []
    run(ONE, model, orders(4), observers=[seen.append], retry_wait=0)
    (retried,) = [one for one in seen if isinstance(one, Retried)]
    assert (retried.attempt, retried.inputs, retried.reason) == (2, 8, "busy")
    (usage,) = [one for one in seen if isinstance(one, Usage)]
    assert (usage.calls, usage.inputs, dict(usage.reported)) == (2, 16, {"tokens": 24.0})
