"""Every requirement against a closed form or numbers made by hand."""

from __future__ import annotations

import attrs
import pytest
from demand_stand_ins import (
    demand,
    grouped,
    items,
    low_of,
    rate,
    reword,
    right_unless,
    verdict,
    wrongs,
)
from trial_stand_ins import same

import seatrial as sea
from seatrial.errors import NotApplicable
from seatrial.verbs._run import run

EVERY = (1, 2, 3, 4, 5)


def test_the_worst_severity_counts_and_not_the_mean():
    model = right_unless(lambda i, rung: rung == "r3" and i < 40)
    found = verdict(demand({"worst_severity": 0.7}, severities=EVERY), model, items(60))
    assert (found.outcome, found.details["worst"]) == ("fail", "stand.reword:3")
    assert found.estimate == pytest.approx(1 / 3)
    assert verdict(demand({"at_least": 0.7}, severities=EVERY), model, items(60)).outcome == "pass"


def test_every_severity_must_hold_and_each_pays_only_for_what_it_claims():
    found = verdict(
        demand({"worst_severity": 0.95}, severities=EVERY), right_unless(lambda i, r: 0), items(59)
    )
    assert found.outcome == "pass"
    assert found.interval[0] == pytest.approx(low_of(59))
    each = found.details["each"]["stand.reword:1"]["interval"]
    assert each[0] == pytest.approx(low_of(59, 1 - 0.05 / 5))


def test_replicates_of_a_severity_are_one_cell():
    plan = sea.Plan(
        perturbations=[reword()], metrics=[same()], severities=(1,), replicates=3, seed=3
    )
    model = right_unless(lambda i, r: i < 6)
    specification = sea.Specification("t", priorities=[demand({"worst_severity": 0.5})], seed=3)
    (found,) = sea.judge(specification, run(plan, model, items(60))).verdicts
    assert list(found.details["each"]) == ["stand.reword:1"]
    assert (found.estimate, found.outcome) == (0.9, "pass")


def test_worst_of_five_stands_beside_what_chance_alone_makes_of_a_clean_score():
    cases = items(100)
    model = right_unless(lambda i, r: i % 10 == (int(r[1]) if r else 0))
    found = verdict(demand({"worst_of": 0.8}, severities=EVERY), model, cases)
    assert (found.outcome, found.estimate) == ("fail", 0.5)
    assert found.interval == pytest.approx(rate(50, 100), abs=1e-9)
    assert found.details["variants"] == 5
    assert found.details["clean_worst_by_chance"] == pytest.approx(0.9**5)
    assert round(found.details["clean_worst_by_chance"], 2) == 0.59


def test_the_worst_of_a_metric_where_lower_is_better_is_the_highest():
    model = right_unless(lambda i, r: r == "r2" and i < 50)
    found = verdict(demand({"worst_of": 0.2}, severities=(1, 2), metric=wrongs), model, items(100))
    assert (found.outcome, found.estimate) == ("fail", 0.5)


def test_the_worst_group_is_bounded_and_named():
    cases = grouped(180, vendor=lambda i: "abc"[i % 3])
    model = right_unless(lambda i, r: i % 3 == 2 and i < 90)
    found = verdict(demand({"worst_group": {"by": "vendor", "threshold": 0.8}}), model, cases)
    assert (found.outcome, found.details["worst"], found.estimate) == ("fail", "c", 0.5)
    assert found.interval[1] == pytest.approx(rate(30, 60, 1 - 0.05 / 3)[1])
    assert found.interval[0] == pytest.approx(rate(30, 60)[0])
    flawless = verdict(
        demand({"worst_group": {"by": "vendor", "threshold": 0.95}}),
        right_unless(lambda i, r: 0),
        cases,
    )
    assert (flawless.outcome, flawless.interval[0]) == ("pass", pytest.approx(low_of(60)))


@pytest.mark.parametrize("kind", ["worst_group", "max_gap"])
def test_a_small_group_is_named_and_never_dropped(kind):
    threshold = {"worst_group": {"threshold": 0.5}, "max_gap": {"at_most": 0.5}}[kind]
    cases = grouped(100, vendor=lambda i: "rare" if i < 5 else "ab"[i % 2])
    perfect = right_unless(lambda i, r: 0)
    found = verdict(demand({kind: {"by": "vendor", **threshold}}), perfect, cases)
    assert found.outcome == "inconclusive"
    assert "too few cases to say anything about rare" in found.note
    assert found.details["each"]["rare"]["interval"] == (0.0, 1.0)
    enough = {kind: {"by": "vendor", "min_cases": 5, **threshold}}
    assert verdict(demand(enough), perfect, cases).outcome == "pass"


@pytest.mark.parametrize(
    "require",
    [
        {"worst_group": {"by": "vendor", "threshold": 0.5}},
        {"max_gap": {"by": "vendor", "at_most": 0.5}},
        {"max_slope": {"by": "vendor", "at_most": 0.5}},
    ],
)
def test_one_group_and_unknown_groups_are_errors(require):
    model = right_unless(lambda i, r: 0)
    one = verdict(demand(require), model, grouped(60, vendor=lambda i: "a"))
    assert (one.outcome, "every case has the vendor 'a'" in one.note) == ("error", True)
    none = verdict(demand(require), model, items(60))
    assert (none.outcome, none.note) == ("error", "60 of 60 cases do not say their 'vendor'")


