"""A model that is trained when it is first asked, and again on cases that were changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from attrs import field, frozen

from .._cases import Case, duplicates
from .._components import Perturbation, Use
from .._reference import Reference
from .._seeds import derive, seeded
from .._table_options import CASES, file_reference, referred
from .._training import Training
from .._writing import digest
from ..errors import ComponentError, ModelError, ParameterError, PlanError
from ._binding import built
from ._boundary import call
from ._content import attributes_digest, case_digest
from ._encoding import name_content
from ._identity import of_reference
from ._loading import Cases, load_cases
from ._modalities import Modalities
from ._not_yet import of_a_class

__all__ = [
    "Trained",
    "Variant",
    "of_training",
    "read_reference",
    "trained",
    "untrainable",
    "variant",
]

SHORT = 12
STATED: Final = (
    *("batch_size", "prefers", "by_record", "deterministic", "max_concurrency", "remote"),
    *("learned", "original_identity", "uncached"),
)
"""What is asked of a model before it is needed; asking for these trains nothing."""


@frozen
class Variant:
    """A model that was trained on changed cases, and the fraction of the cases that changed."""

    model: Callable[..., Any]
    changed: float


@frozen(eq=False, repr=False, slots=False)
class Trained:
    """A model that a function makes of training cases, which is called like any other.

    It is trained when it is first asked, or when one of its attributes is looked up.
    """

    function: Callable[..., Any]
    cases: Cases
    seed: int
    identity: str | None = None
    made_by: Training | None = None
    _models: dict[str, Callable[..., Any]] = field(factory=dict, init=False)

    @property
    def learned_from(self) -> tuple[str, ...]:
        """The clusters of the training cases, which no verdict counts."""
        return tuple({one.cluster for one in self.cases if one.cluster is not None})

    def saw(self, case: Case) -> bool:
        """Tell whether a training case has the input of a case.

        Ids tell nothing: those of two files are often the numbers of their rows.
        """
        return name_content(case.input, self._modalities) in self._inputs

    @cached_property
    def _inputs(self) -> frozenset[str]:
        return frozenset(name_content(one.input, self._modalities) for one in self.cases)

    @cached_property
    def _modalities(self) -> Modalities:
        return Modalities(named=self.cases.modalities)

    @cached_property
    def clean(self) -> Callable[..., Any]:
        """The model that is trained on the cases as they are."""
        return self._made(tuple(self.cases), self._contents)

    @cached_property
    def _contents(self) -> Mapping[str, bytes]:
        return self._named(self.cases)

    def _named(self, cases: Sequence[Case]) -> dict[str, bytes]:
        known = self._modalities
        return {one.id: case_digest(one, known) + attributes_digest(one, known) for one in cases}

    def _made(self, cases: tuple[Case, ...], contents: Mapping[str, bytes]) -> Callable[..., Any]:
        """Train, or give what was made of these very cases before."""
        name = digest([one.hex() for one in contents.values()])
        if name not in self._models:
            self._models[name] = self._train(cases)
        return self._models[name]

    def _train(self, cases: tuple[Case, ...]) -> Callable[..., Any]:
        with seeded(self.seed):
            made: Any = call(
                f"the training by {_name(self.function)}", self.function, cases, seed=self.seed
            )
        if of_a_class(made) is not None:
            msg = (
                f"train must give a model, and {made.__qualname__} is a class: give an object of it"
            )
            raise ModelError(msg)
        if not callable(made):
            msg = f"train must give a model, which is callable, got {made!r:.80}"
            raise ModelError(msg)
        return made  # type: ignore[no-any-return]

    def under(self, use: Use[Perturbation], severity: int, seed: int) -> Variant:
        """Train on what a perturbation makes of the training cases.

        Raises `ComponentError` in the name of the perturbation where that gives no cases.
        """
        change = built(use, severity).training
        found = call(use.label, change, tuple(self.cases), seed=seed)
        if not isinstance(found, Sequence) or not all(isinstance(one, Case) for one in found):
            problem = f"training must give cases, got {found!r:.80}"
            raise ComponentError(use.label, problem)
        if not found or duplicates([one.id for one in found]):
            problem = "it leaves no cases to train on" if not found else "it gives an id twice"
            raise ComponentError(use.label, problem)
        before, after = self._contents, self._named(found)
        ids = {*before, *after}
        changed = sum(before.get(one) != after.get(one) for one in ids) / len(ids)
        return Variant(self._made(tuple(found), after), changed)

    def __call__(self, inputs: Sequence[Any], /) -> Any:
        """Answer as the model does that is trained on the cases as they are."""
        return self.clean(inputs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in STATED:
            raise AttributeError(name)
        return getattr(self.clean, name)

    def __repr__(self) -> str:
        return f"Trained({self.identity or self.function!r}, {len(self.cases):,} cases)"


def trained(function: Any, cases: Any, seed: int = 0) -> Trained:
    """Train a model by import string: `"seatrial:trained"` with the keys of `Training`.

    Its identity covers the code of the function and the content of the cases.
    """
    reference = read_reference(function)
    given = cases if isinstance(cases, list | tuple) else [cases]
    loaded = load_cases([_cases(one) for one in given])
    made = _function(reference)
    found = Trained(made, loaded, seed)
    content = sorted(found._contents.values())
    said = [of_reference(reference).text, [one.hex() for one in content], seed]
    name = f"{reference} on {len(loaded):,} cases [{digest(said)[:SHORT]}]"
    return Trained(made, loaded, seed, name)


def _name(function: Callable[..., Any]) -> str:
    """Name a function by its module, as import strings do."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}:{named.__qualname__}"


def _function(reference: Reference) -> Any:
    try:
        return call(f"the function {reference.use}", reference)
    except (ComponentError, ParameterError) as error:
        why = getattr(error, "why", error)
        msg = f"the function of train, {reference}, cannot be made: {why}"
        if reference.params is not None:
            msg += f"; with params, {reference.use} is called with these alone, and must give the "
            msg += "function that trains"
        raise ModelError(msg) from error.__cause__


def of_training(training: Training) -> Trained:
    """Make the model of a training whose parts are live objects; it has no identity."""
    function = training.function
    made = _function(function) if isinstance(function, Reference) else function
    return Trained(made, load_cases(training.cases), training.seed, made_by=training)


def read_reference(value: Any) -> Reference:
    """Read a reference as tables and manifests write it."""
    if not isinstance(value, Mapping):
        return Reference(value)
    if "use" not in value or not value.keys() <= {"use", "params"}:
        msg = f"a reference has use and params, as in {{'use': 'module:name'}}, got {value!r:.80}"
        raise PlanError(msg)
    return Reference(**value)


def _cases(value: Any) -> Any:
    if isinstance(value, Mapping):
        return file_reference(value, CASES) if "file" in value else read_reference(value)
    return referred(value, CASES)


def variant(
    model: Trained, use: Use[Perturbation], severity: int, root: int, replicate: int
) -> Variant:
    """Train a model on changed cases, by a seed that severities share."""
    return model.under(use, severity, derive(root, use.component.name, "training", replicate))


def untrainable(model: Any, use: Use[Perturbation]) -> Iterator[str]:
    """Say where a perturbation changes the training cases of a model that nobody can train."""
    if use.component.trains and not isinstance(model, Trained):
        yield (
            f"{use.label} changes the training cases, and this model comes without any: give the "
            "specification train = { function = 'module:function', cases = … } in place of model"
        )
