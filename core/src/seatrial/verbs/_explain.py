"""The verb `explain`: learn from some outcomes, and grade on others, beside trivial baselines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from attrs import evolve

from .._arguments import listed
from .._cases import Outcome, Prediction
from .._components import Audit, Explainer, Use
from .._plans import Plan
from .._registry import Registry
from .._seeds import derive
from ..auditing._audits import audited
from ..errors import PlanError, TrialError
from ..explaining._experiment import Experiment
from ..explaining._explanation import Explanation
from ..explaining._summary import findings_of
from ..inputs._binding import bound_all, ready
from ..inputs._boundary import call
from ..runs._report import Report
from ..statistics._checks import Floats
from ._causal import check_asked, rule_of, tests_of

__all__ = ["explain"]


@overload
def explain(
    explainer: list[Any] | tuple[Any, ...],
    /,
    *,
    report: Report | None = ...,
    outcomes: Sequence[Outcome] | None = ...,
    model: Any = ...,
    metric: str | None = ...,
    seed: int = ...,
    held_out: float | Sequence[Outcome] = ...,
    graded_on: Report | None = ...,
    confidence: float = ...,
    audits: Iterable[Any] = ...,
    allow: Iterable[str] = ...,
    causal: Iterable[str] = ...,
    sheet: str | Path | None = ...,
    registry: Registry | None = ...,
) -> tuple[Explanation, ...]: ...


@overload
def explain(
    explainer: Any,
    /,
    *,
    report: Report | None = ...,
    outcomes: Sequence[Outcome] | None = ...,
    model: Any = ...,
    metric: str | None = ...,
    seed: int = ...,
    held_out: float | Sequence[Outcome] = ...,
    graded_on: Report | None = ...,
    confidence: float = ...,
    audits: Iterable[Any] = ...,
    allow: Iterable[str] = ...,
    causal: Iterable[str] = ...,
    sheet: str | Path | None = ...,
    registry: Registry | None = ...,
) -> Explanation: ...


def explain(
    explainer: Any,
    /,
    *,
    report: Report | None = None,
    outcomes: Sequence[Outcome] | None = None,
    model: Any = None,
    metric: str | None = None,
    seed: int = 0,
    held_out: float | Sequence[Outcome] = 0.25,
    graded_on: Report | None = None,
    confidence: float = 0.95,
    audits: Iterable[Any] = (),
    allow: Iterable[str] = (),
    causal: Iterable[str] = (),
    sheet: str | Path | None = None,
    registry: Registry | None = None,
) -> Explanation | tuple[Explanation, ...]:
    """Ask an explainer which unseen cases the model will fail on, and grade what it says.

    Several explainers, in a list, give an explanation each: they are trained and graded on the same
    split, and the baselines are fitted once.

    It learns from the outcomes of a report (or from `outcomes`); `metric` names the per-case metric
    that tells right from wrong. Explainers that look inside the model get `model`, or that of the
    report. With too few right or wrong answers to learn from or to grade on, nothing is learned,
    and the explanation says how many there are.

    `held_out` is the fraction of the outcomes that the explainer never sees, whole clusters of them
    (`statistics.held_out`); or it is other outcomes, which share no cluster with the training part.
    The predictor gets the held-out cases with the input that the model saw and
    without targets. Trivial baselines learn from the same outcomes and are graded on the same. The
    split depends on `seed` and not on the explainer, so explainers can be compared. `confidence` is
    one-sided at each end of an interval. `Explanation.grade` has all figures.

    `graded_on` is the report of another model or of other cases: what was learned from the same
    training part is then graded there, on the outcomes whose clusters the training part has not.

    `audits` look at the outcomes first; errors that they find raise `AuditError`, unless `allow`
    names them.

    `causal` names tests of the explainer's component: whether acting on what it found changes the
    answers, on the held-out outcomes. Each adds its findings. The metric that tells right from
    wrong tells it of the changed answers too. `sheet` is a file into which a sheet
    is written, on which people predict failures of held-out outcomes; it is for one explainer.
    Raises `PlanError` for a test that an explainer does not have, and for tests where it is
    `graded_on` another report: they ask the model that was learned from.

    An explanation of a report that has a directory is kept beside the run.
    """
    experiment = Experiment.of(
        report=report,
        outcomes=outcomes,
        held_out=held_out,
        graded_on=graded_on,
        metric=metric,
        model=model,
        seed=seed,
        confidence=confidence,
    )
    several = isinstance(explainer, list | tuple)
    uses = bound_all(explainer if several else [explainer], Explainer, registry)
    asked = (causal,) if isinstance(causal, str) else listed(causal, "causal", str)
    names = tuple(dict.fromkeys(asked))
    tests = [tests_of(use, names, sheet, alone=len(uses) == 1) for use in uses]
    if names:
        check_asked(experiment)  # said now, and not after the training
    right = rule_of(report, metric) if names and report and outcomes is None else None
    _look_first(experiment, audits, allow, registry)
    found = tuple(
        one.applied(_taught(use, experiment), experiment, right)
        for use, one in zip(uses, tests, strict=True)
    )
    if report is not None and outcomes is None:
        for one in found:
            one.keep(report.path)
    return found if several else found[0]


def _look_first(
    experiment: Experiment,
    audits: Iterable[Any],
    allow: Iterable[str] = (),
    registry: Registry | None = None,
) -> None:
    """Run audits on all outcomes; stop at the errors that are not allowed, warn of the rest."""
    uses = bound_all(audits, Audit, registry)
    if not uses:
        return
    needs = tuple(dict.fromkeys(need for use in uses for need in use.component.needs))
    subject = experiment.subject(needs, ", ".join(use.label for use in uses))
    plan = (experiment.report.plan if experiment.report else None) or Plan()
    audited(uses, plan, subject, (*experiment.training, *experiment.test), allow, registry)


def _taught(use: Use[Explainer], experiment: Experiment) -> Explanation:
    """Let an explainer learn, and grade its predictions on what it never saw."""
    subject = experiment.subject(use.component.needs, use.label)
    work = ready(use, subject)
    if obstacle := experiment.obstacle:
        return obstacle
    seed = derive(experiment.seed, use.component.name)
    found = call(use.label, work, subject, experiment.training, seed=seed)
    if not isinstance(found, Explanation):
        msg = f"{use.label} must give an Explanation, got {type(found).__qualname__}"
        raise PlanError(msg)
    exam = experiment.exam
    predicts = found.predictor is not None
    grade = exam.grade(_probabilities(use, found, experiment)) if predicts else exam.ungraded()
    grade = evolve(grade, explainer=use.label)
    return evolve(
        found,
        findings=(*found.findings, *findings_of(grade)),
        auroc=grade.auroc,
        interval=grade.interval,
        baselines={name: one.auroc for name, one in grade.baselines.items()},
        grade=grade,
    )


def _probabilities(use: Use[Explainer], found: Explanation, experiment: Experiment) -> Floats:
    """Ask the predictor about the held-out cases as the model saw them, without their targets."""
    cases = [evolve(one.case, input=one.input, target=None) for one in experiment.test]
    answers = [one.prediction or Prediction(None) for one in experiment.test]
    probabilities = call(
        f"the predictor of {use.label}",
        lambda: np.asarray(found.predict(cases, answers), dtype=np.float64),
    )
    if probabilities.shape != (len(cases),):
        msg = f"{use.label} predicts an array of shape {probabilities.shape} for {len(cases)} cases"
        raise TrialError(msg)
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        first = int(np.flatnonzero(~((probabilities >= 0) & (probabilities <= 1)))[0])
        msg = (
            f"{use.label} must predict probabilities of failure from 0 to 1, and predicts "
            f"{probabilities[first]} for {cases[first].id!r}"
        )
        raise TrialError(msg)
    return probabilities
