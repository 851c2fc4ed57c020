"""Training SimNL against the published code's loop: how much faster, and in what memory.

    python benchmarks/simnl_training.py [--threads 2] [--epochs 20] [--views 2]

The stand-in does what the release does on cached features, in float32 by torch: it moves and
normalises every key in each step, multiplies by dense one-hot values, and lets autograd go back.
Both train with 100 classes, 1,024 features and 16 shots for the same steps on the same data, after
one epoch that is not counted, and must end at the same logits. Then 1,000 classes with 16 shots
and 1,024 features train in a process of their own, whose peak memory is that of all of it, data and
torch included. Each time is the better of two; the ratio of processor time depends less on what
else the machine does. Exits with 1 where training is less than 5 times faster, the logits differ by
more than 1e-2, or the peak is above 2 GB.
"""

from __future__ import annotations

import argparse
import math
import resource
import subprocess
import sys
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from seatrial_simnl import fit

SCALES = {"alpha": 1.2, "beta": 2.0, "lam": 0.75, "tau": 1.0}
STEPS = {"lr": 1e-4, "eps": 1e-3}
BATCH, AT_LEAST, APART, PEAK = 256, 5.0, 1e-2, 2.0
Tensor = torch.Tensor


def unit(rows: Tensor) -> Tensor:
    """Bring every row to unit norm."""
    return rows / rows.norm(dim=-1, keepdim=True)


def drawn(classes: int, shots: int, width: int, views: int) -> dict[str, Any]:
    """Draw clusters around class directions, one label in ten wrong."""
    rng = np.random.default_rng(0)

    def near(centres: Any, spread: float) -> Any:
        noise = rng.standard_normal(centres.shape, dtype=np.float32) * np.float32(width**-0.5)
        rows = centres + np.float32(spread) * noise
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    centres = near(np.zeros((classes, width), dtype=np.float32), 1.0)
    block = np.repeat(np.arange(classes), shots)
    wrong = rng.random(len(block)) < 0.1  # noqa: PLR2004 - one in ten
    labels = np.where(wrong, rng.integers(0, classes, len(block)), block)
    targets = rng.integers(0, classes, 500)
    return {
        "keys": near(centres[block], 1.0),
        "labels": labels,
        "views": np.stack([near(centres[block], 1.1) for _ in range(views)]),
        "texts": [near(centres, 1.2), near(centres, 1.1), near(-0.2 * centres, 0.9)],
        "queries": near(centres[targets], 10.0),
        "targets": targets,
        "shots": shots,
    }


def orders(rows: int, epochs: int) -> list[Any]:
    """Draw the order of the rows in each epoch."""
    rng = np.random.default_rng(1)
    return [rng.permutation(rows) for _ in range(epochs)]


class Release:
    """What the published code computes, as it computes it."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.shots = data["shots"]
        self.keys = torch.from_numpy(data["keys"])
        self.t, self.g, self.n = map(torch.from_numpy, data["texts"])
        self.classes, self.width = self.t.shape
        self.labels = torch.from_numpy(data["labels"])
        whole = self.keys.view(self.classes, self.shots, self.width)
        self.others = unit(whole.sum(0) - whole).reshape(-1, self.width)
        hot = torch.nn.functional.one_hot(self.labels, self.classes).float()
        same = hot @ hot.T > 0
        score = (((self.keys @ self.keys.T) * same).sum(1) - 1) / (self.shots - 1)
        raised = (score / SCALES["tau"]).exp()[:, None] * hot
        self.values = self.shots * raised / raised.sum(0).clamp(min=1e-12)
        self.residuals = [torch.zeros(self.classes, self.width) for _ in range(5)]

    def text(self) -> Tensor:
        """Mix the two text classifiers."""
        return 0.45 * unit(self.t + self.residuals[0]) + 0.55 * unit(self.g + self.residuals[1])

    def logits(self, f: Tensor, alpha: float, beta: float, lam: float) -> Tensor:
        """Move all keys and texts, then answer."""
        repeated = [self.residuals[at].repeat_interleave(self.shots, 0) for at in (2, 4)]
        keys, others = unit(self.keys + repeated[0]), unit(self.others + repeated[1])
        positive = 100 * f @ self.text().T
        positive = positive + alpha * torch.exp(-beta * (1 - f @ keys.T)) @ self.values
        negative = 15 * (1 - f @ unit(self.n + self.residuals[3]).T)
        negative = negative + alpha * torch.exp(-beta * (f @ others.T)) @ self.values
        return lam * positive + (1 - lam) * negative

    def loss(self, f: Tensor, y: Tensor) -> Tensor:
        """Add up the three losses."""
        text = self.text()
        logits = self.logits(f, SCALES["alpha"], SCALES["beta"], SCALES["lam"])
        distances = torch.cdist(f, text)
        nearest = distances.topk(3, dim=1, largest=False)
        margin = (1 - (text @ text.T)[y].gather(1, nearest.indices)) / 4
        gap = torch.clamp(distances.gather(1, y[:, None]) + margin - nearest.values, min=0)
        cosine = torch.nn.functional.cosine_similarity
        kept = [(1 - cosine(text.T, one.T, dim=1)).mean() for one in (self.t, self.g)]
        change = 0.45 * kept[0] + 0.55 * kept[1]
        return torch.nn.functional.cross_entropy(logits, y) + gap.mean() + 8 * change

    def train(self, views: Tensor, order: list[Any]) -> None:
        """Train by torch's AdamW and cosine annealing."""
        for one in self.residuals:
            one.requires_grad_()
        slow = [self.residuals[at] for at in (0, 1, 2)]
        fast = [self.residuals[at] for at in (3, 4)]
        rates = [
            {"params": slow, "lr": STEPS["lr"]},
            {"params": fast, "lr": 5 * STEPS["lr"]},
        ]
        optimizer = torch.optim.AdamW(rates, eps=STEPS["eps"], weight_decay=0.1)
        steps = len(order) * math.ceil(len(self.labels) / BATCH)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for epoch, rows in enumerate(order):
            for some in torch.from_numpy(rows).split(BATCH):
                optimizer.zero_grad()
                self.loss(views[epoch % len(views)][some], self.labels[some]).backward()
                optimizer.step()
                schedule.step()
        for one in self.residuals:
            one.requires_grad_(False)


