"""Searching the hyper-parameters of SimNL against the published code: how much faster.

    python benchmarks/simnl_search.py [--threads 2] [--evaluations 12]

The grid is the release's own for most data sets: 200 betas, 40 alphas and 20 lambdas, 160,000
points, on 500 validation images with 100 classes, 1,024 features and 16 shots. The release moves
all keys and texts anew for each point; the stand-in (of simnl_training.py) does that for
`--evaluations` points, and its time is scaled to all. The counts of right answers at those points
must be the same. Exits with 1 where the search is less than 100 times faster, or the counts differ.
"""

from __future__ import annotations

import argparse
import sys
from time import perf_counter

import numpy as np
import torch
from seatrial_simnl import SimNL
from seatrial_simnl._search import table
from simnl_training import Release, drawn

AT_LEAST = 100.0


def main() -> int:
    """Time both, compare both, and say whether the claim holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--evaluations", type=int, default=12)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    data = drawn(100, 16, 1024, 1)
    data["labels"] = np.repeat(np.arange(100), 16)
    features, targets = (torch.from_numpy(data[name]) for name in ("queries", "targets"))
    estimator = SimNL(variant="release", epochs=0, text_mix=0.45)
    template, cupl, negative = data["texts"]
    estimator.fit(data["keys"], data["labels"], text=template, cupl=cupl, negative=negative)
    grid = estimator._grid()

    start = perf_counter()
    counts = table(estimator._learned, grid, features, targets)
    chosen = grid.first(counts)
    mine = perf_counter() - start

    release = Release(data)
    inner = grid.inner()
    places = np.random.default_rng(0).choice(counts.numel(), given.evaluations, replace=False)
    release.logits(features, 1.0, 1.0, 0.75)
    start = perf_counter()
    found = []
    for place in places:
        point = {**grid.outer()[place // len(inner)], **inner[place % len(inner)]}
        answers = release.logits(features, **point).argmax(1)
        found.append(int((answers == targets).sum()))
    theirs = (perf_counter() - start) / len(places) * counts.numel()
    apart = int(
        np.abs(np.array(found) - counts.reshape(-1)[torch.from_numpy(places)].numpy()).max()
    )

    print(f"{counts.numel():,} points, 500 images, 100 classes, {given.threads} threads")
    print(f"  the release, {len(places)} points scaled to all  {theirs:9.0f} s")
    print(f"  seatrial-simnl                      {mine:9.1f} s")
    print(f"  ratio                               {theirs / mine:9.0f} x (at least {AT_LEAST:g})")
    print(f"  largest difference of the counts    {apart:9d} images")
    print(f"  chosen                              {chosen}")
    return int(theirs / mine < AT_LEAST or apart > 0)


if __name__ == "__main__":
    sys.exit(main())
