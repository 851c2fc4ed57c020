"""Reporters write what there is, and whatever a case or a model says stays text."""

from __future__ import annotations

import csv
import io
import json

import attrs
import pytest
from trial_stand_ins import bot, orders, plan, same, shout, swap

import seatrial as sea
from seatrial._graded import BaselineGrade, Gain, Grade, Part
from seatrial.errors import ParameterError, PlanError
from seatrial.runs._bundle import Bundle
from seatrial.verbs._run import run

REGISTRY = sea.default_registry()
ODD = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "|calc", "%0A", "＝1")


def written(name, bundle, **params):
    return REGISTRY.get(name, sea.Reporter)(**params).build()(bundle).decode()


@pytest.fixture(scope="module")
def report():
    return run(plan(swap(), shout(), metrics=(same,)), bot, orders(8))


def test_the_reporters_of_the_core_are_listed():
    names = {one.name for one in REGISTRY.all(sea.Reporter)}
    assert {"table", "json", "csv", "md", "junit"} <= names


def test_a_table_is_what_the_report_prints(report):
    assert written("table", Bundle(report)) == f"{report}\n"


def test_json_is_the_report_as_data(report):
    assert json.loads(written("json", Bundle(report))) == json.loads(json.dumps(report.as_dict()))
    both = json.loads(written("json", Bundle(report, explanations=[sea.Explanation("why")])))
    assert set(both) == {"report", "explanation"}


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_a_row_for_each_cell_with_the_figures_in_full(report):
    rows = rows_of(written("csv", Bundle(report)))
    assert len(rows) == len(report.cells)
    for row, cell in zip(rows, report.cells, strict=True):
        assert row["perturbation"] == cell.perturbation
        assert float(row["stand.same"]) == cell.scores["stand.same"]
        assert int(row["planned"]) == cell.accounting.planned


def test_csv_has_a_row_for_each_record(report):
    rows = rows_of(written("csv", Bundle(report), of="records"))
    assert [row["case"] for row in rows] == [record.case_id for record in report.records()]
    assert {row["answer"] for row in rows} == {"refund", "other"}


@pytest.mark.parametrize("odd", ODD)
def test_csv_holds_no_formula(odd):
    cases = [attrs.evolve(case, id=f"{odd}{case.id}") for case in orders(2)]
    found = run(plan(severities=(1,)), lambda texts: [odd] * len(texts), cases)
    for row in csv.reader(io.StringIO(written("csv", Bundle(found), of="records"))):
        assert not any(cell[:1] in tuple("=+-@\t\r|%＝") for cell in row if not is_number(cell))
    assert f"'{odd[0]}" in written("csv", Bundle(found), of="records") or odd[0] in "\t\r"


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_markdown_escapes_what_it_would_read(report):
    odd = attrs.evolve(shout, name="stand.odd", factory=lambda mark: lambda text, /, *, seed: mark)
    mark = "<b>*x*</b> [y](z) | `w` _v_ \x1b[31m"
    text = written("md", Bundle(run(plan(odd(mark=mark)), bot, orders(2))))
    (row,) = (line for line in text.splitlines() if "odd" in line)
    assert r"\<b\>\*x\*\</b\> \[y\](z) \| \`w\` \_v\_" in row
    assert "\x1b" not in text
    assert len([part for part in row.replace(r"\|", "").split("|") if part.strip()]) == 7


def test_what_is_asked_wrongly_is_said(report):
    with pytest.raises(ParameterError, match=r"of must be 'cells', 'records', 'verdicts'"):
        REGISTRY.get("csv", sea.Reporter)(of="cell").build()
    with pytest.raises(PlanError, match="no judgement to write the verdicts of"):
        written("csv", Bundle(report), of="verdicts")


def graded():
    part = Part(40, 10, 40)
    gain = Gain(0.1, (0.02, 0.18), 0.01, 0.02)
    return Grade(
        explainer="demo.word",
        confidence=0.95,
        training=part,
        test=part,
        detectable=0.7,
        best_baseline="length",
        baselines={"length": BaselineGrade(0.6, (0.5, 0.7), 0.61, gain)},
        auroc=0.75,
        interval=(0.66, 0.84),
        p=0.001,
    )


def test_csv_has_a_row_for_each_explainer_and_baseline():
    bundle = Bundle(explanations=[sea.Explanation("why", grade=graded(), auroc=0.75)])
    explainer, baseline = rows_of(written("csv", bundle, of="explanations"))
    assert (explainer["predictor"], explainer["auroc"], explainer["gain"]) == (
        "demo.word",
        "0.75",
        "",
    )
    assert (baseline["explainer"], baseline["predictor"]) == ("demo.word", "length")
    assert (baseline["low"], baseline["gain"], baseline["p"]) == ("0.5", "0.1", "0.01")
    with pytest.raises(PlanError, match="there is no explanation"):
        written("csv", Bundle(), of="explanations")


@pytest.mark.parametrize("name", ["table", "md"])
def test_what_was_not_graded_is_told_in_sentences(name):
    bundle = Bundle(explanations=[sea.Explanation("nothing to explain: all are right")])
    assert written(name, bundle).strip("*\n") == "nothing to explain: all are right"
