"""The distribution of a weighted mean, solved for several rows at once."""

from __future__ import annotations

import numpy as np
import pytest

from seatrial.statistics._exponential_weights import weighted_sum_cdf
from seatrial.statistics._gaffke import bounds_of_means


@pytest.mark.parametrize("seed", [*range(12), 39, 119, 196])
def test_bounds_over_very_unequal_clusters_are_those_of_each_end_alone(seed):
    rng = np.random.default_rng(seed)
    clusters = rng.integers(2, 60)
    sizes = 10.0 ** rng.uniform(0, 9, (1, clusters))
    sums = sizes * (rng.random((1, clusters)) < rng.random())
    counts = np.ceil(10.0 ** rng.uniform(0, 3, (1, clusters)))
    alpha, unseen = 10.0 ** rng.uniform(-9, -1), sizes.max(axis=1)
    low, _ = bounds_of_means(sums, sizes, (0, 1), 1 - alpha, counts=counts, unseen=unseen)
    mean = (counts * sums).sum() / (counts * sizes).sum()
    if 0 < low[0] < mean:
        above, below = np.append(sums, 0.0), np.append(sizes, unseen)
        error = weighted_sum_cdf((above - low[0] * below)[None], np.append(counts, 1.0)[None])[0]
        assert error == pytest.approx(alpha, rel=1e-4)
