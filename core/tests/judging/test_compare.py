"""Two runs and more, compared: by cell, by group, by priority, by case, and on several demands."""

from __future__ import annotations

import json
import random

import attrs
import pytest
from demand_stand_ins import answering, demand, grouped, items, right_unless, said
from scipy.stats import binomtest
from trial_stand_ins import even

import seatrial as sea
from seatrial.errors import PlanError
from seatrial.judging._pareto import pareto
from seatrial.verbs._judge import judge
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
    found = sea.compare(before, after)
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
    clean = sea.compare(before, after).changes[0]
    assert len(clean.lost) == 20
    assert clean.p_value == pytest.approx(0.5)


def test_runs_that_are_equal_have_forgotten_nothing():
    before, after = runs(lambda i, r: i < 5, lambda i, r: i < 5)
    found = sea.compare(before, after)
    assert not found.forgetting().rows
    assert {one.p_value for one in found.changes} == {1.0}


def test_groups_are_compared_each_by_itself_worst_first():
    before, after = runs(lambda i, r: 0, lambda i, r: i % 2 and i < 40)
    found = sea.compare(before, after, by="vendor")
    assert [(one.group, one.cases) for one in found.changes] == [
        ("vendor = b", 100),
        ("vendor = b", 100),
        ("vendor = a", 100),
        ("vendor = a", 100),
    ]
    assert found.changes[0].change == pytest.approx(-0.2)
    assert "vendor = b" in str(found)
    with pytest.raises(PlanError, match="no case says its 'site'"):
        sea.compare(before, after, by="site")


def test_priorities_are_compared_with_their_verdicts_worst_first():
    before, after = runs(lambda i, r: 0, lambda i, r: i % 2 and (r or i < 100))
    found = sea.compare(before, after, specification=BOTH)
    told = {one.priority: (one.outcomes, round(one.change, 3)) for one in found.priorities}
    assert told == {
        "clean": (("pass", "pass"), -0.25),
        "drop": (("pass", "fail"), -0.25),
        "b alone": (("pass", "fail"), -0.5),
    }
    assert found.priorities[0].priority == "b alone"
    assert "pass → fail" in str(found)
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["priorities"]


def test_a_priority_that_a_run_knows_nothing_of_is_left_out():
    before, after = runs(lambda i, r: 0, lambda i, r: i < 5)
    more = specification(*BOTH.priorities, demand({"at_least": 0.5}, name="new", severities=(4,)))
    names = {one.priority for one in sea.compare(before, after, specification=more).priorities}
    assert names == {"clean", "drop", "b alone"}


def test_each_demand_is_compared_by_its_own_figure_and_direction():
    """What a model refuses, states, and drops is not its accuracy."""
    cases = grouped(200, known=lambda i: "yes", vendor=lambda i: "ab"[i % 2])
    spec = specification(
        demand({"at_least": 0.5}, name="right", uses=()),
        demand(
            {"over_refusal": {"unanswerable": {"known": "no"}, "at_most": 0.3}},
            name="refuses little",
            uses=(),
        ),
        demand({"ece": 0.2}, name="calibrated", uses=(), metric=None),
        demand({"worst_group": {"by": "vendor", "threshold": 0.5}}, name="worst", uses=()),
        demand({"flip_rate": 0.5}, name="flips", metric=None),
    )

    def model(refusals, p, wrong):
        def rule(i, rung):
            value = "no" if i % 2 and i < wrong else "yes"
            odds = {value: p, "other": 1 - p}
            flipped = "perhaps" if rung and i < wrong else value
            return sea.Prediction(
                value if not rung else flipped, probabilities=odds, refused=i < refusals
            )

        return answering(rule)

    before, after = (run(spec, model(*one), cases) for one in ((0, 0.95, 0), (150, 0.4, 40)))
    found = sea.compare(before, after, specification=spec)
    told = {one.demand: (one.before, one.after, one.change) for one in found.priorities}
    assert told["at_least"] == pytest.approx((1.0, 0.9, -0.1))
    assert told["over_refusal"] == pytest.approx((0.0, 0.75, -0.75))
    assert told["ece"] == pytest.approx((0.05, 0.5, -0.45))
    assert told["worst_group"] == pytest.approx((1.0, 0.8, -0.2))
    assert told["flip_rate"] == pytest.approx((0.0, 0.2, -0.2))
    assert [one.demand for one in found.priorities][:2] == ["over_refusal", "ece"]
    for one in found.priorities:
        assert one.interval[0] <= one.change <= one.interval[1]
        assert one.worse
    back = sea.compare(after, before, specification=spec)
    assert {one.demand: one.change for one in back.priorities} == pytest.approx(
        {name: -change for name, (_, _, change) in told.items()}
    )


def test_a_metric_of_the_whole_set_is_compared_though_no_case_has_a_score():
    cases = [attrs.evolve(one, target="no") if int(one.id) % 2 else one for one in grouped(120)]

    def model(wrong):
        return answering(
            lambda i, r: ("yes" if i % 2 else "no") if i < wrong else ("no" if i % 2 else "yes")
        )

    spec = specification(
        demand({"at_least": 0.5}, name="level", metric=even, uses=()),
        demand({"max_drop": 0.5}, name="drop", metric=even),
    )
    before, after = (run(spec, model(wrong), cases) for wrong in (0, 30))
    found = sea.compare(before, after, specification=spec)
    assert not found.changes
    assert [(one.priority, one.before, one.after) for one in found.priorities] == [
        ("level", 1.0, 0.75),
        ("drop", 0.0, 0.0),
    ]
    assert found.priorities[0].worse
    assert "level" in str(found)
    with pytest.raises(PlanError, match="give a specification"):
        sea.compare(before, after)


def test_only_cases_that_both_runs_know_are_compared():
    spec = specification(demand({"at_least": 0.5}, uses=()))
    before = run(spec, right_unless(lambda i, r: i < 50), CASES)
    after = run(spec, right_unless(lambda i, r: 0), CASES[100:])
    (one,) = sea.compare(before, after, specification=spec).priorities
    assert (one.before, one.after, one.cases) == (1.0, 1.0, 100)


def test_what_cannot_be_compared_is_named():
    before, after = runs(lambda i, r: 0, lambda i, r: i < 5)
    more = specification(*BOTH.priorities, demand({"at_least": 0.5}, name="new", severities=(4,)))
    found = sea.compare(before, after, specification=more)
    assert found.notes == (
        "new is not compared: the report has nothing on stand.reword at severity 4; run it first",
    )
    assert found.notes[0] in str(found)


def test_a_paired_difference_is_bounded_as_often_as_said():
    """Both runs share their luck with a case, so that the difference is known far better."""
    spec = specification(demand({"at_least": 0.5}, uses=()))
    missed = 0
    for seed in range(40):
        luck = random.Random(seed)
        hard = [luck.random() for _ in CASES]
        before, after = runs(
            lambda i, r, hard=hard: hard[i] < 0.3, lambda i, r, hard=hard: hard[i] < 0.35, spec=spec
        )
        (one,) = sea.compare(before, after, specification=spec).priorities
        missed += not one.interval[0] <= -0.05 <= one.interval[1]
        assert one.interval[1] - one.interval[0] < 0.12
    assert missed <= 9


def test_a_comparison_is_saved_and_read_back(tmp_path):
    before, after = runs(lambda i, r: 0, lambda i, r: i < 20)
    found = sea.compare(before, after, specification=BOTH, by="vendor")
    found.save(tmp_path / "comparison.json")
    assert sea.Comparison.load(tmp_path / "comparison.json") == found


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
