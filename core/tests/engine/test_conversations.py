"""Conversations under trial: called once a turn, and kept whole."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import textwrap

import numpy as np
import pytest
from attrs import evolve
from trial_stand_ins import same

import seatrial as sea
from seatrial.cli._examples import Example, Texts
from seatrial.cli._record_view import view_of
from seatrial.events import Usage
from seatrial.inputs._modalities import core_modalities
from seatrial.verbs._replay import replay

OPEN = {"role": "assistant", "content": None}


def says(text, role="user", **more):
    return {"role": role, "content": text, **more}


TALK = (
    says("Be brief.", "system"),
    says("I am allergic to aspirin."),
    OPEN,
    says("And I am four years old."),
    OPEN,
    says("What may I take?"),
)


def echo(inputs):
    """Answers with the number of messages and the last thing said."""
    return [f"{len(one)}:{one[-1]['content']}" for one in inputs]


def measured(talk, model=echo, target="6:What may I take?", **more):
    cases = [sea.Case("a", talk, target)]
    return sea.run(sea.Plan(metrics=[same()], seed=1), model=model, cases=cases, **more)


def test_the_model_is_called_once_a_turn_and_hears_what_it_said():
    asked = []

    def model(inputs):
        asked.append([[(m["role"], m["content"]) for m in one] for one in inputs])
        return echo(inputs)

    (record,) = measured(TALK, model).records()
    assert [len(call) for call in asked] == [1, 1, 1]
    assert [len(call[0]) for call in asked] == [2, 4, 6]
    assert asked[2][0][2] == ("assistant", "2:I am allergic to aspirin.")
    assert asked[2][0][4] == ("assistant", "4:And I am four years old.")
    assert (record.prediction.value, record.scores["stand.same"]) == ("6:What may I take?", 1)


def test_the_record_keeps_the_transcript_and_an_answer_for_each_turn():
    (record,) = measured(TALK).records()
    details = record.prediction.details
    assert [turn["answer"] for turn in details["turns"]] == [
        "2:I am allergic to aspirin.",
        "4:And I am four years old.",
        "6:What may I take?",
    ]
    assert [one["role"] for one in details["transcript"]] == [
        "system",
        *("user", "assistant") * 3,
    ]
    assert details["transcript"][-1]["content"] == record.prediction.value


def test_a_conversation_may_end_with_the_turn_that_is_to_be_said():
    assert [one.prediction for one in measured((*TALK, OPEN)).records()] == [
        one.prediction for one in measured(TALK).records()
    ]


def test_a_call_of_a_tool_is_no_turn_of_the_model():
    talk = (
        says("Is it there?"),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        says("timed out", "tool", tool_call_id="1"),
    )
    (record,) = measured(talk).records()
    assert record.prediction.value == "3:timed out"
    assert "turns" not in record.prediction.details


def test_other_parts_go_with_the_last_turn_and_with_those_that_say_so():
    seen = []

    def model(inputs):
        seen.extend(inputs)
        return [sea.Prediction("no", refused="options" in one) for one in inputs]

    talk = (says("a"), OPEN, says("b"), {**OPEN, "all_parts": True}, says("c"))
    (record,) = measured({"talk": talk, "options": ("yes", "no")}, model).records()
    assert [isinstance(one, dict) and one["options"] == ["yes", "no"] for one in seen] == [
        False,
        True,
        True,
    ]
    turns = record.prediction.details["turns"]
    assert [one["refused"] for one in turns] == [False, True, True]
    assert [one["all_parts"] for one in turns] == [False, True, True]


def test_conversations_of_all_lengths_are_asked_together_beside_plain_inputs():
    calls = []

    def model(inputs):
        calls.append(len(inputs))
        return echo(inputs)

    cases = [
        sea.Case(str(turns), (*(one for n in range(turns) for one in (says(str(n)), OPEN)),))
        for turns in (1, 2, 5)
    ]
    cases.append(sea.Case("plain", (says("0"), says("no", "assistant"), says("1"))))
    report = sea.run(sea.Plan(metrics=[same()], seed=1), model=model, cases=cases)
    assert calls == [4, 2, 1, 1, 1]
    assert [one.prediction.value for one in report.records()] == ["1:0", "3:1", "9:4", "3:1"]


def test_async_models_are_driven_too():
    class Endpoint:
        max_concurrency = 4
        batch_size = 1

        async def __call__(self, inputs):
            await asyncio.sleep(0)
            return echo(inputs)

    given = [list(measured(TALK, model).records()) for model in (echo, Endpoint())]
    assert given[0] == given[1]


@pytest.mark.parametrize("retries", [0, 1])
def test_a_turn_that_fails_fails_the_record_and_one_that_passes_counts_its_attempts(retries):
    left = {"now": 1}

    def model(inputs):
        if len(inputs[0]) == 4 and left["now"]:
            left["now"] -= 1
            return [sea.Failed("busy", retryable=True) for _ in inputs]
        return echo(inputs)

    (record,) = measured(TALK, model, retries=retries, retry_wait=0).records()
    assert record.attempts == 1 + retries
    assert record.status == ("scored" if retries else "errored")
    assert record.error == (None if retries else "turn 2: busy")


def test_usage_of_every_turn_counts_once_in_the_run_and_adds_up_in_the_record():
    def model(inputs):
        usage = {"usage": {"tokens": 2}}
        return [sea.Prediction(one, details=usage) for one in echo(inputs)]

    seen = []
    report = measured(TALK, model, observers=[seen.append])
    assert [dict(one.reported) for one in seen if isinstance(one, Usage)] == [{"tokens": 6}]
    (record,) = report.records()
    assert record.prediction.details["usage"]["tokens"] == 6
    assert report.usage == {"tokens": 6}
    assert "usage: tokens 6" in str(report)


# a turn that depends on the answers


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    (tmp_path / "doubts.py").write_text(
        textwrap.dedent(
            """
            def last(answers):
                return f"Is it really {answers[-1]}?"

            def doubt(*, word):
                return lambda answers: f"{word}: {len(answers)}"

            def wrong(answers):
                return 3

            def broken(answers):
                raise LookupError("no such thing")
            """
        )
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "doubts", raising=False)
    return tmp_path


def doubting(use, params=None, role="user"):
    return (says("a"), OPEN, says(sea.Reference(use, params), role))


def test_a_turn_may_be_a_function_of_the_answers_so_far(scripts):
    (record,) = measured(doubting("doubts:last")).records()
    assert record.prediction.value == "3:Is it really 1:a?"
    (record,) = measured(doubting("doubts:doubt", {"word": "Sure"}, "tool")).records()
    assert record.prediction.value == "3:Sure: 1"
    assert record.prediction.details["transcript"][2]["content"] == "Sure: 1"


@pytest.mark.parametrize(
    ("use", "error"),
    [
        ("doubts:wrong", "must give what the user says, a text, got 3"),
        ("doubts:broken", "LookupError: no such thing"),
        ("doubts:missing", "missing"),
    ],
)
def test_a_function_that_does_not_work_is_an_error_of_its_record(scripts, use, error):
    (record,) = measured(doubting(use)).records()
    assert record.status == "errored"
    assert error in record.error


def test_a_changed_function_is_measured_again(scripts, tmp_path):
    def again():
        asked = []

        def model(inputs):
            asked.extend(inputs)
            return echo(inputs)

        model.identity = "echo"
        list(measured(doubting("doubts:last"), model, to=tmp_path / "run").records())
        return len(asked)

    assert (again(), again()) == (2, 0)
    file = scripts / "doubts.py"
    file.write_text(file.read_text() + "\n\n\nEXTRA = 1\n")
    assert again() >= 2


def test_a_run_directory_gives_the_function_back_and_imports_it_only_if_trusted(
    scripts, tmp_path, capsys
):
    echo.identity = "echo"
    plan = sea.Plan(metrics=[same()], seed=1)
    sea.run(plan, model=echo, cases=[sea.Case("a", doubting("doubts:last"))], to=tmp_path / "run")
    report = sea.Report.load(tmp_path / "run")
    (record,) = report.records()
    assert record.input[2]["content"].use == "doubts:last"
    again = replay(report, "a", model=echo)
    assert "is not imported" in again.error
    trusted = evolve(sea.Report.load(tmp_path / "run", trust=True), plan=plan)
    assert replay(trusted, "a", model=echo).same
    assert "may import doubts:last" in capsys.readouterr().err


def test_a_file_of_conversations_may_leave_turns_open(tmp_path):
    (tmp_path / "talks.jsonl").write_text(json.dumps({"id": "a", "talk": TALK}) + "\n")
    cases = sea.load_cases(tmp_path / "talks.jsonl", input="talk", id="id")
    report = sea.run(sea.Plan(metrics=[same()], seed=1), model=echo, cases=cases)
    assert [one.prediction for one in report.records()] == [
        one.prediction for one in measured(TALK).records()
    ]


def test_a_file_of_conversations_names_no_function(tmp_path):
    content = {"$reference": "os:getcwd", "params": None}
    said = [{"role": "user", "content": "a"}, OPEN, {"role": "user", "content": content}]
    (tmp_path / "talks.jsonl").write_text(json.dumps({"id": "a", "talk": said}) + "\n")
    cases = sea.load_cases(tmp_path / "talks.jsonl", input="talk", id="id")
    report = sea.run(sea.Plan(metrics=[same()], seed=1), model=echo, cases=cases)
    (record,) = report.records()
    assert "/" not in str(record.prediction)


# what holds of other records holds of these


def test_pictures_stand_in_the_transcript_by_their_place():
    picture = np.full((4, 4, 3), 7, np.uint8)
    seen = []

    def model(inputs):
        seen.extend(inputs)
        return ["seen"] * len(inputs)

    talk = ({"role": "user", "content": ("Look:", picture)}, OPEN, says("And?"))
    (record,) = measured(talk, model).records()
    assert (seen[1][0]["content"][1] == picture).all()
    assert record.prediction.details["transcript"][0]["content"] == "Look:\n[image]"


def test_equal_conversations_are_asked_once():
    asked = []

    def model(inputs):
        asked.extend(inputs)
        return echo(inputs)

    cases = [sea.Case(name, TALK, "x") for name in "abc"]
    sea.run(sea.Plan(metrics=[same()], seed=1), model=model, cases=cases)
    assert len(asked) == 3


def test_a_run_goes_on_between_conversations(tmp_path):
    cases = [sea.Case(str(n), (says(str(n)), OPEN, says("b"))) for n in range(6)]
    asked = []

    def model(inputs):
        asked.extend(inputs)
        return echo(inputs)

    model.identity = "echo"
    plan = sea.Plan(metrics=[same()], seed=1)
    sea.run(plan, model=model, cases=cases, to=tmp_path, batch_size=2, stop=lambda _: True)
    assert len(asked) == 4
    asked.clear()
    report = sea.run(plan, model=model, cases=cases, to=tmp_path, batch_size=2)
    assert len(asked) == 8 + 2 * 2  # and those of the first session again, to compare
    assert report.accounting.scored == 6


def test_a_conversation_is_shown_turn_by_turn():
    talk = (*TALK[:4], says("it is there", "tool", tool_call_id="1"))
    report = measured({"talk": talk, "options": ("yes", "no")}, lambda some: ["no"] * len(some))
    (record,) = report.records()
    example = Example(record, wrong=True, texts=Texts(report.modalities))
    lines = ["".join(text for text, _ in one) for one in view_of(example, None, coloured=False)]
    shown = dict(re.split(r"  +", line.strip(), maxsplit=1) for line in lines[1:])
    assert shown["input talk[3] assistant"] == "(the model says)"
    assert shown["input talk[5] tool"] == "it is there"
    assert shown["answer, turn 1"] == shown["answer"] == "no"


def test_pictures_that_are_added_count_as_moved():
    picture = np.full((4, 4, 3), 7, np.uint8)
    one, three = ((says(("Look:", *[picture] * count)),) for count in (1, 3))
    assert core_modalities().carrier("messages").distance(one, three) == pytest.approx(2 / 3)
    assert core_modalities().carrier("messages").distance(one, one) == 0
