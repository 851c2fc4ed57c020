"""Reading a saved estimator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._ape import Ape
from ._baselines import ClipAdapter, LinearProbe, TaskRes, ZeroShot
from ._estimator import Estimator
from ._saved import read
from ._simnl import SimNL
from ._tip import Tip

__all__ = ["ESTIMATORS", "load_estimator", "restored"]

ESTIMATORS: Mapping[str, type[Estimator]] = {
    one.__name__: one for one in (Ape, ClipAdapter, LinearProbe, SimNL, TaskRes, Tip, ZeroShot)
}


def restored(learned: Any, facts: Mapping[str, Any]) -> Estimator:
    """Make the estimator that a file's facts name."""
    return ESTIMATORS[facts["estimator"]].restored(learned, facts)


def load_estimator(path: str | Path) -> Estimator:
    """Read an estimator that `save` wrote: the same logits, bit for bit."""
    learned, facts, _ = read(path)
    return restored(learned, facts)
