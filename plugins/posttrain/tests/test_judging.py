"""Models that judge: many answers in one call, what is kept of them, and local ones."""

from __future__ import annotations

import resource
from contextlib import contextmanager

import pytest
import seatrial_posttrain as posttrain
from attrs import define, field
from seatrial_posttrain import _kept
from seatrial_posttrain._judge import asked_for_score, asked_right
from seatrial_posttrain._samples import saved
from seatrial_transformers import Completion, causal_lm

import seatrial as sea
from seatrial.errors import (
    MetricError,
    ModelError,
    ParameterError,
    PlanError,
    SeatrialError,
    StoreError,
)

CASES = [sea.Case(f"c{n}", f"what is {n}?", str(n)) for n in range(4)]
HOW = {"samples": 3, "temperature": 1.5}


@contextmanager
def full_disk(size):
    """Let no file grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@define
class Writer:
    """Answers with the case's number, right only in the first of three samples."""

    asked: list = field(factory=list)
    identity: str = "writer"

    @property
    def trainable(self):
        return self

    def sampled(self, inputs, *, temperature, seed):
        self.asked.append(len(inputs))
        number = [sea.derive(0, "sample", n) for n in range(3)].index(seed)
        return [Completion(f"{one} It is {number}.", 5, "stop") for one in inputs]


@define
class Endpoint:
    """A judge of several texts at once, with scripted replies to some answers."""

    replies: dict = field(factory=dict)
    calls: list = field(factory=list)
    identity: str = "endpoint"

    async def __call__(self, texts):
        self.calls.append(len(texts))
        return [self._reply(one) for one in texts]

    def _reply(self, text):
        known = [reply for part, reply in self.replies.items() if part in text]
        return known[0] if known else "[[correct]]" if "It is 0." in text else "[[wrong]]"


def pairs(judge, to=None, writer=None, cases=CASES):
    return posttrain.final_answer_pairs(writer or Writer(), cases, judge=judge, **HOW, to=to)


def test_answers_to_many_cases_are_judged_in_one_call():
    endpoint, writer = Endpoint(), Writer()
    found = pairs(posttrain.judged_by(endpoint), writer=writer)
    assert [one.case_id for one in found] == ["c0", "c1", "c2", "c3"]
    assert endpoint.calls == [12]
    assert writer.asked == [4, 4, 4]


def test_nonsense_and_no_reply_cost_their_own_answers_alone(tmp_path):
    replies = {"1? It is 1.": "Hm.", "2? It is 1.": sea.Failed("too busy")}
    endpoint = Endpoint(replies)
    with pytest.raises(ModelError, match="the judge gave no reply on case 'c2': too busy"):
        pairs(posttrain.judged_by(endpoint), tmp_path / "kept.jsonl")
    del replies["2? It is 1."]
    found = pairs(posttrain.judged_by(endpoint), tmp_path / "kept.jsonl")
    assert endpoint.calls == [12, 1]
    assert len(found) == 4
    assert found.counts["left out: the judge gave no judgement"] == 1


@pytest.mark.parametrize("together", [True, False])
def test_what_was_judged_stays_judged(tmp_path, monkeypatch, together):
    monkeypatch.setattr(_kept, "AT_ONCE", 5)
    asked = []

    def judge(texts):
        if len(asked) >= 5 and not stopped:
            stopped.append(True)
            raise KeyboardInterrupt
        asked.extend(texts)
        return ["[[correct]]" if "It is 0." in one else "[[wrong]]" for one in texts]

    def rule(case, text):
        return judge([text]) == ["[[correct]]"]

    stopped, writer = [], Writer()
    by = posttrain.judged_by(judge) if together else rule
    with pytest.raises(KeyboardInterrupt):
        pairs(by, tmp_path / "kept.jsonl", writer)
    found = pairs(by, tmp_path / "kept.jsonl", writer)
    assert len(set(asked)) == len(asked) == 12
    assert writer.asked == [4, 4, 4]
    assert found == pairs(by)


def test_another_judge_judges_the_same_answers(tmp_path):
    writer = Writer()
    pairs(posttrain.judged_by(Endpoint()), tmp_path / "kept.jsonl", writer)
    other = Endpoint({"It is 2.": "[[correct]]"}, identity="other")
    found = pairs(posttrain.judged_by(other), tmp_path / "kept.jsonl", writer)
    assert writer.asked == [4, 4, 4]
    assert other.calls == [12]
    assert found.provenance[0]["judge"] == "other"


def test_answers_that_nothing_judged_are_named(tmp_path):
    with pytest.raises(ParameterError, match=r"answer to case 'c0' is not judged in .*give the"):
        pairs(None, tmp_path / "kept.jsonl")


def test_critics_are_asked_about_many_answers_in_one_call():
    step = '{"step": "what is", "correction": "that is"}'
    critic = Endpoint({"Proposed solution": step})
    found = posttrain.stepwise_pairs(
        Writer(),
        CASES,
        judge=posttrain.judged_by(Endpoint()),
        critic=posttrain.corrected_by(critic),
        **HOW,
    )
    assert critic.calls == [8]
    assert found.counts == {"left out: the quoted step is only a part of one": 8}


