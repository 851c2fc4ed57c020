"""Run directories that are broken, taken, full or no run directories."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from trial_stand_ins import (
    Counting,
    bot,
    orders,
    plan,
    refused,
    rows,
    same,
)

import seatrial as sea
from seatrial.errors import StoreError
from seatrial.runs._report import Report
from seatrial.verbs._run import run


@pytest.fixture
def finished(tmp_path):
    run(plan(), bot, orders(200), to=tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("fraction", [0.001, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_database_is_an_error_that_says_what_to_do(finished, tmp_path, fraction):
    copy = tmp_path / "copy"
    copy.mkdir()
    whole = (finished / "trials.sqlite").read_bytes()
    (copy / "trials.sqlite").write_bytes(whole[: int(len(whole) * fraction)])
    with pytest.raises(StoreError, match="restore it from a copy, or remove it"):
        Report.load(copy)
    with pytest.raises(StoreError, match="restore it from a copy, or remove it"):
        run(plan(), bot, orders(200), to=copy)


def test_a_run_that_was_stopped_before_it_began_says_so_and_can_begin(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "trials.sqlite").touch()
    with pytest.raises(StoreError):
        Report.load(tmp_path / "run")
    assert run(plan(), bot, orders(2), to=tmp_path / "run").accounting.scored == 8


def test_what_is_no_run_directory_is_refused(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(StoreError, match=r"is not a run directory: it has no trials.sqlite"):
        Report.load(tmp_path)
    with pytest.raises(StoreError, match=r"it holds 'thesis.tex' and no trials.sqlite"):
        run(plan(), bot, orders(2), to=tmp_path)
    with pytest.raises(StoreError, match=r"thesis.tex is a file; a run needs a directory"):
        run(plan(), bot, orders(2), to=tmp_path / "thesis.tex")


def test_a_directory_that_cannot_be_written_is_refused_before_the_first_call(tmp_path):
    (tmp_path / "file").touch()
    refused("cannot be written", cases=orders(2), to=tmp_path / "file" / "run", error=StoreError)


def test_a_database_of_another_schema_is_refused(finished):
    connection = sqlite3.connect(finished / "trials.sqlite")
    connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    connection.commit()
    connection.close()
    with pytest.raises(
        StoreError, match="written by another version of seatrial: its schema is 99"
    ):
        Report.load(finished)


def test_a_finished_run_can_be_read_where_nothing_can_be_written(finished, monkeypatch):
    copy = finished.with_name("copy")
    copy.mkdir()
    shutil.copy(finished / "trials.sqlite", copy)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert len(rows(Report.load(copy))) == 800
    assert [entry.name for entry in copy.iterdir()] == ["trials.sqlite"]


def test_too_little_room_is_refused_before_the_first_call(tmp_path, monkeypatch):
    full = shutil.disk_usage(tmp_path)._replace(free=10_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    refused("80 records need about", cases=orders(20), to=tmp_path / "run", error=StoreError)


FILLING = """
import resource, signal, sys
from seatrial.errors import StoreError
from trial_stand_ins import bot, orders, plan
from seatrial import run

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def observe(progress):
    if progress.measured >= 400:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
try:
    run(plan(), bot, orders(500), to=sys.argv[1], observers=[observe])
except StoreError as error:
    print("StoreError", error)
"""


def test_a_disk_that_fills_up_loses_nothing_that_was_measured(tmp_path):
    pytest.importorskip("resource")
    found = subprocess.run(
        [sys.executable, "-c", FILLING, str(tmp_path / "run")],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "stand_ins")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.startswith("StoreError")
    assert "make room and run the same command: it goes on" in found.stdout
    seen, model = [], Counting()
    report = run(plan(), model, orders(500), to=tmp_path / "run", observers=[seen.append])
    assert seen[0].kept >= 400
    assert len(model.asked) <= 2000 - seen[0].kept
    assert report.accounting.scored == 2000


WAITING = """
import sys
from trial_stand_ins import bot, orders, plan
from seatrial import run

def wait(progress):
    print("measuring", flush=True)
    sys.stdin.read()
run(plan(), bot, orders(5), to=sys.argv[1], observers=[wait])
"""


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path):
    command = [sys.executable, "-c", WAITING, str(tmp_path / "run")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "stand_ins")}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        refused(
            "another run is writing here", cases=orders(5), to=tmp_path / "run", error=StoreError
        )
        assert Report.load(tmp_path / "run").accounting.skipped == 20
        other.kill()
    assert run(plan(), bot, orders(5), to=tmp_path / "run").accounting.scored == 20


def test_the_specification_in_it_names_the_file_that_cases_were_loaded_from(tmp_path):
    (tmp_path / "orders.csv").write_text("id,question,target\nq1,a,b\nq2,a,b\n")
    loaded = sea.load_cases(tmp_path / "orders.csv", input="question", limit=1)
    wanted = sea.Priority("all", metric=same(), require={"at_least": 0.5})
    for name, cases in (("file", loaded), ("values", sea.load_cases(loaded, limit=1))):
        asked = sea.Specification("Orders", priorities=[wanted], seed=1, cases=cases)
        run(asked, bot, to=tmp_path / name)
    said = (tmp_path / "file" / "specification.toml").read_text()
    assert f'file = "{tmp_path}/orders.csv"' in said
    assert 'input = "question"' in said
    assert "limit = 1" in said
    assert "cases" not in (tmp_path / "values" / "specification.toml").read_text()
