"""Apply a perturbation to one case, and check what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import attrs

from .._cases import Case, with_input
from .._components import Perturbation, Use
from .._seeds import derive
from ..errors import ComponentError, PlanError
from ..protocols import Loss
from ._assets import opened
from ._boundary import call
from ._distance import distance, moved, same
from ._keeping import broken_promise, other_dtype
from ._modalities import Modalities, core_modalities, described
from ._parts import parts_of, put, value_at, written

__all__ = ["Applied", "Place", "perturb"]

Place = Callable[[Any], Case]
"""Puts a candidate where it belongs in a case."""


class Applied(NamedTuple):
    """What came of a perturbation.

    `case` is the case as it is to be asked and scored, `distance` how far its input was moved.
    `unchanged` says that input and target are what they were, `retargeted` that the target is not.
    """

    case: Case
    distance: float | None
    unchanged: bool
    retargeted: bool


def perturb(
    use: Use[Perturbation],
    apply: Callable[..., Any],
    case: Case,
    seed: int,
    aim: Callable[[Place], Loss] | None = None,
    modalities: Modalities | None = None,
) -> Applied:
    """Perturb one case; its assets are opened first, and it is never written to.

    A search needs an `aim`: it gives the loss of candidates, from how each is put into the case.
    Where several parts are named, each after the first has a seed of its own.

    Raises `NotApplicable` where the perturbation says so, and `ComponentError` with its name for
    all else that it raises or that it gives back and must not.
    """
    modalities = (modalities or core_modalities()).with_names([use.component.modality])
    case = opened(case, modalities)

    def work(value: Any, seed: int, place: Place) -> Any:
        given = _frozen(value, modalities) if use.component.sees_case else modalities.freeze(value)
        more = {} if aim is None else {"loss": aim(place)}
        return call(use.label, apply, given, seed=seed, **more)

    if use.component.sees_case:
        return _whole(use, case, work(case, seed, lambda candidate: candidate), modalities)
    seen = case
    name = use.component.modality
    distances: list[float] = []
    unchanged = True
    for index, path in enumerate(parts_of(use, case, modalities)):
        value = value_at(case.input, path)
        own = derive(seed, written(path)) if index else seed
        new = work(value, own, _place(seen, path))
        new = _kept(use, value, new, modalities)
        seen = with_input(seen, put(seen.input, path, new))
        far, still = moved(name, value, new, modalities)
        distances += [] if far is None else [far]
        unchanged = unchanged and still
    mean = sum(distances) / len(distances) if distances else None
    return Applied(seen, mean if mean or unchanged else None, unchanged, retargeted=False)


def _place(case: Case, path: tuple[str | int, ...]) -> Place:
    return lambda candidate: with_input(case, put(case.input, path, candidate))


def _kept(use: Use[Perturbation], value: Any, new: Any, modalities: Modalities) -> Any:
    """Take what a perturbation made of one value, if it is of the same modality and type."""
    name = use.component.modality
    if problem := modalities.misfit(name, new) or other_dtype(value, new):
        raise ComponentError(use.label, problem)
    return modalities.carrier(name).freeze(new)


def _frozen(case: Case, modalities: Modalities) -> Case:
    return attrs.evolve(
        case, input=modalities.freeze(case.input), target=modalities.freeze(case.target)
    )


def _whole(use: Use[Perturbation], case: Case, new: Any, modalities: Modalities) -> Applied:
    """Take what a perturbation made of a whole case, if all parts kept their modality."""
    if not isinstance(new, Case):
        problem = f"expected a Case, got {described(new)}"
        raise ComponentError(use.label, problem)
    for what in ("input", "target"):
        if broken := broken_promise(getattr(case, what), getattr(new, what), modalities):
            raise ComponentError(use.label, f"{what}: {broken}")
    try:
        seen = attrs.evolve(_frozen(new, modalities), id=case.id, cluster=case.cluster)
        changed = not same(case.input, seen.input, modalities)
        retargeted = not same(case.target, seen.target, modalities)
    except PlanError as error:
        raise ComponentError(use.label, str(error)) from error
    far = distance(case.input, seen.input, modalities) if changed else 0.0
    return Applied(seen, far, not changed and not retargeted, retargeted)
