"""Components are values: they say everything about themselves and import nothing heavy."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar, cast

from attrs import field, frozen
from attrs.validators import instance_of

from ._values import FrozenMapping, frozen_mapping
from .errors import ComponentLoadError, ParameterError

if TYPE_CHECKING:
    from ._cases import Case, Outcome, Prediction
    from ._findings import Explanation, Finding

__all__ = [
    "KINDS",
    "Adapt",
    "Adapter",
    "Audit",
    "Check",
    "Component",
    "Explain",
    "Explainer",
    "Loss",
    "Metric",
    "Model",
    "Perturb",
    "Perturbation",
    "Score",
    "Search",
    "Use",
    "import_string",
]

SUMMARY_LENGTH = 72
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+")
IMPORT_STRING = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


class Model(Protocol):
    """Any callable from inputs to answers, one each, in order."""

    def __call__(self, inputs: Sequence[Any], /) -> Sequence[Any | Prediction]: ...


class Perturb(Protocol):
    """Change one value and keep its modality; with `sees_case`, one Case in and one Case out."""

    def __call__(self, value: Any, /, *, seed: int) -> Any: ...


class Loss(Protocol):
    """Tell how badly the model fares on each candidate: in [0, 1], higher is worse for the model.

    A candidate is what the search gives back: a value of the modality, or a Case with `sees_case`.
    Each one is a query; asking for more than are `left` raises `TrialError`. A search that looks
    inside the model (its component has `needs`) finds it as `model`, and says with `spend` how many
    queries that was worth: one for each input that goes forward and back.
    """

    @property
    def left(self) -> int:
        """How many queries may still be asked."""
        ...

    @property
    def target(self) -> Any:
        """The target of the case."""
        ...

    @property
    def model(self) -> Any:
        """The model, if the component has `needs`; else None."""
        ...

    def __call__(self, candidates: Sequence[Any], /) -> list[float]: ...

    def spend(self, queries: int, /) -> None:
        """Count queries that were asked of `model` directly."""
        ...


class Search(Protocol):
    """Look for the worst that can become of a value, and give that; see `Loss`."""

    def __call__(self, value: Any, /, *, seed: int, loss: Loss) -> Any: ...


class Score(Protocol):
    """Score predictions against targets, in scikit-learn's order; one float, or one per case."""

    def __call__(self, targets: Sequence[Any], predictions: Sequence[Any], /) -> Any: ...


class Explain(Protocol):
    """Learn from measured outcomes what predicts failure.

    The outcomes are those to learn from: the verb `explain` keeps others for grading. The predictor
    of the explanation gives chances of failure, from the input alone. `details["grade"]` is written
    by the verb.
    """

    def __call__(
        self, model: Model, outcomes: Sequence[Outcome], /, *, seed: int
    ) -> Explanation: ...


class Adapt(Protocol):
    """Give a repaired model; the original stays as it was."""

    def __call__(self, model: Model, cases: Sequence[Case], /, *, seed: int) -> Model: ...


class Check(Protocol):
    """Look for faults of an experiment before compute is spent, or before it is explained.

    An audit that reads outcomes gets `Outcome`s in the place of cases. `model` is None where none
    was given; an audit that cannot do without states `needs`.
    """

    def __call__(
        self, plan: Any, model: Any, cases: Sequence[Case] | Sequence[Outcome], /
    ) -> Iterable[Finding]: ...


def import_string(target: str, *, what: str) -> Any:
    """Import `"package.module:name"`; `what` names the thing in the error."""
    module, _, path = target.partition(":")
    try:
        found: Any = import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        msg = f"{what}: cannot import {target!r}: {type(error).__name__}: {error}"
        raise ComponentLoadError(msg) from error
    return found


def _named(_: Any, __: Any, name: Any) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        msg = (
            f"component name {name!r} must be 'namespace.name' in lower case letters, digits and "
            "hyphens, as in 'nlpaug.keyboard'"
        )
        raise ValueError(msg)


