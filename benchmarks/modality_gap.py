"""Time the modality gap of 100,000 images and texts, beside the plain difference of two means.

    python benchmarks/modality_gap.py

Prints the seconds that the gap with its interval takes, and how many times longer that is than to
normalise both arrays and subtract their means, which gives the gap alone.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from seatrial_order import modality_gap


def plain(images: np.ndarray, texts: np.ndarray) -> float:
    """Normalise, average, subtract."""
    means = [
        (one / np.linalg.norm(one, axis=1, keepdims=True)).mean(axis=0, dtype=np.float64)
        for one in (images, texts)
    ]
    return float(np.linalg.norm(means[0] - means[1]))


def main() -> None:
    """Print what each takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=768)
    given = parser.parse_args()
    draw = np.random.default_rng(0)
    images, texts = (
        draw.standard_normal((given.rows, given.width), dtype=np.float32) + np.float32(shift)
        for shift in (0.2, -0.2)
    )
    seconds = {}
    for name, measure in (
        ("plain", plain),
        ("independent", modality_gap),
        ("paired", lambda x, y: modality_gap(x, y, paired=True)),
    ):
        start, used = time.perf_counter(), time.process_time()
        found = measure(images, texts)
        seconds[name] = time.perf_counter() - start
        gap = found if isinstance(found, float) else found.gap
        print(
            f"{name:12} {seconds[name]:6.2f} s ({time.process_time() - used:.2f} s of processor), "
            f"gap {gap:.6f}"
        )
    print(
        f"with its interval it takes {seconds['independent'] / seconds['plain']:.1f} times as long"
    )


if __name__ == "__main__":
    main()
