"""A torchvision that does not fit torch: what a user is told, and what works all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from torchvision_apart import FOLDER

TESTS = Path(__file__).parent
TOWER = """
import numpy as np
from seatrial.errors import ModelError
from seatrial_timm import image_tower

image = np.full((4, 4, 3), 128, np.uint8)
assert image_tower().embed_image([image]).shape == (1, 1280)  # Lite0 needs no torchvision
for _ in range(2):  # the second time, parts of torchvision and timm are in memory
    try:
        image_tower("timm:resnet18").embed_image([image])
    except ModelError as error:
        print(error)
"""


def started(code, *folders):
    """Run code in a new process, with folders first on its path; give the lines that it prints."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(one) for one in folders)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def packaged(folder, code, *, torch="2.12.0"):
    """Lay out a torchvision as an installer would; give the folder."""
    (folder / "torchvision").mkdir()
    (folder / "torchvision" / "__init__.py").write_text(code)
    described = folder / "torchvision-0.27.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: torchvision\nVersion: 0.27.0\n"
        f"Requires-Dist: numpy\nRequires-Dist: torch-thing>1\nRequires-Dist: torch=={torch}\n"
    )
    return folder


def test_the_torchvision_of_package_indexes_is_said_not_to_fit(timm):
    import torch
    from torchvision.extension import _has_ops

    if _has_ops():
        pytest.skip("the torchvision here fits torch, so there is no misfit to be told")
    first, second = started(TOWER, FOLDER)
    for line in (first, second):
        assert line.startswith("timm cannot be imported: torchvision 0.28.")
        assert f"does not fit torch {torch.__version__}" in line
        assert "install torch and torchvision together" in line
        assert "'efficientnet-lite0' does not need it" in line
    assert "operator torchvision::nms does not exist" in first


@pytest.mark.parametrize(
    "fault",
    [
        "raise RuntimeError('operator torchvision::nms does not exist')",
        "raise AttributeError('torch.library has no register_fake')",
        "import torch_of_tomorrow",
    ],
)
def test_whatever_a_misfit_raises_it_is_said_which_release_was_made_for_what(fault, tmp_path):
    first, second = started(TOWER, packaged(tmp_path, fault))
    for line in (first, second):
        assert "torchvision 0.27.0, made for torch==2.12.0, does not fit torch 2." in line
        assert "install torch and torchvision together" in line


def test_without_torchvision_it_is_said_what_to_install():
    for line in started(TOWER):
        assert "torchvision is not installed beside torch 2." in line
        assert "install torch and torchvision together" in line


def test_a_fault_of_timm_is_not_blamed_on_torchvision(tmp_path):
    packaged(tmp_path, "")
    (tmp_path / "timm.py").write_text("raise ValueError('timm is broken')")
    for line in started(TOWER, tmp_path):
        assert line.startswith("timm cannot be imported: ValueError: timm is broken")
        assert "torchvision" not in line


def test_transformers_works_beside_the_torchvision_that_is_tested_with():
    code = (
        "from torchvision_apart import imported_timm; imported_timm()\n"
        "from transformers import CLIPModel, CLIPImageProcessor, LlamaForCausalLM, AutoProcessor\n"
        "from transformers.utils import is_torchvision_available\n"
        "print(is_torchvision_available())"
    )
    assert started(code, TESTS) == ["True"]


def test_started_processes_find_no_torchvision(timm):
    from importlib.metadata import distributions

    assert str(FOLDER) not in sys.path
    assert "torchvision" not in {one.name for one in distributions()}
    code = (
        "from transformers import CLIPModel, LlamaForCausalLM\n"
        "from transformers.utils import is_torchvision_available\n"
        "print(is_torchvision_available())"
    )
    assert started(code) == ["False"]
