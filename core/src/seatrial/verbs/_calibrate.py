"""How far each rung of a ladder moves inputs, and where the rungs should be for equal steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from attrs import evolve, frozen

from .._cases import Case
from .._components import Perturbation, Use
from .._registry import Registry
from .._seeds import derive
from .._settings import whole
from .._tables import Table, figure
from .._values import FrozenMapping, plain
from ..errors import NotApplicable, PlanError
from ..inputs._apply import perturb
from ..inputs._assets import opened
from ..inputs._binding import bound, built
from ..inputs._loading import load_cases
from ..inputs._modalities import Modalities

__all__ = ["Calibration", "Rung", "calibrate"]

ROUNDS = 3
DIGITS = 3


@frozen
class Rung:
    """What one rung did, over cases and seeds.

    `distances` has, for each case and seed, how far the input was moved; None where the
    perturbation did not apply or nothing can be measured (only background was cut off).
    `similarity` is the mean structural similarity, None where the modality has none.
    """

    params: FrozenMapping
    distances: tuple[float | None, ...]
    similarity: float | None

    @property
    def known(self) -> list[float]:
        """The distances that could be measured."""
        return [one for one in self.distances if one is not None]

    @property
    def mean(self) -> float | None:
        """The mean distance."""
        return math.fsum(self.known) / len(self.known) if self.known else None


@frozen
class Calibration:
    """The rungs of a ladder as they were measured, and rungs with equal steps of distance."""

    name: str
    rungs: tuple[Rung, ...]
    proposed: tuple[Rung, ...]
    cases: int
    seeds: int

    @property
    def rising(self) -> float:
        """The fraction of steps, of one case under one seed, at which the distance does not fall.

        The step from the clean input to the first rung counts too.
        """
        columns = [(0.0,) * (self.cases * self.seeds), *(one.distances for one in self.rungs)]
        steps = [
            low <= high * (1 + 1e-9)
            for below, above in pairwise(columns)
            for low, high in zip(below, above, strict=True)
            if low is not None and high is not None
        ]
        return sum(steps) / len(steps) if steps else 0.0

    def tables(self) -> tuple[Table, ...]:
        """Lay out what was measured, and what is proposed."""
        title = f"{self.name}: {self.cases} cases, {self.seeds} seeds"
        note = f"the distance rises in {self.rising:.1%} of the steps of one case under one seed"
        measured = _table(self.rungs, title, (note,))
        if not self.proposed:
            return (measured,)
        return measured, _table(self.proposed, "proposed, with equal steps of mean distance", ())

    def as_dict(self) -> dict[str, Any]:
        """Give everything but the single distances as plain data."""
        return {
            "name": self.name,
            "cases": self.cases,
            "seeds": self.seeds,
            "rising": self.rising,
            "rungs": [_facts(one) for one in self.rungs],
            "proposed": [_facts(one) for one in self.proposed],
        }


def _facts(rung: Rung) -> dict[str, Any]:
    return {
        "parameters": plain(rung.params),
        "measured": len(rung.known),
        "distance": rung.mean,
        "smallest": min(rung.known, default=None),
        "largest": max(rung.known, default=None),
        "similarity": rung.similarity,
    }


def _table(rungs: Sequence[Rung], title: str, notes: Sequence[str]) -> Table:
    names = list(rungs[0].params)
    columns = ("severity", *names, "measured", "distance", "min", "max", "similarity")
    rows = [
        (
            str(severity),
            *(str(rung.params[name]) for name in names),
            str(len(rung.known)),
            figure(rung.mean),
            figure(min(rung.known, default=None)),
            figure(max(rung.known, default=None)),
            figure(rung.similarity),
        )
        for severity, rung in enumerate(rungs, start=1)
    ]
    return Table(columns, rows, title, notes)


def calibrate(
    perturbation: Perturbation | Use[Perturbation] | str,
    /,
    cases: Any,
    *,
    seeds: int = 8,
    registry: Registry | None = None,
) -> Calibration:
    """Measure what each rung does to real inputs, and propose rungs with equal steps.

    Every case is perturbed with as many seeds at every rung. The first and the last rung stay; the
    others move along the line through the rungs, until the steps of mean distance are equal.
    Nothing is proposed for fewer than three rungs, or where the mean distance does not rise.
    Raises `PlanError` for a search, whose distance is up to the model.
    """
    if problem := whole(seeds):
        msg = f"seeds {problem}"
        raise PlanError(msg)
    use = bound(perturbation, Perturbation, registry)
    if use.component.trains:
        msg = f"{use.label} changes the training cases, so its rungs move no input"
        raise PlanError(msg)
    if use.component.searches:
        msg = f"{use.label} searches with a model: how far it goes is up to that"
        raise PlanError(msg)
    modalities = Modalities(registry).with_names([use.component.modality])
    loaded = load_cases(cases)

    def measure(params: Mapping[str, Any]) -> Rung:
        whole = evolve(use.component, ladder=(params,))
        return _measured(Use(whole, use.params, on=use.on), loaded, seeds, modalities)

    rungs = tuple(measure(one) for one in use.component.ladder)
    proposed = _equal_steps(rungs, measure)
    return Calibration(use.label, rungs, proposed, len(loaded), seeds)


def _measured(
    use: Use[Perturbation], cases: Sequence[Case], seeds: int, modalities: Modalities
) -> Rung:
    apply = built(use, 1)
    distances: list[float | None] = []
    alike: list[float] = []
    for case in cases:
        clean = opened(case, modalities)
        for index in range(seeds):
            seed = derive(0, use.component.name, case.id, index)
            try:
                applied = perturb(use, apply, clean, seed, modalities=modalities)
            except NotApplicable:
                distances.append(None)
                continue
            distances.append(applied.distance)
            alike += _similarities(clean.input, applied.case.input, modalities)
    mean = math.fsum(alike) / len(alike) if alike else None
    return Rung(use.component.ladder[0], tuple(distances), mean)


def _similarities(clean: Any, perturbed: Any, modalities: Modalities) -> list[float]:
    """Measure how alike two inputs look, or their parts, where their modality can tell."""
    if isinstance(clean, Mapping):
        return [
            one for key in clean for one in _similarities(clean[key], perturbed[key], modalities)
        ]
    name = modalities.recognise(clean)
    similarity = getattr(modalities.carrier(name), "similarity", None) if name else None
    found = similarity(clean, perturbed) if similarity else None
    return [] if found is None else [found]


def _equal_steps(rungs: Sequence[Rung], measure: Any) -> tuple[Rung, ...]:
    """Move the rungs between the first and the last until the steps of mean distance are equal."""
    means = [one.mean for one in rungs]
    if len(rungs) < 3 or None in means:  # noqa: PLR2004 - nothing lies between two
        return ()
    known = {float(place): one for place, one in enumerate(rungs)}
    first, last = rungs[0].mean or 0.0, rungs[-1].mean or 0.0
    if first >= last:
        return ()
    inside = range(1, len(rungs) - 1)
    wanted = [first + (last - first) * step / (len(rungs) - 1) for step in inside]
    found: list[Rung] = []
    for _ in range(ROUNDS):
        places = [_place(known, one) for one in wanted]
        found = []
        for place in places:
            if place not in known:
                known[place] = measure(_between(rungs, place))
            found.append(known[place])
    return (rungs[0], *found, rungs[-1])


def _place(known: Mapping[float, Rung], wanted: float) -> float:
    """Find where along the ladder a mean distance is reached, between measured places."""
    for low, high in pairwise(sorted(known)):
        below, above = known[low].mean or 0.0, known[high].mean or 0.0
        if below <= wanted <= above and below < above:
            return low + (high - low) * (wanted - below) / (above - below)
    return max(known)


def _between(rungs: Sequence[Rung], place: float) -> dict[str, Any]:
    """Give the parameters at a place between two rungs; what is no number stays the lower one's."""
    low = int(place)
    below, above = rungs[low].params, rungs[min(low + 1, len(rungs) - 1)].params
    return {name: _mixed(below[name], above[name], place - low) for name in below}


def _mixed(low: Any, high: Any, weight: float) -> Any:
    numbers = isinstance(low, int | float) and isinstance(high, int | float)
    if not numbers or isinstance(low, bool):
        return low
    value = low + (high - low) * weight
    if isinstance(low, int) and isinstance(high, int):
        return round(value)
    return float(f"{value:.{DIGITS}g}")
