"""Answers that were recorded elsewhere: a model that can be measured, judged and explained."""

from __future__ import annotations

import json

import pytest
from trial_stand_ins import orders, plan, rows, shout, swap

import seatrial as sea
from seatrial.errors import FileError, ModelError, PlanError
from seatrial.verbs._replay import replay
from seatrial.verbs._run import run


def answer(at, rung):
    return "refund" if (at + rung) % 4 else "other"


def table(count=12, rungs=(1, 2, 3)):
    """What a model would have said to orders, clean and swapped."""
    found = [{"id": f"q{at:03}", "answer": answer(at, 0)} for at in range(count)]
    return found + [
        {
            "id": f"q{at:03}",
            "perturbation": "stand.swap",
            "severity": rung,
            "answer": answer(at, rung),
        }
        for rung in rungs
        for at in range(count)
    ]


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def written(found, name="answers.jsonl"):
        (tmp_path / name).write_text("\n".join(map(json.dumps, found)))
        return name

    return written


@pytest.mark.parametrize("executor", ["serial", "threads"])
def test_each_record_gets_its_own_answer(written, tmp_path, executor):
    report = run(plan(swap()), written(table()), orders(12), to=tmp_path / "run", executor=executor)
    assert report.accounting.scored == 48
    found = {(r.case_id, r.severity): r.prediction.value for r in rows(report)}
    assert found == {(f"q{at:03}", k): answer(at, k) for at in range(12) for k in range(4)}


def test_a_recorded_answer_is_replayed_from_the_table():
    report = run(plan(swap()), sea.load_answers(table()), orders(12))
    clean, swapped = (replay(report, name) for name in ("q003", "q003@stand.swap:2"))
    assert (clean.prediction.value, clean.same) == (answer(3, 0), True)
    assert (swapped.prediction.value, swapped.same) == (answer(3, 2), True)


def test_ids_that_perturbed_gives_say_what_was_done():
    asked = [*orders(6), *sea.perturbed(plan(swap(), replicates=2), orders(6))]
    rows_ = [{"id": case.id, "answer": case.id} for case in asked]
    report = run(plan(swap(), replicates=2), sea.load_answers(rows_), orders(6))
    assert report.accounting.errored == 0
    changed = [one for one in rows(report) if one.changed]  # else the clean answer stands for it
    assert {one.replicate for one in changed} == {0, 1}
    for one in changed:
        again = f"#{one.replicate}" if one.replicate else ""
        assert one.prediction.value == f"{one.case_id}@stand.swap:{one.severity}{again}"


@pytest.mark.parametrize("parts", [False, True])
def test_an_answer_to_another_input_is_an_error(parts):
    def shown(text):
        return {"letter": text, "hint": "none"} if parts else text

    cases = [sea.Case(one.id, shown(one.input), one.target) for one in orders(6)]
    measured = plan(swap(on="letter") if parts else swap())
    asked = [*cases, *sea.perturbed(measured, cases)]
    rows_ = [{"id": case.id, "answer": "refund", "said": case.input} for case in asked]
    model = sea.load_answers(rows_, input="said")
    assert run(measured, model, cases).accounting.errored == 0
    rows_[1]["said"] = shown("something else")
    (error,) = run(measured, sea.load_answers(rows_, input="said"), cases).errors
    assert (error.first_case, error.error) == (
        "q001",
        "the rows: the answer to the clean input is to another input than the run makes today",
    )


@pytest.mark.slow
def test_other_processes_read_the_file_themselves(written, tmp_path):
    name = written(table())
    report = run(plan(swap()), name, orders(12), executor="processes", workers=2)
    assert rows(report) == rows(run(plan(swap()), name, orders(12)))


def test_cases_with_the_same_input_have_answers_of_their_own():
    cases = [sea.Case(name, "the same text", name) for name in "ab"]
    model = sea.load_answers([{"id": "a", "answer": "a"}, {"id": "b", "answer": "b"}])
    report = run(plan(severities=(1,)), model, cases)
    clean = [one for one in rows(report) if not one.severity]
    assert [one.scores["stand.same"] for one in clean] == [1.0, 1.0]


def test_what_was_not_recorded_is_an_error_of_its_own_record(written):
    report = run(plan(swap(), shout()), written(table(rungs=(1, 2))), orders(12))
    assert [str(one) for one in report.errors] == [
        "12 × answers.jsonl: no answer under stand.swap at severity 3 (first: q000)",
        "12 × answers.jsonl: no answer under stand.shout at severity 1 (first: q000)",
    ]


def test_a_finished_run_is_confirmed_and_other_answers_are_measured_again(written, tmp_path):
    seen = []
    run(plan(swap()), written(table()), orders(12), to=tmp_path / "run")
    run(plan(swap()), "answers.jsonl", orders(12), to=tmp_path / "run", observers=[seen.append])
    assert (seen[-1].kept, seen[-1].measured) == (48, 0)
    changed = [{**one, "answer": "other"} for one in table()]
    run(plan(swap()), written(changed), orders(12), to=tmp_path / "run", observers=[seen.append])
    assert seen[-1].measured == 48


