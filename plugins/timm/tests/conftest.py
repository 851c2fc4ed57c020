"""One thread, so that times and last digits do not depend on what else runs."""

from __future__ import annotations

import pytest
import torch


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
