"""The units of work of a plan, in a fixed order, each with its identity."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import Any

from attrs import field, frozen

from .._cases import Case
from .._components import Metric, Perturbation, Use
from .._plans import Arm, Plan, matches
from .._seeds import derive
from .._values import FrozenMapping
from .._writing import digest
from ..errors import ComponentError, PlanError, SeatrialError
from ..inputs._binding import built as build
from ..inputs._content import attributes_digest, case_digest
from ..inputs._encoding import as_json
from ..inputs._modalities import Modalities, modalities_of
from ..inputs._needs import lacking
from ..inputs._parts import parts_of
from ..inputs._slices import unknown_group
from ..inputs._targets import misfit_of
from ..inputs._trained import untrainable
from ._search import unsearchable

__all__ = ["Batch", "Task", "Unit", "Workload", "check"]


@frozen(slots=True)
class Unit:
    """One record to be measured: positions in the perturbations (-1: clean) and in the cases."""

    use: int
    severity: int
    replicate: int
    case: int


Task = tuple[Unit, Case, int | None]
"""One record to be measured, its case, and its seed (None: clean)."""

Batch = tuple[Sequence[int], Sequence[Task]]
"""Positions in the plan, and what to do for each."""


@frozen
class Workload:
    """A plan bound to cases and a model's identity: it lists the units and names each record.

    A key has 16 bytes: the identity of a record is the hash of the model's identity, the case's
    content, the component's name, revision, distribution version and parameters, the severity, the
    replicate and the seed. A case's groups and cluster belong to its content only for perturbations
    that see the whole case: for others they change no measurement.
    """

    plan: Plan
    cases: tuple[Case, ...]
    identity: str
    origins: tuple[str, ...]
    modalities: Modalities = field(eq=False)

    @modalities.default
    def _named(self) -> Modalities:
        return modalities_of(self.plan, self.cases)

    @cached_property
    def contents(self) -> tuple[bytes, ...]:
        """The digest of each case's id, input and target."""
        return tuple(case_digest(case, self.modalities) for case in self.cases)

    def units(self) -> Iterator[Unit]:
        """List the units in a fixed order: clean first, then by perturbation, severity and case."""
        labels = [use.label for use in self.plan.perturbations]
        # Whatever is perturbed is measured clean too: unchanged inputs take the clean answer.
        wanted: dict[tuple[int, int], list[Arm]] = {(-1, 0): list(self.plan.arms)}
        for arm in self.plan.arms:
            if arm.use is not None:
                use = labels.index(arm.use.label)
                for severity in arm.severities:
                    wanted.setdefault((use, severity), []).append(arm)
        inside: dict[tuple[FrozenMapping, ...], list[int]] = {}
        for use, severity in sorted(wanted):
            arms = wanted[use, severity]
            slices = tuple(dict.fromkeys(one for arm in arms for one in arm.slices))
            if slices not in inside:
                inside[slices] = [
                    index
                    for index, case in enumerate(self.cases)
                    if any(matches(case, one) for one in slices)
                ]
            replicates = 1 if use < 0 else self.plan.replicates
            for index in inside[slices]:
                for replicate in range(replicates):
                    yield Unit(use, severity, replicate, index)

    def seed(self, unit: Unit) -> int | None:
        """Derive the seed of a unit; severities of one case share it."""
        if unit.use < 0:
            return None
        name = self.plan.perturbations[unit.use].component.name
        return derive(self.plan.seed, name, self.cases[unit.case].id, unit.replicate)

    def keyed(self) -> Iterator[tuple[Unit, int | None, bytes]]:
        """List the units in order, each with its seed and the identity of its record."""
        contents = self.contents
        wholes: dict[int, bytes] = {}
        stems: dict[tuple[int, int], bytes] = {}
        seeds: dict[tuple[int, int], int | None] = {}
        last = -1
        for unit in self.units():
            if unit.use != last:
                seeds.clear()
                last = unit.use
            stem = (unit.use, unit.severity)
            if stem not in stems:
                stems[stem] = bytes.fromhex(digest([self.identity, *self._stem(unit)]))
            content = contents[unit.case]
            if unit.use >= 0 and self.plan.perturbations[unit.use].component.sees_case:
                if unit.case not in wholes:
                    known = attributes_digest(self.cases[unit.case], self.modalities)
                    wholes[unit.case] = content + known
                content = wholes[unit.case]
            draw = (unit.case, unit.replicate)
            if draw not in seeds:
                seeds[draw] = self.seed(unit)
            tail = f"{unit.replicate}|{seeds[draw]}".encode()
            yield (
                unit,
                seeds[draw],
                hashlib.blake2b(stems[stem] + content + tail, digest_size=16).digest(),
            )

    def _stem(self, unit: Unit) -> list[Any]:
        if unit.use < 0:
            return ["clean"]
        use = self.plan.perturbations[unit.use]
        component: Perturbation = use.component
        params = component.rung(unit.severity, use.params)
        return [
            component.name,
            component.revision,
            self.origins[unit.use],
            as_json(params),
            list(use.on),
            unit.severity,
        ]


def check(
    plan: Plan,
    cases: Sequence[Case],
    model: Any = None,
    *,
    built: Collection[str] | None = None,
    modalities: Modalities | None = None,
) -> None:
    """Check everything that can be known before the first model call; report it all at once.

    Without a model, what the components need of one is not looked at. `built` names the
    perturbations that will really be applied, by default all: building one may import a library for
    seconds, and what is measured already needs none.
    """
    modalities = modalities or modalities_of(plan, cases)
    if problems := dict.fromkeys(_problems(plan, cases, model, built, modalities)):
        raise PlanError("\n".join(problems))


def _problems(
    plan: Plan,
    cases: Sequence[Case],
    model: Any,
    built: Collection[str] | None,
    modalities: Modalities,
) -> Iterator[str]:
    for where in dict.fromkeys(one for arm in plan.arms for one in arm.slices):
        if group := unknown_group(where, cases):
            yield f"where {', '.join(where)}: {group}"
    looked_at: set[tuple[str, tuple[FrozenMapping, ...]]] = set()
    for arm in plan.arms:
        if arm.use is None:
            continue
        again = (arm.use.label, arm.slices) in looked_at
        looked_at.add((arm.use.label, arm.slices))
        for case in () if again else cases:
            if arm.takes(case) and (problem := _said(parts_of, arm.use, case, modalities)):
                yield problem
                break
        if model is not None:
            yield from lacking(model, arm.use)
            yield from untrainable(model, arm.use)
        if built is not None and arm.use.label not in built:
            continue
        for severity in arm.severities:
            if problem := _said(build, arm.use, severity):
                yield problem
                break
        yield from unsearchable(arm.use, arm.severities, plan)
    for metric in plan.metrics:
        yield from _of_metric(metric, plan, cases, model, modalities)


def _of_metric(
    metric: Use[Metric], plan: Plan, cases: Sequence[Case], model: Any, modalities: Modalities
) -> Iterator[str]:
    bounds = metric.component.bounds
    if bounds is not None and not all(map(math.isfinite, bounds)):
        yield f"{metric.label}: bounds {bounds} must be finite; where there are none, give None"
    if problem := _said(build, metric) or misfit_of(metric, plan, cases, modalities):
        yield problem
    if model is not None:
        yield from lacking(model, metric)


def _said(try_: Callable[..., Any], *arguments: Any) -> str | None:
    """Try something, and give what was said against it."""
    try:
        try_(*arguments)
    except ComponentError as error:
        return f"{error.what} cannot be built: {error.why}" if try_ is build else str(error)
    except SeatrialError as error:
        return str(error)
    return None
