"""A torchvision that does not fit torch, beside models that need none."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ASKED = """
import sys
from seatrial.errors import ModelError
from seatrial_transformers import causal_lm, text_encoder

for _ in range(2):  # the second time, parts of transformers are in memory
    for ask in (lambda: causal_lm(sys.argv[1])(["a"]),
                lambda: text_encoder(sys.argv[1]).embed_text(["a"])):
        try:
            ask()
        except ModelError as error:
            print(str(error).replace("\\n", " "))
"""


def said(place, folder):
    """Ask the models of a folder in a new process that finds this torchvision."""
    env = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", ASKED, str(place)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def misfit(tmp_path):
    (tmp_path / "torchvision").mkdir()
    fault = "raise RuntimeError('operator torchvision::nms does not exist')"
    (tmp_path / "torchvision" / "__init__.py").write_text(fault)
    described = tmp_path / "torchvision-0.27.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: torchvision\nVersion: 0.27.0\nRequires-Dist: torch==2.12.0\n"
    )
    return tmp_path


def test_a_torchvision_that_does_not_fit_is_named_with_what_to_install(tiny, misfit):
    lines = said(tiny, misfit)
    assert len(lines) == 4
    for line in lines:
        assert line.startswith("transformers cannot import a model: torchvision 0.27.0, made for ")
        assert "torch==2.12.0, does not fit torch 2." in line
        assert line.endswith("for one device, or uninstall torchvision")


def test_unreadable_files_are_not_blamed_on_torchvision(misfit, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"model_type": "wizard"}')
    (tmp_path / "model" / "model.safetensors").write_text("no weights")
    lines = said(tmp_path / "model", misfit)
    assert len(lines) == 4
    assert all("cannot be read as a" in line for line in lines)
    assert not any("does not fit" in line for line in lines)
