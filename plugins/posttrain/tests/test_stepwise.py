"""Stepwise-corrective pairs from sampled answers, with judges that are scripted."""

from __future__ import annotations

import json

import pytest
import seatrial_posttrain as posttrain
from attrs import define, field, frozen
from seatrial_posttrain._corrections import Located, located
from seatrial_posttrain._stepwise import next_step
from seatrial_transformers import Completion

import seatrial as sea
from seatrial.errors import ModelError, ParameterError

WRONG = "The fee is 2 a day.\nSix days make 14.\nThe answer is 14."
LONG = "The fee is 2 a day.\nSix days, one after the other, make 15 in all.\nThe answer is 15."
RIGHT = "The fee is 2 a day.\nSix days make 12.\nThe answer is 12."


@frozen
class Writer:
    """Samples answers from a list; an answer's tokens are its words."""

    answers: tuple[str, ...] = (WRONG, RIGHT, LONG)
    identity: str = "writer"

    @property
    def trainable(self):
        return self

    def sampled(self, inputs, *, temperature, seed):
        known = {sea.derive(0, "sample", number): text for number, text in enumerate(self.answers)}
        return [Completion(known[seed], len(known[seed].split()), "stop") for _ in inputs]

    def encoded(self, value, answers):
        return (0,), [tuple(range(len(one.split()))) for one in answers]


@define
class Scripted:
    """Answers with the next of some replies, and remembers what it was asked."""

    replies: list
    asked: list = field(factory=list)
    identity: str = "scripted"

    def __call__(self, inputs):
        self.asked += inputs
        return [self.replies.pop(0) for _ in inputs]


def right(case, text):
    return "12" in text


def quote(step, correction="Six days make 12.", **more):
    return {"step": step, "correction": correction, **more}


def critic(case, text):
    return quote(text.splitlines()[1], before="The fee is 2 a day.")


CASE = sea.Case("fee", "What do six days cost?", "12", cluster="fees")


def made(critic=critic, writer=None, case=CASE, **how):
    writer = writer or Writer()
    how = {"judge": right, "samples": len(writer.answers)} | how
    return posttrain.stepwise_pairs(writer, [case], critic=critic, **how)


def test_the_first_wrong_step_is_paired_with_its_correction():
    found = made()
    (pair,) = found
    assert pair.input == "What do six days cost?\n\nThe fee is 2 a day.\n\nWhat is the next step?"
    assert (pair.chosen, pair.rejected) == ("Six days make 12.", "Six days make 14.")
    assert (pair.case_id, pair.cluster) == ("fee", "fees")
    assert found.clusters == {"fees"}
    assert found.counts == {
        "left out: the case has enough pairs": 1,
        "stepwise-corrective pairs": 1,
    }
    (facts,) = found.provenance
    assert facts == {
        "kind": "stepwise-corrective pairs",
        "case": "fee",
        "model": "writer",
        "judge": None,
        "critic": None,
        "samples": 3,
        "temperature": 0.7,
        "seed": 0,
        "wrong": 0,
        "answer": WRONG,
        "justification": "",
    }


