"""A run directory is the state: what is asked again is measured again only where it changed."""

# ruff: noqa: EM101, TRY003 - stand-ins say what they like

from __future__ import annotations

import json
import random

import attrs
import pytest
from trial_stand_ins import Counting, bot, even, orders, plan, rows, same, shout, swap

import seatrial as sea
from seatrial.errors import ModelError, SeatrialWarning, TrialError
from seatrial.events import BatchDone, Started
from seatrial.runs._report import Report
from seatrial.verbs._failing import ALLOWED
from seatrial.verbs._resume import ASKED_AGAIN
from seatrial.verbs._run import run


@pytest.fixture
def seen():
    return []


def measured(seen):
    return seen[-1].measured


def test_the_same_run_again_asks_nothing(tmp_path, seen):
    first = run(plan(), bot, orders(20), to=tmp_path / "run")
    model = Counting()
    again = run(plan(), model, orders(20), to=tmp_path / "run", observers=[seen.append])
    assert model.asked == []
    assert (seen[-1].planned, seen[-1].kept, seen[-1].measured) == (80, 80, 0)
    assert rows(again) == rows(first)


def test_an_added_severity_is_all_that_is_measured(tmp_path, seen):
    run(plan(severities=(1, 2)), bot, orders(20), to=tmp_path / "run")
    run(plan(), bot, orders(20), to=tmp_path / "run", observers=[seen.append])
    assert (seen[0].kept, seen[-1].measured, seen[-1].stale) == (60, 20, 0)


def test_an_added_perturbation_is_all_that_is_measured(tmp_path, seen):
    run(plan(), bot, orders(20), to=tmp_path / "run")
    run(plan(swap(), shout()), bot, orders(20), to=tmp_path / "run", observers=[seen.append])
    assert (seen[0].kept, seen[-1].measured) == (80, 20)


def test_an_added_case_is_all_that_is_measured(tmp_path, seen):
    run(plan(), bot, orders(20), to=tmp_path / "run")
    model = Counting()
    run(plan(), model, orders(21), to=tmp_path / "run", observers=[seen.append])
    assert measured(seen) == 4
    assert "please return my money for order 20" in model.asked
    # A bare identity is not derived, so the model is also asked about a few cases of before.
    assert len(model.asked) <= 4 + ASKED_AGAIN


def test_an_added_priority_is_all_that_is_measured(tmp_path, seen):
    def specification(*names):
        return sea.Specification(
            "test",
            priorities=[
                sea.Priority(name, perturbations=[use], metric=same(), require={"at_least": 0.5})
                for name, use in zip(names, (swap(), shout()), strict=False)
            ],
            seed=1,
        )

    run(specification("typing"), bot, orders(10), to=tmp_path / "run")
    run(
        specification("typing", "capitals"),
        bot,
        orders(10),
        to=tmp_path / "run",
        observers=[seen.append],
    )
    assert (seen[0].kept, seen[-1].measured) == (40, 10)


def test_an_added_metric_asks_the_model_nothing(tmp_path, seen):
    longer = sea.Metric(
        name="stand.long",
        summary="Long answers.",
        factory=lambda: lambda targets, answers: [float(len(answer) > 5) for answer in answers],
        per_case=True,
    )
    run(plan(), bot, orders(20), to=tmp_path / "run")
    model = Counting()
    report = run(
        plan(metrics=(same, longer, even)),
        model,
        orders(20),
        to=tmp_path / "run",
        observers=[seen.append],
    )
    assert model.asked == []
    assert measured(seen) == 0
    fresh = run(plan(metrics=(same, longer, even)), bot, orders(20))
    assert rows(report) == rows(fresh)


