"""What a run shows of itself by default: a bar in a terminal, a line in a notebook."""

from __future__ import annotations

import io
import re
import sys
from types import SimpleNamespace

import pytest
from trial_stand_ins import same

import seatrial as sea
from seatrial.events import Trained
from seatrial.inputs._bars import no_bars
from seatrial.verbs import _progress
from seatrial.verbs._progress import training_bar, training_lines

if sys.platform == "win32":
    pytest.skip("it has no pseudo-terminals", allow_module_level=True)

from terminal import called, screen

CASES = [sea.Case(f"c{n}", f"text {n}", f"text {n}") for n in range(40)]
PLAN = sea.Plan(metrics=[same()])


def slow(inputs):
    import time

    time.sleep(0.3)
    return list(inputs)


def measured(**more):
    return sea.run(PLAN, model=slow, cases=CASES, batch_size=4, **more)


def test_a_log_gets_nothing(capsys):
    measured()
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_once_a_run_takes_its_time(monkeypatch):
    data, report = called(measured, 80, monkeypatch)
    assert report.accounting.scored == 40
    lines = screen(data, 80)
    assert "measuring" in " ".join(lines)
    assert "40/40" in " ".join(lines)


def test_a_quick_run_and_one_that_is_watched_show_nothing(monkeypatch):
    data, _ = called(
        lambda: sea.run(PLAN, model=lambda inputs: inputs, cases=CASES), 80, monkeypatch
    )
    assert screen(data, 80) == []
    data, _ = called(lambda: measured(observers=()), 80, monkeypatch)
    assert screen(data, 80) == []


def test_the_bar_goes_away_when_a_run_fails(monkeypatch):
    def interrupted():
        def stop(progress):
            if progress.done > 20:
                raise KeyboardInterrupt
            return False

        with pytest.raises(KeyboardInterrupt):
            measured(stop=stop)

    data, _ = called(interrupted, 80, monkeypatch)
    assert data.count(b"\x1b[?25h") == data.count(b"\x1b[?25l") > 0  # the cursor is back


def test_a_notebook_gets_one_line_that_is_written_again(monkeypatch):
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    measured()
    text = written.getvalue()
    assert text.startswith("\r")
    assert text.endswith("\r40 of 40 records\n")
    assert text.count("\n") == 1


def test_bars_of_libraries_are_off_inside_a_run_and_as_before_after_it(capsys, monkeypatch):
    bars = pytest.importorskip("tqdm")
    monkeypatch.delenv("TQDM_DISABLE", raising=False)

    def bot(inputs):
        shown = list(bars.tqdm(inputs, disable=False, desc="stated"))
        return list(bars.tqdm(shown, desc="library"))

    sea.run(PLAN, model=bot, cases=CASES)
    err = capsys.readouterr().err
    assert ("stated" in err, "library" in err) == (True, False)
    list(bars.tqdm([1], desc="mine"))
    assert "mine" in capsys.readouterr().err
    first, second = no_bars(), no_bars()  # as in two threads: the one that begins first ends first
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    list(bars.tqdm([1], desc="inside"))
    second.__exit__(None, None, None)
    list(bars.tqdm([1], desc="mine"))
    err = capsys.readouterr().err
    assert ("inside" in err, "mine" in err) == (False, True)
    monkeypatch.setenv("TQDM_DISABLE", "0")
    sea.run(PLAN, model=bot, cases=CASES)
    assert "library" in capsys.readouterr().err


FIGURES = {"loss": 0.41234, "margin": 0.3, "chosen_reward": 12.0, "rejected_reward": -0.25}
SHOWN = "loss 0.412, margin 0.3, chosen reward 12, rejected reward -0.25"


def test_figures_of_a_training_stand_below_its_bar(monkeypatch):
    def trained():
        with training_bar() as tell:
            tell(Trained(3, 8, FIGURES))

    data, _ = called(trained, 80, monkeypatch)
    drawn = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", data.decode())
    assert f"\n{SHOWN}" in drawn.replace("\r", "")
    assert "3/8" in drawn
    assert screen(data, 80) == []


def test_a_log_of_a_training_gets_a_line_now_and_then(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(_progress.time, "monotonic", lambda: now[0])
    tell = training_lines()
    for step in range(1, 2001):
        now[0] += 1 / 64
        tell(Trained(step, 2000, FIGURES if step > 1000 else {}))
    assert capsys.readouterr().err.splitlines() == [
        "640 of 2,000 steps",
        f"1,280 of 2,000 steps, {SHOWN}",
        f"1,920 of 2,000 steps, {SHOWN}",
    ]
