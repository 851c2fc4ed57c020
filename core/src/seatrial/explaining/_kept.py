"""The explanations that are kept beside a run."""

from __future__ import annotations

from pathlib import Path

from ..runs._results import kept_results
from ._explanation import Explanation
from ._saving import KIND, load

__all__ = ["kept"]


def kept(run: Path) -> tuple[Explanation, ...]:
    """Read the last explanation by each explainer, graded on each run, of the run as it is.

    They are to be read alone: no plugin is imported to restore a predictor. One in which nothing
    was graded counts only where there is no other.
    """
    found: dict[tuple[str, str], Explanation] = {}
    for path in kept_results(run, KIND):
        one = Explanation(**load(path, None, restores=False))
        name = (one.grade.explainer, one.grade.graded_on) if one.grade else ("", "")
        found.pop(name, None)  # the last one stands where it was made
        found[name] = one
    graded = tuple(one for one in found.values() if one.grade)
    return graded or tuple(found.values())
