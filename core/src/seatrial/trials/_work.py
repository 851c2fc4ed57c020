"""From a plan and cases to units of work: what is measured, in a fixed order, each with its identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from .._cases import Case, duplicates
from .._components import Perturbation, Use
from .._plans import Plan, Reference
from .._registry import Registry, default_registry
from .._seeds import derive
from .._values import plain
from ..errors import PlanError, SeatrialError

__all__ = ["Unit", "Workload", "content_of", "load_cases", "origin"]


@frozen(slots=True)
class Unit:
    """One record to be measured: positions in the plan's perturbations (-1: clean) and in the cases."""

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
        more = f" and {len(twice) - 3} more" if len(twice) > 3 else ""
        msg = (
            f"case ids must be unique, and {', '.join(map(repr, twice[:3]))}{more} "
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
        found = given()
        yield from _gather(found() if callable(found) else found)
        return
    if not isinstance(given, Iterable):
        msg = f"expected cases, got {given!r}"
        raise PlanError(msg)
    for one in given:
        if not isinstance(one, Case | Reference):
            msg = f"expected a Case, got {one!r}"
            raise PlanError(msg)
        yield from _gather(one)


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
    msg = f"a value of type {type(value).__qualname__} cannot be identified; use text, numbers or arrays"
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

    `keys` are 16 bytes: the identity of a record is the hash of the model's identity, the case's
    content, the component's name, revision, distribution version and parameters, the severity, the
    replicate and the seed (DESIGN, execution and storage).
    """

    plan: Plan
    cases: tuple[Case, ...]
    identity: str
    origins: tuple[str, ...]

    def units(self) -> Iterator[Unit]:
        """List the units in a fixed order: clean first, then by perturbation, severity and case."""
        wanted: dict[tuple[int, int], list[Any]] = {}
        labels = [use.label for use in self.plan.perturbations]
        for arm in self.plan.arms:
            use = -1 if arm.use is None else labels.index(arm.use.label)
            for severity in arm.severities:
                wanted.setdefault((use, severity), []).append(arm)
        for use, severity in sorted(wanted):
            arms = wanted[use, severity]
            replicates = 1 if use < 0 else self.plan.replicates
            for index, case in enumerate(self.cases):
                if any(arm.takes(case) for arm in arms):
                    for replicate in range(replicates):
                        yield Unit(use, severity, replicate, index)

    def seed(self, unit: Unit) -> int | None:
        """Derive the seed of a unit; severities of one case share it."""
        if unit.use < 0:
            return None
        name = self.plan.perturbations[unit.use].component.name
        return derive(self.plan.seed, name, self.cases[unit.case].id, unit.replicate)

    def keys(self, units: Iterable[Unit]) -> Iterator[bytes]:
        """Give the identity of each unit's record."""
        contents: dict[int, bytes] = {}
        stems: dict[tuple[int, int], bytes] = {}
        for unit in units:
            if unit.case not in contents:
                contents[unit.case] = case_digest(self.cases[unit.case])
            stem = (unit.use, unit.severity)
            if stem not in stems:
                stems[stem] = _digest([self.identity, *self._stem(unit)])
            seed = self.seed(unit)
            tail = f"{unit.replicate}|{seed}".encode()
            yield hashlib.blake2b(stems[stem] + contents[unit.case] + tail, digest_size=16).digest()

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
    return _digest([case.id, content_of(case.input), content_of(case.target)])


def parts_of(use: Use[Perturbation], case: Case) -> tuple[str | None, ...]:
    """Tell which parts of a case's input a perturbation acts on; None stands for the whole input."""
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
    if modality == "image":
        return isinstance(value, np.ndarray) and value.ndim in (2, 3)
    if modality == "volume":
        return isinstance(value, np.ndarray) and value.ndim == 4
    return not isinstance(value, str)


def check(plan: Plan, cases: Sequence[Case], model: Any) -> None:
    """Check everything that can be known before the first model call; report it all at once."""
    problems: dict[str, None] = {}
    for arm in plan.arms:
        if arm.use is None:
            continue
        for case in cases:
            if arm.takes(case):
                try:
                    parts_of(arm.use, case)
                except PlanError as error:
                    problems[str(error)] = None
                    break
        for severity in arm.severities:
            try:
                arm.use.component.at(severity, arm.use.params)
            except SeatrialError as error:
                problems[str(error)] = None
                break
        problems |= {gap: None for gap in lacking(model, arm.use)}
    for metric in plan.metrics:
        try:
            metric.build()
        except SeatrialError as error:
            problems[str(error)] = None
    if not plan.metrics and not plan.perturbations:
        problems["the plan has neither perturbations nor metrics, so there is nothing to learn"] = None
    if problems:
        raise PlanError("\n".join(problems))


def lacking(model: Any, use: Use[Any]) -> list[str]:
    """Name the attributes that a component needs of a model and the model does not have."""
    return [
        f"{use.label} needs a model with the attribute {need!r}, and this one has none"
        for need in use.component.needs
        if not hasattr(model, need)
    ]
