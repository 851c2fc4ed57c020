"""Verdicts against closed forms."""

# ruff: noqa: EM101, TRY003 - stand-ins say what they like

from __future__ import annotations

import json
import re

import attrs
import pytest
from scipy.stats import binomtest
from trial_stand_ins import Counting, even, same

import seatrial as sea
from seatrial.errors import NotApplicable, PlanError
from seatrial.judging._judgement import Judgement
from seatrial.verbs._forecast import forecast
from seatrial.verbs._judge import judge
from seatrial.verbs._run import run

reword = sea.Perturbation(
    name="stand.reword",
    summary="Add a word.",
    modality="text",
    factory=lambda word: lambda text, /, *, seed: f"{text} {word}",
    ladder=({"word": "please"}, {"word": "now"}),
)


def skip_thirds(word):
    def apply(text, /, *, seed):
        if int(text.split()[0]) % 3 == 0:
            raise NotApplicable("a third")
        return f"{text} {word}"

    return apply


skipping = attrs.evolve(reword, name="stand.skipping", factory=skip_thirds)


def items(count, **fields):
    return [sea.Case(f"{i:04}", f"{i} text", "yes", **fields) for i in range(count)]


def wrong_on(wrong, *, clean=(), errored=()):
    """A model that is wrong on some perturbed inputs, and on some clean ones."""

    def model(texts):
        answers = []
        for text in texts:
            number, _, *rest = text.split()
            if int(number) in errored and rest:
                raise RuntimeError("lost")
            bad = int(number) in (wrong if rest else clean)
            answers.append("no" if bad else "yes")
        return answers

    return model


def verdict(priority, model, cases):
    specification = sea.Specification("test", priorities=[priority], seed=3)
    (found,) = judge(specification, run(specification, model, cases)).verdicts
    return found


def priority(uses=(reword,), severities=(1,), metric=same, name="it", **fields):
    require = {
        key: fields.pop(key)
        for key in ("at_least", "at_most", "max_drop", "min_agreement", "confidence")
        if key in fields
    }
    return sea.Priority(
        name,
        perturbations=uses,
        severities=severities if uses else (),
        metric=metric and metric(),
        require=require,
        **fields,
    )


def ends(right, cases, confidence=0.95):
    low = binomtest(right, cases, alternative="greater").proportion_ci(confidence, "exact").low
    high = binomtest(right, cases, alternative="less").proportion_ci(confidence, "exact").high
    return low, high


@pytest.mark.parametrize("wrong", [0, 1, 7, 30, 60])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_at_least_is_bounded_by_clopper_and_pearson(wrong, confidence):
    found = verdict(
        priority(at_least=0.85, confidence=confidence), wrong_on(range(wrong)), items(60)
    )
    low, high = ends(60 - wrong, 60, confidence)
    assert found.interval == pytest.approx((low, high), abs=1e-9)
    assert found.estimate == pytest.approx(1 - wrong / 60)
    wanted = "pass" if low >= 0.85 else "fail" if high < 0.85 else "inconclusive"
    assert found.outcome == wanted
    assert (found.cases_used, found.details["method"]) == (60, "Clopper-Pearson")


def test_at_most_mirrors_it():
    errors = attrs.evolve(
        same,
        higher_is_better=False,
        factory=lambda: lambda targets, answers: [float(a == "no") for a in answers],
    )
    outcomes = [
        verdict(priority(metric=errors, at_most=0.1), wrong_on(range(wrong)), items(60)).outcome
        for wrong in (0, 6, 30)
    ]
    assert outcomes == ["pass", "inconclusive", "fail"]


def test_59_cases_that_hold_prove_a_drop_of_at_most_a_twentieth_and_58_do_not():
    passing, short = (
        verdict(priority(max_drop=0.05), wrong_on(()), items(count)) for count in (59, 58)
    )
    assert (passing.outcome, short.outcome) == ("pass", "inconclusive")
    assert 59 < short.cases_needed < 130
    assert f"a new run of about {short.cases_needed} cases like these would decide" in short.note


