"""How often does a probe find what is not there? Failure at random, the search included.

    python benchmarks/probe_noise.py                    # 100 repeats
    python benchmarks/probe_noise.py --repeats 1000     # what is claimed

Activations are those of `planted_failure.py`, five layers of them, drawn anew every 50 repeats; who
fails is drawn at random in each. `probes.logistic` searches layers and C as it always does, and its
predictions are graded on 1,000 cases that it never saw. Counted are AUROCs above .5 + 3 standard
errors (those of the rank-sum test) and searches whose permutation p-value is at most .05.
Exits with 1 where the former are more than .5 % of the repeats.
"""

from __future__ import annotations

import argparse
import sys
from math import floor, sqrt

import numpy as np
from planted_failure import Known, activations, outcomes
from seatrial_probes import logistic
from sklearn.metrics import roc_auc_score

from seatrial import Case

ANEW, ERRORS, AT_MOST, LEVEL = 50, 3.0, 0.005, 0.05


def main() -> int:
    """Explain noise many times, count, and say whether the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--test", type=int, default=1000)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=5)
    args = parser.parse_args()
    explain = logistic(poolings=("last",)).build()
    generator = np.random.default_rng(0)
    count = args.rows + args.test
    unseen = [Case(str(row), row) for row in range(args.rows, count)]
    found, p_values = [], []
    for repeat in range(args.repeats):
        if repeat % ANEW == 0:
            model = Known([activations(generator, count, args.width) for _ in range(args.layers)])
        failed = generator.random(count) < 0.5  # noqa: PLR2004 - at random
        said = explain(model, outcomes(failed[: args.rows]), seed=repeat)
        truth = failed[args.rows :]
        wrong = int(truth.sum())
        error = sqrt((args.test + 1) / (12 * wrong * (args.test - wrong)))
        found.append((roc_auc_score(truth, said.predict(unseen)) - 0.5) / error)
        p_values.append(said.details["searched"]["p"])
    above = int((np.array(found) > ERRORS).sum())
    most = floor(AT_MOST * args.repeats)
    print(
        f"{args.repeats} repeats, {args.rows} cases, {args.layers} layers of width {args.width}, "
        f"{said.details['searched']['settings']} settings searched"
    )
    print(f"  test AUROC above .5 + 3 SE   {above} (at most {most})")
    print(f"  its mean and spread in SE    {np.mean(found):+.2f}, {np.std(found):.2f}")
    print(f"  search p-value at most .05   {np.mean(np.array(p_values) <= LEVEL):.3f}")
    return int(above > most)


if __name__ == "__main__":
    sys.exit(main())
