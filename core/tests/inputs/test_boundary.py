"""Whatever other people's code does, the driver learns whose fault it is, and stays as it was."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from textwrap import dedent

import pytest

from seatrial.errors import ComponentError, MetricError, NotApplicable, TrialError
from seatrial.inputs._boundary import blamed, call, reason
from seatrial.inputs._stdout import to_stderr


class Odd(Exception):
    def __str__(self):
        raise RuntimeError


def raising(error):
    raise error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no letters"), "ValueError: no letters"),
        (SystemExit(0), "SystemExit: 0"),
        (GeneratorExit(), "GeneratorExit"),
        (MemoryError(), "MemoryError"),
        (ValueError("x" * 10**6), "ValueError: xxx"),
        (Odd(), "Odd"),
        (ValueError("\ud800"), r"ValueError: \ud800"),
        (BaseExceptionGroup("several", [KeyboardInterrupt()]), "BaseExceptionGroup: several"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, BaseException) else "",
)
def test_every_exception_becomes_an_error_that_names_its_maker(error, said):
    with pytest.raises(ComponentError) as caught:
        call("acme.loud", raising, error)
    assert caught.value.what == "acme.loud"
    assert caught.value.why.startswith(said)
    assert len(caught.value.why) < 3000
    assert str(caught.value).startswith("acme.loud: ")
    assert caught.value.__cause__ is error
    assert isinstance(caught.value, TrialError)


@pytest.mark.parametrize("error", [NotApplicable("no digits"), MetricError("one class")])
def test_what_is_raised_on_purpose_is_handed_on(error):
    with pytest.raises(type(error)) as caught:
        call("acme.loud", raising, error)
    assert caught.value is error


def test_the_error_of_an_inner_call_keeps_its_name():
    with pytest.raises(ComponentError, match=r"^the model: ValueError: too long$"):
        call("acme.search", call, "the model", raising, ValueError("too long"))


def test_an_interrupt_in_the_main_thread_is_the_users():
    with pytest.raises(KeyboardInterrupt):
        call("acme.loud", raising, KeyboardInterrupt())


def test_an_interrupt_in_another_thread_is_the_codes():
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(call, "acme.loud", raising, KeyboardInterrupt())
        assert isinstance(done.exception(), ComponentError)


def test_an_interrupt_where_signals_are_ignored_is_the_codes():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(ComponentError, match="KeyboardInterrupt"):
            call("acme.loud", raising, KeyboardInterrupt())
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("error", "passing"),
    [(TimeoutError(), True), (ConnectionResetError(), True), (ValueError(), False)],
)
def test_what_may_pass_by_itself_is_said_to(error, passing):
    assert blamed("x", error).retryable is passing


def test_an_error_travels_between_processes():
    sent = pickle.loads(pickle.dumps(blamed("acme.loud", TimeoutError("late"))))
    assert (sent.what, sent.why, sent.retryable) == ("acme.loud", "TimeoutError: late", True)
    assert reason(sent) == "TimeoutError: late"


def test_answers_and_arguments_go_through():
    assert call("x", lambda one, /, *, seed: (one, seed), 1, seed=2) == (1, 2)
    assert call("x", dict, what=1, function=2) == {"what": 1, "function": 2}


# stdout


def printed(work):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        work()
    return out.getvalue(), err.getvalue()


def test_prints_go_to_stderr_and_results_to_stdout():
    def work():
        call("x", print, "noise")
        print("result")

    assert printed(work) == ("result\n", "noise\n")


def test_an_inner_call_does_not_open_stdout_again():
    def work():
        call("x", lambda: (call("y", print, "inner"), print("outer")))

    assert printed(work) == ("", "inner\nouter\n")


def test_stdout_is_given_back_after_an_error_and_after_being_replaced():
    def spoil():
        sys.stdout = io.StringIO()
        raise ValueError

    before = sys.stdout
    with pytest.raises(ComponentError):
        call("x", spoil)
    assert sys.stdout is before


def test_a_thread_of_the_code_prints_to_stderr():
    def spawn():
        thread = threading.Thread(target=print, args=("noise",))
        thread.start()
        thread.join()

    assert printed(lambda: call("x", spawn)) == ("", "noise\n")


def test_the_driver_prints_while_another_thread_runs_the_code():
    inside, finish = threading.Event(), threading.Event()

    def slow():
        print("noise")
        inside.set()
        finish.wait(10)
        print("more noise")

    def work():
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(call, "x", slow)
            inside.wait(10)
            print("result")
            finish.set()
            running.result()

    assert printed(work) == ("result\n", "noise\nmore noise\n")


def test_a_call_that_hangs_spoils_no_later_one():
    inside, finish = threading.Event(), threading.Event()

    def hang():
        inside.set()
        finish.wait(10)

    with ThreadPoolExecutor(1) as pool:
        with redirect_stdout(io.StringIO()):
            hung = pool.submit(call, "x", hang)
            inside.wait(10)
        before = sys.stdout
        noise, result = printed(lambda: (call("y", print, "noise"), print("result")))[::-1]
        assert (noise, result) == ("noise\n", "result\n")
        finish.set()
        hung.result()
    assert sys.stdout is before


def test_many_threads_leave_stdout_as_it_was():
    before = sys.stdout
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: call("x", lambda: None), range(500)))
    assert sys.stdout is before


def test_what_writes_bytes_is_sent_to_stderr_too(capfd):
    with to_stderr():
        sys.stdout.buffer.write(b"raw")
        sys.stdout.flush()
    assert capfd.readouterr() == ("", "raw")


@pytest.mark.parametrize(("kept", "out"), [("reserve_stdout", "result\n"), ("silence_stdout", "")])
def test_what_c_code_writes_is_kept_off_stdout(kept, out):
    code = f"""
        import os, subprocess, sys
        from seatrial.inputs._stdout import {kept}
        {kept}()
        os.write(1, b"noise ")
        subprocess.run([sys.executable, "-c", "print('child')"])
        print("result")
    """
    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == out
    assert "noise child" in done.stderr


# the current directory


def test_the_current_directory_is_what_it_was(tmp_path):
    before = Path.cwd()
    call("x", os.chdir, tmp_path)
    assert Path.cwd() == before


def test_the_current_directory_is_restored_after_an_error_and_a_removed_folder(tmp_path):
    gone = tmp_path / "gone"

    def leave():
        gone.mkdir()
        os.chdir(gone)
        gone.rmdir()
        raise ValueError

    before = Path.cwd()
    with pytest.raises(ComponentError):
        call("x", leave)
    assert Path.cwd() == before
