"""A report is judged only by a specification that is about the same run."""

from __future__ import annotations

import attrs
import pytest
from demand_stand_ins import demand, items, reword, right_unless

import seatrial as sea
from seatrial.errors import PlanError
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
    assert sea.judge(specification(cases="no_such:cases"), REPORT).outcome == "pass"
