"""kill -9 at any moment, and the same command goes on as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = r"""
import json, os, sys, time
import seatrial as sea
from trial_stand_ins import orders, same, swap

LOG = os.environ["CALLS"]

def slow(texts):
    log = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(log, "".join(f"{text}\n" for text in texts).encode())
    os.close(log)
    time.sleep(0.004)
    return ["refund" if "money" in text else "other" for text in texts]

if __name__ == "__main__":
    to, executor, workers, shuffle = sys.argv[1:]
    cases = orders(70)
    __import__("random").Random(int(shuffle)).shuffle(cases)
    plan = sea.Plan(perturbations=[swap()], metrics=[same()], severities=[1, 3], seed=5)
    from seatrial import run
    run(plan, "crash_program:slow", cases, to=to, executor=executor, workers=int(workers),
        batch_size=4)
"""
PLANNED = 210


@pytest.fixture
def program(tmp_path):
    (tmp_path / "crash_program.py").write_text(PROGRAM, encoding="utf-8")
    here = str(Path(__file__).parents[1] / "stand_ins")

    def start(to, executor="serial", workers=1, shuffle=0, calls="calls"):
        environment = {
            **os.environ,
            "CALLS": str(tmp_path / calls),
            "PYTHONPATH": os.pathsep.join([str(tmp_path), here]),
            "SEATRIAL_PLUGINS": "",
        }
        command = [sys.executable, str(tmp_path / "crash_program.py"), str(to), executor]
        return subprocess.Popen(
            [*command, str(workers), str(shuffle)],
            env=environment,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    return start


def committed(directory):
    """List the keys of the records that the database holds: what must not be asked again."""
    path = directory / "trials.sqlite"
    if not path.exists():
        return set()
    connection = sqlite3.connect(path)
    try:
        return {key.hex() for (key,) in connection.execute("SELECT key FROM records")}
    except sqlite3.OperationalError:
        return set()
    finally:
        connection.close()


def inputs_of(directory):
    """Give the input that each record was measured on, by its key, as the finished run tells."""
    from trial_stand_ins import orders, plan, swap

    import seatrial as sea

    clean = {case.id: case.input for case in orders(70)}
    seen = {
        case.id: case.input
        for case in sea.perturbed(plan(swap(), severities=(1, 3), seed=5), orders(70))
    }
    connection = sqlite3.connect(directory / "trials.sqlite")
    found = {
        key.hex(): clean[name] if use < 0 else seen[f"{name}@stand.swap:{severity}"]
        for key, use, severity, name in connection.execute(
            "SELECT key, use, severity, id FROM plan JOIN cases ON cases.position = case_position"
        )
    }
    connection.close()
    return found


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    (folder / "crash_program.py").write_text(PROGRAM, encoding="utf-8")
    here = str(Path(__file__).parents[1] / "stand_ins")
    environment = {
        **os.environ,
        "CALLS": str(folder / "calls"),
        "PYTHONPATH": os.pathsep.join([str(folder), here]),
    }
    subprocess.run(
        [sys.executable, str(folder / "crash_program.py"), str(folder / "run"), "serial", "1", "0"],
        env=environment,
        check=True,
    )
    return (folder / "run" / "report.json").read_bytes(), inputs_of(folder / "run")


@pytest.mark.parametrize(
    ("executor", "workers", "kills"),
    [("serial", 1, 20), ("threads", 2, 5), ("processes", 1, 4), ("processes", 2, 4)],
)
def test_a_killed_run_goes_on_where_it_stopped(
    program, tmp_path, uninterrupted, executor, workers, kills
):
    whole, inputs = uninterrupted
    directory, calls = tmp_path / "run", tmp_path / "calls"
    draw = random.Random(f"{executor}{workers}")
    done, killed, midway = set(), 0, 0
    for attempt in range(200):
        started = calls.stat().st_size if calls.exists() else 0
        running = program(directory, executor, workers, shuffle=attempt)
        if killed < kills:
            # Wait for a random amount of work, not of time, so that a busy machine kills as late.
            enough = started + draw.randrange(1, PLANNED * 40 // kills)
            while (
                running.poll() is None and (calls.stat().st_size if calls.exists() else 0) < enough
            ):
                time.sleep(0.002)
            time.sleep(draw.random() * 0.01)
            os.killpg(running.pid, signal.SIGKILL)
        _, errors = running.communicate()
        asked = calls.read_text(encoding="utf-8")[started:].splitlines() if calls.exists() else []
        finished = {inputs[key] for key in done}
        unfinished = {text for key, text in inputs.items() if key not in done}
        assert not [text for text in asked if text in finished and text not in unfinished]
        now = committed(directory)
        assert done <= now
        done = now
        if running.returncode == 0:
            break
        assert running.returncode == -signal.SIGKILL, errors.decode()
        killed += 1
        midway += 0 < len(done) < PLANNED
    assert killed == kills
    assert midway >= kills / 2
    assert (directory / "report.json").read_bytes() == whole
