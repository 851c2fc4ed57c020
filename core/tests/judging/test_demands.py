"""Every requirement against a closed form or numbers made by hand."""

from __future__ import annotations

import attrs
import pytest
from demand_stand_ins import (
    answering,
    demand,
    grouped,
    items,
    low_of,
    other,
    reword,
    right_unless,
    said,
    verdict,
    wrongs,
)
from scipy.stats import binomtest
from trial_stand_ins import same

import seatrial as sea
from seatrial.errors import NotApplicable
from seatrial.verbs._run import run

EVERY = (1, 2, 3, 4, 5)


def rate(right, cases, confidence=0.95):
    low = binomtest(right, cases, alternative="greater").proportion_ci(confidence, "exact").low
    high = binomtest(right, cases, alternative="less").proportion_ci(confidence, "exact").high
    return low, high


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


def diagnosing(count, *, missed, alarms):
    """Half of the cases are ill; a model that misses some and raises some false alarms."""
    cases = [sea.Case(f"{i:04}", f"{i} text", "ill" if i % 2 else "well") for i in range(count)]

    def rule(i, rung):
        if i % 2:
            return "well" if i // 2 < missed else "ill"
        return "ill" if i // 2 < alarms else "well"

    return cases, answering(rule)


def test_the_predictive_value_follows_bayes_at_every_prevalence():
    cases, model = diagnosing(400, missed=20, alarms=10)
    require = {"ppv_at": {"positive": "ill", "prevalence": [0.5, 0.01], "at_least": 0.5}}
    found = verdict(demand(require, uses=(), metric=None), model, cases)
    sensitivity, false_alarms = 0.9, 0.05
    for prevalence in (0.5, 0.01):
        told = sensitivity * prevalence + false_alarms * (1 - prevalence)
        value = found.details["by_prevalence"][f"{prevalence:g}"][1]
        assert value == pytest.approx(sensitivity * prevalence / told)
    assert found.estimate == pytest.approx(0.009 / (0.009 + 0.0495))
    assert found.outcome == "fail"
    low, high = rate(180, 200, 0.975)[0], rate(10, 200, 0.975)[1]
    assert found.interval[0] == pytest.approx(0.01 * low / (0.01 * low + 0.99 * high))
    easy = {"ppv_at": {"positive": "ill", "prevalence": 0.5, "at_least": 0.8}}
    assert verdict(demand(easy, uses=(), metric=None), model, cases).outcome == "pass"


def test_a_predictive_value_needs_both_classes_and_something_flagged():
    require = {"ppv_at": {"positive": "yes", "prevalence": 0.5, "at_least": 0.5}}
    one = verdict(demand(require, metric=None), right_unless(lambda i, r: 0), items(20))
    assert one.note == "the positive predictive value needs cases that are 'yes' and others"
    cases, _ = diagnosing(20, missed=0, alarms=0)
    silent = {"ppv_at": {"positive": "ill", "prevalence": 0.5, "at_least": 0.5}}
    found = verdict(demand(silent, metric=None), answering(lambda i, r: "well"), cases)
    assert (found.outcome, "undefined" in found.note) == ("error", True)


def test_flips_are_the_complement_of_agreement():
    model = right_unless(lambda i, r: bool(r) and i < 15)
    flips = verdict(demand({"flip_rate": 0.1}, metric=None), model, items(100))
    assert (flips.outcome, flips.estimate) == ("inconclusive", 0.15)
    kept = verdict(demand({"min_agreement": 0.9}, metric=None), model, items(100))
    assert flips.interval == pytest.approx(tuple(1 - end for end in kept.interval[::-1]))


def sure(probability, right):
    """A model that gives its answer this probability, and is right on these cases."""
    return answering(
        lambda i, r: sea.Prediction(
            "yes" if right(i) else "no",
            probabilities={
                "yes": probability if right(i) else 1 - probability,
                "no": 1 - probability if right(i) else probability,
            },
        )
    )


