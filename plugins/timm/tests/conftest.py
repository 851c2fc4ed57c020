"""Fixtures: one thread, so that last digits do not depend on other work; photographs; timm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def photographs():
    """Give scikit-learn's two pictures: a temple and a flower."""
    from sklearn.datasets import load_sample_images

    return load_sample_images().images


@pytest.fixture(scope="session")
def timm():
    """Give timm, imported beside a torchvision without its compiled part where that is missing."""
    from torchvision_apart import imported_timm

    return imported_timm()
