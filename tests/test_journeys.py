"""The journeys of the documentation, from a fresh clone and a fresh environment, as printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOW_TO = ROOT / "docs" / "how-to"
JOURNEYS = ("csv-and-model", "specification-in-ci", "compare-two-models")
PARTS = ("core", "plugins/metrics", "plugins/nlpaug")
TO_CHECK = ("pytest", "pyyaml", "markdown-it-py", "attrs")  # what reads the pages, and runs them
MOST = 15
TO_BEGIN = 3
"""Clone, make an environment, install: what comes before the commands of a page."""


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_journey_takes_few_commands(name):
    page = (HOW_TO / f"{name}.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\$ ", page, re.MULTILINE)
    assert 0 < len(commands) <= MOST - TO_BEGIN


def call(*command, **more):
    ours = ("PYTHONPATH", "VIRTUAL_ENV", "UV_CONSTRAINT")
    env = {key: value for key, value in os.environ.items() if key not in ours}
    done = subprocess.run(
        list(map(str, command)), env=env, capture_output=True, text=True, timeout=500, **more
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no clone")
def test_the_journeys_run_from_a_fresh_clone(tmp_path):
    clone, venv = tmp_path / "clone", tmp_path / "venv"
    call("git", "clone", "--quiet", "--depth", "1", ROOT.as_uri(), clone)
    uv = Path(sys.executable).with_name("uv")
    call(uv, "venv", "--quiet", "--python", sys.executable, venv)
    python = venv / ("Scripts" if os.name == "nt" else "bin") / "python"
    call(
        *(uv, "pip", "install", "--quiet", "--python", python),
        *("--constraints", clone / "constraints.txt"),
        *(clone / part for part in PARTS),
        *TO_CHECK,
    )
    where = call(python, "-c", "import seatrial; print(seatrial.__file__)", cwd=tmp_path)
    assert where.startswith(str(clone))
    told = call(
        *(python, "-m", "pytest", "-q", "-c", os.devnull, "--import-mode=importlib"),
        *("-p", "no:cacheprovider", "--rootdir", clone, "-k", " or ".join((*JOURNEYS, "job"))),
        *(clone / "tests" / name for name in ("test_docs.py", "test_ci_recipe.py")),
        cwd=tmp_path,
    )
    assert f"{len(JOURNEYS) + 2} passed" in told
