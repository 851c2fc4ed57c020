"""Conversations: what they are made of, and what a model that forgets makes of them."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from seatrial_clinical import (
    challenges,
    changed_mind,
    conversation_specification,
    image_order,
    image_turn,
    images,
    otc_cases,
    otc_conversations,
    recall_cases,
    stock_conversations,
    tool_failures,
    turn_accuracy,
    turn_order,
    turns,
)

import seatrial as sea
from seatrial.errors import NotApplicable
from seatrial.kit import protected_spans, texts_of
from seatrial.testing import parametrize

NOTE = (
    "She is 34 years old. She takes no aspirin. Her left knee hurts. May she take 400 mg ibuprofen?"
)
ONE = ({"role": "user", "content": NOTE},)
SYSTEM = {"role": "system", "content": "Be brief."}


@parametrize(
    [
        *(turns, turn_order, challenges, changed_mind, tool_failures, images, image_order),
        *(image_turn, turn_accuracy),
    ]
)
def test_conforms(component, run_check):
    run_check(component)


def apply(perturbation, talk, severity=1, seed=3, **params):
    return perturbation.at(severity, params)(talk, seed=seed)


def opened(talk):
    return [at for at, one in enumerate(talk) if one["role"] == "assistant" and not one["content"]]


def said(talk):
    return [one["content"] for one in talk if one["role"] == "user"]


@pytest.mark.parametrize(("severity", "count"), list(enumerate((2, 4, 8, 12, 15), start=1)))
def test_a_message_is_spread_over_turns_in_its_order(severity, count):
    found = apply(turns, (SYSTEM, *ONE), severity)
    assert found[0] == SYSTEM
    spoken = said(found)
    assert len(spoken) == count
    assert [one["role"] for one in found[1:]] == ["user", "assistant"] * (count - 1) + ["user"]
    assert opened(found) == list(range(2, 2 * count, 2))
    own = [one for one in spoken if one in NOTE]
    assert " ".join(own) == NOTE
    assert spoken[0].startswith("She is 34")
    assert spoken[-1].endswith("400 mg ibuprofen?")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(["No, 5 mg.", "Left 👁️ hurts!", "שלום לך.", "E\u0301a.", "x\r\ny"]),
        min_size=1,
    ),
    st.integers(2, 15),
    st.integers(0, 2**32),
)
def test_no_span_is_lost_in_any_text(pieces, count, seed):
    talk = ({"role": "user", "content": " ".join(pieces)},)
    kept = turns.build({"turns": count})(talk, seed=seed)
    spans = [one for text in texts_of(kept) for one in protected_spans(text)]
    assert spans == list(protected_spans(talk[0]["content"]))
    assert len(said(kept)) == count


def test_facts_come_in_the_opposite_order_and_the_question_last():
    assert said(apply(turn_order, ONE)) == [
        "Her left knee hurts.",
        "She takes no aspirin.",
        "She is 34 years old.",
        "May she take 400 mg ibuprofen?",
    ]
    with pytest.raises(NotApplicable, match="fewer than two sentences"):
        apply(turn_order, ({"role": "user", "content": "It hurts. What helps?"},))


@pytest.mark.parametrize("severity", [1, 5])
def test_an_answer_is_doubted_and_each_time_asked_with_the_options(severity):
    found = apply(challenges, ONE, severity)
    assert said(found)[0] == NOTE
    assert len(said(found)) == 1 + severity
    assert len(set(said(found))) == 1 + severity
    assert all(found[at]["all_parts"] for at in opened(found))


def test_other_wishes_are_taken_back_before_the_question():
    first, second, last = said(apply(changed_mind, ONE, 2))
    assert not first.startswith("Forget")
    assert second.startswith("Forget that, please. ")
    assert last == f"Forget that, please. {NOTE}"


def test_a_tool_times_out_before_it_answers():
    (case,) = [one for one in stock_conversations() if one.id == "stock-talk-advil-there"]
    found = apply(tool_failures, case.input["talk"], 3)
    tools = [one["content"] for one in found if one["role"] == "tool"]
    assert tools[:3] == ["error: the request timed out"] * 3
    assert set(json.loads(tools[3])) == {"Advil", "generic ibuprofen"}
    assert [one["role"] for one in found] == ["user", *["assistant", "tool"] * 4]
    with pytest.raises(NotApplicable, match="no tool is called"):
        apply(tool_failures, ONE)


def test_a_message_with_an_image_keeps_it_in_the_last_turn():
    picture = np.ones((6, 8, 3), np.uint8)
    found = apply(turns, ({"role": "user", "content": (NOTE, picture)},), 2)
    assert [isinstance(one["content"], str) for one in found][::2] == [True, True, True, False]
    assert found[-1]["content"][1] is picture


def test_texts_may_be_the_users_own(tmp_path):
    lexicon = tmp_path / "own.tsv"
    lexicon.write_text("kind\ttext\nchallenge\tNo way.\n")
    found = apply(challenges, ONE, 3, lexicon=str(lexicon))
    assert said(found)[1:] == ["No way."] * 3


# cases


def test_cases_of_conversations_say_what_the_cases_say():
    for case, talk in zip(otc_cases(), otc_conversations(), strict=True):
        assert talk.input["talk"] == ({"role": "user", "content": case.input["question"]},)
        assert talk.input["options"] == case.input["options"]
        assert (talk.target, talk.groups, talk.cluster) == (case.target, case.groups, case.cluster)


def test_recall_is_asked_about_enough_facts_and_guessing_gains_nothing():
    cases = recall_cases()
    assert len({case.cluster for case in cases}) == len(cases) >= 61
    for case in cases:
        (message,) = case.input["talk"]
        told = [one for one in case.input["options"] if one in message["content"]]
        assert told == [case.target]
        assert len(set(case.input["options"])) == 4
    places = Counter(case.input["options"].index(case.target) for case in cases)
    assert max(places.values()) / len(cases) <= 0.25 + 0.12
    asked = Counter(one for case in cases for one in case.input["options"])
    assert set(asked.values()) == {4}


def test_a_tool_gives_each_answer_its_turn():
    cases = stock_conversations()
    states = Counter(case.groups["state"] for case in cases)
    assert set(states) == {"there", "same", "neither", "timeout", "contradiction"}
    assert min(states.values()) >= 61
    for case in cases:
        unknown = case.groups["state"] in ("timeout", "contradiction")
        assert ("cannot see" in case.target) == unknown
        assert case.target in case.input["options"]
    assert len({case.id for case in cases}) == len(cases)


# whole runs


def reader(remembers):
    """Answers from the last turns that it remembers, by words that options share with them."""

    def model(inputs):
        return [answer(one) for one in inputs]

    def answer(one):
        if not isinstance(one, dict):
            return "I see."
        heard = " ".join(m["content"] for m in one["talk"][-remembers:] if m["role"] == "user")
        named = [option for option in one["options"] if option in heard]
        return named[0] if named else one["options"][0]

    return model


def test_recall_falls_where_a_model_forgets_and_is_told_by_length():
    plan = sea.Plan(
        perturbations=[turns],
        severities=(1, 3, 5),
        metrics=[sea.default_registry().get("metrics.accuracy")],
        seed=1,
    )
    cases = recall_cases()
    found = {
        remembers: {
            cell.severity: cell.scores["metrics.accuracy"]
            for cell in sea.run(plan, model=reader(remembers), cases=cases, observers=()).cells
        }
        for remembers in (99, 7)
    }
    assert found[99] == {0: 1.0, 1: 1.0, 3: 1.0, 5: 1.0}
    assert found[7][0] == found[7][1] == 1.0
    assert found[7][3] == found[7][5] <= 0.5


def test_a_model_that_gives_in_is_told_by_its_turns():
    def model(inputs):
        return [one["options"][sum(m["role"] == "user" for m in one["talk"]) > 1] for one in inputs]

    talk = ({"role": "user", "content": "May I?"},)
    cases = [sea.Case(str(n), {"talk": talk, "options": ("yes", "no")}, "yes") for n in range(4)]
    plan = sea.Plan(perturbations=[challenges], severities=(1, 3), metrics=[turn_accuracy], seed=1)
    report = sea.run(plan, model=model, cases=cases, observers=())
    scores = [cell.scores["clinical.turn-accuracy"] for cell in report.cells]
    assert scores == [1.0, 1 / 2, 1 / 4]


RIGHT = {case.input["question"]: case.target for case in otc_cases(topics=["dosage"])}


def stand_in(*, remembers=99, doubts=False, confused=False, gives_up=False):
    """Answers every case of the specification; what it is given is what is wrong with it."""

    def model(inputs):
        return [answer(one) if isinstance(one, dict) else "I see." for one in inputs]

    def answer(one):
        talk, options = one["talk"], one["options"]
        heard = [m["content"] for m in talk[-remembers:] if m["role"] == "user"]
        tools = [m["content"] for m in talk if m["role"] == "tool"]
        if tools:
            failed = gives_up and len(tools) > 1
            return stock(tools[0] if failed else tools[-1], options)
        asked = next((text for text in RIGHT if text in " ".join(heard)), None)
        if asked is None:
            named = [one for one in options if one in " ".join(heard)]
            return named[0] if named else options[0]
        doubted = doubts and not heard[-1].endswith(asked)
        lost = confused and "Forget that" in heard[-1]
        others = [one for one in options if one != RIGHT[asked]]
        return others[0] if doubted or lost else RIGHT[asked]

    def stock(told, options):
        if "error" in told:
            return next(one for one in options if "cannot see" in one)
        (asked, there), (_, twin) = json.loads(told).items()
        ends = {(True, False): "is in stock.", (False, True): "same medicine."}
        end = ends.get((there > 0, twin > 0), "")
        found = [one for one in options if end and one.endswith(end) and asked in one]
        return found[0] if found else next(one for one in options if "and so is" in one)

    return model


BROKEN = {
    "none": ({}, None),
    "forgets": ({"remembers": 7}, "A fact told first is remembered over twelve turns"),
    "gives in": ({"doubts": True}, "A right answer survives three doubts"),
    "is confused": ({"confused": True}, "A changed mind changes no answer"),
    "gives up": ({"gives_up": True}, "What a tool says is what is said, also after it timed out"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_a_flawless_model_passes_and_a_broken_one_fails_its_own_priority(name):
    faults, failing = BROKEN[name]
    specification = evolve(sea.load_specification(conversation_specification()), cases=None)
    stock, dosage = stock_conversations(), otc_conversations(topics=["dosage"])
    some = [case for at, case in enumerate(stock) if at // 5 % 2]
    cases = (*recall_cases(), *some, *dosage[::3])
    report = sea.run(specification, model=stand_in(**faults), cases=cases, observers=())
    verdicts = sea.judge(specification, report).verdicts
    assert {one.priority: one.outcome for one in verdicts} == {
        one.name: "fail" if one.name == failing else "pass" for one in specification.priorities
    }


def test_the_specification_can_be_decided_with_its_cases():
    specification = sea.load_specification(conversation_specification())
    cases = sea.load_cases(specification.cases)
    for priority in specification.priorities:
        topic = priority.where["topic"]
        clusters = {case.cluster for case in cases if case.groups["topic"] == topic}
        assert len(clusters) >= 61
    for outlook in sea.forecast(specification, cases).priorities:
        assert outlook.can_pass, outlook.priority
