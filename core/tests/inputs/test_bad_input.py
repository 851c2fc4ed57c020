"""What goes wrong costs as little as it can, and says what to do."""

# ruff: noqa: EM101, TRY003 - stand-ins say what they like

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import attrs
import pytest
from trial_stand_ins import (
    Counting,
    bot,
    even,
    orders,
    picky,
    plan,
    refused,
    same,
    shout,
    swap,
)

import seatrial as sea
from seatrial._reference import Reference
from seatrial.errors import ModelError, ParameterError, PlanError, TrialError, UnknownComponentError
from seatrial.verbs._run import run

# Cases, plans and models that cannot be measured: refused before the first model call.


def test_duplicate_case_ids_are_named():
    refused("'q001' is given more than once", cases=[*orders(3), orders(2)[1]])


def test_no_cases_at_all_are_refused():
    refused("no cases to measure", cases=[])
    refused("no cases were given", cases=None)


def test_what_is_no_case_is_refused():
    refused("expected a Case, got 'hello'", cases=["hello"])
    refused("expected cases, got 3", cases=3)


def test_a_case_that_cannot_be_identified_is_named():
    refused("case 'x': set .* cannot be stored", cases=[sea.Case("x", "text", {1, 2})])


def test_a_group_that_cannot_be_stored_is_named_with_its_case():
    refused(
        "case 'x': a group: set .* cannot be stored", cases=[sea.Case("x", "a", "b", {"g": {1}})]
    )


def test_a_plan_that_measures_nothing_is_refused():
    refused("nothing to learn", sea.Plan(), cases=orders(1))


def test_slices_that_no_case_lies_in_are_refused():
    specification = sea.Specification(
        "none",
        priorities=[
            sea.Priority("nobody", where={"topic": "x"}, metric=same(), require={"at_least": 0.5})
        ],
        seed=0,
    )
    refused("where topic: the cases have no group 'topic'", specification, cases=orders(3))
    cases = [attrs.evolve(one, groups={"topic": "y"}) for one in orders(3)]
    refused("no case lies in any of the slices", specification, cases=cases)


def test_a_severity_off_the_ladder_is_refused():
    with pytest.raises(ParameterError, match="severities 1 to 3, not 4"):
        sea.Priority("x", perturbations=[swap()], severities=[4])
    with pytest.raises(PlanError, match="severities 1 to 1"):
        plan(shout(), severities=(2, 3))


def test_a_missing_part_and_an_ambiguous_one_are_named():
    cases = [sea.Case("a", {"question": "why", "context": "so"}, "x")]
    refused(
        "'a': the input has no part 'answer'; it has question, context",
        plan(swap(on="answer")),
        cases=cases,
    )
    refused(r"2 parts \(question, context\).*swap\(on=", plan(swap()), cases=cases)
    refused("has no parts, so there is no 'question'", plan(swap(on="question")), cases=orders(1))
    assert run(plan(swap(on=["question", "context"])), Counting(answer=len_each), cases)


def len_each(inputs):
    return [str(len(one)) for one in inputs]


@pytest.mark.parametrize("kind", ["perturbation", "metric"])
def test_a_factory_that_does_not_import_is_named_before_the_run(kind):
    if kind == "metric":
        broken = plan(metrics=(attrs.evolve(same, factory="nowhere_at_all:x"),))
    else:
        broken = plan(attrs.evolve(swap, factory="nowhere_at_all:x")())
    refused("cannot import 'nowhere_at_all:x'", broken, cases=orders(1))


def test_a_factory_that_breaks_is_named_before_the_run():
    def breaking(count):
        raise OSError("no dictionary")

    broken = plan(attrs.evolve(swap, factory=breaking)())
    refused("stand.swap cannot be built: OSError: no dictionary", broken, cases=orders(1))


