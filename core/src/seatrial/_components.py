"""Components are values: they say everything about themselves and import nothing heavy."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, cast

from attrs import Converter, evolve, field, frozen
from attrs.validators import instance_of

from ._values import FrozenMapping, did_you_mean, frozen_mapping
from .errors import ComponentLoadError, ParameterError

if TYPE_CHECKING:
    from .protocols import Perturb

__all__ = [
    "BUILT_IN",
    "CAPABILITIES",
    "KINDS",
    "MODALITIES",
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
    "attribute_of",
    "import_string",
]

SUMMARY_LENGTH = 72
WORD = r"[a-z0-9]+(-[a-z0-9]+)*"
NAME = re.compile(rf"{WORD}(\.{WORD})+")
BARE = re.compile(WORD)
NEED = re.compile(rf"{WORD}\.[a-z_][a-z0-9_]*")
IMPORT_STRING = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")

BUILT_IN = "seatrial"
"""The namespace of what comes with the core: its components have bare names (`text`, `serial`)."""

MODALITIES = ("text", "messages", "image", "volume", "mask", "array")
"""The modalities that the core brings; a plugin's own is named `namespace.name`."""

CAPABILITIES = (
    "activations",
    "choices",
    "embed_image",
    "embed_text",
    "generate",
    "identity",
    "intervened",
    "module",
    "segment",
)
"""The attributes of richer models that `needs` may name; a third party's own is written
`namespace.attribute`."""


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


def attribute_of(need: str) -> str:
    """Give the attribute of a model that a need names: its own name, after any namespace."""
    return need.rpartition(".")[2]


def _named(component: Component, __: Any, name: Any) -> None:
    bare = component.bare_names and isinstance(name, str) and BARE.fullmatch(name)
    if not bare and (not isinstance(name, str) or not NAME.fullmatch(name)):
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


def _importable_or_none(component: Component, attribute: Any, value: Any) -> None:
    if value is None or callable(value):
        return
    if not isinstance(value, str) or not IMPORT_STRING.fullmatch(value):
        msg = f"{component.name}: {attribute.name} {value!r} must read 'package.module:function'"
        raise ValueError(msg)


def _rungs(ladder: Iterable[Mapping[str, Any]]) -> tuple[FrozenMapping, ...]:
    return tuple(frozen_mapping(rung) for rung in ladder)


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        msg = f"expected a tuple of strings, got the string {values!r}"
        raise TypeError(msg)
    return tuple(values)


def _known_modality(component: Component, __: Any, modality: Any) -> None:
    if modality is None or modality in MODALITIES:
        return
    if not isinstance(modality, str) or not NAME.fullmatch(modality):
        hint = did_you_mean(str(modality), MODALITIES)
        msg = (
            f"{component.name}: there is no modality {modality!r}{hint}; seatrial has "
            f"{', '.join(MODALITIES)}, and a plugin's own is named 'namespace.name'"
        )
        raise ValueError(msg)


def _known_needs(component: Component, __: Any, needs: tuple[str, ...]) -> None:
    for need in needs:
        if need not in CAPABILITIES and not NEED.fullmatch(need):
            hint = did_you_mean(need, CAPABILITIES)
            msg = (
                f"{component.name}: no model has the capability {need!r}{hint}; known are "
                f"{', '.join(CAPABILITIES)}, and one of your own is written 'namespace.attribute'"
            )
            raise ValueError(msg)


def _choice(choices: Sequence[str]) -> Callable[[Component, Any, Any], None]:
    def check(component: Component, attribute: Any, value: Any) -> None:
        if value not in choices:
            known = " or ".join(map(repr, choices))
            msg = f"{component.name}: {attribute.name} must be {known}, got {value!r}"
            raise ValueError(msg)

    return check


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
    takes `expected_failures`: names of checks mapped to the reason why each must fail.
    """

    bare_names = False

    name: str = field(validator=_named)
    summary: str = field(validator=_summarised)
    factory: str | Callable[..., Any] = field(validator=_importable)
    revision: int = field(default=1, validator=instance_of(int))
    needs: tuple[str, ...] = field(default=(), converter=_strings, validator=_known_needs)
    components: tuple[str, ...] = field(default=(), converter=_strings)
    tags: tuple[str, ...] = field(default=(), converter=_strings)
    expected_failures: FrozenMapping = field(factory=FrozenMapping, converter=frozen_mapping)

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

    modality: str = field(validator=[instance_of(str), _known_modality])
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
    it takes whole `Prediction`s (for probabilities and refusals), and "case" when it takes the
    cases as the model saw them, in place of targets, and whole `Prediction`s.
    `examples` are worked by hand: (targets, predictions, score), which the conformance kit checks.
    `bounds` are the smallest and largest possible score, or None where there is none.
    `scores_refusals` says that the score is 1 where the model refuses and 0 where it does not; only
    such a metric can go with the relations under which a refusal is right.
    """

    higher_is_better: bool = True
    per_case: bool = False
    scores_refusals: bool = False
    reads: Literal["value", "prediction", "case"] = field(
        default="value", validator=_choice(("value", "prediction", "case"))
    )
    bounds: tuple[float, float] | None = (0.0, 1.0)
    examples: tuple[tuple[Any, Any, float], ...] = ()


@frozen(kw_only=True)
class Explainer(Component):
    """Predicts which unseen cases a model will fail on, and says why.

    `restore` is the import string of a function that takes the `state` of a saved explanation and
    gives its predictor again; without it, an explanation is loaded without one.
    """

    modality: str | None = field(default=None, validator=_known_modality)
    restore: str | Callable[..., Any] | None = field(default=None, validator=_importable_or_none)


@frozen(kw_only=True)
class Adapter(Component):
    """Makes a repaired model out of a model and some examples.

    `reads` says what the examples are: "cases" with their targets, "outcomes" (what a model made of
    them), or "preferences" (a better and a worse answer to one input).
    `loader` is the import string of `load(path, /, *, model)`, which reads what the repaired
    model's own `save(path)` wrote; without it, what comes out cannot be saved.
    """

    modality: str | None = field(default=None, validator=_known_modality)
    loader: str | Callable[..., Any] | None = field(default=None, validator=_importable_or_none)
    reads: Literal["cases", "outcomes", "preferences"] = field(
        default="cases", validator=_choice(("cases", "outcomes", "preferences"))
    )


@frozen(kw_only=True)
class Audit(Component):
    """Checks the experiment itself before compute is spent.

    `reads` is "cases" when the audit looks at cases (before a run), and "outcomes" when it looks at
    what a model made of them (before failures are explained).
    """

    reads: Literal["cases", "outcomes"] = field(
        default="cases", validator=_choice(("cases", "outcomes"))
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
