"""Measure what a logistic probe still finds after LEACE, and where it is that it looks.

Vectors have a power-law spectrum, and one direction tells failures from successes. The eraser is
fitted on A. Each line gives the AUROC on C, data that nothing was fitted on, of a probe that learns
from A (that is what LEACE's theorem is about), of one that learns from B, which the eraser never
saw, and of one that learns from B where the eraser was fitted on B and C together: a common mistake
that goes below .5.

    python benchmarks/erasure_bound.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from seatrial_probes import leace
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

SETTINGS = [(4000, 50), (1000, 50), (2000, 300), (2000, 576), (300, 576)]
TESTED = 2000
REPEATS = 5
SEPARATION = 0.8
FAILURES = 0.5
NOTHING = 1e-3


def drawn(count: int, width: int, seed: int) -> tuple[Any, Any]:
    """Draw vectors and labels; the seed decides the draw and never the truth behind it."""
    truth, random = np.random.default_rng(width), np.random.default_rng(seed)
    turn = np.linalg.qr(truth.normal(size=(width, width)))[0]
    way = truth.normal(size=width)
    way *= SEPARATION / np.linalg.norm(way)
    labels = random.random(count) < FAILURES
    table = random.normal(size=(count, width)) + np.outer(2.0 * labels - 1, way)
    return (table * np.arange(1, width + 1) ** -0.7) @ turn, labels


def area(training: Any, labels: Any, tested: Any, truth: Any) -> float:
    """Fit a standardised logistic regression, and give its AUROC, .5 where it found nothing."""
    scaler = StandardScaler().fit(training)
    probe = LogisticRegression(C=0.01, max_iter=500).fit(scaler.transform(training), labels)
    scores = probe.decision_function(scaler.transform(tested))
    return float(roc_auc_score(truth, scores)) if np.ptp(scores) > NOTHING else 0.5


def measured(count: int, width: int, seed: int) -> list[float]:
    """Give the AUROCs of one repeat, in the order of the table."""
    (a, at), (b, bt), (c, ct) = (
        drawn(size, width, 3 * seed + part) for part, size in enumerate((count, count, TESTED))
    )
    fair = leace(a, at)
    both = leace(np.concatenate([b, c]), np.concatenate([bt, ct]))
    return [
        area(a, at, c, ct),
        area(fair(a), at, fair(c), ct),
        area(b, bt, c, ct),
        area(fair(b), bt, fair(c), ct),
        area(both(b), bt, both(c), ct),
    ]


def main() -> None:
    """Print one line for each number of cases and width."""
    error = (1 / 12 / (TESTED / 2) * 2 / REPEATS) ** 0.5
    print(f"AUROC, means of {REPEATS} repeats; the standard error at .5 is {error:.4f}")
    print("cases  width  from A: before  erased  from B: before  erased  erased by B and C")
    for count, width in SETTINGS:
        found = np.mean([measured(count, width, seed) for seed in range(REPEATS)], axis=0)
        print(
            "{:5}  {:5}  {:14.3f}  {:6.3f}  {:14.3f}  {:6.3f}  {:17.3f}".format(
                count, width, *found
            )
        )


if __name__ == "__main__":
    main()
