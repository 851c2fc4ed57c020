r"""Looks planned beforehand beside a confidence sequence: what planning them gains.

    python benchmarks/confidence_sequences.py       # with confseq.boundaries on the path, see below

A confidence sequence (Howard, Ramdas, McAuliffe and Sekhon, Annals of Statistics 49, 2021,
1055-1080; their package `confseq`) holds after every case, and for ever. Looks that are planned up
to a number of cases hold at these alone. For rates of independent cases, three rules decide between
"at least the threshold" and "below it", each side at .95:

- fixed: one look, at the number of cases that has a power of .8 (`cases_for_rate`),
- planned: the looks of `stop="decided"`, up to a tenth more,
- sequence: the interval of `confseq.boundaries.bernoulli_confidence_interval` after every case, up
  to as many, tuned to a quarter, half or all of them, whichever gives it the most power.

All depend on the number of right answers alone, so power, error and the expected number of cases
are exact, by the same recursion for all three. Printed are ratios to the fixed rule's number of
cases, and the width of the interval after the last case. Exits with 1 where planned looks err in
more than 5 %, have less power than the sequence, or take at the alternative over a twentieth more
cases than it does.

`pip install confseq` builds version 0.0.11 from source with a pybind11 that Python 3.11 does not
compile. Its one module that is needed here does, with a newer pybind11 and Boost's headers, from
the folder of its source:

    g++ -O2 -shared -fPIC -std=c++17 $(python -m pybind11 --includes) src/confseq/boundaries.cpp \
        -o src/confseq/boundaries.so
    PYTHONPATH=src python benchmarks/confidence_sequences.py
"""

from __future__ import annotations

import sys
from math import ceil

import numpy as np
from confseq.boundaries import bernoulli_confidence_interval

from seatrial.statistics import (
    Boundaries,
    binomial_boundaries,
    cases_for_rate,
    clopper_pearson,
    crossing_probabilities,
    look_sizes,
)

CONFIDENCE = 0.95
RATES = ((0.8, 0.9), (0.9, 0.95), (0.95, 0.98), (0.5, 0.6))
MORE = 0.05


def sequence(threshold: float, cases: int, tuned: int) -> tuple[Boundaries, tuple[float, float]]:
    """Give where the confidence sequence passes and fails after each case, and its last interval.

    The interval after the last case is that of the rate half way between threshold and 1.
    """
    looks = np.arange(1, cases + 1)
    pass_at, fail_at = looks + 1, np.full(cases, -1)
    for at, n in enumerate(looks.tolist()):
        ends = np.array([_interval(k, n, tuned) for k in range(n + 1)])
        passing, failing = ends[:, 0] >= threshold, ends[:, 1] < threshold
        pass_at[at] = np.flatnonzero(passing)[0] if passing.any() else n + 1
        fail_at[at] = np.flatnonzero(failing)[-1] if failing.any() else -1
    unspent = np.zeros(cases)
    found = Boundaries(
        threshold=threshold,
        looks=looks,
        pass_at=pass_at,
        fail_at=fail_at,
        pass_spent=unspent,
        fail_spent=unspent,
    )
    return found, _interval(round(cases * (1 + threshold) / 2), cases, tuned)


def _interval(successes: int, n: int, tuned: int) -> tuple[float, float]:
    low, high = bernoulli_confidence_interval(successes, n, 2 * (1 - CONFIDENCE), tuned)
    return float(low), float(high)


def told(boundaries: Boundaries, rate: float, fixed: int) -> tuple[float, float, float, float]:
    """Give the power, the larger error, and the ratio of cases at the rate and at the threshold."""
    there = crossing_probabilities(boundaries, rate)
    edge = crossing_probabilities(boundaries, boundaries.threshold)
    error = max(edge.passes.sum(), edge.fails.sum())
    cases = (there.expected_cases / fixed, edge.expected_cases / fixed)
    return float(there.passes.sum()), float(error), *cases


def main() -> int:
    """Print a table, and give 1 where planned looks miss what is claimed of them."""
    print("threshold  rate  cases  rule      power  error  cases/fixed  at threshold  width")
    missed = False
    for threshold, rate in RATES:
        fixed = cases_for_rate(rate, threshold, CONFIDENCE, power=0.8)
        most = ceil(1.1 * fixed)
        planned = binomial_boundaries(threshold, CONFIDENCE, look_sizes(most))
        last = float(planned.nominal_confidences()[0][-1])
        right = round(most * (1 + threshold) / 2)
        one = binomial_boundaries(threshold, CONFIDENCE, [fixed])
        tuned = {at: sequence(threshold, most, at) for at in (most // 4, most // 2, most)}
        best = max(tuned, key=lambda at: told(tuned[at][0], rate, fixed)[0])
        exact = clopper_pearson(round(fixed * (1 + threshold) / 2), fixed, CONFIDENCE)
        rules = {
            "fixed": (one, (exact.low, exact.high)),
            "planned": (planned, _ends(right, most, last)),
            "sequence": tuned[best],
        }
        found = {name: told(rule, rate, fixed) for name, (rule, _) in rules.items()}
        for name, (power, error, cases, edge) in found.items():
            low, high = rules[name][1]
            print(
                f"{threshold:9g}  {rate:4g}  {most if name != 'fixed' else fixed:5}  {name:8}  "
                f"{power:5.3f}  {error:5.3f}  {cases:11.2f}  {edge:12.2f}  {high - low:.3f}"
            )
        power, error, cases, _ = found["planned"]
        other = found["sequence"]
        missed |= error > 1 - CONFIDENCE or power < other[0] or cases > other[2] + MORE
        print(f"{'':24}the sequence is tuned to {best} cases", flush=True)
    return int(missed)


def _ends(right: int, n: int, confidence: float) -> tuple[float, float]:
    interval = clopper_pearson(right, n, confidence)
    return interval.low, interval.high


if __name__ == "__main__":
    sys.exit(main())