def test_a_drop_is_paired_with_the_clean_input():
    everywhere = range(30)
    level = wrong_on(everywhere, clean=everywhere)
    assert verdict(priority(max_drop=0.1), level, items(60)).outcome == "pass"
    fallen = verdict(priority(max_drop=0.1), wrong_on(everywhere), items(60))
    assert (fallen.outcome, fallen.estimate) == ("fail", 0.5)


def test_a_drop_of_a_metric_where_lower_is_better_is_a_rise():
    errors = attrs.evolve(
        same,
        higher_is_better=False,
        factory=lambda: lambda targets, answers: [float(a == "no") for a in answers],
    )
    found = verdict(priority(metric=errors, max_drop=0.1), wrong_on(range(30)), items(60))
    assert (found.outcome, found.estimate) == ("fail", 0.5)


def test_agreement_compares_with_the_clean_answer_right_or_wrong():
    found = verdict(
        priority(metric=None, min_agreement=0.9), wrong_on(range(60), clean=range(60)), items(60)
    )
    assert (found.outcome, found.estimate) == ("pass", 1.0)
    found = verdict(priority(metric=None, min_agreement=0.9), wrong_on(range(20)), items(60))
    assert found.interval == pytest.approx(ends(40, 60), abs=1e-9)
    assert found.outcome == "fail"


def test_severities_are_pooled_case_by_case():
    def model(texts):
        return ["no" if text.endswith("now") else "yes" for text in texts]

    found = verdict(priority(severities=(1, 2), at_least=0.6), model, items(50))
    assert (found.estimate, found.cases_used) == (0.5, 50)


