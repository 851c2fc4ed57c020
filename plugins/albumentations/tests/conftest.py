"""Real pictures that scikit-learn carries."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_sample_images


@pytest.fixture(scope="session")
def pictures():
    """Four crops of two photographs, and one of them in grey."""
    crops = []
    for photo in load_sample_images().images:
        crops += [photo[80:208, 100:228].copy(), photo[150:278, 400:528].copy()]
    grey = np.rint(crops[0].mean(axis=2, keepdims=True)).astype(np.uint8)
    return [*crops, grey]
