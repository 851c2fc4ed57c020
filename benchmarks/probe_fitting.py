"""How fast is every (layer, pooling, C) fitted? Ours against a loop over scikit-learn, in one run.

    python benchmarks/probe_fitting.py                            # 3 layers x 2 poolings
    python benchmarks/probe_fitting.py --layers 30 --poolings 5   # a whole small language model
    python benchmarks/probe_fitting.py --width 2304 --device cuda

Both get the same activations (power-law spectrum, random rotation, some dimensions with a large
mean, as in `planted_failure.py`), standardise them, fit the same ten values of C and score the same
validation rows. The peer is `StandardScaler` and `LogisticRegression(C=C, max_iter=1000)`, which is
lbfgs, as one would write it; on the first table the other solvers are timed too. Tables take turns,
so that whatever else the machine does falls on both. AUROCs are compared with those of the peer as
it is, and on `--converged` tables with those of lbfgs at a tolerance of 1e-8, because its default
stops early. With `--device` ours computes there in batches, and the peer stays on the CPU.
Exits with 1 where ours is less than 3 times (on a device 20 times) as fast, or an AUROC differs by
more than .002 from the converged one.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from planted_failure import activations
from seatrial_probes._families import TABLES_AT_ONCE
from seatrial_probes._logistic import GRID, prepare, solve
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

SOLVERS = ("newton-cg", "newton-cholesky")
WIDEST = 1000  # newton-cholesky takes minutes beyond
CONVERGED = {"tol": 1e-8, "max_iter": 20_000}
SHIFT, OFF, AT_LEAST, ON_A_DEVICE = 1.5, 0.002, 3, 20


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Give the time that something takes, and its result."""
    start = perf_counter()
    found = work()
    return perf_counter() - start, found


def theirs(train: Any, labels: Any, validation: Any, **options: Any) -> list[Any]:
    """Fit and score with scikit-learn, one C after the other."""
    scaler = StandardScaler().fit(train)
    rows, unseen = scaler.transform(train), scaler.transform(validation)
    options = {"max_iter": 1000, **options}
    return [
        LogisticRegression(C=strength, **options).fit(rows, labels).decision_function(unseen)
        for strength in GRID
    ]


def ours(tables: Any, labels: Any, validations: Any, device: str | None) -> list[Any]:
    """Fit and score some tables at once."""
    path = solve(prepare(tables, device=device), labels)
    return [
        weights @ rows.T + intercepts[:, None]
        for weights, intercepts, rows in zip(
            path.weights, path.intercepts, validations, strict=True
        )
    ]


def areas(labels: Any, scores: Any) -> Any:
    """Give the AUROC of each C."""
    return np.array([roc_auc_score(labels, one) for one in scores])


def drawn_tables(generator: np.random.Generator, count: int, labels: Any, width: int) -> list[Any]:
    """Draw tables in which failures are shifted along a direction that lies across the spectrum."""
    found = []
    for _ in range(count):
        rows = activations(generator, len(labels), width)
        shift = rows.std(axis=0) * generator.standard_normal(width) * (SHIFT / width**0.5)
        found.append((rows + labels[:, None] * shift).astype(np.float32))
    return found


class Tally:
    """Adds up what both sides took, and how far apart their AUROCs are."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.done = args, 0
        self.tables = args.layers * args.poolings
        self.peers = min(args.peers or self.tables, self.tables)
        self.ours = self.theirs = self.off = self.off_converged = 0.0
        self.others: dict[str, float] = {}

    def add(self, tables: list[Any], labels: Any) -> None:
        """Let both sides fit some tables, and compare."""
        rows, args = self.args.rows, self.args
        train, unseen = np.stack([one[:rows] for one in tables]), [one[rows:] for one in tables]
        took, found = timed(lambda: ours(train, labels[:rows], unseen, args.device))
        self.ours += took
        for place, scores in enumerate(found):
            mine = areas(labels[rows:], scores)
            self.compare(mine, train[place], unseen[place], labels)
            self.done += 1

    def compare(self, mine: Any, train: Any, unseen: Any, labels: Any) -> None:
        """Time the peer on one table; of the first, its other solvers too."""
        seen, truth = labels[: self.args.rows], labels[self.args.rows :]
        if self.done < self.peers:
            took, peer = timed(lambda: theirs(train, seen, unseen))
            self.theirs += took
            self.off = max(self.off, np.abs(mine - areas(truth, peer)).max())
        if self.done == 0:
            self.others = {"lbfgs": took}
            for name in SOLVERS if self.args.width <= WIDEST else SOLVERS[:1]:
                self.others[name] = timed(lambda: theirs(train, seen, unseen, solver=name))[0]  # noqa: B023
        if self.done < self.args.converged:
            pair = train.astype(float), seen, unseen.astype(float)
            exact = areas(truth, theirs(*pair, **CONVERGED))
            self.off_converged = max(self.off_converged, np.abs(mine - exact).max())

    def report(self) -> int:
        """Print it all, and say whether the claim holds."""
        args, best = self.args, min(self.others, key=self.others.__getitem__)
        whole = self.theirs * self.tables / self.peers
        ratio, least = whole / self.ours, AT_LEAST if args.device is None else ON_A_DEVICE
        where = "on the CPU" if args.device is None else f"on {args.device}"
        scaled = f" (scaled from {self.peers} tables)" if self.peers < self.tables else ""
        solvers = ", ".join(f"{name} {took:.2f} s" for name, took in self.others.items())
        faster = ratio * self.others[best] / self.others["lbfgs"]
        print(
            f"{self.tables} tables of {args.rows} x {args.width}, {len(GRID)} values of C, "
            f"{args.validation} validation rows\n"
            f"  seatrial {where:<12} {self.ours:8.2f} s\n"
            f"  scikit-learn, lbfgs   {whole:8.2f} s{scaled}\n"
            f"  ratio                 {ratio:8.1f} x (at least {least})\n"
            f"  the peer's solvers on the first table: {solvers}; to the best, {faster:.1f} x\n"
            f"  largest difference of AUROC from the peer      {self.off:.4f}\n"
            f"  largest difference of AUROC from it converged  {self.off_converged:.4f} "
            f"(at most {OFF})"
        )
        return int(ratio < least or self.off_converged > OFF)


def main() -> int:
    """Time both on every table, compare both, and say whether the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--poolings", type=int, default=2)
    parser.add_argument("--width", type=int, default=576)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--validation", type=int, default=1000)
    parser.add_argument("--converged", type=int, default=2)
    parser.add_argument("--peers", type=int, help="time the peer on so many tables, and scale")
    parser.add_argument("--device", help="as torch names it; numpy on the CPU without")
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    generator = np.random.default_rng(0)
    labels = np.arange(args.rows + args.validation) % 2 == 0
    at_once = 1 if args.device is None else TABLES_AT_ONCE
    warm = generator.standard_normal((1, 64, 8))
    ours(warm, labels[:64], warm, args.device)
    tally = Tally(args)
    while tally.done < tally.tables:
        count = min(at_once, tally.tables - tally.done)
        tally.add(drawn_tables(generator, count, labels, args.width), labels)
    return tally.report()


if __name__ == "__main__":
    sys.exit(main())
