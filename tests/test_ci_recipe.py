"""The workflow of "A specification in CI": its commands run, and a changed model turns it red."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "how-to" / "specification-in-ci.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```\w+\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = dict(BLOCK.findall(PAGE))
STEPS = yaml.safe_load(FILES[".github/workflows/trials.yml"])["jobs"]["trials"]["steps"]
FORGETFUL = "def support_bot(texts):\n    return ['other' for _ in texts]\n\n\ndef _before"


@pytest.fixture
def checkout(tmp_path):
    """Write the files of the page, as a checkout of the repository has them."""
    for name in ("bot.py", "shop.toml"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    return tmp_path


def job(folder):
    """Run the commands of every step as a runner does; give the names of those that failed."""
    summary = folder / "summary.md"
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "GITHUB_STEP_SUMMARY": str(summary),
        "SEATRIAL_STRICT": "1",
    }
    failed = []
    for step in STEPS:
        if "run" not in step or step["name"] == "Install":
            continue
        if failed and step.get("if") != "always()":
            continue
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert "Traceback" not in done.stderr, done.stderr
        failed += [step["name"]] if done.returncode else []
    return failed


def test_a_job_is_green_then_red_on_a_changed_model_then_green_again(checkout):
    assert job(checkout) == []
    suite = ET.parse(checkout / "verdicts.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "0")
    bot = (checkout / "bot.py").read_text(encoding="utf-8")
    worse = bot.replace("def support_bot", FORGETFUL, 1)
    (checkout / "bot.py").write_text(worse, encoding="utf-8")
    assert job(checkout) == ["Judge"]
    suite = ET.parse(checkout / "verdicts.xml").getroot()
    assert suite.get("failures") == "1"
    assert "Letters to a shop: fail" in (checkout / "summary.md").read_text(encoding="utf-8")
    assert "## q0" in (checkout / "failed.md").read_text(encoding="utf-8")
    (checkout / "bot.py").write_text(bot, encoding="utf-8")
    assert job(checkout) == []


def test_the_job_installs_what_there_is():
    (install,) = (step["run"] for step in STEPS if step.get("name") == "Install")
    extra = re.fullmatch(r'pip install "seatrial\[(\w+)\]"', install)[1]
    project = (ROOT / "core" / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(rf"^{extra} = \[", project, re.MULTILINE)
