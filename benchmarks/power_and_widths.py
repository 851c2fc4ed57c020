"""How much do verdicts cost? Widths and power of what runs, against exact fixed tests.

    python benchmarks/power_and_widths.py [experiments]

Prints, and exits with 1 where a stated limit is passed:

- distances of the lower bound from the rate against those of version 0.1 on the same cases, for
  clusters of equal size (within 2 %) and for sizes with a coefficient of variation of .2, .4 and .6
  (within 15 % on average);
- the power of a rate over ten variants of 40 cases, as a bounded score (at least .98 where the
  variants of a case are independent) and as a rate;
- planned looks at rates (exact): cases expected at the alternative by someone who adds cases until
  the verdict is a pass or a fail, or the looks are taken, against the fixed test, both with 80 %
  power (at most 1.35 times as many);
- exact group-sequential tests of rates: cases planned and power against the fixed test of 80 %
  power, and cases expected at the alternative, and at twice its distance.
"""

from __future__ import annotations

import sys
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, stdtrit

from seatrial.statistics import (
    binomial_boundaries,
    cases_for_rate,
    clopper_pearson,
    crossing_probabilities,
    look_sizes,
    planned_looks,
    proportion,
)

CONFIDENCE, POWER = 0.95, 0.8
LOOKS = (2, 3, 5)
Floats = npt.NDArray[np.float64]
RATES = ((0.95, 0.9), (0.8, 0.7), (0.6, 0.5), (0.98, 0.95), (0.9, 0.8), (0.99, 0.97))


def low_of_version_1(sums: Floats, sizes: Floats) -> float:
    """Bound a rate as version 0.1 did: the unseen cluster has the mean size, and t counts all."""
    n, size, groups = sizes.sum(), sizes.mean(), len(sums)
    more = n + size
    rate = sums.sum() / more
    squares = np.square(sums - rate * sizes).sum() + np.square(rate * size)
    effect = (groups + 1) / groups * squares / more**2 / (rate * (1 - rate) / (more - 1))
    few = stdtrit(n, CONFIDENCE) / stdtrit(groups, CONFIDENCE)
    worth = min(n / effect * few**2, n)
    right = sums.sum() / n * worth
    low = betaincinv(right, worth - right + 1, 1 - CONFIDENCE)
    return float(min(low, (1 - CONFIDENCE) ** (1 / groups)))


def distances(
    sizes: npt.NDArray[np.int64], rate: float, icc: float, rng: np.random.Generator
) -> tuple[float, float]:
    """Give how far the lower bound lies from the rate, now and in version 0.1."""
    probability = rng.beta(rate * (1 / icc - 1), (1 - rate) * (1 / icc - 1), len(sizes))
    sums = rng.binomial(sizes, probability).astype(np.float64)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    found = proportion((place < sums[labels]) * 1.0, labels, CONFIDENCE)
    before = found.estimate - low_of_version_1(sums, sizes * 1.0)
    return found.estimate - found.low, before


def widths(experiments: int) -> bool:
    """Compare distances for equal and moderately unequal clusters."""
    rng, variations = np.random.default_rng(0), (0.0, 0.2, 0.4, 0.6)
    ratios = []
    print("distance of the lower bound from the rate, in those of version 0.1; sizes of CV")
    print(" " * 40 + "".join(f"{one:8g}" for one in variations))
    for groups, rate, icc in product((10, 30, 100), (0.7, 0.9), (0.1, 0.5)):
        row = []
        for cv in variations:
            total = np.zeros(2)
            for _ in range(experiments):
                sizes = np.full(groups, 8)
                if cv:
                    sizes = np.maximum(rng.gamma(cv**-2, 8 * cv**2, groups).round(), 1).astype(int)
                while (pair := distances(sizes, rate, icc, rng))[1] != pair[1]:
                    pass  # all right or all wrong: version 0.1 divided by zero here
                total += pair
            row.append(total[0] / total[1])
        ratios.append(row)
        name = f"{groups} clusters of 8, rate {rate}, ICC {icc}"
        print(f"  {name:38s}" + "".join(f"{one:8.3f}" for one in row))
    equal, unequal = np.abs(np.array(ratios)[:, 0] - 1).max(), np.array(ratios)[:, 1:].mean()
    print(f"  equal: off by {equal:.3f} at most (.02); unequal: mean {unequal:.3f} (1.15)")
    return bool(equal <= 0.02 and unequal <= 1.15)  # noqa: PLR2004 - as stated