def test_a_metric_of_a_raised_revision_scores_afresh_even_after_it_was_left_out(tmp_path):
    def metric(revision, score):
        return attrs.evolve(
            same,
            name="stand.one",
            revision=revision,
            factory=lambda: lambda targets, answers: [score] * len(targets),
        )

    run(plan(metrics=(metric(1, 0.25),)), bot, orders(5), to=tmp_path / "run")
    run(plan(metrics=(same,)), bot, orders(5), to=tmp_path / "run")
    model = Counting()
    report = run(plan(metrics=(metric(2, 0.75),)), model, orders(5), to=tmp_path / "run")
    assert model.asked == []
    assert {record.scores["stand.one"] for record in report.records()} == {0.75}


def test_a_record_that_only_a_metric_failed_on_is_mended_without_the_model(tmp_path):
    def metric(revision, value):
        return attrs.evolve(
            same, revision=revision, factory=lambda: lambda targets, answers: [value] * len(targets)
        )

    broken = run(plan(metrics=(metric(1, float("nan")),)), bot, orders(5), to=tmp_path / "run")
    assert broken.accounting.errored == 20
    model = Counting()
    report = run(plan(metrics=(metric(2, 1.0),)), model, orders(5), to=tmp_path / "run")
    assert model.asked == []
    assert report.accounting.scored == 20


@pytest.mark.parametrize(
    ("change", "count"),
    [
        (lambda use: attrs.evolve(use, component=attrs.evolve(use.component, revision=2)), 60),
        (lambda use: attrs.evolve(use, params={"times": 2}), 60),
    ],
    ids=["revision", "parameter"],
)
def test_a_changed_perturbation_is_measured_again_and_the_old_records_stay(
    tmp_path, seen, change, count
):
    run(plan(), bot, orders(20), to=tmp_path / "run")
    run(plan(change(swap())), bot, orders(20), to=tmp_path / "run", observers=[seen.append])
    assert (seen[-1].measured, seen[-1].stale) == (count, 60)
    run(plan(), bot, orders(20), to=tmp_path / "run", observers=[seen.append])
    assert (seen[-1].measured, seen[-1].stale) == (0, 60)


def test_a_case_whose_content_changed_is_measured_again(tmp_path, seen):
    cases = orders(20)
    run(plan(), bot, cases, to=tmp_path / "run")
    cases[3] = attrs.evolve(cases[3], input="where is my parcel")
    run(plan(), bot, cases, to=tmp_path / "run", observers=[seen.append])
    assert (seen[-1].measured, seen[-1].stale) == (4, 4)


def test_groups_are_no_content_but_for_what_sees_the_whole_case(tmp_path, seen):
    whole = sea.Perturbation(
        name="stand.whole",
        summary="Say the age.",
        modality="text",
        factory=lambda: (
            lambda case, /, *, seed: attrs.evolve(
                case, input=f"{case.groups.get('age')}: {case.input}"
            )
        ),
        sees_case=True,
    )
    cases = orders(10)
    older = [attrs.evolve(case, groups={"age": "old"}) for case in cases]
    run(plan(swap(), whole()), bot, cases, to=tmp_path / "run")
    run(plan(swap(), whole()), bot, older, to=tmp_path / "run", observers=[seen.append])
    assert seen[-1].measured == 10


def test_another_model_is_measured_from_the_start(tmp_path, seen):
    run(plan(), bot, orders(20), to=tmp_path / "run")
    run(plan(), Counting("bot 2"), orders(20), to=tmp_path / "run", observers=[seen.append])
    assert (seen[0].kept, seen[-1].measured, seen[-1].stale) == (0, 80, 80)


def test_what_is_not_asked_for_any_more_is_counted_and_kept(tmp_path, seen):
    run(plan(), bot, orders(20), to=tmp_path / "run")
    report = run(
        plan(severities=(1,)), bot, orders(10), to=tmp_path / "run", observers=[seen.append]
    )
    assert (seen[-1].planned, seen[-1].stale) == (20, 60)
    assert report.accounting.planned == 20


