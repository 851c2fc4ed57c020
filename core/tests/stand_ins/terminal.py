"""A terminal of some width in which a command runs, and what stands on its screen afterwards."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from concurrent.futures import ThreadPoolExecutor

import pyte

LINES = 1000
WIDE = 2000


def typed(command, width, *, cwd, **environment):
    """Run a command in a terminal; give the bytes that reach it, and the exit status."""
    ours, theirs = _opened(width)
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    started = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env={**kept, "TERM": "xterm-256color", **environment},
        close_fds=True,
    )
    os.close(theirs)
    return _read(ours), started.wait()


def called(call, width, monkeypatch):
    """Call a function with a terminal as its stdout and stderr; give the bytes and the result."""
    ours, theirs = _opened(width)
    with monkeypatch.context() as patched:
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            patched.delenv(name, raising=False)
        patched.setenv("TERM", "xterm-256color")
        with ThreadPoolExecutor(1) as pool:
            data = pool.submit(_read, ours)
            with os.fdopen(theirs, "w", encoding="utf-8", buffering=1) as stream:
                patched.setattr(sys, "stdout", stream)
                patched.setattr(sys, "stderr", stream)
                result = call()
            return data.result(), result


def _opened(width):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    return ours, theirs


def _read(ours):
    parts = []
    with contextlib.suppress(OSError):  # what Linux says where the other end is closed
        while part := os.read(ours, 65536):
            parts.append(part)
    os.close(ours)
    return b"".join(parts)


def screen(data, width):
    """Give the lines on the screen of a terminal that got these bytes."""
    shown = pyte.Screen(width, LINES)
    pyte.ByteStream(shown).feed(data)
    lines = [line.rstrip() for line in shown.display]
    while lines and not lines[-1]:
        lines.pop()
    return lines
