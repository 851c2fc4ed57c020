"""What no bound can know: large clusters of which none was drawn, without and with `largest`.

    python benchmarks/clusters_never_drawn.py [experiments]

One cluster in 20 is 50 times as large as the others, and behaves otherwise: every case of a small
cluster is right, none of a large one. Of 15 clusters none is large in 46 % of experiments; then
nothing in the data tells of them, and the mean over cases is missed. Stating the largest cluster
to expect (`largest`, in a specification `largest_cluster`) keeps the error; so does asking for the
mean over clusters, of which a large one counts as one. Exits with 1 where either errs more often
than 5 % by three standard errors.
"""

from __future__ import annotations

import sys

import numpy as np

from seatrial.statistics import mean_of_bounded

CLUSTERS, RARE, TIMES, SMALL, CONFIDENCE = 15, 0.05, 50, 4, 0.95


def main(experiments: int) -> int:
    """Print how often the lower bound lies above the true mean."""
    rng = np.random.default_rng(0)
    over_cases = (1 - RARE) / (1 - RARE + TIMES * RARE)
    kinds = {
        "mean over cases": (over_cases, {}),
        "mean over cases, largest stated": (over_cases, {"largest": TIMES * SMALL}),
        "mean over clusters": (1 - RARE, {"weigh": "clusters"}),
    }
    missed = dict.fromkeys(kinds, 0)
    for _ in range(experiments):
        large = rng.random(CLUSTERS) < RARE
        sizes = np.where(large, TIMES * SMALL, SMALL)
        values, labels = np.repeat(~large * 1.0, sizes), np.repeat(np.arange(CLUSTERS), sizes)
        for name, (truth, options) in kinds.items():
            found = mean_of_bounded(values, labels, CONFIDENCE, (0.0, 1.0), **options)
            missed[name] += found.low > truth
    allowed = 0.05 + 3 * (0.05 * 0.95 / experiments) ** 0.5
    for name, count in missed.items():
        print(f"{name:34s}{count / experiments:7.3f}")
    exceeds = [name for name, count in missed.items() if count / experiments > allowed]
    return int(exceeds != ["mean over cases"])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000))
