"""Means over seeds with their intervals, and paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen
from scipy.special import stdtrit

from seatrial.statistics import Interval, mcnemar, paired_drop

__all__ = ["Difference", "Spread"]

CONFIDENCE = 0.95


@frozen
class Spread:
    """A mean over seeds and its 95 % interval by Student's t; with one seed the ends are None.

    It says how far the result may differ with other training images, on this very test set.
    """

    mean: float
    low: float | None
    high: float | None
    seeds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Take one value for each seed."""
        mean, n = float(np.mean(values)), len(values)
        if n < 2:  # noqa: PLR2004 - one value says nothing about others
            return cls(mean, None, None, n)
        reach = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2) * np.std(values, ddof=1) / n**0.5)
        return cls(mean, mean - reach, mean + reach, n)

    @property
    def reach(self) -> float | None:
        """How far the interval reaches to each side."""
        return None if self.high is None else self.high - self.mean

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {"mean": self.mean, "low": self.low, "high": self.high, "seeds": self.seeds}

    def within(self, low: float, high: float) -> tuple[float, float] | None:
        """Give the ends as far as they lie in a range; None with a single seed."""
        if self.low is None or self.high is None:
            return None
        return max(low, self.low), min(high, self.high)

    def signed(self) -> str:
        """Write it as a difference."""
        return f"{'+' if self.mean >= 0 else ''}{self}".replace("-", "\N{MINUS SIGN}")

    def __str__(self) -> str:
        reach = "" if self.reach is None else f" ± {100 * self.reach:.1f}"
        return f"{100 * self.mean:.1f}{reach}"


@frozen
class Difference:
    """How much better one method is than another on the same draws and test images.

    `seeds` pairs by seed. `images` pairs by test image (the fraction of seeds with a right answer),
    by a bootstrap: how far the result may differ on other test images. `p_values` are exact McNemar
    tests, by seed.
    """

    seeds: Spread
    images: Interval
    p_values: tuple[float, ...]

    @classmethod
    def of(cls, ours: Sequence[Any], theirs: Sequence[Any]) -> Difference:
        """Compare right answers [seeds][images] of two methods."""
        gains = [float(one.mean() - other.mean()) for one, other in zip(ours, theirs, strict=True)]
        return cls(
            Spread.of(gains),
            paired_drop(
                np.mean(ours, axis=0),
                np.mean(theirs, axis=0),
                None,
                (1 + CONFIDENCE) / 2,
            ),
            tuple(
                mcnemar(int((other & ~one).sum()), int((one & ~other).sum()))
                for one, other in zip(ours, theirs, strict=True)
            ),
        )

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "seeds": self.seeds.as_dict(),
            "images": {"low": self.images.low, "high": self.images.high},
            "p_values": list(self.p_values),
        }
