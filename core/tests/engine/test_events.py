"""What observers are told, and that they cannot stop a run."""

from __future__ import annotations

import attrs
import pytest
from trial_stand_ins import Counting, bot, orders, plan, swap

import seatrial as sea
from seatrial import events
from seatrial.errors import ObserverWarning
from seatrial.verbs._run import run

PLAN = plan(severities=(1,))


def heard(*arguments, **options):
    seen = []
    run(*arguments, observers=[seen.append], **options)
    return seen


def test_events_come_in_order_and_each_tells_where_the_run_stands():
    seen = heard(PLAN, bot, orders(6), batch_size=4)
    kinds = [type(one).__name__ for one in seen]
    assert kinds == ["Started", *["Usage", "BatchDone"] * 3, "Finished"]
    assert all(isinstance(one, events.Progress) and one.planned == 12 for one in seen)
    assert [one.done for one in seen] == [0, 4, 4, 8, 8, 12, 12, 12]


def test_usage_adds_up_to_what_the_model_was_asked():
    model = Counting()
    seen = heard(PLAN, model, orders(6), batch_size=4)
    usage = [one for one in seen if isinstance(one, events.Usage)]
    assert sum(one.inputs for one in usage) == len(model.asked) == 12
    assert sum(one.calls for one in usage) == 3
    assert all(one.seconds >= 0 for one in usage)


@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(3)])
def test_an_observer_that_raises_is_reported_once_and_not_obeyed(error):
    def broken(event):
        raise error

    seen = []
    with pytest.warns(ObserverWarning, match="broken raised .*the work goes on") as warned:
        report = run(PLAN, bot, orders(9), batch_size=4, observers=[broken, seen.append])
    assert len(warned) == 1
    assert report.accounting.scored == 18
    assert isinstance(seen[-1], events.Finished)


def test_an_interrupt_in_an_observer_is_the_users():
    def interrupt(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(PLAN, bot, orders(2), observers=[interrupt])


def test_a_run_that_goes_on_says_how_many_are_measured_again_and_why(tmp_path):
    def changed(use, **params):
        return attrs.evolve(use, component=attrs.evolve(use.component, **params))

    run(PLAN, bot, orders(5), to=tmp_path / "run")
    cases = [*orders(6)[1:], sea.Case("q000", "a new text", "refund")]
    start = heard(
        plan(changed(swap(), revision=2), severities=(1,)), bot, cases, to=tmp_path / "run"
    )[0]
    assert isinstance(start, events.Started)
    assert (start.planned, start.kept) == (12, 4)
    told = "\n".join(start.reasons)
    assert "stand.swap changed: revision was 1 and is 2" in told
    assert "1 case is changed: 'q000'" in told
    assert "1 case is new: 'q005'" in told
    other = heard(PLAN, Counting("bot 2"), orders(5), to=tmp_path / "run")[0]
    assert "the model has changed: its identity was 'bot 1" in "\n".join(other.reasons)


def test_a_run_that_was_only_interrupted_has_no_reasons(tmp_path):
    run(PLAN, bot, orders(5), to=tmp_path / "run", stop=lambda now: True, batch_size=1)
    start = heard(PLAN, bot, orders(5), to=tmp_path / "run")[0]
    assert (start.kept, start.reasons) == (2, ())
