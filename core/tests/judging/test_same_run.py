"""A report is judged only by a specification that is about the same run."""

from __future__ import annotations

import sys

import attrs
import pytest
from demand_stand_ins import demand, items, reword, right_unless

import seatrial as sea
from seatrial._reference import Reference
from seatrial.errors import PlanError, SeatrialError, SeatrialWarning
from seatrial.judging._judge import judgement_of

flawless = right_unless(lambda i, r: 0)
flawless.identity = "flawless 1"


def specification(**more):
    return sea.Specification(
        "same", **{"priorities": [demand({"at_least": 0.5})], "seed": 3, **more}
    )


REPORT = sea.run(specification(), flawless, items(60))


def test_the_table_names_the_model():
    assert sea.judge(specification(), REPORT).table().title == "same: pass (flawless 1)"


def test_a_changed_threshold_is_judged_anew():
    strict = specification(priorities=[demand({"at_least": 0.99})])
    assert sea.judge(strict, REPORT).outcome == "inconclusive"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"seed": 4}, "its seed is 3, not 4"),
        ({"cases": items(59)}, "1 cases are in one of them only, as 0059"),
        ({"cases": items(60, target="no")}, "60 cases have another content, as 0000, 0001, 0002"),
        (
            {"priorities": [demand({"at_least": 0.5}, uses=(attrs.evolve(reword, revision=2),))]},
            "stand.reword was measured at revision 1, not 2",
        ),
        (
            {
                "priorities": [
                    demand(
                        {"at_least": 0.5}, uses=(attrs.evolve(reword, ladder=reword.ladder[::-1]),)
                    )
                ]
            },
            "stand.reword was measured with another ladder",
        ),
    ],
)
def test_a_report_of_another_run_is_refused(more, told):
    with pytest.raises(PlanError, match=told):
        sea.judge(specification(**more), REPORT)


def test_a_report_of_another_live_model_is_refused():
    def other(texts):
        return flawless(texts)

    other.identity = "other 1"
    with pytest.raises(PlanError, match="its model is flawless 1, not other 1"):
        sea.judge(specification(model=other), REPORT)
    assert sea.judge(specification(model=flawless), REPORT).outcome == "pass"


def test_a_report_of_another_reference_is_refused(tmp_path, monkeypatch):
    (tmp_path / "shapes.py").write_text(
        "def one(texts): return ['yes'] * len(texts)\ndef two(texts): return ['no'] * len(texts)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    report = sea.run(specification(), "shapes:one", items(60))
    assert sea.judge(specification(model="shapes:one"), report).outcome == "pass"
    with pytest.raises(PlanError, match="its model is shapes:one, not shapes:two"):
        sea.judge(specification(model="shapes:two"), report)
    assert judgement_of(specification(model="shapes:two"), report).outcome == "pass"


def test_what_a_specification_leaves_open_is_not_compared():
    assert sea.judge(specification(cases=items(60)), REPORT).outcome == "pass"


SHAPES = """
from seatrial import Case

def one(texts): return ['yes'] * len(texts)
def two(texts): return ['no'] * len(texts)
def cases(count, site="a", target="yes"):
    return [Case(f"{i:04}", f"{i} text", target, {"site": site}) for i in range(count)]
"""


@pytest.fixture
def shapes(tmp_path, monkeypatch):
    path = tmp_path / "own_shapes.py"
    path.write_text(SHAPES)
    monkeypatch.syspath_prepend(tmp_path)
    yield path
    sys.modules.pop("own_shapes", None)


def sixty(**params):
    return Reference("own_shapes:cases", {"count": 60, **params})


def test_a_model_in_place_of_the_specifications_is_judged_and_named(shapes, tmp_path):
    asked = specification(model="own_shapes:two", cases=sixty())
    report = sea.run(asked, model=flawless, to=tmp_path / "run")
    assert report.provenance.in_place_of == "own_shapes:two"
    for known in (report, sea.Report.load(tmp_path / "run")):
        judgement = sea.judge(asked, known)
        assert judgement.outcome == "pass"
        assert judgement.model == "flawless 1"
        told = "the model is not the specification's: flawless 1, in place of own_shapes:two"
        assert judgement.notes == (told,)
        assert told in str(judgement)
    changed = attrs.evolve(asked, model="own_shapes:one")
    with pytest.raises(PlanError, match=r"in place of own_shapes:two, not of own_shapes:one"):
        sea.judge(changed, report)


def test_a_model_that_was_measured_by_a_plan_is_not_the_specifications(shapes):
    asked = specification(model="own_shapes:two", cases=sixty())
    report = sea.run(asked.plan(), flawless, sixty())
    with pytest.raises(
        PlanError, match=r"its model is flawless 1, not own_shapes:two \(to measure"
    ):
        sea.judge(asked, report)
    nameless = sea.run(asked.plan(), lambda texts: ["yes"] * len(texts), sixty())
    with pytest.raises(PlanError, match="its model is an object that no module has, not own_sh"):
        sea.judge(asked, nameless)


def test_a_finished_run_that_is_asked_for_otherwise_says_so(shapes, tmp_path):
    asked = specification(model="own_shapes:two", cases=sixty())
    sea.run(asked.plan(), flawless, sixty(), to=tmp_path / "run")
    report = sea.run(asked, flawless, to=tmp_path / "run")
    assert report.provenance.in_place_of == "own_shapes:two"
    assert len(sea.judge(asked, sea.Report.load(tmp_path / "run")).notes) == 1


@pytest.mark.parametrize("given", [None, "own_shapes:one", "live"])
def test_the_specifications_own_model_is_in_nobodys_place(shapes, given):
    import own_shapes

    asked = specification(model="own_shapes:one", cases=sixty())
    report = sea.run(asked, model=own_shapes.one if given == "live" else given)
    assert report.provenance.in_place_of is None
    assert sea.judge(asked, report).notes == ()


def test_a_specification_that_names_the_measured_model_says_nothing_of_another(shapes):
    asked = specification(model="own_shapes:two", cases=sixty())
    report = sea.run(asked, model="own_shapes:one")
    assert sea.judge(attrs.evolve(asked, model="own_shapes:one"), report).notes == ()


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"count": 59}, "1 cases are in one of them only, as 0059"),
        ({"target": "no"}, "60 cases have another content, as 0000"),
        ({"site": "b"}, "60 cases have other groups or another cluster, as 0000"),
    ],
)
def test_cases_by_reference_are_compared(shapes, tmp_path, params, told):
    asked = specification(model="own_shapes:one", cases=sixty())
    sea.run(asked, to=tmp_path / "run")
    report = sea.Report.load(tmp_path / "run")
    assert sea.judge(asked, report).outcome == "pass"
    with pytest.raises(PlanError, match=told):
        sea.judge(attrs.evolve(asked, cases=sixty(**params)), report)


