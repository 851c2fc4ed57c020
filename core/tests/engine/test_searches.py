"""Searches in a run: what leads them, what they may ask, and what is kept of them."""

# ruff: noqa: EM101, TRY003 - stand-ins say what they like

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import seatrial_threats as threats
from attrs import evolve
from trial_stand_ins import Counting, bot, even, orders, plan, rows, same, shout, swap, unsure_bot

import seatrial as sea
from seatrial.errors import ParameterError, PlanError, TrialError
from seatrial.judging._attack_curve import attack_curve
from seatrial.runs._report import Report
from seatrial.statistics import proportion
from seatrial.verbs._run import run

CASES = orders(12)
GREEDY = threats.greedy_words(queries=30)
DRAWN = threats.random_search(of=swap(), queries=10)


def asking(*batches):
    """A search that asks in batches of these sizes, and gives the worst that it asked about."""

    def factory(*, queries=6, keep=False):
        def search(text, /, *, seed, loss):
            tried = []
            for size in batches:
                tried += [f"{text} {seed % 7} {len(tried) + at}" for at in range(size)]
                losses = loss(tried[-size:])
                found.append((losses, loss.left, loss.target, loss.model))
            return text if keep else tried[-1]

        return search

    found = []
    component = sea.Perturbation(
        name="stand.ask",
        summary="Ask.",
        modality="text",
        factory=factory,
        searches=True,
    )
    return component, found


def errors(report):
    return [one.error for one in report.records() if one.status == "errored"]


@pytest.fixture(scope="module")
def truth():
    return rows(run(plan(GREEDY, DRAWN, severities=(2, 4)), unsure_bot, CASES))


@pytest.mark.parametrize("options", [{"batch_size": 1}, {"batch_size": 1000}])
def test_the_size_of_batches_changes_nothing(truth, options):
    assert rows(run(plan(GREEDY, DRAWN, severities=(2, 4)), unsure_bot, CASES, **options)) == truth


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_neither_threads_nor_processes_change_anything(truth, executor):
    given = plan(GREEDY, DRAWN, severities=(2, 4))
    model = "trial_stand_ins:unsure_bot"
    found = run(given, model, CASES, executor=executor, workers=2, batch_size=5)
    assert rows(found) == truth


def test_a_search_alone_finds_what_it_finds_among_others(truth):
    one = rows(run(plan(GREEDY, severities=(4,)), unsure_bot, CASES[3:4]))
    assert one[-1] in truth


def test_budgets_and_bounds_are_kept_and_recorded(truth):
    searched = [one for one in truth if one.severity]
    assert all(0 < one.queries <= 30 for one in searched)
    assert max(one.queries for one in searched if one.perturbation == DRAWN.label) == 10
    assert all(one.distance <= {2: 0.1, 4: 0.3}[one.severity] for one in searched)
    assert {one.queries for one in truth if not one.severity} == {None}


def test_the_model_is_asked_as_often_as_the_records_say():
    model = Counting()
    report = run(plan(GREEDY, severities=(3,)), model, CASES)
    records = list(report.records())
    queries = sum(one.queries or 0 for one in records)
    measured = sum(one.changed or not one.severity for one in records)
    assert len(model.asked) == queries + measured


def test_wrong_answers_are_worse_than_right_ones_and_probabilities_lead_among_them():
    component, found = asking(3)
    answers = iter([0.9, 0.6, 0.2])

    def model(texts):
        if len(texts) != 3:
            return ["refund"] * len(texts)
        probabilities = [next(answers) for _ in texts]
        return [
            sea.Prediction(
                "refund" if p > 0.5 else "other", probabilities={"refund": p, "other": 1 - p}
            )
            for p in probabilities
        ]

    run(plan(component(), severities=(1,)), model, CASES[:1])
    assert found[0][0] == pytest.approx([0.05, 0.2, 0.9])
    assert found[0][1:] == (3, "refund", None)


def test_without_probabilities_the_first_metric_with_bounds_leads():
    component, found = asking(1)
    unbounded = evolve(same, name="stand.unbounded", bounds=None)
    percent = sea.Metric(
        name="stand.percent",
        summary="P.",
        factory=lambda: lambda targets, answers: [25.0] * len(answers),
        per_case=True,
        bounds=(0, 100),
        higher_is_better=False,
    )
    run(
        plan(component(), metrics=(even, unbounded, percent, same), severities=(1,)), bot, CASES[:1]
    )
    assert found[0][0] == [0.25]


def test_a_search_that_asks_too_often_is_an_error_of_its_record():
    component, found = asking(4, 3)
    report = run(plan(component(), severities=(1,)), bot, CASES[:2])
    assert [found[0][1], found[1][1]] == [2, 2]
    told = "asks for 7 queries where it may ask for 6: it must stop when loss.left is 0"
    assert errors(report) == [f"stand.ask: TrialError: stand.ask {told}"] * 2
    assert [one.queries for one in report.records() if one.severity] == [4, 4]


