"""How often is a verdict wrong? Every demand, through `run` and `judge`, against simulated truth.

    python benchmarks/demand_error_rates.py [experiments [demand ...]]

Each demand brings a generator of cases whose true figure is known. Experiments (200 by default) are
slices of one run; each is judged with the threshold just beyond the truth ("pass" is wrong) and
just short of it ("fail" is wrong). Either may happen in at most 5 % of experiments, plus three
standard errors. Prints every setting, and exits with 1 if one exceeds.
"""

from __future__ import annotations

import sys
from itertools import product

from seatrial._demand_list import DEMANDS
from seatrial.testing._known_truth import simulate

ALPHA = 0.05
SIZES = {
    "30 alike": (3,) * 30,
    "30 unequal": (1, 2, 3, 4, 10) * 6,
    "100 alike": (2,) * 100,
}


def main(experiments: int, names: tuple[str, ...]) -> int:
    """Simulate every setting and print a line for each."""
    allowed = ALPHA + 3 * (ALPHA * (1 - ALPHA) / experiments) ** 0.5
    print(f"{experiments} experiments a setting; at most {allowed:.3f} is allowed")
    print(f"{'demand':28s}{'clusters':12s}{'ICC':>5s}{'trouble':>9s}{'pass':>8s}{'fail':>8s}")
    bad = 0
    grid = product(names or DEMANDS, SIZES, (0.0, 0.5), (0.05, 0.4))
    for at, (name, clusters, icc, trouble) in enumerate(grid):
        found = simulate(
            DEMANDS[name],
            experiments=experiments,
            sizes=SIZES[clusters],
            icc=icc,
            trouble=trouble,
            seed=at,
        )
        wrong = float(found.passed.mean()), float(found.failed.mean())
        flag = "  <- exceeds" if max(wrong) > allowed else ""
        bad += bool(flag)
        rates = "".join(f"{one:8.3f}" for one in wrong)
        print(f"{name:28s}{clusters:12s}{icc:5g}{trouble:9g}{rates}{flag}", flush=True)
    print(f"{bad} settings exceed" if bad else "none exceeds")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, tuple(sys.argv[2:])))
