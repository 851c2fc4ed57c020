"""The models that are trained on changed cases: each once, when its first record is measured."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from .._plans import Plan
from ..inputs._trained import Trained, Variant, variant
from ._workload import Unit

__all__ = ["Variants"]

Place = tuple[int, int, int]


@frozen(eq=False)
class Variants:
    """The variants of one model, by perturbation, severity and replicate.

    They stay in memory: all variants of a case are measured together.
    """

    plan: Plan
    model: Any
    _known: dict[Place, Variant | Exception] = field(factory=dict, init=False)

    def name(self, unit: Unit) -> str:
        """Name the variant that a unit is about; empty where that is the model itself."""
        trains = unit.use >= 0 and self.plan.perturbations[unit.use].component.trains
        return f"{unit.use}:{unit.severity}:{unit.replicate}" if trains else ""

    def make_ready(self) -> None:
        """Train the model itself, if it is one that is trained and was not asked yet."""
        if isinstance(self.model, Trained):
            _ = self.model.clean

    def of(self, unit: Unit) -> Variant:
        """Train it, or raise again what its training raised."""
        place = unit.use, unit.severity, unit.replicate
        if place not in self._known:
            use = self.plan.perturbations[unit.use]
            try:
                self._known[place] = variant(
                    self.model, use, unit.severity, self.plan.seed, unit.replicate
                )
            except Exception as error:  # noqa: BLE001 - it is raised for every record
                self._known[place] = error
        if isinstance(found := self._known[place], Exception):
            raise found
        return found