def test_a_gap_is_between_the_best_and_the_worst_group():
    cases = grouped(300, vendor=lambda i: "abc"[i % 3])
    model = right_unless(lambda i, r: i % 3 == 2 and i < 150)
    require = {"max_gap": {"by": "vendor", "at_most": 0.1}}
    found = verdict(demand(require), model, cases)
    assert (found.outcome, found.estimate) == ("fail", 0.5)
    even = verdict(demand(require), right_unless(lambda i, r: i % 30 == 0), cases)
    assert (even.outcome, even.estimate) == ("inconclusive", pytest.approx(0.1))
    assert verdict(demand(require), right_unless(lambda i, r: 0), cases).outcome == "pass"


def test_a_case_is_stable_if_every_variant_is_right_and_the_least_stable_are_listed():
    model = right_unless(lambda i, r: r and (i == 7 or (i < 20 and r == "r1")))
    found = verdict(demand({"stable_instances": 0.9}, severities=EVERY), model, items(100))
    assert (found.outcome, found.estimate) == ("fail", 0.8)
    assert found.interval == pytest.approx(rate(80, 100), abs=1e-9)
    assert found.details["least_stable"][0] == "0007"
    assert len(found.details["least_stable"]) == 10


def test_a_slope_is_the_fall_per_unit_of_time():
    cases = grouped(200, year=lambda i: 2020 + i % 5)
    ladder = {0: 0, 1: 4, 2: 8, 3: 12, 4: 16}  # of 40 cases a year, wrong ones
    model = right_unless(lambda i, r: i // 5 < ladder[i % 5])
    require = {"max_slope": {"by": "year", "at_most": 0.05}}
    found = verdict(demand(require), model, cases)
    assert found.estimate == pytest.approx(0.1)
    assert (found.outcome, found.details["windows"]["2024"]) == ("fail", 0.6)
    assert verdict(demand(require), right_unless(lambda i, r: 0), cases).outcome == "pass"
    few = grouped(5, year=lambda i: 2020 + i)
    assert verdict(demand(require), right_unless(lambda i, r: 0), few).outcome == "inconclusive"


def test_a_slope_over_words_is_an_error():
    found = verdict(
        demand({"max_slope": {"by": "year", "at_most": 0.05}}),
        right_unless(lambda i, r: 0),
        grouped(60, year=lambda i: "ab"[i % 2]),
    )
    assert found.note == "the group 'year' is no number, so nothing falls per unit of it"


def test_all_of_may_hold_different_requirements_and_all_are_summarised():
    require = {
        "at_least": 0.9,
        "all_of": [{"max_drop": 0.1}, {"stable_instances": 0.99, "flip_rate": 0.2}],
    }
    model = right_unless(lambda i, r: r == "r2" and i < 8)
    found = verdict(demand(require, severities=(1, 2)), model, items(100))
    summaries = {one.demand: one.outcome for one in found.demands}
    assert summaries == {
        "at_least": "pass",
        "max_drop": "pass",
        "stable_instances": "fail",
        "flip_rate": "pass",
    }
    assert (found.outcome, found.details["demand"]) == ("fail", "stable_instances")


def test_a_demand_that_cannot_be_judged_does_not_hide_one_that_fails():
    require = {"at_least": 0.9, "worst_group": {"by": "vendor", "threshold": 0.5}}
    model = right_unless(lambda i, r: i < 50)
    found = verdict(demand(require), model, items(100))
    assert (found.outcome, found.details["demand"]) == ("fail", "at_least")
    assert found.demands[1].outcome == "error"


def test_one_of_many_demands_fails_at_a_confidence_that_makes_up_for_their_number():
    model = right_unless(lambda i, r: i < 15)
    alone = verdict(demand({"at_least": 0.91}), model, items(100))
    assert alone.outcome == "fail"
    require = {"at_least": 0.91, "max_drop": 0.03, "worst_of": 0.84, "stable_instances": 0.84}
    among = verdict(demand(require), model, items(100))
    assert among.outcome == "inconclusive"
    assert "at_least fails by itself, but not as one of 4" in among.note
    assert among.demands[0].outcome == "fail"


def test_demands_that_clearly_pass_take_nothing_from_the_others():
    require = {"at_least": 0.91, "max_drop": 0.5, "worst_of": 0.5, "stable_instances": 0.5}
    found = verdict(demand(require), right_unless(lambda i, r: i < 15), items(100))
    assert (found.outcome, found.details["demand"]) == ("fail", "at_least")


def test_cases_that_a_perturbation_skips_are_left_out_of_every_demand():
    def picky(rung):
        def apply(text, /, *, seed):
            if int(text.split()[0]) < 10:
                msg = "too short"
                raise NotApplicable(msg)
            return f"{text} r{rung}"

        return apply

    skipping = attrs.evolve(reword, name="stand.skipping", factory=picky)
    model = right_unless(lambda i, r: i < 10)
    for require in ({"worst_of": 0.9}, {"stable_instances": 0.9}, {"worst_severity": 0.9}):
        found = verdict(demand(require, uses=(skipping,)), model, items(80))
        assert (found.outcome, found.cases_used, found.note) == ("pass", 70, "10 cases skipped")
