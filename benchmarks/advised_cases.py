"""Does advice come true as often as it says? "N more cases would decide", followed to the end.

    python benchmarks/advised_cases.py [experiments]

An experiment draws a true figure evenly from .2 below the threshold to 1, measures some cases and
judges them, through `run` and `judge`. Where the verdict is inconclusive and advises more cases,
these are measured: in a new run where one look was planned, else in the same one, for the look that
the advice names. In each of 12 settings (300 experiments by default) the mean probability that was
said and the fraction that was decided may differ by .05, plus three standard errors. Prints both,
beside what they are where true figures lie within .03 of the threshold, which is not what the
advice supposes. Exits with 1 if a setting is further off.
"""

from __future__ import annotations

import sys
from itertools import product

import numpy as np

from seatrial.testing.simulation import Setting, simulate_advice

ALLOWED, BELOW, NEAR = 0.05, 0.2, 0.03
DEMANDS = {"stable_instances": "rate", "at_least": "score"}


def said_and_done(
    demand: str, cases: int, threshold: float, looks: int, truths: np.ndarray, seed: int
) -> tuple[int, float, float]:
    """Give how many verdicts advised, the mean probability, and the fraction that was decided."""
    said, decided = simulate_advice(
        demand,
        Setting(sizes=(1,) * cases),
        threshold=threshold,
        truths=truths.tolist(),
        seed=seed,
        looks=looks,
    )
    if not len(said):
        return 0, np.nan, np.nan
    return len(said), float(said.mean()), float(decided.mean())


def main(experiments: int) -> int:
    """Print a line for each setting."""
    rng, off = np.random.default_rng(0), []
    print(f"{experiments} experiments a setting")
    print(f"{'':34s}advised   said  decided      near the threshold: advised   said  decided")
    settings = product(DEMANDS, (40, 100, 300), (0.8,), (1, 3))
    for at, (demand, cases, threshold, looks) in enumerate(settings):
        wide = rng.uniform(threshold - BELOW, 1, experiments)
        near = rng.uniform(threshold - NEAR, threshold + NEAR, experiments // 3)
        n, said, decided = said_and_done(demand, cases, threshold, looks, wide, at)
        few, said_near, decided_near = said_and_done(demand, cases, threshold, looks, near, at)
        error = (said * (1 - said) / n) ** 0.5
        off.append(max(abs(said - decided) - 3 * error, 0.0))
        name = f"{DEMANDS[demand]} {threshold}, {cases:3d} cases, {looks} looks"
        flag = "  <- off" if off[-1] > ALLOWED else ""
        print(
            f"{name:34s}{n:7d}{said:7.2f}{decided:9.2f}{few:34d}{said_near:7.2f}"
            f"{decided_near:9.2f}{flag}",
            flush=True,
        )
    return int(max(off) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
