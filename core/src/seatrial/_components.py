"""Components are values: they say everything about themselves and import nothing heavy."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, cast

from attrs import Converter, evolve, field, frozen
from attrs.validators import instance_of, optional

from ._arguments import check_kind
from ._concepts import RELATIONS, Relation
from ._declaring import (
    BUILT_IN,
    check_factory,
    check_loader,
    check_loaders,
    check_modality,
    check_name,
    check_needs,
    check_summary,
    one_of,
    rungs_of,
    strings_of,
)
from ._importing import import_string
from ._signatures import misfit
from ._values import FrozenMapping, frozen_mapping
from .errors import ParameterError

if TYPE_CHECKING:
    from .protocols import Perturb

__all__ = [
    "KINDS",
    "Adapter",
    "Audit",
    "Component",
    "Executor",
    "Explainer",
    "Metric",
    "Modality",
    "Perturbation",
    "Reporter",
    "Use",
]

SHOWN = 60  # characters of a parameter's value in a message


@frozen(kw_only=True)
class Component:
    """One thing that a plugin offers: a frozen value that names its factory and imports nothing.

    `factory` is an import string (`"package.module:function"`) or, in notebooks and tests, a
    callable; calling it with parameters gives the callable of this kind (`Perturb`, `Score`, ...).
    The parameters are the factory's signature, so they are declared once.
    `revision` is raised whenever the same seed and parameters give another result: records measured
    with an older revision are then measured again.
    `needs` names the attributes that a model must have; they are checked before anything runs.
    `components` names the parameters whose values are components: there a `Use`, a component or the
    name of one is taken, and the factory gets the `Use`.
    `tags` says what a component promises or does on purpose, for the conformance kit, which also
    takes `expected_failures`: names of checks mapped to the reason why each must fail. `samples` is
    the import string of a function that gives what the kit tries it on, where the kit's own samples
    do not fit: `seatrial.testing.Samples`, with parameters and models where it needs any.
    """

    bare_names = False

    name: str = field(validator=check_name)
    summary: str = field(validator=check_summary)
    factory: str | Callable[..., Any] = field(validator=check_factory)
    revision: int = field(default=1, validator=instance_of(int))
    needs: tuple[str, ...] = field(default=(), converter=strings_of, validator=check_needs)
    components: tuple[str, ...] = field(default=(), converter=strings_of)
    tags: tuple[str, ...] = field(default=(), converter=strings_of)
    expected_failures: FrozenMapping = field(factory=FrozenMapping, converter=frozen_mapping)
    samples: str | Callable[..., Any] | None = field(default=None, validator=check_loader)

    @property
    def namespace(self) -> str:
        """The plugin's own name, which stands before the first dot."""
        return self.name.partition(".")[0] if "." in self.name else BUILT_IN

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
        if why := misfit(factory, params):
            msg = f"{self.name}: {why}"
            raise ParameterError(msg)
        try:
            return factory(**params)
        except (TypeError, ValueError) as error:
            given = ", ".join(f"{key}={_shortened(value)}" for key, value in params.items())
            msg = f"{self.name}({given}): {error}"
            raise ParameterError(msg) from error


