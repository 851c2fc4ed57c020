"""Preferences from what a run found."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import seatrial_posttrain as posttrain
from seatrial_clinical import challenges, off_topic
from seatrial_metrics import accuracy
from seatrial_nlpaug import keyboard

import seatrial as sea
from seatrial.errors import ParameterError, PlanError

OPTIONS = ("take one", "ask a doctor", "take two")


def cases(count=24):
    return [
        sea.Case(
            f"c{n}",
            {"question": f"question {n}", "options": OPTIONS, "refusals": OPTIONS[1:2]},
            OPTIONS[n % 2],
            cluster=f"fact {n // 2}",
        )
        for n in range(count)
    ]


class Chooser:
    """Right on clean questions of even halves, else wrong in a way of its own."""

    identity = "chooser"

    def __call__(self, inputs):
        return [self.answer(one["question"]) for one in inputs]

    def answer(self, text):
        number = int(text.split()[1]) if text.startswith("question ") else -1
        value = OPTIONS[number % 2] if number % 4 < 2 and number >= 0 else OPTIONS[1]
        return sea.Prediction(value, refused=value == OPTIONS[1])


@pytest.fixture(scope="module")
def report():
    plan = sea.Plan(
        perturbations=[keyboard(on="question")], metrics=[accuracy()], severities=[5], seed=1
    )
    return sea.run(plan, model=Chooser(), cases=cases())


def test_a_wrong_answer_becomes_a_pair_of_the_right_one_before_it(report):
    found = posttrain.failures(report, held_out=0.25, seed=3, keep=0)
    known = {case.id: case for case in cases()}
    assert found
    for one in found:
        assert one.chosen == known[one.case_id].target
        assert one.rejected != one.chosen
        assert one.cluster == known[one.case_id].cluster
    kinds = {name: count for name, count in found.counts.items() if "left out" not in name}
    assert set(kinds) == {"refused what must be answered"}
    assert sum(kinds.values()) == len(found)


def test_no_pair_comes_from_what_is_held_out(report):
    found = posttrain.failures(report, held_out=0.25, seed=3)
    everything = posttrain.failures(report, held_out=0)
    assert {one.cluster for one in found} <= found.clusters
    left = {case.cluster for case in cases()} - found.clusters
    assert len(left) == 3
    assert {one.cluster for one in everything} & left
    assert posttrain.failures(report, seed=3) == found
    assert everything.clusters == {case.cluster for case in cases()}


def test_a_question_that_has_no_right_answer_any_more_makes_no_pair():
    plan = sea.Plan(
        perturbations=[keyboard(on="question"), off_topic(on="question")],
        metrics=[accuracy()],
        severities=[1],
        seed=1,
    )
    report = sea.run(plan, model=Chooser(), cases=cases())
    found = posttrain.failures(report, held_out=0)
    asked = {one.perturbation for one in report.outcomes() if not one.right}
    assert asked == {
        "clean",
        "nlpaug.keyboard on question",
        "clinical.off-topic on question",
    }
    assert not [one for one in found if "clinical.off-topic" in one.reason]
    assert [one for one in found if "nlpaug.keyboard" in one.reason]
    assert found.counts["left out: the perturbation leaves no right answer"] == 24
    assert found.clusters == {case.cluster for case in cases()}


class Wobbly:
    """Gives its own words to a clean question, and changes them under typos."""

    identity = "wobbly"

    def __call__(self, inputs):
        return ["Yes, Of Course" if one == "is it safe" else "never" for one in inputs]


def anyhow(targets, predictions):
    return [float(str(one).lower().startswith("yes")) for one in predictions]


said = sea.Metric(
    name="tests.said", summary="Starts with yes.", factory=lambda: anyhow, per_case=True,
    bounds=(0, 1),
)  # fmt: skip


def test_the_chosen_side_is_the_model_own_answer_then_the_target_then_the_refusal():
    plan = sea.Plan(perturbations=[keyboard()], metrics=[said()], severities=[5], seed=1)
    some = [
        sea.Case("own", "is it safe", "yes"),
        sea.Case("target", "is it good", "yes, it is"),
        sea.Case("refused", "how to overdose"),
        sea.Case("unknown", "what else"),
    ]
    report = sea.run(plan, model=Wobbly(), cases=some)
    found = posttrain.failures(
        report,
        held_out=0,
        refusal="I cannot help with that.",
        must_refuse=lambda case: case.id == "refused",
    )
    chosen = {one.case_id: one.chosen for one in found}
    assert chosen == {
        "own": "Yes, Of Course",
        "target": "yes, it is",
        "refused": "I cannot help with that.",
    }
    assert found.counts == {
        "answered what must be refused": 2,
        "answered wrong": 2,
        "changed a right answer": 1,
        "kept a right answer": 1,
        "left out: no right answer is known": 2,
    }


def test_pairs_are_each_made_once():
    plan = sea.Plan(perturbations=[keyboard()], metrics=[accuracy()], severities=[5], seed=1)
    twins = [sea.Case(f"t{n}", "is it", "yes") for n in range(2)]
    report = sea.run(plan, model=lambda texts: ["no"] * len(texts), cases=twins)
    found = posttrain.failures(report, held_out=0)
    assert found.counts["left out: the same pair was made before"] >= 1
    assert len({(one.input, one.chosen, one.rejected) for one in found}) == len(found)


def test_right_answers_make_as_many_pairs_as_wrong_ones_of_both_kinds_alike(report):
    found = posttrain.failures(report, held_out=0, keep=0.5)
    failed = found.counts["refused what must be answered"]
    kinds = ("kept a right answer", "kept a right refusal")
    kept = [one for one in found if one.reason.startswith(kinds)]
    assert sum(found.counts[kind] for kind in kinds) == len(kept) == failed // 2
    assert abs(found.counts[kinds[0]] - found.counts[kinds[1]]) <= 1
    for one in kept:
        answered = one.reason.startswith("kept a right answer")
        assert one.chosen == OPTIONS[not answered]
        assert (one.rejected == OPTIONS[1]) == answered
    assert sum(found.counts.values()) - found.counts["left out: enough right answers are held"] - (
        found.counts.get("left out: the same pair was made before", 0)
    ) == len(found)
    none = posttrain.failures(report, held_out=0, keep=0)
    assert [one for one in found if one not in kept] == list(none)


def test_of_each_kind_so_many_are_drawn_and_the_rest_is_counted(report):
    everything = posttrain.failures(report, held_out=0, keep=9)
    found = posttrain.failures(report, held_out=0, per_kind=2)
    assert {count for kind, count in found.counts.items() if "left out" not in kind} <= {1, 2}
    assert set(found) < set(everything)
    assert found.counts["left out: enough pairs are of its kind"] > 0
    assert posttrain.failures(report, held_out=0, per_kind=2) == found
    assert posttrain.failures(report, held_out=0, per_kind=2, seed=1) != found
    with pytest.raises(ParameterError, match="per_kind at least 1"):
        posttrain.failures(report, per_kind=0)


class Unsure:
    """Prefers one option, and holds another more probable than the last."""

    identity = "unsure"

    def __call__(self, inputs):
        weights = {"take one": 0.5, "ask a doctor": 0.1, "take two": 0.4}
        return [sea.Prediction("take one", probabilities=weights, refused=False) for _ in inputs]


def test_a_right_answer_is_held_against_a_refusal_else_against_what_is_most_probable():
    both = [
        sea.Case("a", {"question": "a", "options": OPTIONS, "refusals": OPTIONS[1:2]}, OPTIONS[0]),
        sea.Case("b", {"question": "b", "options": OPTIONS}, OPTIONS[0]),
    ]
    report = sea.run(sea.Plan(metrics=[accuracy()], seed=1), model=Unsure(), cases=both)
    found = posttrain.failures(report, held_out=0, keep=1)
    assert found == ()  # there is no failure to keep them beside
    assert found.counts == {"left out: enough right answers are held": 2}
    wrong = sea.Case("c", {"question": "c", "options": OPTIONS}, OPTIONS[1])
    report = sea.run(sea.Plan(metrics=[accuracy()], seed=1), model=Unsure(), cases=[*both, wrong])
    found = posttrain.failures(report, held_out=0, keep=2)
    assert {one.case_id: one.rejected for one in found} == {
        "a": "ask a doctor",
        "b": "take two",
        "c": "take one",
    }


class Yielding:
    """Is right until it is doubted."""

    identity = "yielding"

    def __call__(self, inputs):
        talks = [one["talk"] if isinstance(one, Mapping) else one for one in inputs]
        return ["take one" if len(talk) == 1 else "take two" for talk in talks]


def test_an_answer_given_up_under_challenge_is_asked_for_in_its_conversation():
    asked = {"talk": ({"role": "user", "content": "How many a day?"},), "options": OPTIONS}
    plan = sea.Plan(perturbations=[challenges()], metrics=[accuracy()], severities=[1], seed=1)
    case = sea.Case("c", asked, OPTIONS[0])
    report = sea.run(plan, model=Yielding(), cases=[case])
    first, second = posttrain.failures(report, held_out=0)
    assert (first.chosen, first.rejected) == ("take one", "take two")
    assert first.reason == "flipped under challenge (clinical.challenges, severity 1)"
    said = [one["content"] for one in first.input["talk"]]
    assert said[:2] == ["How many a day?", "take one"]
    assert len(said) == 3
    assert (second.reason, second.rejected) == ("kept a right answer (clean)", "take two")


def test_a_run_whose_preferences_leak_into_its_own_evaluation_is_refused(report):
    def learned(made):
        return sea.repair(kept_as_it_is(), model=Chooser(), cases=made)

    plan = sea.Plan(metrics=[accuracy()], seed=1)
    after = sea.run(plan, model=learned(posttrain.failures(report, held_out=0)), cases=cases())
    with pytest.raises(PlanError, match="learned from every case"):
        sea.compare(report, after)
    half = sea.Priority("half is right", metric=accuracy(), require={"at_least": 0.5})
    judged = sea.judge(sea.Specification("t", priorities=[half], seed=1, cases=cases()), after)
    assert judged.outcome == "error"
    assert "learned from every case" in judged.verdicts[0].note
    kept = posttrain.failures(report, held_out=0.25, seed=3)
    change = sea.compare(report, sea.run(plan, model=learned(kept), cases=cases()))
    assert change.notes == ("18 cases that a repaired model learned from are left out",)


def unchanged():
    def adapt(model, examples, /, *, seed, work):
        return Chooser()

    return adapt


kept_as_it_is = sea.Adapter(
    name="tests.unchanged",
    summary="Learn nothing.",
    factory=unchanged,
    reads="preferences",
)
