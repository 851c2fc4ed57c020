"""Specifications that name files of cases and of recorded answers."""

from __future__ import annotations

import pytest

from seatrial import (
    Metric,
    Priority,
    Registry,
    Specification,
    hookimpl,
    load_cases,
    load_specification,
)
from seatrial._files import dump_specification
from seatrial.errors import FileError, PlanError

ACCURACY = Metric(name="loud.accuracy", summary="Counts.", factory="no_such_module:m")


class Loud:
    @hookimpl
    def seatrial_metrics(self):
        return (ACCURACY,)


@pytest.fixture(scope="module")
def registry():
    found = Registry()
    found.register(Loud(), "loud")
    return found


FILES = """
format = 1
title = "Mine"
seed = 7
model = {model}
cases = {cases}

[[priorities]]
name = "Same"
metric = "loud.accuracy"
require = {{ at_least = 0.5 }}
"""


def of_files(write, cases='{ file = "q.csv" }', model='{ file = "answers.jsonl" }'):
    return write(FILES.format(cases=cases, model=model))


def test_files_of_cases_and_answers_are_named_and_not_read(write, registry):
    cases = '{ file = "none.csv", input = ["q", "hint"], where = { site = "A" }, limit = 3 }'
    found = load_specification(of_files(write, cases), registry=registry)
    assert found.cases.params["source"] == "none.csv"
    assert found.model.params == {"source": "answers.jsonl"}
    text = dump_specification(found)
    assert 'model = { file = "answers.jsonl" }' in text
    assert load_specification(write(text), registry=registry) == found


@pytest.mark.parametrize(
    ("cases", "source"),
    [
        ('"q.csv"', "q.csv"),
        ('["q.csv", "shop:cases"]', "q.csv"),
        ('[{ file = "pets", target = "folder" }]', "pets"),
    ],
)
def test_a_file_may_be_named_in_short_and_beside_others(write, registry, cases, source):
    found = load_specification(of_files(write, cases, '"answers.csv"'), registry=registry)
    first = found.cases[0] if isinstance(found.cases, tuple) else found.cases
    assert first.params["source"] == source
    assert found.model.params == {"source": "answers.csv"}
    assert load_specification(write(dump_specification(found)), registry=registry) == found


@pytest.mark.parametrize(
    ("cases", "line"),
    [
        ('{ file = "q.csv", inputs = "q" }', ".cases.inputs: no such key; did you mean input?"),
        ('{ file = "q.csv", limit = 0 }', ".cases.limit: must be a whole number from 1 up, got 0"),
        ('{ file = "q.csv", sample = "any" }', ".cases.sample: must be 'first' or 'random', got"),
        ("{ file = 3 }", ".cases.file: must be the path of a file, got 3"),
        ('{ flie = "q.csv" }', ".cases: must be an import string or a table with use ="),
        ('"questions"', ".cases: 'questions' must read 'package.module:name'"),
    ],
)
def test_a_mistake_about_a_file_is_one_line_with_its_place(write, registry, cases, line):
    with pytest.raises(FileError) as caught:
        load_specification(of_files(write, cases), registry=registry)
    (told,) = caught.value.problems
    assert told.startswith(f"pharmacy.toml{line}")


def test_a_file_beside_the_specification_is_found_from_anywhere(
    write, registry, tmp_path, monkeypatch
):
    path = of_files(write)
    (tmp_path / "q.csv").write_text("input\nhello\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = load_specification(path, registry=registry).cases
    assert found.params["source"] == (tmp_path / "q.csv").as_posix()
    assert load_cases(found)[0].input == "hello"
    monkeypatch.chdir(tmp_path)
    assert load_specification("pharmacy.toml", registry=registry).cases.params["source"] == "q.csv"


def test_a_specification_keeps_what_loaded_cases_know_of_themselves(tmp_path):
    (tmp_path / "orders.csv").write_text("id,input,target\n" + "q2,a,b\nq1,a,b\n")
    loaded = load_cases(tmp_path / "orders.csv", limit=1)
    loaded.modalities = ("audio.clip",)
    orders = Priority("orders", metric=ACCURACY, require={"at_least": 0.5})
    kept = load_cases(Specification("Orders", priorities=[orders], seed=1, cases=loaded).cases)
    assert kept.references == loaded.references != ()
    assert (kept.modalities, kept.limit) == (("audio.clip",), 1)


def test_options_choose_among_what_a_reference_gives(tmp_path):
    table = tmp_path / "orders.csv"
    rows = "".join(f"q{at},a,b,{at % 2}\n" for at in range(10))
    table.write_text("id,input,target,odd\n" + rows)
    given = load_cases(table, groups="odd", where={"odd": 1}, limit=4)
    assert (len(given), given.limit, given.narrowed) == (4, 4, False)
    (reference,) = given.references
    fewer = load_cases(reference, limit=3)
    assert [one.id for one in fewer] == ["q1", "q3", "q5"]
    assert (fewer.references, fewer.narrowed) == ((reference,), True)
    assert load_cases(reference, limit=7) == load_cases(reference)
    assert load_cases(reference, limit=7).limit is None
    assert load_cases(table, limit=10).limit is None
    assert len(load_cases([table, tmp_path / "gone.csv"], limit=3)) == 3
    with pytest.raises(PlanError, match="input: this is about the columns of a table"):
        load_cases(reference, input="input")