def test_stop_leaves_a_run_that_the_same_command_finishes(tmp_path, seen):
    stopped = run(
        plan(),
        bot,
        orders(20),
        to=tmp_path / "run",
        batch_size=5,
        stop=lambda now: now.measured >= 25,
    )
    # Variants of one case are measured together: batches have two cases of four records here.
    assert stopped.accounting.skipped == 48
    finished = run(
        plan(), bot, orders(20), to=tmp_path / "run", batch_size=5, observers=[seen.append]
    )
    assert (seen[0].kept, finished.accounting.scored) == (32, 80)


def test_errored_records_are_measured_again_only_on_demand(tmp_path):
    def moody(texts):
        if any("order 0" in text for text in texts):
            raise OSError("not today")
        return bot(texts)

    run(plan(), Counting(answer=moody), orders(3), to=tmp_path / "run", batch_size=1)
    model = Counting()
    before = run(plan(), model, orders(3), to=tmp_path / "run").accounting
    assert before.errored > 0
    assert model.asked == []
    again = run(plan(), model, orders(3), to=tmp_path / "run", retry_errors=True)
    assert again.accounting.scored == 12


def test_where_every_record_errored_the_same_command_measures_them_again(tmp_path):
    def moody(texts):
        raise OSError("not today")

    stopped = Counting(answer=moody)
    with pytest.raises(TrialError, match="every one of the first 32 records failed") as caught:
        run(plan(), stopped, orders(40), to=tmp_path / "run", batch_size=8)
    assert "32 × OSError: not today (first: q000)" in str(caught.value)
    assert Report.load(tmp_path / "run").accounting.errored == 32

    with pytest.warns(SeatrialWarning, match="every one of 16 records failed"):
        run(plan(), stopped, orders(4), to=tmp_path / "run")
    report = run(plan(), Counting(), orders(40), to=tmp_path / "run")
    assert report.accounting.scored == 160


def test_a_few_bad_cases_at_the_start_do_not_stop_a_run(tmp_path):
    def choosy(texts):
        if any("order 0" in text or "order 1" in text for text in texts):
            raise OSError("not this one")
        return bot(texts)

    report = run(plan(), choosy, orders(10), batch_size=1)
    assert report.accounting.scored > 0
    every = run(plan(), Counting(answer=lambda texts: 1 / 0), orders(40), allow=ALLOWED)
    assert every.accounting.errored == 160


def test_observers_hear_of_every_batch(tmp_path, seen):
    run(plan(), bot, orders(8), to=tmp_path / "run", batch_size=4, observers=[seen.append])
    stood = [one for one in seen if isinstance(one, Started | BatchDone)]
    assert [one.done for one in stood] == list(range(0, 33, 4))


def test_the_summary_is_the_same_however_it_came_about(tmp_path):
    cases = orders(30)
    run(plan(), bot, cases, to=tmp_path / "one")
    run(plan(severities=(2,)), bot, cases[:7], to=tmp_path / "two")
    random.Random(1).shuffle(cases)
    run(plan(), bot, cases, to=tmp_path / "two", batch_size=3)
    one, two = ((tmp_path / name / "report.json").read_bytes() for name in ("one", "two"))
    assert one == two
    assert json.loads(one)["accounting"]["planned"] == 120


def test_a_plain_function_is_told_how_to_get_an_identity(tmp_path):
    with pytest.raises(ModelError, match=r"model='module:name'.*attribute `identity`"):
        run(plan(), lambda texts: texts, orders(3), to=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_finished_directory_holds_what_was_asked_and_with_what(tmp_path):
    run(plan(), bot, orders(3), to=tmp_path / "run")
    names = {entry.name for entry in (tmp_path / "run").iterdir()}
    assert names >= {"trials.sqlite", "plan.toml", "manifest.json", "report.json"}
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["model"] == "bot 1"


def test_parameters_that_no_file_can_hold_do_not_stop_a_run(tmp_path):
    odd = attrs.evolve(
        shout, factory=lambda nothing: lambda text, /, *, seed: text.upper(), name="stand.odd"
    )
    report = run(plan(odd(nothing=None)), bot, orders(3), to=tmp_path / "run")
    assert report.accounting.scored == 6
    assert not (tmp_path / "run" / "plan.toml").exists()
