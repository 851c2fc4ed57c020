"""Is a planted failure found as well as it can be? C by validation, against C by an oracle.

    python benchmarks/planted_failure.py                 # 2 repeats
    python benchmarks/planted_failure.py --repeats 20    # what is claimed

Activations are synthetic, as like real ones as matters here: 2,304 wide, a power-law spectrum in a
random rotation, every dimension with a scale of its own, four of them with a mean and a scale far
from the others'. Failure is a logistic function of one known direction, and the signal is swept:
its logit has a standard deviation from .25 to 4. Of 2,000 cases `probes.logistic` chooses C as it
always does; the oracle fits the same 2,000 at each C and takes the one that is best on the 5,000
test cases; the paper's settings are `LogisticRegression(C=100, max_iter=1000)`, unscaled.
Exits with 1 where the probe is on average more than .01 AUROC below the oracle at any signal, or
where the paper's settings lose less than .05 everywhere.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from seatrial_probes import logistic
from seatrial_probes._logistic import prepare, solve
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from seatrial import Case, Outcome

SIGNALS = (0.25, 0.5, 1.0, 2.0, 4.0)
NEAR, FAR = 0.01, 0.05
LOUD = 4  # dimensions that are unlike the others

Floats = npt.NDArray[np.float32]


def activations(generator: np.random.Generator, rows: int, width: int) -> Floats:
    """Draw activations with a power-law spectrum, scales of their own and a few loud dimensions."""
    rotation, _ = np.linalg.qr(generator.standard_normal((width, width), dtype=np.float32))
    spectrum = np.arange(1, width + 1, dtype=np.float32) ** -0.5
    table = (generator.standard_normal((rows, width), dtype=np.float32) * spectrum) @ rotation.T
    scale = np.exp(0.7 * generator.standard_normal(width))
    mean = 0.3 * generator.standard_normal(width) * scale
    loud = generator.choice(width, LOUD, replace=False)
    scale[loud] *= 30
    mean[loud] = 10 * scale[loud] * generator.choice([-1, 1], LOUD)
    found: Floats = (table / table.std(axis=0) * scale + mean).astype(np.float32)
    return found


def failures(generator: np.random.Generator, table: Floats, signal: float) -> Any:
    """Draw who fails: a logistic function of one direction that lies across the whole spectrum."""
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)
    along = scaled @ generator.standard_normal(table.shape[1])
    probabilities = 1 / (1 + np.exp(-signal * along / along.std()))
    return generator.random(len(table)) < probabilities


class Known:
    """A model whose activations are known: an input is the number of a row."""

    def __init__(self, tables: Sequence[Floats]) -> None:
        self.tables = tables

    def activations(
        self, inputs: Sequence[int], /, *, layers: Sequence[int] | None = None, **_: Any
    ) -> _Rows:
        """Give the rows."""
        wanted = tuple(range(1, len(self.tables) + 1)) if layers is None else tuple(layers)
        return _Rows(self.tables, wanted, list(inputs))


class _Rows:
    def __init__(self, tables: Sequence[Floats], layers: tuple[int, ...], rows: list[int]) -> None:
        self.tables, self.layers, self.rows = tables, layers, rows

    def at(self, layer: int, _: str, /) -> Floats:
        found: Floats = self.tables[layer - 1][self.rows]
        return found


def outcomes(failed: Any) -> list[Outcome]:
    """Give the outcomes of cases that are the numbers of rows."""
    return [
        Outcome(case=Case(str(row), row), input=row, prediction=None, right=not wrong)
        for row, wrong in enumerate(failed)
    ]


def compared(seed: int, signal: float, rows: int, width: int, test: int) -> tuple[float, ...]:
    """Give the AUROC on the test cases of the oracle, the probe and the paper's settings."""
    generator = np.random.default_rng([seed, int(100 * signal)])
    table = activations(generator, rows + test, width)
    failed = failures(generator, table, signal)
    train, unseen, truth = table[:rows], table[rows:], failed[rows:]

    path = solve(prepare(train[None]), failed[:rows])
    oracle = max(roc_auc_score(truth, unseen @ weights) for weights in path.weights[0])

    explain = logistic(poolings=("last",)).build()
    found = explain(Known([table]), outcomes(failed[:rows]), seed=seed)
    probabilities = found.predict([Case(str(row), row) for row in range(rows, rows + test)])

    paper = LogisticRegression(C=100, max_iter=1000).fit(train, failed[:rows])
    return (
        oracle,
        roc_auc_score(truth, probabilities),
        roc_auc_score(truth, paper.decision_function(unseen)),
    )


def main() -> int:
    """Sweep the signal, print the losses, and say whether the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--width", type=int, default=2304)
    parser.add_argument("--test", type=int, default=5000)
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"{args.rows} cases, width {args.width}, {args.repeats} repeats, {args.test} test cases")
    print("signal  oracle   probe (loss)     paper's settings (loss)")
    worst, lost = 0.0, 0.0
    for signal in SIGNALS:
        found = np.array(
            [
                compared(seed, signal, args.rows, args.width, args.test)
                for seed in range(args.repeats)
            ]
        )
        oracle, probe, paper = found.mean(axis=0)
        worst, lost = max(worst, oracle - probe), max(lost, oracle - paper)
        print(
            f"{signal:6.2f} {oracle:7.3f} {probe:7.3f} ({oracle - probe:.4f}) "
            f"{paper:15.3f} ({oracle - paper:.3f})",
            flush=True,
        )
    print(
        f"largest loss of the probe {worst:.4f} (at most {NEAR}), of the paper's {lost:.3f} "
        f"(at least {FAR} somewhere)"
    )
    return int(worst > NEAR or lost < FAR)


if __name__ == "__main__":
    sys.exit(main())
