"""The plugins that CONTRIBUTING.md shows and `seatrial new-plugin` writes pass `seatrial check`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "CONTRIBUTING.md"
FILE = re.compile(r"`src/(seatrial_shout/\w+\.py)`.*?```python\n(.*?)```", re.DOTALL)
PROJECT = re.compile(r"```toml\n(\[build-system\].*?)```", re.DOTALL)


def installed_from_the_page(folder):
    """Write the page's files as an installer would lay them out; give the names of the modules."""
    page = PAGE.read_text(encoding="utf-8")
    (entry,) = re.findall(r"^shout = \"(\w+)\"$", PROJECT.search(page)[1], re.MULTILINE)
    files = dict(FILE.findall(page))
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    declare(folder, entry)
    return set(files)


def declare(folder, entry):
    """Write what an installer leaves beside the package."""
    info = folder / "seatrial_shout-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: seatrial-shout\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(f"[seatrial]\nshout = {entry}\n")


def checked(folder):
    """Run `seatrial check shout --strict` where the folder is on the path."""
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); "
        "sys.argv = ['seatrial', 'check', 'shout', '--strict']; "
        "from seatrial.cli import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folder
    )


def new_plugin(*arguments):
    command = [sys.executable, "-m", "seatrial.cli", "new-plugin", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_plugin_on_the_page_passes_every_check(tmp_path):
    names = installed_from_the_page(tmp_path)
    assert names == {"seatrial_shout/__init__.py", "seatrial_shout/_text.py"}
    done = checked(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


@pytest.mark.parametrize("kind", ["perturbation", "metric", "explainer"])
def test_a_new_plugin_passes_every_check_and_its_own_test(kind, tmp_path):
    made = tmp_path / "made"
    done = new_plugin("shout", "--kind", kind, "--to", str(made))
    assert done.returncode == 0, done.stderr
    project = tomllib.loads((made / "pyproject.toml").read_text("utf-8"))
    declare(made / "src", project["project"]["entry-points"]["seatrial"]["shout"])
    done = checked(made / "src")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 passed" not in done.stdout
    own = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(made / "tests")],
        capture_output=True,
        text=True,
        check=False,
        cwd=made,
        env={**os.environ, "PYTHONPATH": str(made / "src")},
    )
    assert own.returncode == 0, own.stdout + own.stderr
    assert "passed" in own.stdout
    for tool in (["check", "--select", "E,F"], ["format", "--check"]):
        ruff = [
            sys.executable,
            "-m",
            "ruff",
            *tool,
            "--isolated",
            "--line-length",
            "100",
            str(made),
        ]
        found = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Shout!", "cannot name a plugin"),
        ("nlpaug", "names an official plugin"),
        ("shout", "is not an empty folder"),
    ],
)
def test_a_new_plugin_overwrites_nothing(name, told, tmp_path):
    (tmp_path / "file.txt").write_text("mine")
    done = new_plugin(name, "--to", str(tmp_path))
    assert done.returncode == 2
    assert told in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["file.txt"]