def variants(experiments: int) -> bool:
    """Judge the rate over 10 variants of 40 cases, .9 against a threshold of .8."""
    rng, found = np.random.default_rng(1), []
    for icc in (0.0, 0.1):
        passes = np.zeros(2)
        for _ in range(experiments):
            spread = 1 / icc - 1 if icc else 0
            right = rng.beta(0.9 * spread, 0.1 * spread, 40) if icc else 0.9
            fractions = rng.binomial(10, right, 40) / 10
            passes += (
                proportion(fractions, None, CONFIDENCE).low >= 0.8,  # noqa: PLR2004 - the threshold
                clopper_pearson(fractions.sum(), 40, CONFIDENCE).low >= 0.8,  # noqa: PLR2004
            )
        as_score, as_rate = passes / experiments
        found.append(as_score)
        print(
            f"power of 40 cases x 10 variants, correlated by {icc:g}: as a score {as_score:.3f}, "
            f"as a rate {as_rate:.3f} (standard error at most {0.5 / experiments**0.5:.3f})"
        )
    return bool(found[0] >= 0.98 - 3 * (0.98 * 0.02 / experiments) ** 0.5)


def planned(looks: int, n: int, alternative: float, threshold: float) -> tuple[float, float]:
    """Give the power of so many looks, the first at `n`, and how many cases are expected."""
    plan = planned_looks(n, looks)
    found = binomial_boundaries(threshold, CONFIDENCE, plan.sizes, plan.spent)
    crossed = crossing_probabilities(found, alternative)
    return float(crossed.passes.sum()), crossed.expected_cases


def looking() -> bool:
    """Compare runs that may grow with the fixed test of the same power."""
    most, error = 0.0, 0.0
    print("planned looks at rates, of the fixed n: first look and expected cases, with 80 % power;")
    print(f"{'':24s}fixed n" + "".join(f"{looks:12d} looks" for looks in LOOKS) + "  twice")
    for alternative, threshold in RATES:
        fixed = cases_for_rate(alternative, threshold, CONFIDENCE, power=POWER)
        row = f"  {alternative} against {threshold:<8}{fixed:10d}"
        for looks in LOOKS:
            low, high = 1, 2 * fixed
            while high - low > 1:
                n = (low + high) // 2
                enough = planned(looks, n, alternative, threshold)[0] >= POWER
                low, high = (low, n) if enough else (n, high)
            _, expected = planned(looks, high, alternative, threshold)
            most = max(most, expected / fixed)
            plan = planned_looks(high, looks)
            spent = binomial_boundaries(threshold, CONFIDENCE, plan.sizes, plan.spent)
            error = max(error, float(spent.pass_spent[-1]), float(spent.fail_spent[-1]))
            row += f"{high / fixed:10.2f}{expected / fixed:8.2f}"
        power, expected = planned(2, fixed, alternative, threshold)
        print(f"{row}{power:7.2f}{expected / fixed:6.2f}")
    print("  (twice: power and expected cases of two looks, the first at the fixed n)")
    print(f"  at most {most:.2f} times the fixed n (1.35); the exact error is {error:.4f} (.05)")
    return most <= 1.35 and error <= 1 - CONFIDENCE  # noqa: PLR2004 - as stated


def sequential() -> bool:
    """Compare exact group-sequential tests with the right-sized fixed test."""
    fine, expected = True, []
    print("group-sequential rates:        fixed n   planned   power   expected   at twice, fails")
    for alternative, threshold in RATES:
        fixed = cases_for_rate(alternative, threshold, CONFIDENCE, power=POWER)
        planned = int(1.1 * fixed)
        found = binomial_boundaries(threshold, CONFIDENCE, look_sizes(planned))
        crossed = crossing_probabilities(found, alternative)
        twice = crossing_probabilities(found, 3 * threshold - 2 * alternative)
        power = float(crossed.passes.sum())
        expected.append(crossed.expected_cases / fixed)
        fine &= power >= POWER - 0.03 and expected[-1] <= 0.9  # noqa: PLR2004 - as stated
        print(
            f"  {alternative} against {threshold:<14}{fixed:10d}{planned:10d}{power:8.3f}"
            f"{expected[-1]:11.2f}{twice.expected_cases / fixed:11.2f}"
        )
    print(f"  median expected: {np.median(expected):.2f} of the fixed n (at most .80)")
    return bool(fine and np.median(expected) <= 0.8)  # noqa: PLR2004 - as stated


def main(experiments: int) -> int:
    """Print the four comparisons."""
    parts = [widths(experiments), variants(10 * experiments), looking(), sequential()]
    return int(not all(parts))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 400))
