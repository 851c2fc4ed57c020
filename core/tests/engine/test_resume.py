"""Going on: a finished run asks nothing, and a model that answers otherwise is noticed."""

from __future__ import annotations

import pytest
from trial_stand_ins import Counting, bot, even, orders, plan, rows, same, swap

import seatrial as sea
from seatrial.errors import ModelError, SeatrialWarning
from seatrial.events import Finished, Started
from seatrial.verbs import _measuring
from seatrial.verbs._resume import ASKED_AGAIN
from seatrial.verbs._run import run

PLAN = plan(severities=(1,))


def shifty(texts):
    return ["something else" for _ in texts]


class Shifty(Counting):
    def __init__(self, **attributes):
        super().__init__("bot 1", shifty)
        vars(self).update(attributes)


@pytest.fixture
def begun(tmp_path):
    run(PLAN, Counting(), orders(4), to=tmp_path / "run")
    return tmp_path / "run"


def test_a_model_of_bare_identity_is_asked_again_and_stopped_where_it_answers_otherwise(begun):
    before = [row.prediction.value for row in sea.Report.load(begun).records()]
    with pytest.raises(ModelError, match="answers case 'q000' with 'something else'"):
        run(PLAN, Shifty(), orders(9), to=begun)
    assert [row.prediction.value for row in sea.Report.load(begun).records()] == before
    report = run(PLAN, Counting(), orders(9), to=begun)
    assert "something else" not in {row.prediction.value for row in report.records()}


def test_for_a_model_that_is_not_deterministic_a_difference_is_a_warning(begun):
    with pytest.warns(SeatrialWarning, match="answers case 'q000' with 'something else'"):
        run(PLAN, Shifty(deterministic=False), orders(9), to=begun)


def test_asking_again_is_counted_nowhere(begun):
    model, seen = Counting(), []
    report = run(PLAN, model, orders(5), to=begun, observers=[seen.append])
    assert len(model.asked) == ASKED_AGAIN + 2
    assert (seen[-1].measured, report.accounting.planned) == (2, 10)


def test_floats_may_differ_in_the_last_bits(tmp_path):
    def model(near):
        return Counting("f", lambda texts: [0.1 + near for _ in texts])

    run(PLAN, model(0), orders(4), to=tmp_path / "run")
    run(PLAN, model(1e-9), orders(5), to=tmp_path / "run")
    with pytest.raises(ModelError, match="answers case"):
        run(PLAN, model(1e-3), orders(6), to=tmp_path / "run")


def test_a_finished_run_asks_nothing_even_of_another_model_of_that_identity(begun):
    model, seen = Shifty(), []
    report = run(PLAN, model, orders(4), to=begun, observers=[seen.append])
    assert model.asked == []
    assert [type(one) for one in seen] == [Started, Finished]
    assert (seen[0].planned, seen[0].kept, seen[0].measured) == (8, 8, 0)
    assert rows(report) == rows(sea.Report.load(begun))


def test_a_finished_run_is_confirmed_without_looking_at_every_record(begun, monkeypatch):
    def never(*_):
        raise AssertionError

    monkeypatch.setattr(_measuring.Schedule, "of", never)
    assert run(PLAN, bot, orders(4), to=begun).accounting.scored == 8
    with pytest.raises(AssertionError):
        run(PLAN, bot, orders(5), to=begun)


@pytest.mark.parametrize(
    "other",
    [
        {"plan": plan(severities=(1, 2))},
        {"plan": plan(severities=(1,), seed=8)},
        {"plan": plan(severities=(1,), replicates=2)},
        {"plan": plan(swap(times=2), severities=(1,))},
        {"plan": plan(severities=(1,), metrics=(same, even))},
        {"cases": orders(5)},
        {"cases": orders(4, target="other")},
        {"cases": [sea.Case(c.id, c.input, c.target, {"age": "old"}) for c in orders(4)]},
        {"cases": [sea.Case(c.id, c.input, c.target, cluster="one") for c in orders(4)]},
        {"model": Counting("bot 2")},
        {"keep": "all"},
    ],
    ids=(
        "severities",
        "seed",
        "replicates",
        "parameters",
        "metrics",
        "more cases",
        "targets",
        "groups",
        "clusters",
        "model",
        "keep",
    ),
)
def test_whatever_differs_is_looked_at_and_then_confirmed_in_turn(begun, monkeypatch, other):
    given = {"plan": PLAN, "model": Counting(), "cases": orders(4), **other}
    found = run(given.pop("plan"), to=begun, **given)
    fresh = run(
        other.get("plan", PLAN), given["model"], given["cases"], keep=given.get("keep", "failures")
    )
    assert found.cells == fresh.cells
    assert found.cases == fresh.cases
    again = Counting()
    run(PLAN, again, orders(4), to=begun)
    assert len(again.asked) <= ASKED_AGAIN


def test_an_unfinished_run_is_never_confirmed(tmp_path):
    run(PLAN, bot, orders(4), to=tmp_path / "run", stop=lambda now: True, batch_size=1)
    assert run(PLAN, bot, orders(4), to=tmp_path / "run").accounting.scored == 8