def test_what_a_component_needs_of_the_model_is_checked_first():
    needy = attrs.evolve(same, needs=("activations",))
    refused(
        "stand.same needs a model with the attribute 'activations'",
        plan(metrics=(needy,)),
        cases=orders(1),
    )
    needy = attrs.evolve(swap, needs=("choices",))
    refused("stand.swap needs a model with the attribute 'choices'", plan(needy()), cases=orders(1))


def test_infinite_bounds_of_a_metric_are_refused():
    endless = attrs.evolve(same, bounds=(0.0, float("inf")))
    refused("must be finite", plan(metrics=(endless,)), cases=orders(1))


def test_an_unknown_executor_is_refused_before_anything_is_stored(tmp_path):
    refused(
        "there are serial, threads, processes",
        cases=orders(1),
        to=tmp_path / "run",
        executor="cluster",
        error=UnknownComponentError,
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("model", [lambda texts: texts, Counting()], ids=["lambda", "object"])
def test_a_model_that_cannot_be_rebuilt_is_refused_for_processes(model):
    refused(
        "models never travel as pickles", model=model, cases=orders(1), executor="processes",
        error=ModelError,
    )  # fmt: skip


def test_a_component_that_cannot_travel_is_named():
    local = attrs.evolve(shout, factory=lambda: lambda text, /, *, seed: text)
    refused(
        "give the factory of stand.shout as an import string",
        plan(local()), model="trial_stand_ins:bot", cases=orders(1), executor="processes",
    )  # fmt: skip


def test_what_is_no_model_is_refused():
    refused("no model was given", model=None, cases=orders(1), error=ModelError)
    refused("must be callable", model=3, cases=orders(1), error=ModelError)


def failing(**params):
    raise OSError("no such folder")


numbers = [1, 2]


def test_a_model_or_cases_that_cannot_be_made_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "unfinished", sys.modules[__name__])
    reference = Reference("unfinished:failing", {"path": "x"})
    refused(
        "the model unfinished:failing cannot be made: OSError: no such folder",
        model=reference, cases=orders(1), error=ModelError,
    )  # fmt: skip
    refused("the cases unfinished:failing cannot be made: OSError", cases=reference)
    refused(
        "the cases unfinished:numbers cannot be made", cases=Reference("unfinished:numbers", {})
    )
    refused("expected a Case, got 1", cases="unfinished:numbers")


# Models that fail while they are measured: recorded, and the others are not lost.


def of(answers):
    return run(plan(severities=(1,)), answers, orders(4))


def generator(texts):
    yield from texts


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda texts: "refund", "a list with one answer for each input, got str"),
        (lambda texts: None, "got None: does it"),
        (lambda texts: {"refund"}, "got set"),
        (lambda texts: dict.fromkeys(texts, "refund"), "got dict"),
        (lambda texts: b"refund", "got bytes"),
        (generator, "got generator"),
        (lambda texts: [object() for _ in texts], "answers must be text, numbers"),
    ],
)
def test_answers_of_a_wrong_shape_are_errors_that_say_so(model, said):
    report = of(model)
    assert report.accounting.errored == report.accounting.planned == 8
    assert all(said in record.error for record in report.records())


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda texts: [], "0 answers for 8 inputs"),
        (lambda texts: bot(texts[:1]), "1 answer for 8 inputs"),
        (lambda texts: bot(texts)[:-1], "7 answers for 8 inputs"),
        (lambda texts: [*bot(texts), "refund"], "9 answers for 8 inputs"),
    ],
)
def test_a_wrong_number_of_answers_stops_the_run(model, said):
    # Which answer belongs to which input cannot be known: nothing of it may be recorded.
    with pytest.raises(ModelError, match=said):
        of(model)


def test_a_case_that_raises_is_recorded_and_costs_no_other():
    def touchy(texts):
        if any("order 2" in text for text in texts):
            raise ValueError("two \ud800")
        return bot(texts)

    report = run(plan(shout(), severities=(1,)), touchy, orders(5))
    errors = {record.case_id: record.error for record in report.records() if record.error}
    assert errors == {"q002": "ValueError: two \\ud800"}
    assert report.accounting.scored == 9


