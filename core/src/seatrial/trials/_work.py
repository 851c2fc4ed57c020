"""From a plan and cases to units of work, in a fixed order, each with its identity."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from .._cases import Case, duplicates
from .._components import Perturbation, Use
from .._plans import Arm, Plan, Reference, matches
from .._registry import Registry, default_registry
from .._seeds import derive
from .._values import FrozenMapping, plain
from ..errors import PlanError, SeatrialError
from ._search import unsearchable

__all__ = ["Unit", "Workload", "content_of", "load_cases", "origin"]


SHOWN = 3


@frozen(slots=True)
class Unit:
    """One record to be measured: positions in the perturbations (-1: clean) and in the cases."""

    use: int
    severity: int
    replicate: int
    case: int


def load_cases(given: Any) -> tuple[Case, ...]:
    """Gather cases from cases, import strings and references, one or several; ordered by id.

    The order makes every result independent of the order in which the cases were given.
    """
    if given is None:
        msg = "no cases were given: pass cases=, or name some in the specification"
        raise PlanError(msg)
    cases = sorted(_gather(given), key=lambda case: case.id)
    if not cases:
        msg = "there are no cases to measure"
        raise PlanError(msg)
    if twice := duplicates([case.id for case in cases]):
        more = f" and {len(twice) - SHOWN} more" if len(twice) > SHOWN else ""
        msg = (
            f"case ids must be unique, and {', '.join(map(repr, twice[:SHOWN]))}{more} "
            f"{'are' if len(twice) > 1 else 'is'} given more than once"
        )
        raise PlanError(msg)
    return tuple(cases)


def _gather(given: Any) -> Iterator[Case]:
    if isinstance(given, Case):
        yield given
        return
    if isinstance(given, str):
        given = Reference(given)
    if isinstance(given, Reference):
        yield from _gather(_made(given))
        return
    if not isinstance(given, Iterable):
        msg = f"expected cases, got {given!r}"
        raise PlanError(msg)
    for one in given:
        if not isinstance(one, Case | Reference):
            msg = f"expected a Case, got {one!r}"
            raise PlanError(msg)
        yield from _gather(one)


def _made(reference: Reference) -> Any:
    try:
        found = reference()
        return found() if callable(found) else found
    except SeatrialError:
        raise
    except Exception as error:
        msg = f"the cases {reference.use} cannot be made: {type(error).__name__}: {error}"
        raise PlanError(msg) from error


def content_of(value: Any) -> Any:
    """Turn any carrier into something that JSON can write, with arrays as a hash of their bytes."""
    if isinstance(value, np.ndarray):
        digest = hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=16).hexdigest()
        return {"array": digest, "shape": list(value.shape), "dtype": str(value.dtype)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): content_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [content_of(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    what = type(value).__qualname__
    msg = f"a value of type {what} cannot be identified; use text, numbers or arrays"
    raise PlanError(msg)


def _digest(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def origin(use: Use[Any], registry: Registry | None = None) -> str:
    """Name the distribution and version that a component comes from."""
    registry = registry or default_registry()
    namespace = use.component.namespace
    return str(registry.source(namespace)) if namespace in registry.namespaces() else "local"


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
        contents = [case_digest(case) for case in self.cases]
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
                stems[stem] = _digest([self.identity, *self._stem(unit)])
            content = contents[unit.case]
            if unit.use >= 0 and self.plan.perturbations[unit.use].component.sees_case:
                if unit.case not in wholes:
                    wholes[unit.case] = content + attributes_digest(self.cases[unit.case])
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
        params = plain(component.rung(unit.severity, use.params))
        return [
            component.name,
            component.revision,
            self.origins[unit.use],
            content_of(params),
            list(use.on),
            unit.severity,
        ]


def case_digest(case: Case) -> bytes:
    """Hash what a case says; two cases with one digest are the same measurement."""
    try:
        return _digest([case.id, content_of(case.input), content_of(case.target)])
    except PlanError as error:
        msg = f"case {case.id!r}: {error}"
        raise PlanError(msg) from error


def attributes_digest(case: Case) -> bytes:
    """Hash what only a perturbation that sees the whole case can know of it."""
    return _digest([content_of(case.groups), case.cluster])


AXES: Mapping[str, tuple[int, ...]] = {"image": (2, 3), "volume": (4,)}


def parts_of(use: Use[Perturbation], case: Case) -> tuple[str | None, ...]:
    """Tell which parts of a case's input a perturbation acts on; None stands for all of it."""
    if use.component.sees_case:
        return (None,)
    if not isinstance(case.input, Mapping):
        if use.on:
            msg = (
                f"{use.label}: the input of case {case.id!r} has no parts, so there is no "
                f"{use.on[0]!r} to act on"
            )
            raise PlanError(msg)
        return (None,)
    if missing := [part for part in use.on if part not in case.input]:
        there = ", ".join(case.input)
        msg = f"{use.label}: case {case.id!r} has no part {missing[0]!r}; it has {there}"
        raise PlanError(msg)
    if use.on:
        return use.on
    fitting = [name for name, part in case.input.items() if _carries(use.component.modality, part)]
    if len(fitting) != 1:
        what = f"{len(fitting)} parts ({', '.join(fitting)})" if fitting else "no part"
        msg = (
            f"{use.label}: case {case.id!r} has {what} of modality {use.component.modality!r}; "
            f"say which one to act on, as in {use.component.name.rpartition('.')[2]}(on=...)"
        )
        raise PlanError(msg)
    return (fitting[0],)


