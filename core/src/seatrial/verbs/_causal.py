"""What is asked of an explanation beyond its grade: causal tests, and a sheet for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from .._cases import Case, Prediction
from .._components import Explainer, Use
from .._findings import Finding
from .._seeds import derive
from .._values import did_you_mean
from ..engine._scoring import scores_or_errors
from ..errors import PlanError, TrialError
from ..explaining._experiment import Experiment
from ..explaining._explanation import Explanation
from ..inputs._binding import built, imported
from ..inputs._boundary import call
from ..runs._report import Report
from ..runs._views import right_by

__all__ = ["Rule", "Tests", "check_asked", "rule_of", "tests_of"]

Rule = Callable[[Any, Prediction], bool]
"""Tells from a target and an answer whether the answer is right."""

ASKED: Final = ("to be asked again",)
"""What a causal test needs of a model."""


@frozen
class Tests:
    """The tests of one explainer that were asked for, and where its sheet goes."""

    use: Use[Explainer]
    causal: Mapping[str, Callable[..., Any]]
    sheet: Callable[..., Any] | None
    path: Path | None

    def applied(
        self, found: Explanation, experiment: Experiment, right: Rule | None
    ) -> Explanation:
        """Give the explanation with the findings of the tests, and write the sheet.

        Where too little was there to learn from, there is nothing to test.
        """
        if found.grade is None:
            return found
        seed = derive(experiment.seed, self.use.component.name, "causal")
        if self.sheet is not None:
            call(
                f"the sheet of {self.use.label}",
                self.sheet,
                found,
                experiment.test,
                self.path,
                seed=seed,
            )
        findings = [
            one
            for name, test in self.causal.items()
            for one in self._tested(name, test, found, experiment, seed=seed, right=right)
        ]
        return evolve(found, findings=(*found.findings, *findings))

    def _tested(
        self,
        name: str,
        test: Callable[..., Any],
        found: Explanation,
        experiment: Experiment,
        **more: Any,
    ) -> list[Finding]:
        label = f"the causal test {name!r} of {self.use.label}"
        model = experiment.subject(ASKED, label)
        options = {"confidence": experiment.confidence, **more}
        given = list(call(label, test, found, model, experiment.test, **options))
        if wrong := [one for one in given if not isinstance(one, Finding)]:
            msg = f"{label} must give findings, and gives {wrong[0]!r:.80}"
            raise TrialError(msg)
        return given


def check_asked(experiment: Experiment) -> None:
    """Raise where no causal test can ask the model that was learned from."""
    if experiment.graded_on is not None:
        msg = (
            "a causal test asks the model that was learned from about its own answers: test "
            "without graded_on= (--graded-on on the command line)"
        )
        raise PlanError(msg)
    experiment.subject(ASKED, "a causal test")


def rule_of(report: Report, metric: str | None) -> Rule:
    """Tell right from wrong by the metric that told it of the outcomes.

    An answer that it cannot score is wrong. Raises `PlanError` for a metric that reads more than
    target and answer.
    """
    label, right = right_by(report.metrics, metric)
    use = report.metric_use(label)
    if use.component.reads == "case":
        msg = (
            f"a causal test judges answers by their targets alone, and {label} reads the whole "
            "case: name another metric (metric=, --metric on the command line)"
        )
        raise PlanError(msg)
    score = built(use)

    def rule(target: Any, answer: Prediction) -> bool:
        (found,) = scores_or_errors(use, score, [Case("changed", None, target)], [answer])
        return not isinstance(found, str) and right(found)

    return rule


def tests_of(
    use: Use[Explainer], names: Sequence[str], sheet: str | Path | None, *, alone: bool
) -> Tests:
    """Import what is asked of an explainer, before anything is learned."""
    component = use.component
    for name in names:
        if name not in component.causal:
            there = ", ".join(component.causal) or "none"
            hint = did_you_mean(name, tuple(component.causal))
            msg = f"{use.label} has no causal test {name!r}{hint}; it has: {there}"
            raise PlanError(msg)
    if sheet is not None and not alone:
        msg = "a sheet is of one explanation: explain with one explainer"
        raise PlanError(msg)
    if sheet is not None and component.sheet is None:
        msg = f"{use.label} writes no sheet"
        raise PlanError(msg)
    return Tests(
        use,
        {name: _function(use, component.causal[name], name) for name in names},
        None if sheet is None else _function(use, component.sheet, "sheet"),
        None if sheet is None else Path(sheet),
    )


def _function(use: Use[Explainer], declared: Any, what: str) -> Callable[..., Any]:
    found = imported(use, declared, what)
    if not callable(found):
        msg = f"{what} of {use.label} must be a function, not {found!r:.80}"
        raise PlanError(msg)
    return found  # type: ignore[no-any-return]