def test_nan_scores_are_errors():
    nan = attrs.evolve(
        same,
        factory=lambda: (
            lambda targets, answers: [
                float("nan") if target == "odd" else 1.0 for target in targets
            ]
        ),
    )
    cases = [sea.Case("a", "aa", "odd"), sea.Case("b", "bb", "even")]
    report = run(plan(metrics=(nan,)), bot, cases)
    assert (report.accounting.errored, report.accounting.scored) == (4, 4)
    assert {record.error for record in report.records()} == {None, "stand.same gave nan"}


def test_a_metric_that_miscounts_or_raises_marks_its_records():
    def factory():
        def score(targets, answers):
            if "bad" in targets:
                raise ZeroDivisionError("bad")
            return [1.0] * (len(targets) + (targets == ["long"]))

        return score

    cases = [sea.Case(name, "text", name) for name in ("bad", "good", "long")]
    report = run(plan(shout(), metrics=(attrs.evolve(same, factory=factory),)), bot, cases)
    found = {record.case_id: record.error for record in report.records()}
    assert found == {
        "bad": "stand.same: ZeroDivisionError: bad",
        "good": None,
        "long": "stand.same: ModelError: stand.same gave 2 scores for 1 cases",
    }


def test_not_applicable_is_skipped_and_other_errors_are_errors():
    report = run(plan(picky()), bot, orders(10))
    assert (report.accounting.skipped, report.accounting.errored) == (1, 1)
    said = [record.error for record in report.records() if record.error]
    assert said == [
        "NotApplicable: there is a seven in it",
        "stand.picky: RuntimeError: nine is too much",
    ]


def test_a_case_that_hangs_is_an_error_after_the_timeout():
    def stuck(texts):
        if any("order 2" in text for text in texts):
            time.sleep(3)
        return bot(texts)

    report = run(plan(shout(), severities=(1,)), stuck, orders(4), timeout=0.1)
    assert [r.case_id for r in report.records() if r.error] == ["q002"]
    assert "did not answer within 0.1 s" in next(r.error for r in report.records() if r.error)


def test_a_model_that_hangs_for_good_ends_the_run_in_bounded_time(tmp_path):
    def stuck(texts):
        if any("order 40" in text for text in texts):
            stuck.broken = True
        if stuck.broken:
            time.sleep(60)
        return bot(texts)

    stuck.broken, stuck.identity = False, "bot 1"
    start = time.monotonic()
    with pytest.raises(TrialError, match="8 times in a row, so it seems to hang for good"):
        run(plan(), stuck, orders(500), to=tmp_path / "run", timeout=0.02)
    assert time.monotonic() - start < 20
    assert run(plan(), bot, orders(500), to=tmp_path / "run").accounting.scored == 2000


def test_a_case_that_kills_its_worker_is_recorded_and_the_rest_is_measured():
    report = run(
        plan(shout(), severities=(1,)), "trial_stand_ins:deadly", orders(12),
        executor="processes", workers=2, batch_size=4,
    )  # fmt: skip
    errors = {record.case_id: record.error for record in report.records() if record.error}
    assert set(errors) == {"q005"}
    assert "the worker process died" in errors["q005"]
    assert report.accounting.scored == 23


def test_an_executor_whose_worker_died_is_not_replaced_behind_its_owners_back(tmp_path):
    with (
        ProcessPoolExecutor(1, get_context("spawn")) as pool,
        pytest.raises(TrialError, match="give a new executor and run the same command again"),
    ):
        run(plan(), "trial_stand_ins:deadly", orders(12), executor=pool, batch_size=4)


def test_a_metric_of_the_whole_that_is_undefined_gives_no_figure():
    report = run(plan(metrics=(even,)), bot, orders(3))
    assert [cell.scores["stand.even"] for cell in report.cells] == [None] * 4