def test_calibration_is_the_gap_between_what_is_stated_and_what_happens():
    ece = demand({"ece": 0.2}, uses=(), metric=None)
    found = verdict(ece, sure(0.9, lambda i: i % 2 == 0), items(200))
    assert (found.outcome, found.estimate) == ("fail", pytest.approx(0.4))
    assert verdict(ece, sure(0.9, lambda i: i % 10 > 0), items(200)).outcome == "pass"
    silent = verdict(ece, right_unless(lambda i, r: 0), items(60))
    assert (silent.outcome, "states no probabilities" in silent.note) == ("error", True)


def test_an_answer_without_a_probability_could_be_off_by_anything():
    def rule(i, r):
        return "yes" if i < 100 else sea.Prediction("yes", probabilities={"yes": 1.0, "no": 0.0})

    found = verdict(demand({"ece": 0.2}, uses=(), metric=None), answering(rule), items(200))
    assert found.outcome == "inconclusive"
    assert "100 answers state no probability" in found.note
    assert found.interval[1] > 0.5


def test_the_brier_score_is_half_the_squared_distance_from_the_truth():
    require = demand({"brier": 0.1}, uses=(), metric=None)
    found = verdict(require, sure(0.9, lambda i: i % 2 == 0), items(200))
    assert found.estimate == pytest.approx((0.01 + 0.81) / 2)
    assert found.outcome == "fail"
    assert verdict(require, sure(1.0, lambda i: True), items(60)).outcome == "pass"


def refusing(rule):
    return answering(lambda i, r: sea.Prediction("yes", refused=rule(i)))


def test_abstention_has_a_recall_and_over_refusal_a_cap():
    cases = grouped(120, known=lambda i: "no" if i < 60 else "yes")
    unanswerable = {"known": "no"}
    both = {
        "recall_of_abstention": {"unanswerable": unanswerable, "at_least": 0.9},
        "over_refusal": {"unanswerable": unanswerable, "at_most": 0.1},
    }
    good = verdict(demand(both, uses=(), metric=None), refusing(lambda i: i < 60), cases)
    assert good.outcome == "pass"
    assert [one.outcome for one in good.demands] == ["pass", "pass"]
    timid = verdict(demand(both, uses=(), metric=None), refusing(lambda i: True), cases)
    assert (timid.outcome, timid.details["demand"]) == ("fail", "over_refusal")
    bold = verdict(demand(both, uses=(), metric=None), refusing(lambda i: False), cases)
    assert (bold.outcome, bold.details["demand"]) == ("fail", "recall_of_abstention")
    assert bold.cases_used == 60


def test_a_metric_of_right_answers_is_not_taken_for_refusals():
    cases = grouped(120, known=lambda i: "no" if i < 60 else "yes")
    require = {"over_refusal": {"unanswerable": {"known": "no"}, "at_most": 0.1}}
    found = verdict(demand(require, uses=()), refusing(lambda i: False), cases)
    assert (found.outcome, found.estimate) == ("pass", 0.0)
    absent = {"over_refusal": {"unanswerable": {"known": "?"}, "at_most": 0.1}}
    assert verdict(demand(absent, uses=()), refusing(lambda i: False), cases).outcome == "pass"
    recall = {"recall_of_abstention": {"unanswerable": {"known": "?"}, "at_least": 0.1}}
    lacking = verdict(demand(recall, uses=()), refusing(lambda i: False), cases)
    assert lacking.note == "no case lies in the slice known = '?'"


@pytest.mark.parametrize(("bound", "broken"), [(0.1, 0), (0.3, 10), (1.0, 30)])
def test_an_attack_counts_within_its_distance_and_on_what_was_right(bound, broken):
    stretch = attrs.evolve(
        reword,
        name="stand.stretch",
        factory=lambda rung: lambda text, /, *, seed: f"{text} {'x' * (2 * rung * rung)}",
    )
    cases = [sea.Case(f"{i:04}", f"{i:04} text text", "yes") for i in range(100)]

    def wrong(i, added):
        never, easy, hard = i >= 80, i < 10 and added, 10 <= i < 30 and len(added) == 50
        return never or easy or hard

    def model(texts):
        pairs = [(int(text.split()[0]), text.partition("text text")[2].strip()) for text in texts]
        return ["no" if wrong(*pair) else "yes" for pair in pairs]

    require = {"attack_success": {"at_most": 0.5, "distance": bound}}
    found = verdict(demand(require, uses=(stretch,), severities=EVERY), model, cases)
    assert found.details["attacked"] == 80
    assert found.estimate == pytest.approx(broken / 80)
    curve = list(found.details["success_within"].values())
    assert curve == sorted(curve)
    assert curve[-1] == found.estimate