def _summarised(component: Component, __: Any, summary: str) -> None:
    if not summary or len(summary) > SUMMARY_LENGTH or "\n" in summary:
        msg = (
            f"{component.name}: summary must be one line of 1 to {SUMMARY_LENGTH} characters, "
            f"got {summary!r}"
        )
        raise ValueError(msg)


def _importable(component: Component, __: Any, factory: Any) -> None:
    if isinstance(factory, str) and not IMPORT_STRING.fullmatch(factory):
        msg = f"{component.name}: factory {factory!r} must read 'package.module:function'"
        raise ValueError(msg)
    if not isinstance(factory, str) and not callable(factory):
        msg = f"{component.name}: factory must be an import string or a callable, got {factory!r}"
        raise TypeError(msg)


def _rungs(ladder: Iterable[Mapping[str, Any]]) -> tuple[FrozenMapping, ...]:
    return tuple(frozen_mapping(rung) for rung in ladder)


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        msg = f"expected a tuple of strings, got the string {values!r}"
        raise TypeError(msg)
    return tuple(values)


@frozen(kw_only=True)
class Component:
    """One thing that a plugin offers: a frozen value that names its factory and imports nothing.

    `factory` is an import string (`"package.module:function"`) or, in notebooks and tests, a
    callable; calling it with parameters gives the callable of this kind (`Perturb`, `Score`, ...).
    The parameters are the factory's signature, so they are declared once.
    `revision` is raised whenever the same seed and parameters give another result: records measured
    with an older revision are then measured again.
    `needs` names the attributes that a model must have; they are checked before anything runs.
    """

    name: str = field(validator=_named)
    summary: str = field(validator=_summarised)
    factory: str | Callable[..., Any] = field(validator=_importable)
    revision: int = field(default=1, validator=instance_of(int))
    needs: tuple[str, ...] = field(default=(), converter=_strings)

    @property
    def namespace(self) -> str:
        """The plugin's own name, which stands before the first dot."""
        return self.name.partition(".")[0]

    @classmethod
    def kind(cls) -> str:
        """The word for this kind in messages and listings."""
        return cls.__name__.lower()

    def __call__(self, *, on: str | Sequence[str] | None = None, **params: Any) -> Use[Self]:
        """Bind parameters; `on` names the part (or parts) of the case's input to act on."""
        return Use(self, params, on=on)

    def load(self) -> Callable[..., Any]:
        """Import the factory."""
        if not isinstance(self.factory, str):
            return self.factory
        found = import_string(self.factory, what=f"{self.kind()} {self.name}")
        return cast("Callable[..., Any]", found)

    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Read the factory's parameters from its signature; this imports the factory."""
        return inspect.signature(self.load()).parameters

    def build(self, params: Mapping[str, Any] = FrozenMapping()) -> Any:
        """Call the factory after checking the parameters against its signature."""
        factory = self.load()
        signature = inspect.signature(factory)
        try:
            signature.bind(**params)
        except TypeError as error:
            takes = ", ".join(signature.parameters) or "no parameters"
            msg = f"{self.name}: {error}; it takes {takes}"
            raise ParameterError(msg) from None
        try:
            return factory(**params)
        except (TypeError, ValueError) as error:
            given = ", ".join(f"{key}={value!r}" for key, value in params.items())
            msg = f"{self.name}({given}): {error}"
            raise ParameterError(msg) from error


