"""Where batches are measured: here, in threads, in processes, on executors of others."""

# ruff: noqa: EM101, TRY003 - stand-ins say what they like

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from trial_stand_ins import bot, orders, plan, rows, same, shout, swap

import seatrial as sea
from seatrial import _builtin
from seatrial._reference import Reference
from seatrial.engine._execution import Execution, executor_of
from seatrial.engine._worker import Measured
from seatrial.errors import ModelError, ParameterError, PlanError, TrialError, UnknownComponentError
from seatrial.runs._encoding import Row
from seatrial.verbs._run import run

PLAN = plan(swap(), shout(), severities=(1, 3))
CASES = orders(20)


@pytest.fixture(scope="module")
def truth():
    return rows(run(PLAN, bot, CASES))


class Somewhere:
    """An executor of somebody else's, which sends everything through pickles."""

    def __init__(self, lose=()):
        self.log = []
        self.lose = list(lose)

    def open(self, job, /):
        self.log.append("open")
        self.job = pickle.dumps(job)

    def submit(self, batch, /):
        self.log.append(len(batch))
        done = Future()
        if self.lose and len(batch) and self.lose.pop(0):
            done.set_exception(ConnectionResetError("lost"))
            return done
        done.set_result(pickle.loads(pickle.dumps(pickle.loads(self.job)(batch))))
        return done

    def is_worker_loss(self, error, /):
        return isinstance(error, ConnectionResetError)

    def close(self):
        self.log.append("close")


def somewhere(**more):
    made = Somewhere(**more)
    component = sea.Executor(
        name="stand.somewhere", summary="Elsewhere.", factory=lambda: made, remote=True
    )
    return component, made


def test_an_executor_of_a_plugin_measures_the_same(truth):
    component, made = somewhere()
    assert rows(run(PLAN, "trial_stand_ins:bot", CASES, executor=component, batch_size=9)) == truth
    assert made.log[:2] == ["open", 0]
    assert made.log[-1] == "close"


def test_an_executor_is_named_bound_or_live(truth):
    for given in ("threads", _builtin.threads(workers=2), _builtin.serial, ThreadPoolExecutor(1)):
        assert rows(run(PLAN, bot, CASES, executor=given)) == truth
    use = _builtin.futures(executor="test_executors:one_thread")
    assert rows(run(PLAN, "trial_stand_ins:bot", CASES, executor=use)) == truth


def one_thread():
    return ThreadPoolExecutor(1)


sys.modules.setdefault("test_executors", sys.modules[__name__])


def test_executors_are_found_by_name_and_others_are_refused():
    registry = sea.Registry()
    for name in ("serial", "threads", "processes"):
        assert registry.get(name, sea.Executor).remote == (name == "processes")
    with pytest.raises(UnknownComponentError, match=r"nobody"):
        executor_of("nobody.cluster", None, registry)
    with pytest.raises(UnknownComponentError, match="no executor 'cluster'; there are serial, th"):
        executor_of("cluster", None, registry)
    for odd in (3, swap):
        with pytest.raises(PlanError, match="executor must be 'serial'"):
            executor_of(odd, None, registry)
    with pytest.raises(ParameterError, match=r"needs a concurrent\.futures\.Executor"):
        _builtin.futures(executor="os:getcwd").build()


def test_workers_reach_the_executor_that_takes_them():
    made, _ = executor_of("threads", 3, sea.Registry())
    assert made.capacity == 6
    assert executor_of("serial", 3, sea.Registry())[0].capacity == 1


# workers that are lost


def numbered(*counts):
    return [(list(range(at * 10, at * 10 + n)), list(range(n))) for at, n in enumerate(counts)]


class Dying:
    """Loses its worker for the batches that a rule names, counted from the first."""

    capacity = 1

    def __init__(self, dies):
        self.dies = dies
        self.sizes = []

    def open(self, job, /):
        self.job = job

    def submit(self, batch, /):
        done = Future()
        if batch:
            self.sizes.append(len(batch))
        if batch and self.dies(len(self.sizes), batch):
            done.set_exception(BrokenExecutor())
        else:
            done.set_result(self.job(batch))
        return done

    def is_worker_loss(self, error, /):
        return isinstance(error, BrokenExecutor)

    def close(self):
        pass


def measured_by(executor, batches):
    execution = Execution(executor, lambda tasks: Measured([Row() for _ in tasks]))
    return [[row.status for row in one.rows] for _, one in execution.measure([batches])]


def test_a_worker_killed_from_outside_is_tried_once_more_before_anything_is_blamed():
    executor = Dying(lambda at, batch: at == 1)
    assert measured_by(executor, numbered(3, 2)) == [["scored"] * 3, ["scored"] * 2]
    assert executor.sizes == [3, 3, 2]


