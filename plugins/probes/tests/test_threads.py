"""A probe gives the same, to the last bit, however many threads there are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import scipy.linalg  # noqa: F401 - its BLAS is counted before and after
import torch
from seatrial_probes._threads import one_thread
from threadpoolctl import threadpool_info

SCRIPT = Path(__file__).with_name("repeated.py")
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def run(threads):
    environment = {**os.environ, **dict.fromkeys(VARIABLES, str(threads))}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True
    )
    assert not done.returncode, done.stderr
    return done.stdout.split("\n")


def test_probes_give_the_same_with_one_thread_and_with_two():
    one, two = run(1), run(2)
    assert len(one) > 7
    assert two == one


def test_only_what_is_inside_is_limited():
    def found():
        return [one["num_threads"] for one in threadpool_info()], torch.get_num_threads()

    @one_thread()
    def inside():
        assert np.ones(3) @ np.ones(3) == 3
        with one_thread():
            return found()

    usual = torch.get_num_threads()
    torch.set_num_threads(2)
    before = found()
    libraries, threads = inside()
    after = found()
    torch.set_num_threads(usual)
    assert set(libraries) == {1}
    assert threads == 1
    assert after == before
