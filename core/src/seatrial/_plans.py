"""What to measure (a plan) and what is demanded (priorities, a specification): plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from attrs import evolve, field, frozen
from attrs.validators import optional

from ._arguments import listed, of_kind
from ._cases import Case, duplicates
from ._components import Audit, Component, Metric, Perturbation, Use
from ._concepts import CONCEPTS, RELATIONS, Relation
from ._demand_list import DEMANDS
from ._fitness import misfit, unbounded
from ._plan_checks import Named, as_severities, figures, named, numbers, one_of, setting, some_looks
from ._requirements import Requirement, requirement_problems, requirements_of
from ._right import Right, contradicted, right_of
from ._settings import whole
from ._table_options import ANSWERS, referred
from ._training import Training, cases_given
from ._uses import allowed_of, audits_of, metric_of, metrics_of, perturbations_of
from ._values import FrozenMapping, did_you_mean, frozen_mapping, number_of
from .errors import PlanError

__all__ = [
    "CONCEPTS",
    "Arm",
    "Plan",
    "Priority",
    "Specification",
]

SCOPE = ("intended_use", "users", "not_for")
"""What a specification may say of the use it is about."""

CONFIDENCE = 0.95
MIN_CHANGED = 0.5


C = TypeVar("C", bound=Component)


@frozen(kw_only=True)
class Arm:
    """One perturbation (or None: clean) at some severities on the cases of some slices.

    `slices` holds the groups that a case must match, one mapping per demand; a case that matches
    any of them belongs to the arm.
    """

    use: Use[Perturbation] | None
    severities: tuple[int, ...]
    slices: tuple[FrozenMapping, ...] = (FrozenMapping(),)

    def takes(self, case: Case) -> bool:
        """Tell whether a case belongs to this arm."""
        return any(matches(case, where) for where in self.slices)


def matches(case: Case, where: Mapping[str, Any]) -> bool:
    """Tell whether a case lies in a slice: each attribute has the value, or one of the values."""
    for attribute, wanted in where.items():
        have = case.groups.get(attribute)
        if have != wanted and not (isinstance(wanted, tuple) and have in wanted):
            return False
    return True


def _arms(values: Iterable[Arm]) -> tuple[Arm, ...]:
    return tuple(values)


@frozen(kw_only=True)
class Plan:
    """What to measure: perturbations, severities, metrics and a seed.

    Every perturbation is measured at every severity on every case, and so is the clean input.
    `narrowed` (which a specification compiles to) narrows that: the perturbations that it names are
    measured only at the severities and on the slices that it names, and so is the clean input.
    `audits` look at the experiment before the first model call, and errors that they find stop it,
    but for the findings named in `allow`.
    """

    perturbations: tuple[Use[Perturbation], ...] = field(default=(), converter=perturbations_of)
    metrics: tuple[Use[Metric], ...] = field(default=(), converter=metrics_of)
    severities: tuple[int, ...] = field(default=(1, 2, 3, 4, 5), converter=as_severities)
    seed: int = field(default=0, converter=number_of, validator=of_kind(int))
    replicates: int = field(default=1, converter=number_of, validator=setting(whole))
    narrowed: tuple[Arm, ...] = field(default=(), converter=_arms, repr=False)
    audits: tuple[Use[Audit], ...] = field(default=(), converter=audits_of)
    allow: tuple[str, ...] = field(default=(), converter=allowed_of)

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """What is measured on which cases: the clean input first, then every perturbation."""
        clean = [arm for arm in self.narrowed if arm.use is None]
        arms = clean or [Arm(use=None, severities=(0,))]
        for use in self.perturbations:
            known = [arm for arm in self.narrowed if arm.use is not None and arm.use == use]
            rungs = len(use.component.ladder)
            whole = Arm(use=use, severities=tuple(s for s in self.severities if s <= rungs))
            arms += [
                evolve(arm, severities=wanted)
                for arm in known or [whole]
                if (wanted := tuple(s for s in arm.severities if s in self.severities))
            ]
        return tuple(arms)

    def __attrs_post_init__(self) -> None:
        labels = [use.label for use in self.perturbations]
        if twice := {label for label in labels if labels.count(label) > 1}:
            msg = f"the plan lists {', '.join(sorted(twice))} more than once"
            raise PlanError(msg)
        measured = {arm.use.label for arm in self.arms if arm.use is not None}
        for use in self.perturbations:
            if use.label not in measured:
                msg = (
                    f"{use.label} has severities 1 to {len(use.component.ladder)}, and the "
                    f"plan asks only for {', '.join(map(str, self.severities)) or 'none'}"
                )
                raise PlanError(msg)


@frozen
class Priority:
    """One demand: perturbations or a slice × relation × metric × threshold × confidence.

    `where` narrows the cases to those whose groups match; `severities` defaults to every rung of
    each perturbation. `require` names one or more requirements, such as `at_least`, `max_drop`
    (against the clean input, paired) or `worst_group`, and their `confidence` (.95); all of them
    must hold, those in `all_of` too. `min_changed` (.5) is the fraction of perturbed inputs that
    must differ from the clean ones: where fewer do, nothing was shown, and nothing passes.
    `weigh` says what counts alike in a mean: "cases" (the default) or "clusters"; `largest_cluster`
    is the number of cases of the largest cluster to expect.
    `concept` is one of the 17 robustness concepts (`CONCEPTS`).
    `expected` is the figure that the author expects to measure, for power: that of the first
    requirement, or a table of figures by the names of requirements. `hazard` says what harm a
    failure may do, and `source` where the demand comes from.
    """

    name: str = field(validator=named)
    perturbations: tuple[Use[Perturbation], ...] = field(
        default=(), converter=perturbations_of, kw_only=True
    )
    where: FrozenMapping = field(factory=FrozenMapping, converter=frozen_mapping, kw_only=True)
    severities: tuple[int, ...] = field(default=(), converter=as_severities, kw_only=True)
    relation: Relation = field(default="invariant", validator=one_of(RELATIONS), kw_only=True)
    metric: Use[Metric] | None = field(default=None, converter=metric_of, kw_only=True)
    require: FrozenMapping = field(factory=FrozenMapping, converter=frozen_mapping, kw_only=True)
    concept: str | None = field(default=None, kw_only=True)
    weight: float = field(default=1.0, kw_only=True, converter=number_of)
    expected: float | FrozenMapping | None = field(
        default=None, converter=figures, validator=numbers, kw_only=True
    )
    hazard: str | None = field(default=None, kw_only=True)
    source: str | None = field(default=None, kw_only=True)

    @hazard.validator
    @source.validator
    def _some_text(self, attribute: Any, value: Any) -> None:
        if value is not None:
            named(self, attribute, value)

    @concept.validator
    def _known_concept(self, attribute: Any, concept: str | None) -> None:
        if concept is not None:
            one_of(CONCEPTS)(self, attribute, concept)

    @weight.validator
    def _positive(self, _: Any, weight: Any) -> None:
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not weight > 0:
            msg = f"weight must be a positive number, got {weight!r}"
            raise PlanError(msg)

    @require.validator
    def _requirable(self, _: Any, require: FrozenMapping) -> None:
        if problems := requirement_problems(require):
            raise PlanError("; ".join(f"require.{key}: {problem}" for key, problem in problems))

    def __attrs_post_init__(self) -> None:
        for use in self.perturbations:
            for severity in self.severities_of(use):
                use.component.rung(severity, use.params)
        if self.perturbations or not self.severities:
            return
        msg = f"priority {self.name!r} names severities but no perturbation to apply at them"
        raise PlanError(msg)

    @property
    def confidence(self) -> float:
        """The one-sided confidence of this priority's verdict."""
        return float(self.require.get("confidence", CONFIDENCE))

    @property
    def min_changed(self) -> float:
        """The fraction of perturbed inputs that must differ from the clean ones for a pass."""
        return float(self.require.get("min_changed", MIN_CHANGED))

    @property
    def weigh(self) -> str:
        """What counts alike in a mean: "cases" or "clusters"."""
        return str(self.require.get("weigh", "cases"))

    @property
    def largest_cluster(self) -> int | None:
        """The number of cases of the largest cluster to expect, where the author states it."""
        stated = self.require.get("largest_cluster")
        return None if stated is None else int(stated)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What is required, in the order of `DEMANDS`, with what stands in `all_of` last."""
        return tuple(requirements_of(self.require))

    def expected_of(self, requirement: Requirement) -> float | None:
        """Give the figure that is expected of a requirement; None where none is stated."""
        if isinstance(self.expected, FrozenMapping):
            found = self.expected.get(requirement.name)
            return None if found is None else float(found)
        first = requirement == self.requirements[0]
        return None if self.expected is None or not first else float(self.expected)

    @property
    def right(self) -> Right | None:
        """What counts as right: None where neither the relation nor a metric says so."""
        return right_of(self.relation, self.metric)

    def at_most(self, requirement: Requirement) -> bool:
        """Tell whether the figure of a requirement must not exceed its threshold."""
        if requirement.demand.at_most is not None or self.right is None:
            return bool(requirement.demand.at_most)
        return self.right.at_most(requirement.demand)

    def severities_of(self, use: Use[Perturbation]) -> tuple[int, ...]:
        """Give the severities at which this priority wants a perturbation."""
        return self.severities or tuple(range(1, len(use.component.ladder) + 1))

    def problem(self) -> str | None:
        """Say why this priority cannot be judged as it stands, if so."""
        if not self.requirements:
            return f"requires nothing: give require with one of {', '.join(DEMANDS)}"
        names = [one.name for one in self.requirements]
        if isinstance(self.expected, FrozenMapping):
            for name in self.expected:
                if name not in names:
                    return f"expects {name!r}, which it does not require{did_you_mean(name, names)}"
        if contradiction := contradicted(self.relation, self.perturbations):
            return contradiction
        try:
            right = self.right
        except PlanError as error:
            return f"contradicts itself: {error}"
        each = [frozenset(self.severities_of(use)) for use in self.perturbations]
        shared = frozenset.intersection(*each) if each else frozenset()
        misfits = (
            misfit(one, self.relation, right, severities=shared, weigh=self.weigh)
            for one in self.requirements
        )
        moved = (unbounded(one, self.perturbations) for one in self.requirements)
        return next((one for one in (*misfits, *moved) if one), None)


def _model(value: Any) -> Any:
    return referred(value, ANSWERS)


def _priorities(values: Any) -> tuple[Priority, ...]:
    return listed(values, "priorities", Priority)


def _only(uses: dict[str, Use[C]], use: Use[C]) -> Use[C]:
    """Give the use that goes by this label; reports know each by its label alone."""
    if (known := uses.setdefault(use.label, use)) != use:
        msg = f"two components go by {use.label!r}: give one of them another name with attrs.evolve"
        raise PlanError(msg)
    return known


@frozen
class Specification:
    """The priorities of one task, with the model and the cases they are about.

    It compiles to a `Plan` (what to measure) and judges a `Report` (what was demanded).
    `model` is a `Reference` (or its import string, or the file of recorded answers) or a model;
    `cases` is a `Reference` (or its import string, or a file), several, or cases. `audits` and
    `allow` are those of the `Plan`. `scope` says what the model is for: `intended_use`, `users` and
    `not_for`, each some text.
    `looks` is how often verdicts may be read while cases are added: one look spends the whole
    error; with more, the number of cases that is measured first may be doubled `looks - 1` times.
    `train` takes the place of `model`: it says how the model is trained, so that perturbations of
    the training cases can be measured, too.
    """

    title: str = field(validator=named)
    priorities: tuple[Priority, ...] = field(kw_only=True, converter=_priorities)
    seed: int = field(kw_only=True, converter=number_of, validator=of_kind(int))
    model: Any = field(default=None, kw_only=True, converter=_model)
    cases: Any = field(default=None, kw_only=True, converter=cases_given)
    audits: tuple[Use[Audit], ...] = field(default=(), kw_only=True, converter=audits_of)
    allow: tuple[str, ...] = field(default=(), kw_only=True, converter=allowed_of)
    scope: FrozenMapping = field(factory=FrozenMapping, converter=frozen_mapping, kw_only=True)
    looks: int = field(default=1, converter=number_of, validator=some_looks, kw_only=True)
    train: Training | None = field(
        default=None, kw_only=True, validator=optional(of_kind(Training))
    )

    @scope.validator
    def _said(self, _: Any, scope: FrozenMapping) -> None:
        for key, text in scope.items():
            one_of(SCOPE)(self, Named("key of scope"), key)
            named(self, Named(f"scope.{key}"), text)

    def __attrs_post_init__(self) -> None:
        priorities = self.priorities
        names = [priority.name for priority in priorities]
        problems = [
            f"priority {priority.name!r} {problem}"
            for priority in priorities
            if (problem := priority.problem())
        ]
        problems += [f"two priorities are named {name!r}" for name in duplicates(names)]
        if not priorities:
            problems.append("a specification needs at least one priority")
        if self.train is not None and self.model is not None:
            problems.append("the model is what train makes: leave out model, or train")
        if problems:
            raise PlanError("; ".join(problems))

    @property
    def on_trial(self) -> Any:
        """The model that is measured: `model`, or what `train` makes."""
        return self.model if self.train is None else self.train.reference() or self.train

    def plan(self) -> Plan:
        """Compile the priorities to a plan that measures each thing once, and nothing else."""
        slices: dict[tuple[str | None, int], dict[FrozenMapping, None]] = {}
        metrics: dict[str, Use[Metric]] = {}
        uses: dict[str, Use[Perturbation]] = {}
        for priority in self.priorities:
            slices.setdefault((None, 0), {})[priority.where] = None
            for given in priority.perturbations:
                use = _only(uses, given)
                for severity in priority.severities_of(use):
                    slices.setdefault((use.label, severity), {})[priority.where] = None
            if priority.metric is not None:
                _only(metrics, priority.metric)
        arms = tuple(
            Arm(use=uses[label] if label else None, severities=(severity,), slices=tuple(where))
            for (label, severity), where in slices.items()
        )
        return Plan(
            perturbations=tuple(uses.values()),
            metrics=tuple(metrics.values()),
            severities=tuple(sorted({s for arm in arms for s in arm.severities if s})) or (1,),
            seed=self.seed,
            narrowed=arms,
            audits=self.audits,
            allow=self.allow,
        )