def test_a_case_that_kills_its_worker_whenever_it_is_asked_is_to_blame_alone():
    executor = Dying(lambda at, batch: 2 in batch)
    assert measured_by(executor, numbered(3, 2)) == [
        ["scored", "scored", "errored"],
        ["scored", "scored"],
    ]
    assert executor.sizes == [3, 3, 1, 1, 1, 1, 2]


def test_a_worker_that_never_starts_stops_the_run_before_anything_is_stored(tmp_path):
    class Never(Somewhere):
        def submit(self, batch, /):
            done = Future()
            done.set_exception(ConnectionResetError("no machine"))
            return done

    component = sea.Executor(name="stand.never", summary="Never.", factory=Never, remote=True)
    with pytest.raises(TrialError, match="no worker could be started"):
        run(PLAN, "trial_stand_ins:bot", CASES, executor=component, to=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_executor_that_takes_nothing_any_more_is_said_to_be_its_owners_business():
    class Broken(Executor):
        def __init__(self):
            self.left = 2

        def submit(self, function, /, *arguments):
            done = Future()
            self.left -= 1
            if self.left < 0:
                raise BrokenExecutor
            if self.left == 0:
                done.set_exception(BrokenExecutor())
            else:
                done.set_result(function(*arguments))
            return done

    with pytest.raises(TrialError, match="give a new executor"):
        run(PLAN, "trial_stand_ins:bot", CASES, executor=Broken())


def test_an_error_of_a_worker_itself_is_no_error_of_a_case(tmp_path):
    class Full(Somewhere):
        def submit(self, batch, /):
            if batch:
                raise OSError("no space left")
            return super().submit(batch)

    component = sea.Executor(name="stand.full", summary="Full.", factory=Full, remote=True)
    with pytest.raises(OSError, match="no space left"):
        run(PLAN, "trial_stand_ins:bot", CASES, executor=component, to=tmp_path / "run")
    report = sea.Report.load(tmp_path / "run")
    assert report.accounting.errored == 0


# processes


def brightness(inputs):
    return [float(one.mean()) for one in inputs]


def darker():
    return lambda image, /, *, seed: image // 2


dim = sea.Perturbation(
    name="stand.dim", summary="Darker.", modality="image", factory="test_executors:darker"
)


def test_a_model_that_cannot_be_built_in_a_worker_stops_the_run(tmp_path):
    model = Reference("trial_stand_ins:only_in_the_driver", {})
    with pytest.raises(ModelError, match="cannot be made: RuntimeError: no weights here"):
        run(plan(), model, orders(2), executor="processes", workers=1, to=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_case_crosses_to_a_worker_once_a_batch():
    component, made = somewhere()
    image = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    sizes = []
    submit = made.submit

    def weigh(batch):
        sizes.append((len(batch), len(pickle.dumps(batch))))
        return submit(batch)

    made.submit = weigh
    given = sea.Plan(perturbations=[dim()], metrics=[same()], replicates=7, seed=1)
    case = sea.Case("a", image, 1.0)
    report = run(given, "test_executors:brightness", [case], executor=component)
    assert report.accounting.scored == 8
    (weighed,) = [size for count, size in sizes if count]
    assert weighed < 1.2 * image.nbytes


DRIVER = r"""
import os, sys, time
import seatrial as sea
from trial_stand_ins import orders, plan, shout

LOG = os.environ["PIDS"]

def slow(texts):
    with open(LOG, "a") as log:
        log.write(f"{os.getpid()}\n")
    time.sleep(600)

if __name__ == "__main__":
    sea.run(plan(shout(), severities=(1,)), "driver:slow", orders(8), executor="processes",
            workers=2, batch_size=2)
"""


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_workers_end_when_the_driver_does_however_it_ends(tmp_path, how):
    (tmp_path / "driver.py").write_text(DRIVER, encoding="utf-8")
    pids = tmp_path / "pids"
    here = str(Path(__file__).parents[1] / "stand_ins")
    running = subprocess.Popen(
        [sys.executable, str(tmp_path / "driver.py")],
        env={
            **os.environ,
            "PIDS": str(pids),
            "PYTHONPATH": os.pathsep.join([str(tmp_path), here]),
            "SEATRIAL_PLUGINS": "",
        },
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + 60
    while time.monotonic() < until and running.poll() is None:
        if pids.exists() and len(set(pids.read_text().split())) == 2:
            break
        time.sleep(0.05)
    workers = {int(pid) for pid in pids.read_text().split()}
    assert len(workers) == 2
    running.send_signal(how)
    running.communicate(timeout=30)
    until = time.monotonic() + 20
    while time.monotonic() < until and not all(map(gone, workers)):
        time.sleep(0.05)
    assert all(map(gone, workers))
