"""A repaired model: the model, how it was made, and what it learned from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from .._arguments import as_path
from .._cases import Case, Outcome, cluster_of
from .._components import Adapter, Use
from .._reference import Reference
from .._registry import Registry
from .._writing import digest
from ..engine._calls import called, concurrency, is_async
from ..errors import ModelError, StoreError
from ..explaining._split import Example, cluster_of_example
from ..inputs._binding import bound, imported
from ..inputs._boundary import call
from ..inputs._encoding import as_json, name_content
from ..inputs._models import stated_identity, subject_of
from ..inputs._trained import Trained, read_reference
from ..runs._results import load_result, save_result
from ._original import Original, reference_of

__all__ = ["FACTS", "LearnedFrom", "Repaired", "learned_clusters", "load_adapted", "repaired"]

KIND: Final = "repaired model"
SCHEMA: Final = 1
FACTS: Final = "repaired.json"
MODEL: Final = "model"


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


@frozen
class LearnedFrom:
    """What a model was trained on: clusters, ids of cases, and digests of inputs."""

    clusters: tuple[str, ...] = field(default=(), converter=_sorted)
    case_ids: tuple[str, ...] = field(default=(), converter=_sorted)
    inputs: tuple[str, ...] = field(default=(), converter=_sorted)

    @classmethod
    def of(cls, examples: Iterable[Example], clusters: Iterable[str] = ()) -> LearnedFrom:
        """Read it off the examples; `clusters` are more that had a part in choosing them."""
        ids, inputs, found = [], [], list(clusters)
        for one in examples:
            found.append(cluster_of_example(one))
            case = one.case if isinstance(one, Outcome) else one
            name = case.id if isinstance(case, Case) else case.case_id
            ids += [] if name is None else [name]
            inputs += [name_content(one.input), name_content(case.input)]
        return cls(found, ids, inputs)

    def __or__(self, other: LearnedFrom) -> LearnedFrom:
        return LearnedFrom(
            (*self.clusters, *other.clusters),
            (*self.case_ids, *other.case_ids),
            (*self.inputs, *other.inputs),
        )


@frozen(eq=False, repr=False, slots=False)
class Repaired:
    """A repaired model, which is called like any other and has the attributes of `model`.

    `adapter` and `seed` say how it was made; `reference` and `original` which model it was made of;
    `learned_from` are the clusters that no verdict on it counts. `learned` has the case ids and
    digests of the inputs besides, by which a case is known under another name.
    """

    model: Any
    adapter: Use[Adapter]
    seed: int
    original: Original
    reference: Reference | None
    learned: LearnedFrom

    @property
    def learned_from(self) -> tuple[str, ...]:
        """The clusters that it learned from, those of an earlier repair included."""
        return self.learned.clusters

    @property
    def case_ids(self) -> tuple[str, ...]:
        """The ids of the cases that it learned from."""
        return self.learned.case_ids

    @property
    def original_identity(self) -> str | None:
        """The identity of the model that was repaired, None where it has none."""
        return self.original.identity

    @property
    def identity(self) -> str | None:
        """What it is: the adapter, the original, and a digest of how it was made."""
        own = stated_identity(self.model)
        if own is None and self.original.identity is None:
            return None
        use = self.adapter
        how = [use.component.name, use.component.revision, as_json(use.params), self.seed]
        what = digest([*how, own, self.original.identity, self.learned.inputs])[:12]
        return f"{own or use.label} [repair {what} of {self.original.identity or 'a model'}]"

    def __call__(self, inputs: Sequence[Any], /) -> Sequence[Any]:
        """Answer inputs as the repaired model does."""
        if not is_async(self.model):
            return self.model(inputs)  # type: ignore[no-any-return]
        free = asyncio.Semaphore(concurrency(self.model))
        (found,) = called(self.model, [list(inputs)], None, free)
        if isinstance(found, Exception):
            raise found
        return found  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "model":
            raise AttributeError(name)
        return getattr(self.model, name)

    def __repr__(self) -> str:
        made = f"{self.adapter.label}, seed {self.seed}, {len(self.learned_from):,} clusters"
        return f"Repaired({made}, original {self.original_identity!r})"

    def save(self, path: str | Path) -> None:
        """Write it to a new folder, without the original; `Repaired.load` reads it.

        What was trained is written by the model's own `save(path)` and read by the adapter's
        `loader`. Raises `ModelError` where either is missing, `StoreError` where something is at
        the path already.
        """
        folder = as_path(path, "path")
        save = getattr(self.model, "save", None)
        if not callable(save) or self.adapter.component.loader is None:
            lack = "it has no save(path)" if not callable(save) else "its adapter has no loader"
            msg = (
                f"the model that {self.adapter.label} gives cannot be saved: {lack}. Give its "
                "class a method save(path), and the adapter loader='module:load' with "
                "load(path, /, *, model)"
            )
            raise ModelError(msg)
        if (folder / FACTS).exists() or folder.is_file():
            msg = f"{folder} already exists; save to a path where nothing is yet"
            raise StoreError(msg)
        folder.mkdir(parents=True, exist_ok=True)
        call(f"save of {self.adapter.label}", save, folder / MODEL)
        save_result(folder / FACTS, KIND, SCHEMA, self._facts())

    def _facts(self) -> Mapping[str, Any]:
        use = self.adapter
        return {
            "adapter": use.component.name,
            "revision": use.component.revision,
            "params": as_json(use.params),
            "seed": self.seed,
            "original": self.original.as_dict(),
            "learned_from": list(self.learned.clusters),
            "case_ids": list(self.learned.case_ids),
            "inputs": list(self.learned.inputs),
        }

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        model: Any = None,
        adapter: Any = None,
        registry: Registry | None = None,
    ) -> Repaired:
        """Read a repaired model that was saved; `model` is the original, as `run` takes it.

        The folder names an adapter, which is that of an installed plugin unless `adapter` gives it.
        Nothing else that the folder says is imported. Raises `ModelError` where `model` is missing
        or another one than was repaired.
        """
        folder = as_path(path, "path")
        facts = load_result(folder / FACTS, KIND, SCHEMA)
        original = Original.read(facts["original"])
        if model is None:
            named = original.identity or "which has no identity"
            msg = (
                f"{folder} holds what was trained and not the original ({named}): pass model=, or "
                f'in a specification params = {{ path = "{folder}", model = "module:name" }}'
            )
            raise ModelError(msg)
        subject = subject_of(_referred(model))
        original.check(subject, str(folder))
        named_use = bound(facts["adapter"] if adapter is None else adapter, Adapter, registry)
        use = Use(named_use.component, facts["params"])
        return cls(
            load_adapted(use, folder / MODEL, subject.model),
            use,
            facts["seed"],
            original,
            reference_of(subject),
            LearnedFrom(facts["learned_from"], facts["case_ids"], facts["inputs"]),
        )


def repaired(path: str, model: Any = None) -> Repaired:
    """Load a repaired model by import string: `"seatrial:repaired"` with `path` and `model`.

    `model` is the original: an import string, or a table with `use` and `params`.
    """
    return Repaired.load(path, model=model)


def load_adapted(use: Use[Adapter], path: Path, model: Any) -> Any:
    """Read what the model of an adapter wrote, by the adapter's loader."""
    if use.component.loader is None:
        msg = f"{use.label} has no loader, so nothing that it made can be loaded"
        raise ModelError(msg)
    loader = imported(use, use.component.loader, "loader")
    found = call(f"the loader of {use.label}", loader, path, model=model)
    if not callable(found):
        msg = f"the loader of {use.label} must give a model, got {type(found).__qualname__}"
        raise ModelError(msg)
    return found


def learned_clusters(model: Any, cases: Sequence[Case]) -> tuple[str, ...]:
    """Give the clusters of cases that a model learned from; none for a model that says nothing.

    A case counts when its cluster, id or input is one that the model learned from.
    """
    known = getattr(model, "learned", None)
    if not isinstance(known, LearnedFrom):
        stated = getattr(model, "learned_from", None)
        if not isinstance(stated, Iterable) or isinstance(stated, str):
            return ()
        known = LearnedFrom(map(str, stated))
    clusters, ids, inputs = map(set, (known.clusters, known.case_ids, known.inputs))
    return _sorted(
        cluster_of(case)
        for case in cases
        if cluster_of(case) in clusters
        or case.id in ids
        or (inputs and name_content(case.input) in inputs)
        or (isinstance(model, Trained) and model.saw(case))
    )


def _referred(model: Any) -> Any:
    if isinstance(model, Mapping):
        return read_reference(model)
    return model
