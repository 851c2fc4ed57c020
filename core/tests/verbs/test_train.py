"""What is done to the training cases is measured like anything that is done to a question."""

from __future__ import annotations

import json
import sys

import pytest
import train_stand_ins
from attrs import evolve
from train_stand_ins import (
    TRAININGS,
    doubt,
    five_of_each,
    flip,
    names,
    nothing_left,
    questions,
    specification,
    vote,
)
from trial_stand_ins import Counting, bot, orders, plan, rows, same, swap

import seatrial as sea
from seatrial._files import dump_specification
from seatrial.cli._commands import seatrial
from seatrial.cli._exits import guarded
from seatrial.errors import ComponentError, FileError, ModelError, PlanError, SeatrialError
from seatrial.inputs._models import check_there
from seatrial.inputs._trained import trained
from seatrial.verbs._calibrate import calibrate
from seatrial.verbs._replay import replay

QUESTIONS = sea.Reference("train_stand_ins:questions", {"part": "training"})
OTHERS = sea.Reference("train_stand_ins:questions", {"part": "test", "end": "."})


@pytest.fixture(autouse=True)
def trainings():
    TRAININGS.clear()
    return TRAININGS


def asked_of_training(**more):
    """Ask what was trained on: the test questions are those of the training cases."""
    return specification(cases=QUESTIONS, **more)


def drawn(severity, seed=5):
    """Give the cases to train on, and the fraction of them that changed, by hand."""
    root = sea.derive(seed, "stand.flip", "training", 0)
    clean = sea.load_cases(five_of_each())
    changed = flip.at(severity).training(tuple(clean), seed=root)
    count = sum(one.target != other.target for one, other in zip(clean, changed, strict=True))
    return changed, count / len(clean)


def test_each_severity_is_a_model_that_was_trained_on_what_the_rung_gives(trainings):
    report = sea.run(asked_of_training())
    assert trainings == [300] * 4
    for cell, severity in zip(report.cells, range(4), strict=True):
        cases, changed = drawn(severity) if severity else (five_of_each(), None)
        model = vote(cases, seed=0)
        right = [model([one.input])[0] == one.target for one in questions("training")]
        assert cell.scores["stand.same"] == pytest.approx(sum(right) / 60)
        assert cell.distance == (None if changed is None else pytest.approx(changed))
    assert report.cells[0].scores["stand.same"] == 1.0
    assert report.cells[-1].scores["stand.same"] == 0.0


def test_the_verdict_compares_the_models_case_by_case():
    found = sea.judge(*_run(specification(severities=(3,), cases=OTHERS)))
    (verdict,) = found.verdicts
    assert (verdict.outcome, verdict.estimate, verdict.changed) == ("fail", 1.0, 1.0)
    assert "one draw of what happens to the training cases" in found.arguments[0].limits[0]


def _run(asked, **more):
    return asked, sea.run(asked, **more)


def test_what_was_measured_is_neither_trained_nor_asked_again(tmp_path, trainings):
    asked = asked_of_training(severities=(1,))
    first = sea.run(asked, to=tmp_path / "run")
    trainings.clear()
    again = sea.run(asked, to=tmp_path / "run")
    assert trainings == []
    assert rows(again) == rows(first)
    sea.run(asked_of_training(severities=(1, 2)), to=tmp_path / "run")
    assert trainings == [300]  # the new rung alone


def test_other_training_cases_are_another_model(tmp_path):
    asked = asked_of_training(severities=(1,))
    first = sea.run(asked, to=tmp_path / "run").identity
    fewer = sea.Training(
        asked.train.function, sea.Reference("train_stand_ins:five_of_each", {"count": 58})
    )
    second = sea.run(evolve(asked, train=fewer), to=tmp_path / "run")
    assert first != second.identity
    assert second.cells[0].scores["stand.same"] == pytest.approx(58 / 60)
    with pytest.raises(PlanError, match="another run"):
        sea.judge(asked, second)


