"""Broken plugins beside sound ones, from the outside: a fresh interpreter and the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOUND = """
from seatrial import Perturbation, hookimpl

@hookimpl
def seatrial_perturbations():
    return (
        Perturbation(name="sound.shout", summary="Shouts.", modality="text", factory="no:where"),
    )
"""
BROKEN = {
    "missing": ("import no_such_library", "failed to import: ModuleNotFoundError"),
    "exits": ("raise SystemExit('not on this machine')", "failed to import: SystemExit"),
    "bare": ("def seatrial_metrics(): return ()", "add @hookimpl above 'def seatrial_metrics'"),
    "stranger": (SOUND, "must be named 'stranger.…', like the entry point"),
    "halfway": (
        "from seatrial import hookimpl\n\n@hookimpl\ndef seatrial_metrics():\n    yield from 1 / 0",
        "seatrial_metrics() raised ZeroDivisionError",
    ),
}


def distribute(site: Path, namespace: str, code: str, distribution: str | None = None) -> None:
    distribution = distribution or f"seatrial_test_{namespace}"
    (site / f"{distribution}.py").write_text(code, encoding="utf-8")
    info = site / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[seatrial]\n{namespace} = {distribution}\n")


@pytest.fixture
def site(tmp_path):
    distribute(tmp_path, "sound", SOUND)
    for namespace, (code, _) in BROKEN.items():
        distribute(tmp_path, namespace, code)
    for one in ("first", "second"):
        distribute(tmp_path, "twice", SOUND, f"seatrial_test_{one}")
    return tmp_path


@pytest.fixture
def start(site):
    def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
        return subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "PYTHONPATH": path, **environment},
            cwd=site,
            capture_output=True,
            text=True,
            check=False,
        )

    return start


EACH = """
import json, sys
from seatrial import Registry
from seatrial.errors import SeatrialError

registry = Registry.installed()
found = {}
for namespace in registry.namespaces():
    try:
        found[namespace] = len(registry.components(namespace))
    except SeatrialError as error:
        found[namespace] = str(error)
json.dump(found, sys.stdout)
"""


def test_every_broken_plugin_is_told_apart_and_the_others_work(start):
    done = start("-c", EACH)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("sound") == 1
    for namespace, (_, message) in BROKEN.items():
        assert message in found.pop(namespace)
    claims = found.pop("twice")
    assert "seatrial_test_first 1.0" in claims
    assert "seatrial_test_second 1.0" in claims
    assert all(isinstance(count, int) for count in found.values()), found


def test_the_command_line_lists_the_sound_ones_and_names_the_broken(start):
    done = start("-m", "seatrial.cli", "list", "--json")
    assert "sound.shout" in done.stdout
    json.loads(done.stdout)
    assert "Traceback" not in done.stderr
    for namespace in (*BROKEN, "twice"):
        assert namespace in done.stderr


def test_showing_a_sound_component_says_nothing_of_the_broken(start):
    done = start("-m", "seatrial.cli", "list", SEATRIAL_PLUGINS="sound")
    assert done.returncode == 0, done.stderr
    assert "sound.shout" in done.stdout
    assert "halfway" not in done.stdout + done.stderr


def test_a_strict_listing_fails_without_a_traceback(start):
    done = start("-m", "seatrial.cli", "list", SEATRIAL_STRICT="1")
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_specification_with_twelve_mistakes_prints_twelve_lines(start, site):
    (site / "wrong.toml").write_text(
        """
        format = 2
        title = ""
        seed = "seven"
        modle = "a:b"
        cases = ["a:b", "not an import string"]

        [[priorities]]
        name = "First"
        perturbations = ["sound.shuot", { use = "sound.shout", parms = {} }, "quiet.whisper"]
        metric = "sound.shout"

        [[priorities]]
        name = "First"
        relation = "invariants"
        require = { at_leats = 0.9 }
        """,
        encoding="utf-8",
    )
    done = start("-m", "seatrial.cli", "run", "wrong.toml", "--to", "out")
    assert done.returncode not in (0, 1, 3)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 12, done.stderr
    assert all("wrong.toml" in line for line in lines)
    assert not (site / "out").exists()