def ours(data: dict[str, Any], order: list[Any]) -> Any:
    """Train with the plugin."""
    return fit(
        data["keys"],
        data["labels"],
        data["views"],
        *data["texts"],
        shots=data["shots"],
        **SCALES,
        **STEPS,
        epochs=len(order),
        order=order,
    )


def large() -> None:
    """Train 1,000 classes with 16 shots, and print time and peak memory."""
    data = drawn(1000, 16, 1024, 1)
    order = orders(16_000, 1)
    start = perf_counter()
    ours(data, order)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
    print(perf_counter() - start, peak / 1e9)


def main() -> int:
    """Time both, compare both, and say whether the claims hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--views", type=int, default=2)
    parser.add_argument("--large", action="store_true", help="only the large one, in this process")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    if given.large:
        large()
        return 0
    data = drawn(100, 16, 1024, given.views)
    order = orders(1600, given.epochs)
    views = torch.from_numpy(data["views"])
    Release(data).train(views, order[:1])
    ours(data, order[:1])
    theirs, mine, worked, work = [], [], [], []
    for _ in range(2):
        start, busy = perf_counter(), process_time()
        release = Release(data)
        release.train(views, order)
        theirs.append(perf_counter() - start)
        worked.append(process_time() - busy)
        start, busy = perf_counter(), process_time()
        fitted = ours(data, order)
        mine.append(perf_counter() - start)
        work.append(process_time() - busy)
    queries = torch.from_numpy(data["queries"])
    wanted = release.logits(queries, SCALES["alpha"], SCALES["beta"], SCALES["lam"]).numpy()
    apart = float(np.abs(fitted.logits(data["queries"]) - wanted).max())
    ratio, steady = min(theirs) / min(mine), min(worked) / min(work)
    steps = given.epochs * math.ceil(1600 / BATCH)
    command = [sys.executable, __file__, "--large", "--threads", str(given.threads)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds, peak = map(float, output.split())

    print(f"100 classes, 16 shots, 1,024 features, {steps} steps, {given.threads} threads")
    for name, times in (("the release's loop", theirs), ("seatrial-simnl", mine)):
        each = 1000 * min(times) / steps
        print(f"  {name:<26}{min(times):8.2f} s  {each:7.1f} ms a step")
    print(f"  ratio                     {ratio:8.1f} x (at least {AT_LEAST:g})")
    print(f"  ratio of processor time   {steady:8.1f} x")
    print(f"  largest difference        {apart:8.1e} of the logits (at most {APART:g})")
    print("1,000 classes, 16 shots, 1,024 features, one epoch of 63 steps")
    print(f"  time                      {seconds:8.1f} s")
    print(f"  peak memory               {peak:8.2f} GB (at most {PEAK:g})")
    return int(ratio < AT_LEAST or apart > APART or peak > PEAK)


if __name__ == "__main__":
    sys.exit(main())