def test_the_identity_is_the_content_wherever_it_lies(written):
    names = [written(table(), name) for name in ("a.jsonl", "b.jsonl")]
    one, two = (sea.load_answers(name).identity for name in names)
    assert one == two == sea.load_answers(table()).identity
    assert one != sea.load_answers(table(11)).identity


def test_probabilities_refusals_and_errors_are_read(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text(
        "case,perturbation,severity,said,p,no,why\n"
        'a,,,yes,"{""yes"": 0.75, ""no"": 0.25}",false,\n'
        "b,clean,0,,\"{'yes': 0.25, 'no': 0.75}\",,\n"
        "c,,,I cannot say,,TRUE,\n"
        "d,,,,,,timed out\n"
    )
    model = sea.load_answers(
        path, id="case", answer="said", probabilities="p", refused="no", error="why"
    )
    found = {key[0]: one.answer for key, one in model.answers.items()}
    assert found["a"] == sea.Prediction(
        "yes", probabilities={"yes": 0.75, "no": 0.25}, refused=False
    )
    assert found["b"].value == "no"
    assert found["c"].refused is True
    assert found["d"] == sea.Failed("timed out")


def test_answers_have_the_type_that_targets_have(tmp_path):
    (tmp_path / "q.csv").write_text("id,input,target\na,x,1\nb,y,0\n")
    (tmp_path / "answers.csv").write_text("id,answer\na,1\nb,1\n")
    cases = sea.load_cases(tmp_path / "q.csv")
    model = sea.load_answers(tmp_path / "answers.csv")
    report = run(plan(severities=(1,)), model, cases)
    assert report.cells[0].scores == {"stand.same": 0.5}


def test_a_list_in_one_line_is_told_apart_by_its_objects(tmp_path):
    path = tmp_path / "answers.json"
    path.write_text('[{"id": "a", "answer": "x"}, {"id": "a", "answer": "y"}]\n')
    with pytest.raises(FileError, match=r"json, object 2: .*json, object 1 is an answer to the"):
        sea.load_answers(path)


WRONG = {
    "id,answer\na,x\na,y\n": "answers.csv, line 3: answers.csv, line 2 is an answer to the same",
    "id,perturbation,answer\na,stand.swap,x\n": "line 2: perturbation 'stand.swap' at severity 0",
    "id,severity,answer\na,2,x\n": "line 2: perturbation 'clean' at severity 2",
    "id,severity,answer\na,high,x\n": "line 2: 'severity' must be a whole number from 0 up",
    "id,answer\n,x\n": "line 2: 'id' is empty",
    "id,answr\na,x\n": "has no column 'answer'; did you mean answr?",
    "case,answer\na,x\n": "has no column 'id'; it has 'case', 'answer'",
    "id,answer,probabilities\na,x,high\n": "line 2: probabilities: 'high' is not JSON",
    "id,answer,probabilities\na,x,[1]\n": "line 2: 'probabilities' must map answers to their",
    'id,probabilities\na,"{""x"": 1.2}"\n': "line 2: 'probabilities': the probability of 'x' must",
    'id,probabilities\na,"{""x"": -0.1}"\n': "must lie from 0 to 1, got -0.1",
    'id,probabilities\na,"{""x"": NaN}"\n': "must lie from 0 to 1, got nan",
    "id,answer,refused\na,x,maybe\n": "line 2: refused: 'maybe' is neither true nor false",
}


@pytest.mark.parametrize("content", WRONG)
def test_what_is_no_answer_is_named_with_its_line(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answers.csv").write_text(content)
    with pytest.raises(FileError) as caught:
        sea.load_answers("answers.csv")
    assert WRONG[content] in str(caught.value)


def test_other_inputs_have_no_answer():
    model = sea.load_answers(table())
    with pytest.raises(ModelError, match="cannot answer other inputs"):
        model(["please return my money"])
    with pytest.raises(PlanError, match="answers are read from a file"):
        sea.load_answers(3)


def test_recorded_answers_are_judged_like_a_models(written, tmp_path):
    lines = "".join(f"{one.id},{one.input},{one.target}\n" for one in orders(60))
    (tmp_path / "q.csv").write_text(f"id,input,target\n{lines}")
    spec = sea.Specification(
        "Recorded",
        priorities=[
            sea.Priority(
                "Same", perturbations=[swap], severities=[1], require={"min_agreement": 0.9}
            )
        ],
        seed=7,
        model=written(table(60)),
        cases="q.csv",
    )
    report = run(spec, to=tmp_path / "run")
    (verdict,) = sea.judge(spec, report).verdicts
    # The truth, counted by hand.
    alike = sum(answer(at, 0) == answer(at, 1) for at in range(60)) / 60
    assert (verdict.outcome, verdict.estimate) == ("fail", alike)