@pytest.mark.parametrize("metrics", [(), (even,), (evolve(same, bounds=None),)])
def test_a_plan_that_cannot_lead_a_search_is_refused_before_anything_is_asked(metrics):
    model = Counting()
    with pytest.raises(PlanError, match=r"threats\.greedy-words.* searches for wrong answers"):
        run(plan(GREEDY, metrics=metrics), model, CASES)
    assert model.asked == []


@pytest.mark.parametrize("queries", [0, 2.5, True])
def test_a_search_without_a_budget_is_refused(queries):
    component, _ = asking(1)
    with pytest.raises(PlanError, match="it needs queries, a whole number from 1 up"):
        run(plan(component(queries=queries), severities=(1,)), bot, CASES)
    unlimited = evolve(component, factory=lambda: None)
    with pytest.raises(PlanError, match="it needs queries"):
        run(plan(unlimited(), severities=(1,)), bot, CASES)


def test_what_was_found_is_what_the_model_saw_and_outcomes_give_it():
    model = Counting()
    given = plan(GREEDY, severities=(5,))
    report = run(given, model, CASES)
    inputs = {one.case.id: one.input for one in report.outcomes() if one.severity}
    found = {one.case_id: one.input for one in report.records() if one.severity}
    assert inputs == found
    assert set(found.values()) <= set(model.asked)
    assert all(pair.input in set(inputs.values()) for pair in report.preferences())
    with pytest.raises(PlanError, match="depends on the model"):
        list(sea.perturbed(given, CASES))


def test_a_search_that_finds_nothing_still_says_what_it_asked():
    component, _ = asking(5)
    model = Counting()
    report = run(plan(component(keep=True), severities=(1,)), model, CASES[:1])
    (record,) = (one for one in report.records() if one.severity)
    assert not record.changed
    assert (record.queries, record.input) == (5, CASES[0].input)
    assert len(model.asked) == 6
    assert [one.input for one in report.outcomes()] == [CASES[0].input] * 2


def test_a_search_of_one_part_sees_the_others_as_they_are():
    def model(inputs):
        assert all(one["rules"] == "be kind" for one in inputs)
        return ["refund" if "money" in one["question"] else "other" for one in inputs]

    cases = [evolve(c, input={"rules": "be kind", "question": c.input}) for c in CASES]
    report = run(plan(threats.greedy_words(on="question", queries=30)), model, cases)
    assert not errors(report)
    found = [one for one in report.records() if one.severity == 3]
    assert any(one.scores["stand.same"] == 0 for one in found)
    assert all(one.input["rules"] == "be kind" for one in found)


def test_a_search_of_two_parts_has_its_budget_for_each():
    cases = [evolve(c, input={"title": c.input, "body": c.input}) for c in CASES[:3]]
    use = threats.greedy_words(on=("title", "body"), queries=9)
    report = run(plan(use, severities=(3,)), lambda inputs: ["refund"] * len(inputs), cases)
    assert {one.queries for one in report.records() if one.severity} == {18}


def test_a_search_of_whole_cases_is_led_by_their_targets():
    def factory(*, queries=2):
        def search(case, /, *, seed, loss):
            tried = [evolve(case, input="money", target=one) for one in ("refund", "other")]
            return tried[loss(tried).index(1.0)]

        return search

    component = sea.Perturbation(
        name="stand.case",
        summary="C.",
        modality="text",
        factory=factory,
        sees_case=True,
        searches=True,
    )
    report = run(plan(component(), severities=(1,)), bot, CASES[:2])
    assert [one.scores["stand.same"] for one in report.records() if one.severity] == [0, 0]


def test_a_model_that_fails_or_hangs_during_a_search_costs_only_that_record():
    component, _ = asking(1)

    def moody(texts):
        if any("order 1 " in text for text in texts):
            raise RuntimeError("not this one")
        if any("order 2 " in text for text in texts):
            time.sleep(3)
        return bot(texts)

    report = run(plan(component(), severities=(1,)), moody, CASES[:4], timeout=0.4)
    assert errors(report) == [
        "stand.ask: RuntimeError: not this one",
        "stand.ask: TimeoutError: the model did not answer within 0.4 s",
    ]


def test_a_model_that_hangs_for_good_ends_the_run():
    component, _ = asking(1)

    def stuck(texts):
        if len(texts[0].split()) > 7:
            time.sleep(2)
        return bot(texts)

    with pytest.raises(TrialError, match="seems to hang for good"):
        run(plan(component(), severities=(1,)), stuck, orders(20), timeout=0.2)


def test_threads_ask_the_model_at_the_same_time_while_they_search():
    component, _ = asking(1)
    searching, together = [], threading.Event()

    def patient(texts):
        if len(texts[0].split()) > 7:
            searching.append(texts)
            if len(searching) == 1:
                assert together.wait(20)
            else:
                together.set()
        return bot(texts)

    given = plan(component(), severities=(1,))
    report = run(given, patient, orders(4), executor="threads", workers=2, batch_size=1)
    assert not errors(report)


