"""Requirements on what is answered: predictive value, agreement, calibration, abstention."""

from __future__ import annotations

import pytest
from demand_stand_ins import (
    answering,
    demand,
    grouped,
    items,
    rate,
    right_unless,
    verdict,
)

import seatrial as sea

EVERY = (1, 2, 3, 4, 5)


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