def test_answers_sampled_together_are_those_sampled_alone(folder):
    writer = causal_lm(folder, max_new_tokens=40)
    how = {"judge": lambda case, text: len(text) % 2 == 0, "samples": 12, "temperature": 1.5}
    together = posttrain.final_answer_pairs(writer, CASES[2:], **how)
    alone = [posttrain.final_answer_pairs(writer, [one], **how) for one in CASES[2:]]
    assert together
    assert list(together) == [pair for some in alone for pair in some]


@pytest.fixture(scope="module")
def nonsense(tmp_path_factory):
    """A model with random weights as a judge."""
    folder = saved(tmp_path_factory.mktemp("judge"), max_position_embeddings=2048)
    path = {"path": str(folder), "max_new_tokens": 20}
    return {"use": "seatrial_transformers:causal_lm", "params": path}


def test_a_local_model_that_learned_to_judge(nonsense):
    case, answer = sea.Case("a", "what is 2?", "two"), sea.Prediction("It is two.")
    asked = {
        "[[correct]]": asked_right(case, "It is two."),
        "[[7]]": asked_for_score("user: what is 2?\n\nassistant: It is two."),
    }
    how = {"learning_rate": 1e-2, "epochs": 40, "batch_size": 2, "row_tokens": 400}
    judge = sea.repair(
        posttrain.joint(**how),
        model=causal_lm(nonsense["params"]["path"], max_new_tokens=20),
        cases=[sea.Case(said, text, said) for said, text in asked.items()],
    )
    assert posttrain.judged_by(judge)(case, "It is two.") is True
    assert posttrain.judged_right(judge=judge).build()([case], [answer]) == [1]
    assert posttrain.judged_score(judge=judge).build()([case], [answer]) == [7]


def test_a_local_model_that_judges_nonsense_is_named_on_every_route(nonsense, folder):
    case, answer = sea.Case("a", "what is 2?", "two"), sea.Prediction("two")
    judge, no = posttrain.judged_by(nonsense), "the judge gave no judgement on case 'a': .*cut off"
    assert (judge(case, "two"), posttrain.corrected_by(nonsense)(case, "two")) == (None, None)
    for metric in (posttrain.judged_right, posttrain.judged_score):
        with pytest.raises(MetricError, match=no):
            metric(judge=nonsense).build()([case], [answer])
    for name, metric in (
        ("FinanceBench", posttrain.judged_right),
        ("MT-bench", posttrain.judged_score),
    ):
        task = {"task": name, "cases": [case], "metric": metric(judge=nonsense)}
        with pytest.raises(ModelError, match=f"task '{name}': .*{no}"):
            posttrain.evaluate(causal_lm(folder, max_new_tokens=4), [task])
    asked = posttrain.source([case], name="exam", domain="in", stage="pa")
    how = {"judge": nonsense, "samples": 4, "temperature": 2.0}
    with pytest.raises(PlanError, match=r"made no pair .*the judge gave no judgement: 1"):
        sea.repair(
            posttrain.recipe(preference=how),
            model=causal_lm(folder, max_new_tokens=40),
            cases=asked,
        )


LM = "seatrial_transformers:causal_lm"


@pytest.mark.parametrize(
    ("judge", "error", "told"),
    [
        ("seatrial_transformers:smollm2", ParameterError, "if it makes the judge, give params"),
        (LM, ModelError, "if it makes the judge, give params"),
        ({"use": LM, "params": {"pth": "x"}}, ParameterError, f"judge {LM}: .*'path'"),
        ({"use": LM, "params": {"path": "/nowhere"}}, ModelError, "there is no model at /nowhere"),
        ("nowhere:judge", SeatrialError, "judge: cannot import 'nowhere:judge'"),
    ],
    ids=["factory", "model", "params", "folder", "module"],
)
def test_a_judge_that_cannot_be_asked_is_named(judge, error, told):
    with pytest.raises(error, match=told):
        posttrain.judged_by(judge)(CASES[0], "0")


def test_a_judge_that_cannot_take_the_question_is_named(folder):
    with pytest.raises(ModelError, match=r"the judge cannot be asked: .* than the 256 that"):
        posttrain.judged_by(causal_lm(folder, max_new_tokens=20))(CASES[0], "0")


def test_a_judge_that_is_not_there_is_found_before_anything_is_trained(model):
    judge = {"use": LM, "params": {"path": "/nowhere"}}
    told = []
    with pytest.raises(ModelError, match="there is no model at /nowhere"):
        sea.repair(
            posttrain.recipe(preference={"judge": judge}),
            model=model,
            cases=[*CASES, *posttrain.source(CASES, name="x", domain="in", stage="pa")],
            observers=[told.append],
        )
    assert told == []


def test_a_full_disk_stops_and_keeps_what_was_judged(tmp_path):
    file = tmp_path / "kept.jsonl"
    writer, endpoint = Writer(), Endpoint()
    with full_disk(900), pytest.raises(StoreError, match=r"kept.jsonl cannot be written, and"):
        pairs(posttrain.judged_by(endpoint), file, writer)
    assert len(pairs(posttrain.judged_by(endpoint), file, writer)) == 4
    assert writer.asked == [4, 4, 4]
    assert endpoint.calls[0] > endpoint.calls[1] > 0