def test_a_durable_run_goes_on_and_measures_again_what_the_search_depends_on(tmp_path):
    given = plan(DRAWN, severities=(2, 4))
    first = run(given, bot, CASES, to=tmp_path / "run")
    model = Counting()
    again = run(given, model, CASES, to=tmp_path / "run")
    assert model.asked == []
    assert rows(again) == rows(first) == rows(Report.load(tmp_path / "run"))
    other = evolve(same, name="stand.other")
    run(plan(DRAWN, metrics=(other, same), severities=(2, 4)), model, CASES, to=tmp_path / "run")
    assert len(model.asked) > len(CASES)
    model.asked.clear()
    run(plan(DRAWN, metrics=(other, same), severities=(2, 4)), model, CASES, to=tmp_path / "run")
    assert model.asked == []
    run(plan(DRAWN, metrics=(other, even), severities=(2, 4)), model, CASES, to=tmp_path / "run")
    assert model.asked == []


def test_a_perturbation_to_draw_from_must_be_there():
    with pytest.raises(sea.errors.UnknownComponentError, match=r"stand\.nothing"):
        run(plan(threats.random_search(of="stand.nothing")), bot, CASES)
    with pytest.raises(ParameterError, match="of must be a perturbation"):
        threats.random_search.build({"of": 3, "distance": 0.1})


def test_the_curve_counts_the_right_answers_that_were_turned():
    cases = [evolve(case, cluster=f"k{at % 4}") for at, case in enumerate(orders(20))]
    cases += [evolve(case, id=f"wrong-{case.id}", target="other") for case in orders(3)]
    report = run(plan(GREEDY, shout(), swap(), severities=(1, 2, 3)), bot, cases)
    curve = attack_curve(report, GREEDY.label)
    assert [one.bound for one in curve.points] == [0.05, 0.1, 0.2]
    assert all(one.farthest <= one.bound for one in curve.points)
    for point in curve.points:
        mine = [
            one
            for one in report.records()
            if (one.perturbation, one.severity) == (GREEDY.label, point.severity)
        ]
        turned = [1 - one.scores["stand.same"] for one in mine if "wrong" not in one.case_id]
        truth = proportion(turned, [f"k{at % 4}" for at in range(20)], 0.95)
        assert (point.cases, point.unknown) == (20, 0)
        assert point.success == truth.estimate
        assert point.interval == truth.ends
        assert point.queries == pytest.approx(np.mean([one.queries for one in mine]))
    assert [one.success for one in curve.points] == sorted(one.success for one in curve.points)
    assert curve.points[-1].success > 0.5
    assert str(curve).splitlines()[1].split()[0] == "severity"
    assert len(str(curve).splitlines()) == 7
    assert {one.queries for one in attack_curve(report, "stand.swap").points} == {None}
    assert {one.bound for one in attack_curve(report, "stand.swap").points} == {None}
    assert attack_curve(report, "stand.shout").points[0].success == 1.0


def test_errors_widen_the_curve_on_both_sides_and_skipped_cases_are_left_out():
    def moody(texts):
        if any("8?" in text for text in texts):
            raise RuntimeError("no eights")
        return ["other" if "6?" in text else bot([text])[0] for text in texts]

    from trial_stand_ins import picky

    report = run(plan(picky(), severities=(1,)), moody, orders(10))
    (point,) = attack_curve(report, "stand.picky").points
    assert (point.cases, point.unknown) == (9, 2)
    assert point.success == pytest.approx(1 / 7)
    assert point.interval[0] == proportion([1] + [0] * 8, None, 0.95).low
    assert point.interval[1] == proportion([1] * 3 + [0] * 6, None, 0.95).high


def test_a_curve_of_nothing_is_undefined_and_of_nobody_an_error():
    report = run(plan(swap(), severities=(1,)), bot, orders(3, "other"))
    (point,) = attack_curve(report, "stand.swap").points
    assert (point.cases, point.success, point.interval) == (0, None, None)
    assert "—" in str(attack_curve(report, "stand.swap"))
    with pytest.raises(PlanError, match=r"it has stand\.swap"):
        attack_curve(report, "stand.swop")
    with pytest.raises(PlanError, match="confidence"):
        attack_curve(report, "stand.swap", confidence=95)


def test_replicates_of_a_case_count_as_shares_of_it():
    given = plan(swap(), severities=(3,), replicates=4)
    report = run(given, bot, orders(10))
    (point,) = attack_curve(report, "stand.swap").points
    turned = [1 - one.scores["stand.same"] for one in report.records() if one.severity]
    assert point.cases == 10
    assert point.success == pytest.approx(np.mean(turned))
    assert 0 < point.success < 1