def test_the_identity_follows_the_code_of_the_function(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "trained_here.py"
    found = []
    for line in ("bag = 1", "bag = 2"):
        module.write_text(
            f"{line}\ndef fit(cases, *, seed):\n    return lambda xs: ['a' for _ in xs]\n"
        )
        sys.modules.pop("trained_here", None)
        found.append(trained("trained_here:fit", "train_stand_ins:five_of_each").identity)
    assert len(set(found)) == 2


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_workers_train_the_same_models(executor):
    asked = asked_of_training(severities=(2,))
    assert rows(sea.run(asked, executor=executor, workers=2)) == rows(sea.run(asked))


def test_the_same_training_cases_are_trained_on_once(trainings):
    asked = asked_of_training(severities=(3,))
    triggered = flip(suffix="?")
    two = evolve(
        asked,
        priorities=[
            *asked.priorities,
            evolve(asked.priorities[0], name="Triggered", perturbations=[triggered]),
        ],
    )
    report = sea.run(two)
    assert len(trainings) == 2
    cells = {cell.perturbation: cell for cell in report.cells}
    assert cells[triggered.label].scores["stand.same"] == 0.0  # nobody has seen the question
    inputs = {one.input for one in report.records() if one.perturbation == triggered.label}
    assert inputs == {f"{one.input}?" for one in questions("training")}


def test_a_training_that_fails_costs_its_own_records_alone():
    asked = asked_of_training(
        train=sea.Training("train_stand_ins:broken", "train_stand_ins:five_of_each")
    )
    both = evolve(asked.priorities[0], perturbations=[flip(), doubt()])
    report = sea.run(evolve(asked, priorities=[both]))
    assert report.accounting.errored == 60
    (error,) = report.errors
    assert str(error).startswith("60")
    assert "stand.doubt: RuntimeError: what label is that?" in error.error


def failing(cases, *, seed):
    msg = "no memory"
    raise RuntimeError(msg)


def test_a_model_that_cannot_be_trained_stops_the_run(trainings):
    asked = asked_of_training(train=sea.Training(failing, five_of_each()))
    with pytest.raises(ComponentError, match=r"the training by .*:failing: RuntimeError: no mem"):
        sea.run(asked)


def test_a_dry_run_finds_out_whether_the_function_is_there():
    check_there(sea.Training("train_stand_ins:vote", "train_stand_ins:five_of_each").reference())
    wrong = sea.Training("train_stand_ins:vota", "train_stand_ins:five_of_each")
    with pytest.raises(SeatrialError, match="did you mean vote"):
        check_there(wrong.reference())


@pytest.mark.parametrize(
    ("use", "told"),
    [(nothing_left, "it leaves no cases to train on"), (names, "training must give cases")],
)
def test_what_gives_nothing_to_train_on_is_the_fault_of_the_perturbation(use, told):
    asked = asked_of_training()
    both = evolve(asked.priorities[0], perturbations=[flip(), use()])
    report = sea.run(evolve(asked, priorities=[both]))
    assert told in report.errors[0].error
    assert report.accounting.errored == 60


def test_a_perturbation_of_the_question_goes_to_the_model_that_was_trained():
    asked = specification(swap(), severities=(1,), cases="train_stand_ins:questions")
    report = sea.run(asked)
    assert [cell.accounting.scored for cell in report.cells] == [60, 60]
    assert report.identity.startswith("train_stand_ins:vote on 300 cases [")


def test_clusters_of_the_training_cases_are_left_out_of_verdicts():
    trained_on = [evolve(one, input=f"{one.input}!") for one in questions("training", 20)]
    asked = asked_of_training(severities=(3,), train=sea.Training(vote, trained_on))
    found = sea.judge(*_run(asked))
    assert found.verdicts[0].cases_used == 40
    assert found.notes == ("20 cases that the model learned from are left out",)


def test_inputs_of_the_training_cases_are_left_out_whatever_their_clusters():
    trained_on = [evolve(one, cluster=None) for one in questions("training", 20)]
    asked = specification(severities=(3,), train=sea.Training(vote, trained_on))
    found = sea.judge(*_run(asked))
    assert found.verdicts[0].cases_used == 40
    assert found.notes == ("20 cases that the model learned from are left out",)


def test_ids_alone_leave_nothing_out():
    trained_on = [evolve(one, cluster=None) for one in questions("test", 60)]
    asked = specification(severities=(3,), train=sea.Training(vote, trained_on), cases=OTHERS)
    assert sea.judge(*_run(asked)).verdicts[0].cases_used == 60


def test_live_functions_and_cases_do_for_a_run_in_memory(tmp_path):
    asked = specification(severities=(3,), train=sea.Training(vote, five_of_each()), cases=OTHERS)
    assert sea.judge(*_run(asked)).verdicts[0].estimate == 1.0
    with pytest.raises(ModelError, match="function of train, and its cases, as import strings"):
        sea.run(asked, to=tmp_path / "run")
    with pytest.raises(ModelError, match="cannot be trained in another process"):
        sea.run(asked, executor="processes", workers=2)


def test_models_of_changed_cases_are_asked_as_many_inputs_at_a_time_as_any():
    sizes = []

    def watched(cases, *, seed):
        model = vote(cases, seed=seed)

        def answer(texts):
            sizes.append(len(texts))
            return model(texts)

        return answer

    asked = specification(cases=OTHERS, train=sea.Training(watched, five_of_each()))
    plain = rows(sea.run(asked, batch_size=5))
    sizes.clear()
    assert rows(sea.run(asked, batch_size=20)) == plain
    assert sorted(sizes)[len(sizes) // 4] >= 15


def test_a_distance_bounds_inputs_and_no_training_cases():
    attacks = {"attack_success": {"at_most": 0.5, "distance": 0.2}}
    demand = sea.Priority("Attacks", perturbations=[flip()], metric=same(), require=attacks)
    with pytest.raises(PlanError, match=r"stand\.flip changes training cases: require at_least"):
        sea.Specification("Votes", priorities=[demand], seed=1)


def test_a_training_is_written_with_the_number_of_its_cases():
    assert "cases=300 cases, seed=0" in repr(sea.Training(vote, five_of_each()))
    assert "'part': 'training'" in repr(sea.Training(vote, QUESTIONS))


def test_a_model_without_training_cases_is_refused_before_it_is_asked():
    asked, model = asked_of_training(), Counting()
    with pytest.raises(PlanError, match=r"stand\.flip changes the training cases") as caught:
        sea.run(asked, model)
    assert "train = { function" in str(caught.value)
    assert model.asked == []


def test_model_and_train_exclude_each_other():
    with pytest.raises(PlanError, match="leave out model, or train"):
        specification(model="trial_stand_ins:bot")


def test_parameters_are_those_of_what_makes_the_function():
    function = sea.Reference("train_stand_ins:vote", {"seed": 3})
    asked = specification(train=sea.Training(function, "train_stand_ins:five_of_each"))
    with pytest.raises(ModelError, match=r"must give the function that trains") as caught:
        sea.run(asked)
    assert "the function of train, train_stand_ins:vote(seed=3), cannot be made" in str(
        caught.value
    )


@pytest.mark.parametrize("function", ["answers.csv", 3, "no import string"])
def test_what_is_no_function_is_refused(function):
    with pytest.raises(PlanError):
        sea.Training(function, "train_stand_ins:five_of_each")


class Voter:
    def __call__(self, texts):
        return texts


def test_a_training_that_gives_a_class_is_told_to_give_an_object():
    asked = specification(train=sea.Training(lambda cases, *, seed: Voter, five_of_each()))
    with pytest.raises(ModelError, match="train must give a model, and Voter is a class"):
        sea.run(asked)


def test_no_cases_are_refused():
    with pytest.raises(PlanError, match="train needs cases"):
        sea.Training(vote, ())


def test_a_file_says_it_all(tmp_path, monkeypatch):
    class Plugin:
        @sea.hookimpl
        def seatrial_perturbations(self):
            return (flip,)

        @sea.hookimpl
        def seatrial_metrics(self):
            return (train_stand_ins.same,)

    from seatrial.testing import installed

    asked = specification(severities=(3,), cases=OTHERS)
    path = tmp_path / "votes.toml"
    path.write_text(dump_specification(asked), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with installed(Plugin(), "stand"):
        assert sea.load_specification(path) == asked
        assert guarded(seatrial, ["run", "votes.toml", "--to", "run", "-q"]) == 1
        stored = sea.load_specification(tmp_path / "run" / "specification.toml")
        assert stored == asked
        path.write_text(path.read_text().replace("function =", "funktion ="))
        with pytest.raises(FileError, match=r"votes\.toml\.train\.funktion: no such key"):
            sea.load_specification(path)


def test_a_record_is_asked_again_of_the_model_that_was_trained(trainings):
    report = sea.run(asked_of_training(severities=(3,)))
    trainings.clear()
    found = replay(report, "training-3@stand.flip:3")
    assert found.same
    assert found.prediction.value == "a"


def test_what_it_does_to_inputs_is_nothing():
    assert list(sea.perturbed(plan(flip()), orders(3))) == []
    with pytest.raises(PlanError, match="its rungs move no input"):
        calibrate(flip, orders(3))


def test_attributes_are_those_of_the_model_that_is_trained_on_the_cases_as_they_are(trainings):
    model = trained("train_stand_ins:vote", "train_stand_ins:five_of_each")
    assert not hasattr(model, "remote")
    assert trainings == []
    with pytest.raises(AttributeError):
        model.activations  # noqa: B018 - it is looked up
    assert trainings == [300]


def test_what_changes_training_cases_sees_cases_and_does_not_search():
    with pytest.raises(ValueError, match="sees cases, and searches nothing"):
        evolve(flip, sees_case=False)
    with pytest.raises(ValueError, match="sees cases, and searches nothing"):
        evolve(flip, searches=True)


def test_a_report_knows_what_changes_training_cases(tmp_path):
    sea.run(asked_of_training(severities=(3,)), to=tmp_path / "run")
    found = sea.distances(sea.Report.load(tmp_path / "run"))
    assert found.cells == ()
    assert found.left_out == ("stand.flip",)
    assert json.loads(json.dumps(found.as_dict()))["left_out"] == ["stand.flip"]


def test_a_bare_model_is_measured_as_ever():
    assert sea.run(plan(), bot, orders(4)).accounting.scored == 16