def test_lengths_match_first_and_within_a_ratio():
    two = made(per_case=2)
    assert [one.rejected for one in two] == [
        "Six days make 14.",
        "Six days, one after the other, make 15 in all.",
    ]
    near = made(per_case=2, max_length_ratio=2)
    assert [one.rejected for one in near] == ["Six days make 14."]
    assert near.counts["left out: lengths differ too much"] == 1
    with pytest.raises(ParameterError, match="max_length_ratio must be at least 1"):
        made(max_length_ratio=0.5)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("maybe", "the critic gave no correction"),
        (None, "the critic gave no correction"),
        ({"step": "Six days make 14."}, "the critic gave no correction"),
        (quote("Seven days make 14."), "the quoted step does not stand in the answer"),
        (quote("six days make 14."), "the quoted step does not stand in the answer"),
        (quote("The answer is 14."), "the quoted step is the end of the answer"),
        (quote("days make 14."), "the quoted step is only a part of one"),
        (quote("Six days make"), "the quoted step is only a part of one"),
        (quote("e"), "the quoted step stands in the answer more than once"),
        (
            quote("Six days make 14.", before="The fee is 3 a day."),
            "the quoted reasoning is not what stands before the step",
        ),
        (quote("Six days make 14.", " "), "the step or its correction is empty"),
        (quote("Six days make 14.", "Six days make 14."), "both sides are equal"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_quote_of_an_intermediate_step_makes_no_pair(given, why):
    found = made(lambda case, text: given, Writer((WRONG,)))
    assert found == ()
    assert found.counts == {f"left out: {why}": 1}


def test_a_step_may_be_the_first_or_one_of_several_in_a_line():
    first = located(
        "Take 3. Double it.\nSix.", posttrain.Correction(step="Take 3.", correction="4")
    )
    assert first == Located("", "Take 3.", "4")
    inner = posttrain.Correction(step="Double it.", correction="Halve it.", before="Take 3.")
    assert located("Take 3. Double it. Six.", inner) == Located(
        "Take 3.", "Double it.", "Halve it."
    )
    broken = posttrain.Correction(step="5 is it.", correction="6")
    assert located("It is 1.5 is it.\nSo.", broken) == "the quoted step is only a part of one"
    twice = posttrain.Correction(step="Add 1.", correction="Add 2.", before="Add 1.")
    assert located("Add 1.\nAdd 1.\nDone.", twice) == Located("Add 1.", "Add 1.", "Add 2.")


def test_the_same_pair_is_made_once():
    same = Writer((WRONG, WRONG, WRONG.replace("is 14", "is 14 euros")))
    found = made(writer=same, per_case=3)
    assert len(found) == 1
    assert found.counts["left out: the same answer was sampled before"] == 1
    assert found.counts["left out: the same pair was made before"] == 1


def test_it_goes_on_where_it_was_cut_off_and_shares_answers_with_final_answer_pairs(tmp_path):
    file = tmp_path / "kept.jsonl"
    final = posttrain.final_answer_pairs(Writer(), [CASE], judge=right, samples=3, to=file)
    assert [(one.chosen, one.rejected) for one in final] == [(RIGHT, WRONG)]
    asked = []

    def counting(case, text):
        asked.append(text)
        return critic(case, text)

    whole = made(counting, judge=None, to=file)  # judged before
    assert whole == made()
    assert asked == [WRONG, LONG]
    lines = file.read_text("utf-8")
    file.write_text(lines[:-5], "utf-8")
    assert made(counting, judge=None, to=file) == whole
    assert asked == [WRONG, LONG, LONG]
    assert file.read_text("utf-8") == lines


def test_a_language_model_judges_and_corrects():
    said = "It might be [[correct]], but 12 is not 14: [[Wrong]]."
    judge = Scripted([said, sea.Prediction("[[correct]]"), "14 it is [[not]]"])
    step = {**critic(CASE, WRONG), "justification": "6 times 2 is 12"}
    corrector = Scripted([f"```json\n{json.dumps(step)}\n```"])
    found = made(
        posttrain.corrected_by(corrector), judge=posttrain.judged_by(judge), writer=Writer()
    )
    assert [(one.chosen, one.rejected) for one in found] == [
        ("Six days make 12.", "Six days make 14.")
    ]
    assert found.counts["left out: the judge gave no judgement"] == 1
    assert found.provenance[0]["justification"] == "6 times 2 is 12"
    assert found.provenance[0]["judge"] == found.provenance[0]["critic"] == "scripted"
    for text in ("What do six days cost?", "12", WRONG):
        assert text in judge.asked[0]
        assert text in corrector.asked[0]


def test_an_endpoint_is_awaited_and_its_failure_stops(tmp_path):
    async def endpoint(inputs):
        return ["[[wrong]]" for _ in inputs]

    assert posttrain.judged_by(endpoint)(CASE, WRONG) is False

    def broken(inputs):
        return [sea.Failed("the budget is spent") for _ in inputs]

    file = tmp_path / "kept.jsonl"
    with pytest.raises(ModelError, match="case 'fee': the budget is spent"):
        made(judge=posttrain.judged_by(broken), to=file)
    assert made(to=file) == made()  # nothing of the failure was kept


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Why?", "Why?\n\nSo.\n\nWhat is the next step?"),
        (
            ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}),
            (
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Why?\n\nSo.\n\nWhat is the next step?"},
            ),
        ),
        (
            {"question": "Why?", "context": "It rains."},
            {"question": "Why?\n\nSo.\n\nWhat is the next step?", "context": "It rains."},
        ),
        ({"asked": "Why?"}, {"asked": "Why?\n\nSo.\n\nWhat is the next step?"}),
    ],
    ids=["text", "conversation", "question", "only text"],
)
def test_the_question_is_asked_for_the_next_step(given, expected):
    assert next_step(sea.Case("c", given).input, "So.") == sea.Case("c", expected).input
