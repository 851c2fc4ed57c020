"""Count the cases that a sequential verdict needs, compared with measuring all of them.

    python benchmarks/sequential_savings.py [experiments]

Simulates runs of 300, 1,000 and 2,000 independent cases at rates and drops as models have them,
against thresholds as specifications have them, and prints the median share of cases measured and
how often the verdict was pass, fail and inconclusive, beside those of measuring all cases and
looking once. Exits with 1 if the median over the settings exceeds a quarter.
"""

from __future__ import annotations

import sys
from itertools import product

import numpy as np
import numpy.typing as npt

from seatrial.statistics import clopper_pearson
from seatrial.statistics._bootstrap import bounds_of_means
from seatrial.statistics._sequential import last_look, log_stake

CONFIDENCE, AT_MOST, RESAMPLES = 0.95, 0.25, 1_000
SIZES = (300, 1_000, 2_000)
RATES = ((0.40, 0.90), (0.80, 0.90), (0.98, 0.90), (0.93, 0.90), (0.97, 0.99), (0.25, 0.60))
DROPS = ((0.03, 0.01, 0.05), (0.00, 0.00, 0.05), (0.14, 0.04, 0.05), (0.30, 0.05, 0.10),
         (0.06, 0.02, 0.05))  # fmt: skip
Floats = npt.NDArray[np.float64]


def rate_ends(values: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Bound each experiment's rate; equal ones once."""
    counts, where = np.unique(values.sum(axis=1), return_inverse=True)
    found = [clopper_pearson(count, values.shape[1], confidence).ends for count in counts]
    low, high = np.array(found)[where].T
    return low, high


def drop_ends(values: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Bound each experiment's drop, negated: higher is better."""
    sizes = np.ones(values.T.shape)
    return bounds_of_means(values.T, sizes, (-1.0, 1.0), (confidence,), 0, RESAMPLES)[0]


def main(experiments: int) -> int:
    """Simulate the settings and print a line for each."""
    generator = np.random.default_rng(0)
    needed = -np.log((1 - CONFIDENCE) - (1 - last_look(CONFIDENCE)))
    shares = []
    print(f"{'setting':46s}cases used   pass/fail/inconclusive: sequential, all at once")
    kinds = [("rate", one) for one in RATES] + [("drop", one) for one in DROPS]
    for n, (kind, setting) in product(SIZES, kinds):
        *chances, threshold = setting
        if kind == "rate":
            values = (generator.random((experiments, n)) < chances[0]) * 1.0
            lowest, ends, name = 0.0, rate_ends, f"rate {chances[0]:.2f}, at least {threshold:.2f}"
        else:
            lost, gained = chances
            kept = 1 - lost - gained
            values = generator.choice([-1.0, 0.0, 1.0], (experiments, n), p=(lost, kept, gained))
            name = f"drop {lost - gained:.2f}, at most {threshold:.2f}"
            threshold, lowest, ends = -threshold, -1.0, drop_ends
        passes = log_stake(values - threshold, threshold - lowest) >= needed
        fails = log_stake(threshold - values, 1 - threshold) >= needed
        early = passes | fails
        used = np.where(early.any(axis=1), early.argmax(axis=1) + 1, n)
        looked = early.any(axis=1)
        late, once = ends(values, last_look(CONFIDENCE)), ends(values, CONFIDENCE)
        tally = [
            (np.where(looked, passes.any(axis=1), late[0] >= threshold)).mean(),
            (np.where(looked, fails.any(axis=1), late[1] < threshold)).mean(),
            (once[0] >= threshold).mean(),
            (once[1] < threshold).mean(),
        ]
        share = float(np.median(used)) / n
        shares.append(share)
        told = "/".join(f"{one:.2f}" for one in (*tally[:2], 1 - sum(tally[:2])))
        fixed = "/".join(f"{one:.2f}" for one in (*tally[2:], 1 - sum(tally[2:])))
        print(f"{name + f', {n:,} cases':46s}{share:7.1%}      {told}   {fixed}", flush=True)
    median = float(np.median(shares))
    print(f"median over {len(shares)} settings: {median:.1%} of the cases (at most {AT_MOST:.0%})")
    return int(median > AT_MOST)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
