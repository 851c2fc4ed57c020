"""Two runs and more, compared: by cell, by group, by priority, by case, and on several demands."""

from __future__ import annotations

import json

import attrs
import pytest
from demand_stand_ins import answering, demand, grouped, items, right_unless, said
from scipy.stats import binomtest

import seatrial as sea
from seatrial.errors import PlanError
from seatrial.judging._judge import judge
from seatrial.judging._pareto import pareto
from seatrial.verbs._run import run

CASES = grouped(200, vendor=lambda i: "ab"[i % 2])


def specification(*priorities):
    return sea.Specification("t", priorities=priorities, seed=3)


BOTH = specification(
    demand({"at_least": 0.6}, name="clean", uses=()),
    demand({"max_drop": 0.05}, name="drop"),
    demand({"at_least": 0.6}, name="b alone", where={"vendor": "b"}, uses=()),
)


def runs(before, after, cases=CASES, spec=BOTH):
    return run(spec, right_unless(before), cases), run(spec, right_unless(after), cases)


def test_lost_and_won_are_counted_both_ways_with_the_exact_p_value_of_mcnemar():
    before, after = runs(lambda i, r: i < 4, lambda i, r: 4 <= i < 18)
    found = after.compare(before)
    (clean, worded) = sorted(found.changes, key=lambda one: one.severity)
    assert (len(clean.lost), len(clean.won)) == (14, 4)
    assert clean.p_value == pytest.approx(binomtest(14, 18).pvalue)
    assert round(clean.p_value, 3) == 0.031
    assert worded.p_value_holm == pytest.approx(min(1, 2 * worded.p_value))
    row = found.forgetting().rows[0]
    assert row[4:7] == ["14", "4", "0.0309"]
    assert row[-1] == "0004, 0005, 0006, 0007, 0008, …"


def test_a_cluster_speaks_once():
    clustered = [attrs.evolve(case, cluster=str(int(case.id) // 10)) for case in CASES]
    before, after = runs(lambda i, r: 0, lambda i, r: i < 20, clustered)
    clean = after.compare(before).changes[0]
    assert len(clean.lost) == 20
    assert clean.p_value == pytest.approx(0.5)


def test_runs_that_are_equal_have_forgotten_nothing():
    before, after = runs(lambda i, r: i < 5, lambda i, r: i < 5)
    found = after.compare(before)
    assert not found.forgetting().rows
    assert {one.p_value for one in found.changes} == {1.0}


def test_groups_are_compared_each_by_itself_worst_first():
    before, after = runs(lambda i, r: 0, lambda i, r: i % 2 and i < 40)
    found = after.compare(before, by="vendor")
    assert [(one.group, one.cases) for one in found.changes] == [
        ("vendor = b", 100),
        ("vendor = b", 100),
        ("vendor = a", 100),
        ("vendor = a", 100),
    ]
    assert found.changes[0].change == pytest.approx(-0.2)
    assert "vendor = b" in str(found)
    with pytest.raises(PlanError, match="no case says its 'site'"):
        after.compare(before, by="site")


def test_priorities_are_compared_with_their_verdicts_worst_first():
    before, after = runs(lambda i, r: 0, lambda i, r: i % 2 and (r or i < 100))
    found = after.compare(before, specification=BOTH)
    told = {one.priority: (one.outcomes, round(one.change, 3)) for one in found.priorities}
    assert told == {
        "clean": (("pass", "pass"), -0.25),
        "drop": (("pass", "fail"), -0.5),
        "b alone": (("pass", "fail"), -0.5),
    }
    assert found.priorities[-1].priority == "clean"
    assert "pass → fail" in str(found)
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["priorities"]


def test_a_priority_that_a_run_knows_nothing_of_is_left_out():
    before, after = runs(lambda i, r: 0, lambda i, r: i < 5)
    more = specification(*BOTH.priorities, demand({"at_least": 0.5}, name="new", severities=(4,)))
    names = {one.priority for one in after.compare(before, specification=more).priorities}
    assert names == {"clean", "drop", "b alone"}


def models(**scores):
    """Judge one model for each pair of (clean score, perturbed score)."""
    spec = specification(
        demand({"all_of": [{"at_least": 0.1}, {"max_drop": 0.9}]}, name="both", metric=said),
        demand({"at_least": 0.1}, name="one", metric=said),
    )

    def judged(clean, worded):
        return judge(spec, run(spec, answering(lambda i, r: worded if r else clean), items(60)))

    return {name: judged(*pair) for name, pair in scores.items()}


def test_pareto_lists_who_is_dominated_and_only_where_there_is_something_to_trade():
    found = pareto(models(strong=(0.9, 0.7), steady=(0.6, 0.6), weak=(0.8, 0.5), twin=(0.9, 0.7)))
    assert {one.priority for one in found.standings} == {"both"}
    dominated = {one.run: one.dominated_by for one in found.standings}
    assert dominated == {
        "strong": (),
        "steady": (),
        "weak": ("strong", "steady", "twin"),
        "twin": (),
    }
    assert found.front("both") == ("strong", "steady", "twin")
    assert "at_least 0.1 0.700, max_drop 0.9 0.200" in str(found)
    assert "<table>" in found._repr_html_()
    assert len(found.as_dict()["standings"]) == 4


def test_pareto_leaves_out_what_could_not_be_judged():
    told = models(strong=(0.9, 0.7), broken=(0.9, float("nan")))
    found = pareto(told)
    assert found.front("both") == ("strong",)
    assert not any(one.dominated_by for one in found.standings)


def test_pareto_needs_one_specification():
    one = judge(BOTH, runs(lambda i, r: 0, lambda i, r: 0)[0])
    with pytest.raises(PlanError, match="judge every run by one specification"):
        pareto({"a": one, **models(strong=(0.9, 0.7))})
    assert pareto({}).standings == ()
