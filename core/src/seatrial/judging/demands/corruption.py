"""Errors over severities relative to those of a reference model, as in ImageNet-C."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...errors import PlanError
from ...statistics import Interval, mean_of_ratios
from .._evidence import Evidence, Floats
from .._figures import Bound, Figure
from .._reference_runs import errors_of, evidence_of_run
from .._simulation import Setting, Simulated, cases_of, draw_patterns, mean_over_patterns

__all__ = [
    "bound_corruption_error",
    "bound_relative_corruption_error",
    "change_of_corruption_error",
    "change_of_relative_corruption_error",
    "corruption_error",
    "relative_corruption_error",
    "simulate_corruption_error",
    "simulate_relative_corruption_error",
]


def corruption_error(evidence: Evidence, settings: Mapping[str, Any], /) -> Figure:
    """Divide the errors by the reference's."""
    return _corruption(evidence, settings, relative=False)


def relative_corruption_error(evidence: Evidence, settings: Mapping[str, Any], /) -> Figure:
    """Divide the errors beyond the clean error by the reference's."""
    return _corruption(evidence, settings, relative=True)


def bound_corruption_error(
    evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int, /
) -> Bound:
    """Bound the ratio of errors; a reference that was measured is as uncertain as it is."""
    return _bound(evidence, settings, confidence, seed, relative=False)


def bound_relative_corruption_error(
    evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int, /
) -> Bound:
    """Bound the ratio of errors beyond the clean error."""
    return _bound(evidence, settings, confidence, seed, relative=True)


def _bound(
    evidence: Evidence, settings: Mapping[str, Any], confidence: float, seed: int, *, relative: bool
) -> Bound:
    """Bound by the errors of a table, or pair with those of a run that has the same cases."""
    figure = _corruption(evidence, settings, relative=relative)
    if isinstance(settings["reference"], Mapping):
        return Bound(figure.interval(confidence, evidence.priority.largest_cluster), figure.details)
    errors = _by_label(evidence, relative=relative)
    found = _over_reference(errors, evidence, settings, confidence, seed, relative=relative)
    return Bound(found, figure.details)


def _over_reference(
    values: Floats,
    evidence: Evidence,
    settings: Mapping[str, Any],
    confidence: float,
    seed: int,
    *,
    relative: bool,
    difference: bool = False,
) -> Interval:
    """Bound the mean over perturbations of what each case has, over the errors of a run.

    What it has are errors, or differences of them.
    """
    bounds = (-1.0 if relative else 0.0, 1.0)
    spread = bounds[1] - bounds[0]
    other = evidence_of_run(str(settings["reference"]), evidence.priority)
    at = {name: row for row, name in enumerate(other.ids)}
    paired = at.keys() >= set(evidence.ids)
    theirs = other.of(np.array([at[name] for name in evidence.ids])) if paired else other
    return mean_of_ratios(
        values,
        _by_label(theirs, relative=relative),
        evidence.clusters,
        confidence,
        bounds=bounds,
        above_bounds=(-spread, spread) if difference else bounds,
        seed=seed,
        reference=None if paired else theirs.clusters,
        paired=paired,
        largest=evidence.priority.largest_cluster,
    )


def _change(
    before: Evidence,
    after: Evidence,
    settings: Mapping[str, Any],
    confidence: float,
    seed: int,
    *,
    relative: bool,
) -> Interval:
    """Bound the change of the ratio to a run: that of the differences of each case."""
    old, new = (_by_label(one, relative=relative) for one in (before, after))
    return _over_reference(
        new - old, after, settings, confidence, seed, relative=relative, difference=True
    )


def change_of_corruption_error(
    before: Evidence, after: Evidence, settings: Mapping[str, Any], confidence: float, seed: int, /
) -> Interval:
    """Bound the change of the ratio of errors to those of a run."""
    return _change(before, after, settings, confidence, seed, relative=False)


def change_of_relative_corruption_error(
    before: Evidence, after: Evidence, settings: Mapping[str, Any], confidence: float, seed: int, /
) -> Interval:
    """Bound the change of the ratio of errors beyond the clean error to those of a run."""
    return _change(before, after, settings, confidence, seed, relative=True)