def _shortened(value: Any) -> str:
    """Write a value that stands before what is wrong, so short that this is still seen."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


@frozen(kw_only=True)
class Perturbation(Component):
    """Changes an input and keeps its modality.

    `ladder` is data: severity *k* is rung *k* (counted from 1), severity 0 is the clean input.
    `sees_case` makes the perturbation take and give a whole `Case` instead of one value.
    `searches` makes it a `Search`: it gets the keyword `loss` besides `seed`, and gives the worst
    candidate that it found. Its factory has the parameter `queries`: how many it may ask for each
    input (or named part of one).
    `trains` makes it change what the model is trained on: its factory gives a `Corrupt`, whose
    method `training` takes and gives the training cases, and which is applied, as a perturbation
    that sees the case, to what the model that was trained on them is asked.
    `alters` declares the protected spans that it changes on purpose ("numbers", "drugs",
    "negation", "laterality", "options"); everything protected that is not named there must stay
    untouched.
    `relation` says what it is made to ask of the answer, as the relation of a priority: "invariant"
    where the right answer stays, "directional" where it changes, "must-refuse" or "must-abstain"
    where there is no longer one. A priority that asks for the opposite is refused. None says
    nothing.
    """

    modality: str = field(validator=[instance_of(str), check_modality])
    ladder: tuple[FrozenMapping, ...] = field(default=({},), converter=rungs_of)
    sees_case: bool = False
    searches: bool = False
    trains: bool = field(default=False)
    alters: tuple[str, ...] = field(default=(), converter=strings_of)
    relation: Relation | None = field(default=None, validator=optional(one_of(RELATIONS)))

    @trains.validator
    def _of_whole_cases(self, _: Any, trains: bool) -> None:
        if trains and (self.searches or not self.sees_case):
            msg = f"{self.name}: what changes the training cases sees cases, and searches nothing"
            raise ValueError(msg)

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
    it takes whole `Prediction`s (for probabilities and refusals), and "case" when it takes the
    cases as the model saw them, in place of targets, and whole `Prediction`s.
    `examples` are worked by hand: (targets, predictions, score), which the conformance kit checks.
    `modality` is that of the targets, for a metric that takes no others.
    `bounds` are the smallest and largest possible score, or None where there is none.
    `scores_refusals` says that the score is 1 where the model refuses and 0 where it does not; only
    such a metric can go with the relations under which a refusal is right.
    """

    modality: str | None = field(default=None, validator=check_modality)
    higher_is_better: bool = True
    per_case: bool = False
    scores_refusals: bool = False
    reads: Literal["value", "prediction", "case"] = field(
        default="value", validator=one_of(("value", "prediction", "case"))
    )
    bounds: tuple[float, float] | None = (0.0, 1.0)
    examples: tuple[tuple[Any, Any, float], ...] = ()


@frozen(kw_only=True)
class Explainer(Component):
    """Predicts which unseen cases a model will fail on, and says why.

    `restore` is the import string of a function that takes the `state` of a saved explanation and
    gives its predictor again; without it, an explanation is loaded without one.
    `causal` names tests of whether acting on its explanation changes the answers, each with the
    import string of `test(explanation, model, outcomes, /, *, right, confidence, seed)`, which
    gives findings; `right(target, prediction)` tells as the metric of the outcomes does, and is
    None where no metric is known. `sheet` is the import string of `sheet(explanation, outcomes,
    path, /, *, seed)`, which writes a sheet on which people predict failures. Both get the held-out
    outcomes.
    """

    modality: str | None = field(default=None, validator=check_modality)
    restore: str | Callable[..., Any] | None = field(default=None, validator=check_loader)
    causal: FrozenMapping = field(
        factory=FrozenMapping, converter=frozen_mapping, validator=check_loaders
    )
    sheet: str | Callable[..., Any] | None = field(default=None, validator=check_loader)


@frozen(kw_only=True)
class Adapter(Component):
    """Makes a repaired model out of a model and some examples.

    `reads` says what the examples are: "cases" with their targets, "outcomes" (what a model made of
    them), or "preferences" (a better and a worse answer to one input).
    `loader` is the import string of `load(path, /, *, model)`, which reads what the repaired
    model's own `save(path)` wrote; without it, what comes out cannot be saved. A repaired model may
    have a `summary`, a `seatrial.kit.Table` of what became of it, which the command line shows.
    Examples come with their assets opened, unless `takes_assets` says that the adapter opens them
    itself, a few at a time.
    """

    modality: str | None = field(default=None, validator=check_modality)
    loader: str | Callable[..., Any] | None = field(default=None, validator=check_loader)
    reads: Literal["cases", "outcomes", "preferences"] = field(
        default="cases", validator=one_of(("cases", "outcomes", "preferences"))
    )
    takes_assets: bool = field(default=False, validator=instance_of(bool))