def _carries(modality: str, value: Any) -> bool:
    if modality == "text":
        return isinstance(value, str)
    if modality == "messages":
        return isinstance(value, tuple) and all(isinstance(turn, Mapping) for turn in value)
    if modality in AXES:
        return isinstance(value, np.ndarray) and value.ndim in AXES[modality]
    return not isinstance(value, str)


def check(
    plan: Plan, cases: Sequence[Case], model: Any, *, built: Collection[str] | None = None
) -> None:
    """Check everything that can be known before the first model call; report it all at once.

    `built` names the perturbations that will really be applied, by default all: building one may
    import a library for seconds, and what is measured already needs none.
    """
    if problems := dict.fromkeys(_problems(plan, cases, model, built)):
        raise PlanError("\n".join(problems))


def _problems(
    plan: Plan, cases: Sequence[Case], model: Any, built: Collection[str] | None
) -> Iterator[str]:
    for arm in plan.arms:
        if arm.use is None:
            continue
        for case in cases:
            if arm.takes(case) and (problem := _said(parts_of, arm.use, case)):
                yield problem
                break
        yield from lacking(model, arm.use)
        if built is not None and arm.use.label not in built:
            continue
        for severity in arm.severities:
            if problem := _said(arm.use.component.at, severity, arm.use.params):
                yield problem
                break
        yield from unsearchable(arm.use, arm.severities, plan)
    for metric in plan.metrics:
        bounds = metric.component.bounds
        if bounds is not None and not all(map(math.isfinite, bounds)):
            yield f"{metric.label}: bounds {bounds} must be finite; where there are none, give None"
        if problem := _said(metric.build):
            yield problem
        yield from lacking(model, metric)


def _said(try_: Callable[..., Any], *arguments: Any) -> str | None:
    """Try something, and give what was said against it."""
    try:
        try_(*arguments)
    except SeatrialError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a factory is anybody's code
        owner = getattr(try_, "__self__", None)
        name = getattr(owner, "label", None) or getattr(owner, "name", "a component")
        return f"{name} cannot be built: {type(error).__name__}: {error}"
    return None


def lacking(model: Any, use: Use[Any]) -> list[str]:
    """Name the attributes that a component needs of a model and the model does not have."""
    return [
        f"{use.label} needs a model with the attribute {need!r}, and this one has none"
        for need in use.component.needs
        if not hasattr(model, need)
    ]
