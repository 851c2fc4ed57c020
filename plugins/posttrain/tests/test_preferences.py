"""Preferences from a run's failures, and from sampled answers."""

from __future__ import annotations

import pytest
import seatrial_posttrain as posttrain
from seatrial_metrics import accuracy
from seatrial_nlpaug import keyboard
from seatrial_transformers import causal_lm

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
    found = posttrain.failures(report, held_out=0.25, seed=3)
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
        "left out: no right answer is known": 2,
    }


def test_pairs_are_each_made_once():
    plan = sea.Plan(perturbations=[keyboard()], metrics=[accuracy()], severities=[5], seed=1)
    twins = [sea.Case(f"t{n}", "is it", "yes") for n in range(2)]
    report = sea.run(plan, model=lambda texts: ["no"] * len(texts), cases=twins)
    found = posttrain.failures(report, held_out=0)
    assert found.counts["left out: the same pair was made before"] >= 1
    assert len({(one.input, one.chosen, one.rejected) for one in found}) == len(found)


@pytest.fixture(scope="module")
def writer(folder):
    return causal_lm(folder, max_new_tokens=40)


def judge(case, text):
    return len(text) % 2 == 0


def test_a_right_and_a_wrong_sample_become_a_pair(writer, tmp_path):
    some = [sea.Case(f"c{n}", f"word {n}", "x", cluster=f"k{n}") for n in range(3)]
    how = {"samples": 12, "temperature": 1.5, "seed": 4, "per_case": 2}
    found = posttrain.final_answer_pairs(writer, some, judge=judge, **how, to=tmp_path / "f.jsonl")
    assert found
    for one in found:
        assert judge(None, one.chosen)
        assert not judge(None, one.rejected)
        assert "temperature 1.5, seed 4, 12 samples" in one.reason
    assert found.counts["final-answer pairs"] == len(found)
    assert found.clusters == {"k0", "k1", "k2"}
    again = posttrain.final_answer_pairs(writer, some, judge=None, **how, to=tmp_path / "f.jsonl")
    assert again == found
    assert again.counts == found.counts
    assert posttrain.final_answer_pairs(writer, some, judge=judge, **how) == found


def test_sampling_goes_on_where_it_was_cut_off(writer, tmp_path):
    some = [sea.Case(f"c{n}", f"word {n}", "x") for n in range(2)]
    how = {"samples": 3, "temperature": 1.5, "seed": 4}
    whole = posttrain.final_answer_pairs(writer, some, judge=judge, **how, to=tmp_path / "a.jsonl")
    lines = (tmp_path / "a.jsonl").read_text("utf-8")
    (tmp_path / "b.jsonl").write_text(lines[:-20], "utf-8")
    again = posttrain.final_answer_pairs(writer, some, judge=judge, **how, to=tmp_path / "b.jsonl")
    assert again == whole
    assert (tmp_path / "b.jsonl").read_text("utf-8") == lines


def test_a_judge_that_answers_nonsense_makes_no_pair(writer):
    some = [sea.Case(f"c{n}", f"word {n}", "x") for n in range(3)]
    found = posttrain.final_answer_pairs(
        writer, some, judge=lambda case, text: "maybe", samples=12, temperature=1.5, seed=4
    )
    assert found == ()
    assert found.counts["left out: the judge gave no judgement"] >= 1
    assert found.counts["left out: no answer is usable"] == 3


def test_what_cannot_be_sampled_is_refused(writer):
    with pytest.raises(ParameterError, match="temperature must be positive"):
        posttrain.final_answer_pairs(writer, [], judge=judge, temperature=0)
    with pytest.raises(ParameterError, match="samples must be"):
        posttrain.final_answer_pairs(writer, [], judge=judge, samples=0)
    with pytest.raises(PlanError, match="has options"):
        posttrain.final_answer_pairs(writer, cases(1), judge=judge)
