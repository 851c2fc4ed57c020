"""What users install is what we test: wheels, away from this checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
FOLDERS = [ROOT / "core", *(path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml")))]
INSTALLED = ("core", "metrics", "nlpaug")

pytestmark = pytest.mark.slow


def call(*command, cwd=None):
    """Run a command without anything of ours on its path; give what it prints."""
    ours = ("PYTHONPATH", "VIRTUAL_ENV", "UV_CONSTRAINT")
    env = {key: value for key, value in os.environ.items() if key not in ours}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """Build every distribution; give the wheel of each folder."""
    found = {}
    for folder in FOLDERS:
        out = tmp_path_factory.mktemp(folder.name)
        call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=folder)
        (found[folder.name],) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def fresh(wheels, tmp_path_factory):
    """Make an environment with the core and two plugins; give the folder of its programs."""
    venv = tmp_path_factory.mktemp("fresh") / "venv"
    uv = Path(sys.executable).with_name("uv")
    call(uv, "venv", "--quiet", "--python", sys.executable, venv)
    programs = venv / ("Scripts" if os.name == "nt" else "bin")
    call(
        *(uv, "pip", "install", "--quiet", "--python", programs / "python"),
        *("--constraints", ROOT / "constraints.txt"),
        *(wheels[name] for name in INSTALLED),
        cwd=venv,
    )
    call(uv, "pip", "check", "--python", programs / "python", cwd=venv)
    return programs


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_wheel_holds_every_file_of_its_package_and_nothing_else(folder, wheels):
    source = folder / "src"
    ours = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with ZipFile(wheels[folder.name]) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == ours
    assert any(name.endswith("/py.typed") for name in packed)


def test_the_command_lists_what_is_installed(fresh, tmp_path):
    listed = call(fresh / "seatrial", "list", "--json", cwd=tmp_path)
    names = json.dumps(json.loads(listed))
    assert "nlpaug.keyboard" in names
    assert "metrics.accuracy" in names
    assert "transformers." not in names


def test_the_example_of_the_readme_runs(fresh, tmp_path):
    tokens = MarkdownIt().parse((ROOT / "README.md").read_text(encoding="utf-8"))
    example = next(one.content for one in tokens if one.type == "fence" and one.info == "python")
    assert "nlpaug.ocr" in call(fresh / "python", "-c", example, cwd=tmp_path)


def test_the_installed_core_is_not_this_checkout(fresh, tmp_path):
    where = call(fresh / "python", "-c", "import seatrial; print(seatrial.__file__)", cwd=tmp_path)
    assert str(ROOT) not in where