def test_cases_are_loaded_only_where_their_source_has_changed(shapes, tmp_path, monkeypatch):
    asked = specification(model="own_shapes:one", cases=sixty())
    sea.run(asked, to=tmp_path / "run")
    sys.modules.pop("own_shapes")
    assert sea.judge(asked, sea.Report.load(tmp_path / "run")).outcome == "pass"
    assert "own_shapes" not in sys.modules
    shapes.write_text(SHAPES + "# a remark\n")
    with pytest.warns(SeatrialWarning, match="the model has changed since it was measured"):
        assert sea.judge(asked, sea.Report.load(tmp_path / "run")).outcome == "pass"
    shapes.write_text(SHAPES.replace("{i} text", "{i} words"))
    sys.modules.pop("own_shapes")
    with pytest.raises(PlanError, match="60 cases have another content"):
        sea.judge(asked, sea.Report.load(tmp_path / "run"))


MODEL = """
def constant(path):
    with open(path) as file:
        answer = file.read()
    return lambda texts: [answer] * len(texts)
"""


def test_a_model_that_has_changed_since_it_was_measured_is_told_of(tmp_path, monkeypatch):
    (tmp_path / "own_model.py").write_text(MODEL)
    (tmp_path / "own_answer.txt").write_text("yes")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    asked = specification(model=Reference("own_model:constant", {"path": "own_answer.txt"}))
    report = sea.run(asked, cases=items(60), to="run")
    sys.modules.pop("own_model")
    before = sea.judge(asked, report)
    (tmp_path / "own_answer.txt").write_text("no")
    (tmp_path / "own_model.py").write_text(MODEL + "# a remark")
    with pytest.warns(SeatrialWarning) as told:
        after = sea.judge(asked, sea.Report.load("run"))
    assert str(told[0].message) == (
        "the model has changed since it was measured: file own_answer.txt has changed; module "
        "own_model has changed; the verdicts are about the model as it was: run the specification "
        "again to measure it as it is"
    )
    assert after.verdicts == before.verdicts
    assert "own_model" not in sys.modules


def test_cases_that_were_given_as_values_are_those_of_a_reference_if_they_are_equal(shapes):
    import own_shapes

    asked = specification(model="own_shapes:one", cases=sixty())
    assert sea.judge(asked, sea.run(asked, cases=own_shapes.cases(60))).outcome == "pass"
    with pytest.raises(PlanError, match="10 cases are in one of them only"):
        sea.judge(asked, sea.run(asked, cases=own_shapes.cases(50)))
    with pytest.raises(SeatrialError, match="cannot import 'no_such:cases'"):
        sea.judge(attrs.evolve(asked, cases="no_such:cases"), sea.run(asked))


def test_a_limited_run_is_judged_by_the_cases_that_it_measured(shapes, tmp_path):
    import own_shapes

    cases = own_shapes.cases(60)[::-1]
    for name, source in (("ids", cases), ("named", sixty())):
        asked = specification(model="own_shapes:one", cases=source)
        some = sea.load_cases(source, limit=40, sample="random", seed=3)
        assert some.limit == 40
        sea.run(asked, cases=some, to=tmp_path / name)
        report = sea.Report.load(tmp_path / name)
        assert report.limit == 40
        (note,) = sea.judge(asked, report).notes
        assert note.startswith("the run was limited to 40 cases: it decides nothing")
        other = [attrs.evolve(one, target="no") for one in cases]
        with pytest.raises(PlanError, match="40 cases have another content"):
            sea.judge(attrs.evolve(asked, cases=other), report)
        with pytest.raises(PlanError, match=r"cases are in one of them only"):
            sea.judge(attrs.evolve(asked, cases=cases[:30]), report)
    assert sea.load_cases(cases, limit=60).limit is None