def _by_label(evidence: Evidence, *, relative: bool) -> Floats:
    """Give each perturbation a column: the mean error of each case over its severities."""
    clean, errors = _filled(evidence)
    labels = list(dict.fromkeys(label for label, _ in evidence.cells))
    of = np.array([labels.index(label) for label, _ in evidence.cells])
    columns = [errors[:, of == at].mean(axis=1) for at in range(len(labels))]
    return np.stack(columns, axis=1) - (clean[:, None] if relative else 0.0)


def _filled(evidence: Evidence) -> tuple[Floats, Floats]:
    """Give the errors, those of a variant that was skipped as the mean of its case."""
    clean, errors = errors_of(evidence)
    known = ~np.isnan(errors)
    mean = np.where(known, errors, 0.0).sum(axis=1) / known.sum(axis=1)
    return clean, np.where(known, errors, mean[:, None])


def _corruption(evidence: Evidence, settings: Mapping[str, Any], *, relative: bool) -> Figure:
    """Divide each perturbation's errors, summed over severities, by the reference model's sum.

    The errors of a table count as constants, as AlexNet's do in ImageNet-C; the mean over
    perturbations is then linear in this model's errors.
    """
    clean, errors = _filled(evidence)
    labels = list(dict.fromkeys(label for label, _ in evidence.cells))
    total: Any = 0.0
    most, each = 0.0, {}
    for label in labels:
        columns = [at for at, cell in enumerate(evidence.cells) if cell[0] == label]
        base, theirs = _reference_errors(settings["reference"], evidence, label)
        scale = theirs - base if relative else theirs
        if scale <= 0:
            msg = (
                f"the reference model's error under {label}, {theirs:g}, is no larger than "
                f"{base if relative else 0:g}, so a ratio to it is undefined"
            )
            raise PlanError(msg)
        part = (errors[:, columns].mean(axis=1) - (clean if relative else 0.0)) / scale
        each[label] = float(part.mean())
        total = total + part / len(labels)
        most += 1 / scale / len(labels)
    least = -most if relative else 0.0
    return Figure(total, evidence.clusters, (least, most), details={"each": each})


def _reference_errors(reference: Any, evidence: Evidence, label: str) -> tuple[float, float]:
    """Give the reference model's clean error, and its mean error over the severities measured."""
    severities = [severity for name, severity in evidence.cells if name == label]
    if not isinstance(reference, Mapping):
        other = evidence_of_run(str(reference), evidence.priority)
        if np.concatenate(other.lost(paired=True)).any():
            msg = f"{reference} lacks scores of some cases, so its errors are unknown"
            raise PlanError(msg)
        clean, errors = errors_of(other)
        columns = [at for at, cell in enumerate(other.cells) if cell[0] == label]
        return float(np.nanmean(clean)), float(np.nanmean(errors[:, columns]))
    name = label if label in reference else label.partition("(")[0]
    if name not in reference:
        msg = f"the reference has no errors for {label}; it has {', '.join(reference)}"
        raise PlanError(msg)
    given, base = reference[name], float(reference.get("clean", 0.0))
    if not isinstance(given, tuple | list):
        return base, float(given)
    if max(severities) > len(given):
        msg = f"the reference has {len(given)} errors for {label}, one for each severity from 1 up"
        raise PlanError(msg)
    return base, float(np.mean([given[severity - 1] for severity in severities]))


REFERENCE = {"simulated.severity": 0.5, "clean": 0.1}


def _simulated(
    rng: np.random.Generator, setting: Setting, figure: Callable[[Floats], Any], constant: float
) -> Simulated:
    """Draw errors, and a table or a measured model that errs half as often again."""
    mine = mean_over_patterns(setting, figure)
    cases, answers = cases_of(setting), draw_patterns(rng, setting).tolist()
    if setting.reference == "table":
        return Simulated(cases, answers, mine / constant, {"reference": REFERENCE})
    other = setting.earlier(1.5)
    return Simulated(
        cases,
        answers,
        mine / mean_over_patterns(other, figure),
        earlier=draw_patterns(rng, other).tolist(),
        others=setting.reference == "other cases",
    )


def simulate_corruption_error(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw scores; the reference of a table errs on every other perturbed input."""
    return _simulated(rng, setting, lambda scores: 1 - scores[1:].mean(), 0.5)


def simulate_relative_corruption_error(rng: np.random.Generator, setting: Setting, /) -> Simulated:
    """Draw scores; the reference of a table errs more often by .4 on perturbed input."""
    return _simulated(rng, setting, lambda scores: scores[0] - scores[1:].mean(), 0.4)