@frozen(kw_only=True)
class Perturbation(Component):
    """Changes an input and keeps its modality.

    `ladder` is data: severity *k* is rung *k* (counted from 1), severity 0 is the clean input.
    `sees_case` makes the perturbation take and give a whole `Case` instead of one value.
    `searches` makes it a `Search`: it gets the keyword `loss` besides `seed`, and gives the worst
    candidate that it found. Its factory has the parameter `queries`: how many it may ask for each
    input (or named part of one).
    `alters` declares the protected spans that it changes on purpose ("numbers", "drugs",
    "negation", "laterality", "options"); everything protected that is not named there must stay
    untouched.
    """

    modality: str = field(validator=instance_of(str))
    ladder: tuple[FrozenMapping, ...] = field(default=({},), converter=_rungs)
    sees_case: bool = False
    searches: bool = False
    alters: tuple[str, ...] = field(default=(), converter=_strings)

    @ladder.validator
    def _has_rungs(self, _: Any, ladder: tuple[FrozenMapping, ...]) -> None:
        if not ladder:
            msg = f"{self.name}: a ladder needs at least one rung"
            raise ValueError(msg)

    def rung(self, severity: int, params: Mapping[str, Any] = FrozenMapping()) -> FrozenMapping:
        """Give the parameters of one severity; parameters of the user may not be on the ladder."""
        if not 1 <= severity <= len(self.ladder):
            msg = f"{self.name} has severities 1 to {len(self.ladder)}, not {severity}"
            raise ParameterError(msg)
        rung = self.ladder[severity - 1]
        if clash := sorted(rung.keys() & params.keys()):
            msg = (
                f"{self.name}: {', '.join(clash)} is set by the ladder; to change it, give another "
                "ladder with attrs.evolve(component, ladder=...)"
            )
            raise ParameterError(msg)
        return FrozenMapping({**params, **rung})

    def at(self, severity: int, params: Mapping[str, Any] = FrozenMapping()) -> Perturb:
        """Build the perturbation at one severity."""
        return cast("Perturb", self.build(self.rung(severity, params)))


@frozen(kw_only=True)
class Metric(Component):
    """Scores predictions against targets.

    `per_case` metrics return one float for each case, and the figure is their mean; others return
    one float for all. `reads` is "value" when the metric takes the bare answers, "prediction" when
    it takes whole `Prediction`s (for probabilities and refusals).
    `bounds` are the smallest and largest possible score, or None where there is none.
    """

    higher_is_better: bool = True
    per_case: bool = False
    reads: str = field(default="value")
    bounds: tuple[float, float] | None = (0.0, 1.0)

    @reads.validator
    def _readable(self, _: Any, reads: str) -> None:
        if reads not in ("value", "prediction"):
            msg = f"{self.name}: reads must be 'value' or 'prediction', got {reads!r}"
            raise ValueError(msg)


@frozen(kw_only=True)
class Explainer(Component):
    """Predicts which unseen cases a model will fail on, and says why."""

    modality: str | None = None


@frozen(kw_only=True)
class Adapter(Component):
    """Makes a repaired model out of a model and some cases."""

    modality: str | None = None


@frozen(kw_only=True)
class Audit(Component):
    """Checks the experiment itself before compute is spent.

    `reads` is "cases" when the audit looks at cases (before a run), and "outcomes" when it looks at
    what a model made of them (before failures are explained).
    """

    reads: str = field(default="cases")

    @reads.validator
    def _readable(self, _: Any, reads: str) -> None:
        if reads not in ("cases", "outcomes"):
            msg = f"{self.name}: reads must be 'cases' or 'outcomes', got {reads!r}"
            raise ValueError(msg)


KINDS: Mapping[str, type[Component]] = {
    "perturbations": Perturbation,
    "explainers": Explainer,
    "adapters": Adapter,
    "metrics": Metric,
    "audits": Audit,
}
"""The kinds of component, by the plural that names their hook (`seatrial_<plural>`)."""

C = TypeVar("C", bound=Component)


def _on(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


@frozen
class Use(Generic[C]):
    """A component with its parameters bound, still plain data."""

    component: C
    params: FrozenMapping = field(factory=FrozenMapping, converter=frozen_mapping)
    on: tuple[str, ...] = field(default=(), converter=_on, kw_only=True)

    @property
    def label(self) -> str:
        """The name that stands in reports: the component's own, and what was bound to it."""
        bound = [f"{key}={value!r}" for key, value in sorted(self.params.items())]
        name = f"{self.component.name}({', '.join(bound)})" if bound else self.component.name
        return f"{name} on {'+'.join(self.on)}" if self.on else name

    def build(self) -> Any:
        """Build the component with these parameters."""
        return self.component.build(self.params)
