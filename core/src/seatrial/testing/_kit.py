"""Run every check that a component must pass."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from .._components import KINDS, Component, Perturbation, Use
from .._declaring import BUILT_IN
from .._registry import OFFICIAL, Registry, default_registry
from ..errors import PlanError, UnknownComponentError
from . import (
    _adapters,
    _audits,
    _common,
    _corruptions,
    _executors,
    _explainers,
    _metrics,
    _modalities,
    _perturbations,
    _reporters,
)
from ._exercise import Exercise, checks_for
from ._results import CheckResult, NotExercised, Skipped
from ._samples import Samples
from ._surroundings import process_state, restored
from ._wire import decode

__all__ = [
    "Check",
    "check",
    "check_distribution",
    "checks_of",
    "exercise_of",
    "expectations",
    "run_one",
    "tried",
    "used",
]

Check = Callable[[Use[Any], Samples], None]

OF_KIND: Mapping[str, tuple[Check, ...]] = {
    "perturbations": _perturbations.CHECKS,
    "metrics": _metrics.CHECKS,
    "adapters": _adapters.CHECKS,
    "explainers": _explainers.CHECKS,
    "audits": _audits.CHECKS,
    "modalities": _modalities.CHECKS,
    "reporters": _reporters.CHECKS,
    "executors": _executors.CHECKS,
}


def _outputs(use: Use[Any], samples: Samples) -> list[str]:
    exercise = _corruptions.outputs if use.component.trains else _perturbations.outputs
    return exercise(use, samples)


EXERCISES: Mapping[str, Exercise] = {
    "perturbations": _outputs,
    "metrics": _metrics.results,
    "adapters": _adapters.results,
    "explainers": _explainers.results,
    "audits": _audits.results,
    "modalities": _modalities.results,
    "reporters": _reporters.results,
    "executors": _executors.results,
}
"""How each kind is exercised: everything that it makes of the samples, as texts."""
ONCE = ("metrics", "modalities", "executors")
ANYWHERE: Mapping[str, tuple[Check, ...]] = {
    plural: checks_for(exercise, travels=plural != "executors", repeats=plural not in ONCE)
    for plural, exercise in EXERCISES.items()
}


def used(component: Component | Use[Any]) -> Use[Any]:
    """Take a component, or a use of it with parameters bound."""
    return component if isinstance(component, Use) else Use(component)


def checks_of(component: Component | Use[Any]) -> dict[str, Check]:
    """List the checks that a component must pass, by name, in the order in which they run."""
    one, plural = used(component).component, _plural(component)
    own = (*OF_KIND[plural], *ANYWHERE[plural])
    if isinstance(one, Perturbation) and one.trains:
        own = (*_corruptions.CHECKS, *ANYWHERE[plural])
    if isinstance(one, Perturbation) and one.searches:
        own = (*own, *_perturbations.OF_SEARCHES)
    return {check.__name__: check for check in (*_common.CHECKS, *own)}


def _plural(component: Component | Use[Any]) -> str:
    one = used(component).component
    return next(plural for plural, kind in KINDS.items() if isinstance(one, kind))


def exercise_of(component: Component | Use[Any]) -> Exercise:
    """Give the way in which a component of this kind is exercised."""
    return EXERCISES[_plural(component)]


def tried(use: Use[Any], samples: Samples | None) -> tuple[Use[Any], Samples]:
    """Give what a component is tried on, and the component with the parameters that go with it."""
    samples = Samples.of_component(use.component) if samples is None else samples
    if not samples.params:
        return use, samples
    return Use(use.component, {**samples.params, **use.params}, on=use.on), samples


def exercised(use: Any, samples: Any) -> list[str]:
    """Exercise a component that came from another process."""
    component, given = decode(use), decode(samples)
    made = Samples(**given) if given else Samples.of_component(component.component)
    return exercise_of(component)(component, made)


def expectations(component: Component | Use[Any], given: Mapping[str, str]) -> Mapping[str, str]:
    """Join the expected failures that are declared and given; refuse unknown checks, no reasons."""
    checks = checks_of(component)
    given = {**used(component).component.expected_failures, **given}
    for name, reason in given.items():
        if name not in checks:
            close = difflib.get_close_matches(name, checks, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(checks)}"
            msg = f"{used(component).label} has no check {name!r}{hint}"
            raise PlanError(msg)
        if not str(reason).strip():
            msg = f"the expected failure of {name} needs a reason"
            raise PlanError(msg)
    return given


def run_one(check: Check, use: Use[Any], samples: Samples) -> None:
    """Run one check; a failure carries a note of what is asked for and how to mend it."""
    before = process_state()
    try:
        check(use, samples)
    except Skipped:
        raise
    except Exception as error:
        error.add_note(f"{use.label}, {check.__name__}: {inspect.getdoc(check)}")
        raise
    finally:
        restored(before)


def check(
    component: Component | Use[Any],
    *,
    expected_failures: Mapping[str, str] | None = None,
    samples: Samples | None = None,
) -> tuple[CheckResult, ...]:
    """Check that a component keeps what seatrial promises its users.

    `component` may be a use with parameters bound, as in `check(probe(layers=(3,)))`.
    `expected_failures` maps names of checks to reasons, beside those that the component declares;
    it is strict: one that passes after all is a failure. Raises `PlanError` for a name that is no
    check, or a reason that is empty.
    `samples` take the place of those that the component declares.
    Print `summary(results)` to see how many checks ran, and why others did not.
    """
    given = used(component)
    announced = expectations(given, expected_failures or {})
    use, samples = tried(given, samples)
    results = []
    for name, one in checks_of(use).items():
        outcome, reason = _outcome(one, use, samples)
        if name in announced and outcome == "failed":
            outcome, reason = "expected", announced[name]
        elif name in announced and outcome == "passed":
            outcome = "failed"
            reason = f"it passes, though its failure is expected ({announced[name]}); delete that"
        results.append(
            CheckResult(name, outcome, reason, inspect.getdoc(one) or "", component=given.label)
        )
    return tuple(results)


def _outcome(check: Check, use: Use[Any], samples: Samples) -> tuple[str, str]:
    try:
        run_one(check, use, samples)
    except NotExercised as error:
        return "not exercised", str(error)
    except Skipped as skipped:
        return "skipped", str(skipped)
    except AssertionError as error:
        return "failed", str(error)
    except Exception as error:  # noqa: BLE001 - a component that crashes has failed the check
        return "failed", f"{type(error).__name__}: {error}"
    return "passed", ""


def check_distribution(name: str, registry: Registry | None = None) -> tuple[CheckResult, ...]:
    """Check every component of one installed plugin, given its distribution or its namespace.

    `seatrial` itself is the distribution of the core's own components.
    Raises `UnknownComponentError` when there is no such plugin, a `PluginError` when it is broken.
    """
    registry = default_registry() if registry is None else registry
    wanted = name.lower().replace("_", "-")
    namespaces = (*registry.namespaces(), BUILT_IN)
    sources = {space: registry.source(space).distribution for space in namespaces}
    spaces = [
        space
        for space, distribution in sources.items()
        if wanted in (space, distribution.lower().replace("_", "-"))
    ]
    if not spaces:
        known = sorted({*sources, *sources.values()} - {"local"})
        close = difflib.get_close_matches(wanted, known, n=1)
        official = wanted.removeprefix("seatrial-")
        hint = f"; did you mean {close[0]}?" if close else ""
        if official in OFFICIAL:
            hint = f"; try: pip install seatrial-{official}"
        msg = f"no plugin {name!r} is installed{hint}"
        raise UnknownComponentError(msg)
    return tuple(
        result
        for space in spaces
        for component in registry.components(space)
        for result in check(component)
    )