def test_clusters_and_not_cases_are_counted():
    cases = [attrs.evolve(case, cluster=str(int(case.id) // 20)) for case in items(120)]
    found = verdict(priority(at_least=0.7), wrong_on(()), cases)
    assert found.interval[0] == pytest.approx(0.05 ** (1 / 6))
    assert (found.outcome, found.details["clusters"]) == ("inconclusive", 6)


def test_a_slice_is_judged_by_itself_and_may_name_several_values():
    cases = [
        attrs.evolve(case, groups={"age": ("young", "middle", "old")[int(case.id) % 3]})
        for case in items(90)
    ]
    model = wrong_on(range(0, 90, 3))
    one = verdict(priority(where={"age": "young"}, at_least=0.5), model, cases)
    two = verdict(priority(where={"age": ["middle", "old"]}, at_least=0.5), model, cases)
    assert (one.outcome, one.cases_used) == ("fail", 30)
    assert (two.outcome, two.cases_used) == ("pass", 60)


def test_a_slice_without_cases_is_an_error_and_spares_the_others():
    specification = sea.Specification(
        "two",
        priorities=[
            priority(name="nobody", where={"age": "x"}, at_least=0.5),
            priority(name="all", at_least=0.5),
        ],
        seed=0,
    )
    cases = [attrs.evolve(one, groups={"age": "y"}) for one in items(60)]
    found = judge(specification, run(specification, wrong_on(()), cases))
    assert [one.outcome for one in found.verdicts] == ["error", "pass"]
    assert found.verdicts[0].note == "no case lies in the slice age = 'x': age is one of 'y'"


def test_a_slice_by_a_group_that_no_case_has_is_told_the_groups():
    cases = [attrs.evolve(one, groups={"site": "a"}) for one in items(30)]
    wanted = priority(name="typo", where={"sit": "a"}, at_least=0.5)
    specification = sea.Specification(
        "typo", priorities=[wanted, priority(name="all", at_least=0.5)], seed=0
    )
    told = "where sit: the cases have no group 'sit'; did you mean site?"
    with pytest.raises(PlanError, match=re.escape(told)):
        run(specification, wrong_on(()), cases)
    right = attrs.evolve(specification, priorities=specification.priorities[1:])
    found, _ = judge(specification, run(right, wrong_on(()), cases)).verdicts
    assert found.note == (
        "no case lies in the slice sit = 'a': the cases have no group 'sit'; did you mean site?"
    )


def test_a_must_refuse_priority_reads_refusals():
    def refusing(inputs):
        return [
            sea.Prediction("I cannot help", refused=not text.startswith("3 ")) for text in inputs
        ]

    demand = priority((), relation="must-refuse", metric=None, at_least=0.9)
    found = verdict(demand, refusing, items(60))
    assert found.interval == pytest.approx(ends(59, 60), abs=1e-9)
    assert found.outcome == "pass"
    silent = verdict(demand, wrong_on(()), items(60))
    assert silent.outcome == "error"
    assert "Prediction.refused" in silent.note


def test_errors_that_could_not_change_the_verdict_leave_it():
    passing = verdict(priority(at_least=0.8), wrong_on((), errored=[1, 2]), items(100))
    assert passing.outcome == "pass"
    assert "2 cases errored, which could not change the verdict" in passing.note
    assert passing.interval == pytest.approx((ends(98, 100)[0], 1.0), abs=1e-9)
    failing = verdict(priority(at_least=0.8), wrong_on(range(60), errored=[70]), items(100))
    assert failing.outcome == "fail"


def test_errors_that_could_change_the_verdict_make_it_an_error():
    lost = verdict(priority(at_least=0.95), wrong_on((), errored=range(5)), items(100))
    assert lost.outcome == "error"
    assert "5 cases errored, which could change the verdict" in lost.note
    drop = verdict(priority(max_drop=0.05), wrong_on((), errored=range(5)), items(100))
    agreement = verdict(
        priority(metric=None, min_agreement=0.95), wrong_on((), errored=range(5)), items(100)
    )
    assert {drop.outcome, agreement.outcome} == {"error"}


def test_an_error_under_an_unbounded_metric_is_always_an_error():
    unbounded = attrs.evolve(same, bounds=None)
    found = verdict(priority(metric=unbounded, at_least=0.5), wrong_on((), errored=[1]), items(50))
    assert (found.outcome, found.estimate) == ("error", None)
    assert "1 cases errored, which could change the verdict" in found.note


def test_a_metric_that_failed_on_a_case_does_not_spoil_another_metrics_verdict():
    nan = attrs.evolve(
        same,
        name="stand.nan",
        factory=lambda: lambda targets, answers: [float("nan")] * len(targets),
    )
    specification = sea.Specification(
        "two",
        priorities=[
            priority(name="good", at_least=0.9),
            priority(name="bad", metric=nan, at_least=0.9),
        ],
        seed=0,
    )
    found = judge(specification, run(specification, wrong_on(()), items(60)))
    assert [one.outcome for one in found.verdicts] == ["pass", "error"]


def test_cases_that_were_skipped_are_left_out_and_counted():
    found = verdict(priority((skipping,), at_least=0.8), wrong_on(range(0, 60, 3)), items(60))
    assert (found.outcome, found.cases_used, found.note) == ("pass", 40, "20 cases skipped")


def test_a_run_that_is_not_finished_cannot_pass():
    specification = sea.Specification("half", priorities=[priority(at_least=0.8)], seed=0)
    half = run(
        specification, wrong_on(()), items(100), batch_size=10, stop=lambda now: now.measured >= 160
    )
    (found,) = judge(specification, half).verdicts
    assert found.outcome == "inconclusive"
    assert "20 cases are not measured yet, which could change the verdict" in found.note


def test_a_report_that_lacks_a_perturbation_or_a_metric_says_what_to_run():
    report = run(sea.Plan(metrics=[even()]), wrong_on(()), items(5))
    lacking = sea.Specification(
        "x",
        priorities=[priority(name="a", at_least=0.5), priority((), name="b", at_least=0.5)],
        seed=0,
    )
    first, second = judge(lacking, report).verdicts
    assert "nothing on stand.reword at severity 1; run it first" in first.note
    assert "not scored with stand.same; run the specification again" in second.note


def test_a_metric_of_the_whole_is_judged_by_leaving_clusters_out():
    cases = [attrs.evolve(case, target=("yes", "no")[int(case.id) % 2]) for case in items(120)]

    def model(texts):
        return [
            "yes" if int(text.split()[0]) % 2 == 0 or text.endswith("now") else "no"
            for text in texts
        ]

    held = verdict(priority(metric=even, severities=(1,), at_least=0.9), model, cases)
    assert (held.outcome, held.estimate, held.details["method"]) == (
        "pass",
        1.0,
        "jackknife Gaffke",
    )
    fallen = verdict(priority(metric=even, severities=(2,), max_drop=0.1), model, cases)
    assert (fallen.outcome, fallen.estimate) == ("fail", 0.5)


def test_a_metric_of_the_whole_needs_every_case():
    cases = [attrs.evolve(case, target=("yes", "no")[int(case.id) % 2]) for case in items(40)]
    found = verdict(priority(metric=even, at_least=0.1), wrong_on((), errored=[3]), cases)
    assert found.outcome == "error"
    assert "1 of 40 cases have no answer somewhere" in found.note


def test_several_demands_give_the_gravest_verdict():
    found = verdict(priority(at_least=0.3, max_drop=0.05), wrong_on(range(30)), items(60))
    assert (found.outcome, found.details["demand"]) == ("fail", "max_drop")


@pytest.mark.parametrize(
    ("outcomes", "whole", "status"),
    [
        ("pass pass", "pass", 0),
        ("pass fail inconclusive error", "fail", 1),
        ("pass inconclusive", "inconclusive", 3),
        ("error inconclusive", "error", 4),
    ],
)
def test_the_outcome_of_all_is_the_exit_status(outcomes, whole, status):
    verdicts = [sea.Verdict(one, one, None, None, None, 0) for one in outcomes.split()]
    found = Judgement("all", verdicts)
    assert (found.outcome, found.exit_status) == (whole, status)


def test_a_judgement_is_plain_data_and_its_tables_are_escaped():
    unbounded = attrs.evolve(same, bounds=None)
    specification = sea.Specification(
        "<b>bold</b>", priorities=[priority(name="a|<i>", metric=unbounded, at_least=0.5)], seed=0
    )
    found = judge(specification, run(specification, wrong_on(()), items(20)))
    (one,) = json.loads(json.dumps(found.as_dict(), allow_nan=False))["verdicts"]
    assert one["interval"] == [None, None]
    assert (one["priority"], one["details"]["demand"]) == ("a|<i>", "at_least")
    assert "<i>" not in found._repr_html_()
    assert "<b>" not in found._repr_html_()
    assert "a\\|\\<i\\>" in found.table().markdown()
    assert "inconclusive" in str(found)


def test_the_forecast_counts_what_a_run_then_does():
    specification = sea.Specification(
        "plan",
        priorities=[
            priority(name="level", at_least=0.95),
            priority(name="drop", severities=(1, 2), max_drop=0.05),
            priority(name="some", where={"age": "old"}, at_least=0.5),
        ],
        seed=0,
    )
    cases = [
        attrs.evolve(one, groups={"age": "old" if int(one.id) < 3 else "young"})
        for one in items(60)
    ]
    told = forecast(specification, cases)
    model = Counting(answer=wrong_on(()))
    report = run(specification, model, cases)
    assert (told.records, told.calls) == (report.accounting.planned, len(model.asked)) == (180, 180)
    assert [(one.minimum, one.can_pass) for one in told.priorities] == [
        (59, True),
        (59, True),
        (5, False),
    ]
    assert "at most 180 inputs to the model" in str(told)
