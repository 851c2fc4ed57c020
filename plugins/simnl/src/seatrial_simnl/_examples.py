"""How an adapter uses its labelled images: their views, and those that are set apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen

from seatrial import Case, derive
from seatrial.errors import ParameterError, PlanError
from seatrial.protocols import Work

from ._arrays import Matrix, matrix, unit
from ._extraction import extract

__all__ = ["Examples", "Seen", "set_apart"]


@frozen(eq=False)
class Seen:
    """Features of training images: `cached` and `plain` [n, width], `views` [views, n, width]."""

    cached: Matrix
    plain: Matrix
    views: Matrix | None


@define(kw_only=True)
class Examples:
    """How an adapter uses its images.

    `views`: how many augmented views each image gets; they are trained on in turn, and the cache
    holds the mean of their features (the releases take 10). `validation`: how many images of each
    class are set apart to choose on, in whole clusters, and not learned from.
    """

    views: int = field(default=0)
    validation: int = field(default=0)

    @views.validator
    @validation.validator
    def _count(self, attribute: Any, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            msg = f"{attribute.name} must be a whole number from 0, not {value!r}"
            raise ParameterError(msg)

    def check(self, selection: str | None) -> None:
        """Refuse images set apart that nothing chooses on, and a choice without any."""
        if selection == "val" and not self.validation:
            msg = "selection 'val' needs validation=, how many images of each class to set apart"
            raise PlanError(msg)
        if self.validation and selection not in ("val", None):
            msg = f"validation= sets images apart, and selection={selection!r} does not use them"
            raise PlanError(msg)

    def seen(self, model: Any, cases: Sequence[Case], *, seed: int, work: Work) -> Seen:
        """Embed the training images, and their views."""
        images = [case.input for case in cases]
        if not self.views:
            plain = unit(matrix("images", model.embed_image(images), rows=len(images)))
            return Seen(plain, plain, None)
        folder, named = None, getattr(model, "identity", None)
        if work.directory is not None and isinstance(named, str) and named:
            folder = work.directory / "features"
        found = extract(
            model, images, views=self.views, seed=seed, cache=folder, progress=work.progress
        )
        return Seen(found.keys, found.plain, found.views)


def set_apart(
    cases: Sequence[Case], count: int, *, seed: int
) -> tuple[Sequence[Case], Sequence[Case]]:
    """Divide cases into those to learn from and those to choose on, `count` of each class or more.

    A cluster stays whole: images of one patient are no check on each other.
    """
    if not count:
        return cases, ()
    clusters: dict[str, list[Case]] = {}
    for case in cases:
        clusters.setdefault(case.id if case.cluster is None else case.cluster, []).append(case)
    held: dict[str, Case] = {}
    chosen: Counter[Any] = Counter()
    for name in sorted(clusters, key=lambda one: derive(seed, "validation", one)):
        targets = [case.target for case in clusters[name]]
        if any(chosen[target] < count for target in targets):
            held |= {case.id: case for case in clusters[name]}
            chosen.update(targets)
    kept = [case for case in cases if case.id not in held]
    without = {case.target for case in cases} - {case.target for case in kept}
    if without:
        msg = (
            f"with {count} images of each class set apart, {len(without)} classes have none to "
            f"learn from, as {min(without, key=str)!r}; give more cases, or a smaller validation="
        )
        raise PlanError(msg)
    return kept, tuple(held.values())
