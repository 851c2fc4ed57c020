"""The whole protocol of *Why It Failed*: judge, collect, split, extract, fit, select, test once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Any, Final

from seatrial_metrics import accuracy

from seatrial import (
    Case,
    Explainer,
    Explanation,
    Outcome,
    Plan,
    Use,
    default_registry,
    derive,
    explain,
    run,
)
from seatrial.errors import ModelError, PlanError
from seatrial.statistics import held_out

from ._result import Row, WhyItFailed
from ._shared import Shared

__all__ = ["EXPLAINERS", "POOLINGS", "why_it_failed"]

TEST: Final = 0.25
LEAST: Final = 40
"""Fewer of each class than this leave fewer than ten of each to learn, select or test on."""

POOLINGS: Final = ("last", "mean", "max", "softmax", "rolling")
EXPLAINERS: Final = (
    "probes.logistic",
    "probes.mean-difference",
    "probes.lda",
    "probes.mass-mean",
    "probes.bag-of-words",
    "probes.surface",
)
"""What is compared by default; those that need activations only where the model has them."""

MARGIN: Final = 1.1


def why_it_failed(
    model: Any,
    cases: Iterable[Case],
    k: int = 2000,
    *,
    explainers: Iterable[Any] | None = None,
    layers: Sequence[int] | None = None,
    poolings: Sequence[str] = POOLINGS,
    seed: int = 0,
    to: str | Path | None = None,
    confidence: float = 0.975,
) -> WhyItFailed:
    """Find out whether a model's failures on a task can be predicted, and by what.

    The cases are judged in random order (by `seed`) until there are `k` right and `k` wrong
    answers: with `options` in the inputs and a model that has `choices`, by the log-likelihood of
    each option. Half is for training, a quarter for validation, a quarter for the test, which
    is looked at once; whole clusters go to one part. Every explainer is graded beside the same
    trivial baselines (`seatrial.explain`). Activations are extracted once, of the very prompts that
    were judged, and all explainers share them.

    - `explainers`: names, components or uses; by default `EXPLAINERS`.
    - `layers`, `poolings`: what is extracted; None means all layers. The curve over layers uses the
      first pooling.
    - `to`: a folder in which everything is kept: what was judged (in `run`), activations (in
      `activations`) and the result. The same call goes on there. The model then needs an identity.
    - `confidence`: one-sided, of each end of the table's intervals.

    Raises `PlanError` when there are fewer than `k` right or wrong answers, and says how many.
    Source: Mathew et al., Why It Failed: A Benchmark to Evaluate Interpretability.
    """
    cases = tuple(cases)
    folder = None if to is None else Path(to)
    if k < LEAST or not poolings:
        msg = f"k must be at least {LEAST} (and poolings at least one), got k={k}"
        raise PlanError(msg)
    if not callable(model):
        msg = f"why_it_failed takes the model itself, a callable, and got {model!r}"
        raise ModelError(msg)
    uses = _uses(explainers, model, tuple(poolings))
    outcomes, judged = _collected(model, cases, k, seed, folder)
    test = held_out(
        [one.right for one in outcomes],
        [one.case.cluster or one.case.id for one in outcomes],
        fraction=TEST,
        seed=derive(seed, "why it failed", "test"),
    )
    learning = [one for one, kept in zip(outcomes, test, strict=True) if not kept]
    unseen = [one for one, kept in zip(outcomes, test, strict=True) if kept]
    inputs = [one.input for one in (*learning, *unseen)]
    cache = None if folder is None else folder / "activations"
    shared = Shared(model, inputs, layers, tuple(poolings), cache)
    said = [
        explain(
            use,
            outcomes=learning,
            held_out=unseen,
            model=shared,
            seed=seed,
            confidence=confidence,
        )
        for use in uses
    ]
    if said[0].grade is None:
        raise PlanError(said[0].summary)
    found = WhyItFailed(
        task="+".join(sorted({str(case.groups.get("set", "cases")) for case in cases})),
        k=k,
        seed=seed,
        judged=judged,
        split={"learning": _counts(learning), "test": _counts(unseen)},
        rows=_rows(said),
        best_baseline=said[0].grade.best_baseline,
        detectable=said[0].grade.detectable,
        confidence=confidence,
        curve=_curve(shared, inputs, poolings[0], learning, unseen, seed),
        pooling=poolings[0] if hasattr(model, "activations") else None,
        explanations=tuple(said),
    )
    if folder is not None:
        found.save(folder)
    return found


def _uses(
    explainers: Iterable[Any] | None, model: Any, poolings: tuple[str, ...]
) -> list[Use[Explainer]]:
    registry = default_registry()
    if explainers is None:
        known = [registry.get(name, Explainer) for name in EXPLAINERS]
        explainers = [one for one in known if all(hasattr(model, need) for need in one.needs)]
    found = [registry.get(one, Explainer) if isinstance(one, str) else one for one in explainers]
    if not found:
        msg = "name at least one explainer"
        raise PlanError(msg)
    return [_bound(one, poolings) if isinstance(one, Explainer) else one for one in found]


def _bound(explainer: Explainer, poolings: tuple[str, ...]) -> Use[Explainer]:
    """Let an explainer search only among the poolings that are extracted."""
    if poolings == POOLINGS or "poolings" not in explainer.parameters():
        return explainer()
    return explainer(poolings=poolings)


def _collected(
    model: Any, cases: Sequence[Case], k: int, seed: int, folder: Path | None
) -> tuple[list[Outcome], dict[str, int]]:
    """Judge in random order until there are k of each, and no further than it takes."""
    order = sorted(cases, key=lambda case: derive(seed, "why it failed", case.id))
    plan = Plan(metrics=[accuracy()], seed=seed)
    place = {case.id: number for number, case in enumerate(order)}
    outcomes: list[Outcome] = []
    seen, wanted, errored = 0, 2 * k, 0
    while True:
        wanted = min(max(wanted, seen + 1), len(order))
        if folder is None:
            report = run(plan, model, order[seen:wanted])
            errored += report.accounting.errored
        else:
            report = run(plan, model, order[:wanted], to=folder / "run")
            errored, outcomes = report.accounting.errored, []
        outcomes += report.outcomes()
        seen = wanted
        right = sum(one.right for one in outcomes)
        fewer = min(right, len(outcomes) - right)
        if fewer >= k or seen == len(order):
            break
        wanted = ceil(seen * k / fewer * MARGIN) if fewer else 2 * seen
    counts = {"cases": seen, "right": right, "wrong": len(outcomes) - right, "errored": errored}
    if fewer < k:
        error = next((one.error for one in report.records() if one.error), None)
        _too_few(counts, k, fewer, error)
    outcomes.sort(key=lambda one: place[one.case.id])
    sides = [[one for one in outcomes if one.right is side][:k] for side in (True, False)]
    return sorted((*sides[0], *sides[1]), key=lambda one: place[one.case.id]), counts


def _too_few(counts: dict[str, int], k: int, fewer: int, error: str | None) -> None:
    can = f"k={fewer} would do" if fewer >= LEAST else f"at least {LEAST} of each are needed"
    errored = f" and {counts['errored']:,} errors ({error})" if error else ""
    msg = (
        f"{counts['right']:,} right and {counts['wrong']:,} wrong answers{errored} in all "
        f"{counts['cases']:,} cases, and k={k} asks for {k:,} of each; {can}, or give more cases"
    )
    raise PlanError(msg)


def _counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    return {
        "outcomes": len(outcomes),
        "wrong": sum(not one.right for one in outcomes),
        "clusters": len({one.case.cluster or one.case.id for one in outcomes}),
    }


def _rows(said: Sequence[Explanation]) -> tuple[Row, ...]:
    grades = [one.grade for one in said if one.grade is not None]
    best = grades[0].best_baseline
    rows = []
    for grade in sorted(grades, key=lambda one: -(one.auroc or 0.0)):
        gain = grade.baselines[best].gain if best else None
        rows.append(
            Row(
                name=grade.explainer,
                kind="explainer",
                auroc=grade.auroc,
                interval=grade.interval,
                gain=None if gain is None else gain.estimate,
                gain_interval=None if gain is None else gain.interval,
                p=None if gain is None else gain.p,
            )
        )
    baselines = grades[0].baselines.items()
    for name, one in sorted(baselines, key=lambda item: -item[1].auroc):
        rows.append(Row(name=name, kind="baseline", auroc=one.auroc, interval=one.interval))
    return tuple(rows)


def _curve(
    shared: Shared,
    inputs: Sequence[Any],
    pooling: str,
    learning: Sequence[Outcome],
    test: Sequence[Outcome],
    seed: int,
) -> Any:
    if not hasattr(shared.model, "activations"):
        return ()
    from ._curve import layer_curve

    activations = shared.activations(inputs, poolings=(pooling,))
    return layer_curve(activations, pooling, learning, test, seed=seed)
