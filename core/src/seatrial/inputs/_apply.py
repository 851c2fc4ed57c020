"""Apply a perturbation to one case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from .._cases import Case
from .._components import Perturbation, Use
from .._seeds import derive
from ..engine._search import Place
from ..protocols import Loss
from ._distance import distance, same
from ._parts import parts_of

__all__ = ["perturb"]


def perturb(
    use: Use[Perturbation],
    apply: Callable[..., Any],
    case: Case,
    seed: int,
    aim: Callable[[Place], Loss] | None = None,
) -> tuple[Case, float | None, bool]:
    """Perturb one case; give it with the distance and whether nothing changed.

    A search needs an `aim`: it gives the loss of candidates, from how each is put into the case.
    """

    def work(value: Any, seed: int, place: Place) -> Any:
        return apply(value, seed=seed) if aim is None else apply(value, seed=seed, loss=aim(place))

    if use.component.sees_case:
        changed = work(case, seed, lambda candidate: candidate)
        if not isinstance(changed, Case):
            msg = f"{use.label} must give a Case, got {type(changed).__qualname__}"
            raise TypeError(msg)
        return changed, distance(case.input, changed.input), same(case.input, changed.input)
    parts = parts_of(use, case)
    if parts == (None,):
        value = work(case.input, seed, lambda candidate: attrs.evolve(case, input=candidate))
        return attrs.evolve(case, input=value), distance(case.input, value), same(case.input, value)
    new = dict(case.input)
    named = [part for part in parts if part is not None]
    for index, part in enumerate(named):
        own = seed if not index else derive(seed, part)
        new[part] = work(case.input[part], own, _put(case, new, part))
    before = {part: case.input[part] for part in named}
    after = {part: new[part] for part in named}
    return attrs.evolve(case, input=new), distance(before, after), same(before, after)


def _put(case: Case, parts: Mapping[str, Any], part: str) -> Place:
    return lambda candidate: attrs.evolve(case, input={**parts, part: candidate})