def spend(rung, queries=1000):
    """A search that asks 10 times about the first 60 cases and to its end about the others."""

    def search(text, /, *, seed, loss):
        loss.spend(10 if int(text.split()[0]) < 60 else loss.left)
        return f"{text} r{rung}"

    return search


def test_an_attack_counts_within_its_budget_of_queries():
    search = attrs.evolve(reword, name="stand.spend", factory=spend, searches=True)
    require = {"attack_success": {"at_most": 0.9, "distance": 1, "queries": 100}}
    given = demand(require, uses=(search,))
    found = verdict(given, right_unless(lambda i, r: r), items(100))
    assert found.estimate == 0.6


def test_an_attack_on_a_model_that_is_never_right_is_undefined():
    require = {"attack_success": {"at_most": 0.9, "distance": 1}}
    found = verdict(demand(require), right_unless(lambda i, r: 1), items(60))
    assert (found.outcome, "undefined" in found.note) == ("error", True)


ALEXNET = {"stand.reword": 0.8, "stand.other": 0.4, "clean": 0.3}


def test_the_corruption_error_is_relative_to_constants_of_a_reference():
    model = right_unless(lambda i, r: i < {"": 10, "r": 40, "o": 30}[r[:1]])
    both = {"uses": (reword, other), "severities": (1, 2)}
    require = {"corruption_error": {"at_most": 1.0, "reference": ALEXNET}}
    found = verdict(demand(require, **both), model, items(100))
    assert found.details["each"] == pytest.approx({"stand.reword": 0.5, "stand.other": 0.75})
    assert (found.estimate, found.outcome) == (pytest.approx(0.625), "pass")
    relative = {"relative_corruption_error": {"at_most": 1.0, "reference": ALEXNET}}
    beyond = verdict(demand(relative, **both), model, items(100))
    assert beyond.details["each"] == pytest.approx({"stand.reword": 0.6, "stand.other": 2.0})
    assert beyond.outcome == "inconclusive"


def test_a_reference_may_give_an_error_for_each_severity():
    model = right_unless(lambda i, r: r and i < 30)
    given = {"corruption_error": {"at_most": 9, "reference": {"stand.reword": [0.1, 0.2, 0.6]}}}
    found = verdict(demand(given, severities=(1, 3)), model, items(100))
    assert found.estimate == pytest.approx(0.3 / 0.35)
    lacking = verdict(demand(given, severities=(4,)), model, items(100))
    assert "the reference has 3 errors for stand.reword" in lacking.note


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("corruption_error", {"stand.reword": 0.0}),
        ("relative_corruption_error", {"stand.reword": 0.3, "clean": 0.3}),
        ("relative_corruption_error", {"stand.reword": 0.2, "clean": 0.3}),
    ],
)
def test_a_zero_denominator_is_undefined_and_never_a_number(kind, reference):
    require = {kind: {"at_most": 1.0, "reference": reference}}
    found = verdict(demand(require), right_unless(lambda i, r: i < 5), items(60))
    assert (found.outcome, found.estimate, found.interval) == ("error", None, None)
    assert "undefined" in found.note


def keep(priority, model, cases, path):
    specification = sea.Specification("kept", priorities=[priority], seed=3)
    model.identity = "kept"
    run(specification, model, cases, to=path)
    return str(path)


def test_a_reference_may_be_another_run(tmp_path):
    plain = demand({"at_least": 0.1}, uses=(reword, other), severities=(1, 2))
    weak = right_unless(lambda i, r: i < {"": 20, "r": 80, "o": 40}[r[:1]])
    path = keep(plain, weak, items(100), tmp_path / "weak")
    model = right_unless(lambda i, r: i < {"": 10, "r": 40, "o": 30}[r[:1]])
    for kind, each in (
        ("corruption_error", {"stand.reword": 0.5, "stand.other": 0.75}),
        ("relative_corruption_error", {"stand.reword": 0.5, "stand.other": 1.0}),
    ):
        require = {kind: {"at_most": 2.0, "reference": path}}
        found = verdict(demand(require, uses=(reword, other), severities=(1, 2)), model, items(100))
        assert found.details["each"] == pytest.approx(each)
    missing = {"corruption_error": {"at_most": 2.0, "reference": str(tmp_path / "nowhere")}}
    assert "nowhere" in verdict(demand(missing), model, items(60)).note