@frozen(kw_only=True)
class Audit(Component):
    """Checks the experiment itself before compute is spent.

    `reads` is "cases" when the audit looks at cases (before a run), and "outcomes" when it looks at
    what a model made of them (before failures are explained).
    `examples` is the import string of a function that gives small experiments
    (`seatrial.testing.Example`): one at least in which something is found, and one in which nothing
    is. The conformance kit tries the audit on them.
    """

    examples: str | Callable[..., Any] | None = field(default=None, validator=check_loader)
    reads: Literal["cases", "outcomes"] = field(
        default="cases", validator=one_of(("cases", "outcomes"))
    )


@frozen(kw_only=True)
class Modality(Component):
    """Says what values of one kind are, and how they are told apart, kept, measured and shown.

    `values` describes them for messages ("uint8 array H×W×3"). The factory takes no parameters and
    gives a `Carrier`.
    """

    bare_names = True

    values: str = field(validator=instance_of(str))


@frozen(kw_only=True)
class Reporter(Component):
    """Writes results for people or for other tools; `suffix` is that of the file it makes."""

    bare_names = True

    suffix: str = field(validator=instance_of(str))


@frozen(kw_only=True)
class Executor(Component):
    """Measures batches somewhere: here, in threads, in processes, on other machines.

    `remote` says that the work leaves this process, so that models and cases must reach it as
    import strings.
    """

    bare_names = True

    remote: bool = False


KINDS: Mapping[str, type[Component]] = {
    "perturbations": Perturbation,
    "explainers": Explainer,
    "adapters": Adapter,
    "metrics": Metric,
    "audits": Audit,
    "modalities": Modality,
    "reporters": Reporter,
    "executors": Executor,
}
"""The kinds of component, by the plural that names their hook (`seatrial_<plural>`)."""

C = TypeVar("C", bound=Component)


def _on(value: str | Sequence[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _bound(value: Any, use: Any) -> FrozenMapping:
    """Freeze parameters, and take a bare component as one with nothing bound."""
    check_kind(use.component, "the component of a use", Component)
    params = frozen_mapping(value)
    wanted = {
        key: Use(params[key])
        for key in use.component.components
        if isinstance(params.get(key), Component)
    }
    return FrozenMapping({**params, **wanted}) if wanted else params


@frozen
class Use(Generic[C]):
    """A component with its parameters bound, still plain data."""

    component: C
    params: FrozenMapping = field(
        factory=FrozenMapping,
        converter=Converter(_bound, takes_self=True),  # type: ignore[misc]
    )
    on: tuple[str, ...] = field(default=(), converter=_on, kw_only=True)

    @cached_property
    def label(self) -> str:
        """The name that stands in reports: the component's own, and what was bound to it."""
        bound = [
            f"{key}={value.label if isinstance(value, Use) else repr(value)}"
            for key, value in sorted(self.params.items())
        ]
        name = f"{self.component.name}({', '.join(bound)})" if bound else self.component.name
        return f"{name} on {'+'.join(self.on)}" if self.on else name

    def build(self) -> Any:
        """Build the component with these parameters."""
        return self.component.build(self.params)

    def parts(self) -> Iterator[Use[Any]]:
        """Give the uses that this one depends on, all the way down."""
        for key in self.component.components:
            if isinstance(value := self.params.get(key), Use):
                yield value
                yield from value.parts()

    def resolved(self, find: Callable[[str], Component]) -> Use[C]:
        """Give the same use with the names of components it depends on replaced by their uses."""
        named = {
            key: Use(find(value)).resolved(find) if isinstance(value, str) else value.resolved(find)
            for key in self.component.components
            if isinstance(value := self.params.get(key), str | Use)
        }
        return evolve(self, params={**self.params, **named}) if named else self