GOLDEN = {"": 0.9, "r1": 0.85, "r2": 0.80, "r3": 0.70, "r4": 0.60, "r5": 0.40}


@pytest.mark.parametrize(
    ("require", "golden"),
    [({"weighted_mean": 0.7}, 0.804211), ({"weighted_drop": 0.25}, 0.150948)],
)
def test_weighted_summaries_are_those_of_rood(require, golden):
    model = answering(lambda i, r: GOLDEN[r])
    found = verdict(demand(require, severities=EVERY, metric=said), model, items(60))
    assert found.estimate == pytest.approx(golden, abs=5e-7)
    assert found.outcome == "pass"


def test_weighted_summaries_weigh_each_perturbation_by_itself():
    short = attrs.evolve(other, ladder=other.ladder[:1])
    model = answering(lambda i, r: GOLDEN[r] if r[:1] != "o" else 0.3)
    priority = demand({"weighted_mean": 0.1}, uses=(reword, short), severities=(), metric=said)
    found = verdict(priority, model, items(60))
    alone = (0.9 + 2 / 3 * 0.3) / (1 + 2 / 3)
    assert found.estimate == pytest.approx((0.804211 + alone) / 2, abs=5e-7)
    flat = demand(
        {"weighted_mean": {"threshold": 0.1, "decay": 1.0}}, severities=EVERY, metric=said
    )
    assert verdict(flat, model, items(60)).estimate == pytest.approx(sum(GOLDEN.values()) / 6)


def test_a_cascade_is_the_ratio_of_two_drops(tmp_path):
    plain = demand({"at_least": 0.1})
    part = right_unless(lambda i, r: bool(r) and i < 40)
    path = keep(plain, part, items(200), tmp_path / "part")
    require = {"cascade": {"component": path, "at_most": 1.5}}
    steep = verdict(demand(require), right_unless(lambda i, r: bool(r) and i < 160), items(200))
    assert (steep.estimate, steep.outcome) == (pytest.approx(4.0), "fail")
    assert steep.details["component_drop"] == pytest.approx(0.2)
    held = verdict(demand(require), right_unless(lambda i, r: bool(r) and i < 10), items(200))
    assert (held.estimate, held.outcome) == (pytest.approx(0.25), "pass")
    whole = keep(plain, right_unless(lambda i, r: 0), items(60), tmp_path / "whole")
    none = verdict(demand({"cascade": {"component": whole, "at_most": 1.5}}), part, items(60))
    assert (none.outcome, "undefined" in none.note) == ("error", True)


def test_a_pipeline_that_never_drops_still_needs_enough_cases(tmp_path):
    part = right_unless(lambda i, r: bool(r) and i < 2)
    path = keep(demand({"at_least": 0.1}), part, items(8), tmp_path / "part")
    require = {"cascade": {"component": path, "at_most": 1.0}}
    found = verdict(demand(require), right_unless(lambda i, r: 0), items(8))
    assert (found.outcome, found.estimate) == ("inconclusive", 0.0)


def test_what_was_retained_is_paired_and_what_was_forgotten_is_listed(tmp_path):
    plain = demand({"at_least": 0.1}, uses=())
    path = keep(plain, right_unless(lambda i, r: i == 3), items(100), tmp_path / "before")
    require = {"retained": {"reference": path, "max_drop": 0.05}}
    found = verdict(demand(require, uses=()), right_unless(lambda i, r: 10 <= i < 30), items(120))
    assert (found.outcome, found.estimate) == ("fail", pytest.approx(0.19))
    assert found.details["forgotten"] == tuple(f"{i:04}" for i in range(10, 30))
    assert found.details["learned"] == ("0003",)
    assert found.note.startswith("20 cases have no score in the run to compare with")
    same_again = verdict(demand(require, uses=()), right_unless(lambda i, r: i == 3), items(100))
    assert same_again.outcome == "pass"


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
