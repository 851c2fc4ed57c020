"""The verb `repair`: train on one part of the clusters, and say which."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from inspect import getattr_static
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from .._arguments import as_path, check_kind
from .._cases import CLEAN, Case, Outcome, Preference
from .._components import Adapter, Use
from .._reference import Reference
from .._registry import Registry
from .._seeds import derive
from .._writing import digest, write_atomically
from ..errors import ModelError, PlanError, StoreError
from ..explaining._split import Example, Split, within
from ..inputs._assets import opened
from ..inputs._binding import bound, ready
from ..inputs._boundary import call
from ..inputs._encoding import as_json, name_content
from ..inputs._loading import load_cases
from ..inputs._models import Subject, subject_of
from ..inputs.tables._memory import is_in_memory
from ..runs._report import Report
from ._original import Original, reference_of
from ._repaired import FACTS, LearnedFrom, Repaired
from ._workspace import Workspace

__all__ = ["repair"]

STARTED: Final = "started.txt"
WORK: Final = "work"


def repair(
    adapter: Any,
    /,
    *,
    report: Report | None = None,
    model: Any = None,
    cases: Iterable[Example] | Any = None,
    metric: str | None = None,
    seed: int = 0,
    held_out: float | Sequence[Example] | None = None,
    to: str | Path | None = None,
    observers: Iterable[Callable[[Any], Any]] = (),
    registry: Registry | None = None,
) -> Repaired:
    """Train a repaired model; the original stays as it was.

    With `report`, the adapter learns from the training part of the report's outcomes: from cases,
    outcomes or preferences, as its `reads` says. `metric` names the per-case metric that tells
    right from wrong. The split is that of `explain` for the same `seed` and `held_out`: the
    fraction for the test part (by default .25), whole clusters of it, or the test part itself.
    With `cases` (cases, outcomes or preferences, or the import string of cases), it learns from
    all of them but those of clusters that are held out. `model` is by default that of the report.

    `to` is a directory to keep the repaired model in. It makes the repair durable: an adapter that
    keeps checkpoints goes on from them, and the same line after the end loads what was made.
    `observers` are called with `seatrial.events.Trained`.

    Judging what comes out leaves out every cluster in `learned_from`. Raises `PlanError` where
    there is nothing to learn from, `ModelError` where the adapter changed the original.
    """
    use = bound(adapter, Adapter, registry)
    if report is not None:
        check_kind(report, "report", Report)
    subject = subject_of(_model(model, report))
    train = ready(use, subject.model)
    examples, clusters = _examples(use, report, cases, metric, seed, held_out)
    folder = None if to is None else as_path(to, "to")
    reference = reference_of(subject)
    if folder is not None:
        if use.component.loader is None:
            msg = f"{use.label} has no loader, so what it makes cannot be kept in {folder}"
            raise ModelError(msg)
        _begin(folder, use, subject, seed, examples)
        if (folder / FACTS).is_file():
            return Repaired.load(folder, model=subject.reference or subject.model, adapter=use)
        (folder / WORK).mkdir(exist_ok=True)
    original = Original.of(subject, [one.input for one in examples])
    work = Workspace(folder and folder / WORK, reference, observers)
    given = examples if use.component.takes_assets else tuple(map(_opened, examples))
    made: Any = call(
        use.label, train, subject.model, given, seed=derive(seed, use.component.name), work=work
    )
    if not callable(made):
        msg = f"{use.label} must give a model, got {type(made).__qualname__}"
        raise PlanError(msg)
    original.check_unchanged(subject.model, use.label)
    learned = LearnedFrom.of(_trained_on(made, examples, use.label), clusters)
    earlier = getattr(subject.model, "learned", None)
    if isinstance(earlier, LearnedFrom):
        learned |= earlier
    fixed = Repaired(made, use, seed, original, reference, learned)
    if folder is not None:
        fixed.save(folder)
        shutil.rmtree(folder / WORK, ignore_errors=True)
    return fixed


def _model(model: Any, report: Report | None) -> Any:
    if model is not None or report is None:
        return model
    return report.model


def _examples(
    use: Use[Adapter],
    report: Report | None,
    cases: Any,
    metric: str | None,
    seed: int,
    held_out: float | Sequence[Example] | None,
) -> tuple[tuple[Example, ...], frozenset[str]]:
    """Give what the adapter may learn from, and the clusters that had a part in choosing it."""
    if (report is None) == (cases is None):
        msg = (
            "repair learns from a report or from cases: pass either report= or cases= "
            "(DIRECTORY or --cases on the command line)"
        )
        raise PlanError(msg)
    if report is not None:
        outcomes = tuple(report.outcomes(metric))
        split = Split.of_report(
            outcomes, seed=seed, held_out=0.25 if held_out is None else held_out
        )
        clusters = split.clusters
        found = _read(use, report, metric, split)
    else:
        clusters = frozenset(getattr(cases, "clusters", ()))
        found = _given(cases)
        if held_out is not None:
            given: Split[Any] = Split.of(found, seed=seed, held_out=held_out)
            found = list(given.training)
    if not found:
        msg = (
            f"{use.label} learns from {use.component.reads}, and there are none in the training "
            "part: measure more cases, hold fewer out, or pass cases="
        )
        raise PlanError(msg)
    return tuple(found), frozenset(clusters)


def _trained_on(made: Any, examples: Sequence[Example], label: str) -> list[Example]:
    """Give the examples that an adapter says it trained on; all of them where it says nothing."""
    own = getattr_static(made, "trained_on", None) is not None  # not that of a model within it
    stated = getattr(made, "trained_on", None) if own else None
    if not isinstance(stated, tuple):
        return list(examples)
    ids = {_id_of(one) for one in examples}
    if odd := [one for one in stated if one not in ids]:
        msg = f"{label}: trained_on must be ids of the cases that it was given, not {odd[0]!r}"
        raise PlanError(msg)
    return [one for one in examples if _id_of(one) in {None, *stated}]  # None may be any


def _id_of(example: Example) -> str | None:
    case = example.case if isinstance(example, Outcome) else example
    return case.case_id if isinstance(case, Preference) else case.id


def _read(
    use: Use[Adapter], report: Report, metric: str | None, split: Split[Outcome]
) -> list[Any]:
    reads = use.component.reads
    if reads == "outcomes":
        return list(split.training)
    if reads == "preferences":
        return within(report.preferences(metric), split.clusters)
    found: dict[str, Case] = {}
    for one in sorted(split.training, key=lambda one: one.perturbation != CLEAN):
        case = evolve(one.case, input=one.input) if one.perturbation == CLEAN else one.case
        found.setdefault(case.id, case)
    return list(found.values())


def _opened(example: Example) -> Example:
    """Open the assets of an example, in a case and in what a model saw of it."""
    if isinstance(example, Case):
        return opened(example)  # type: ignore[no-any-return]
    found = evolve(example, input=opened(example.input))
    return evolve(found, case=opened(found.case)) if isinstance(found, Outcome) else found


def _given(cases: Any) -> list[Any]:
    if isinstance(cases, str | Path | Reference) or is_in_memory(cases):
        return list(load_cases(cases))
    if not isinstance(cases, Iterable):
        cases = (cases,)
    found = list(cases)
    for one in found:
        if isinstance(one, str | Path | Reference):
            return list(load_cases(found))
        if not isinstance(one, Case | Outcome | Preference):
            msg = f"repair learns from cases, outcomes or preferences, got {one!r:.80}"
            raise PlanError(msg)
    return found


def _begin(
    folder: Path, use: Use[Adapter], subject: Subject, seed: int, examples: Sequence[Example]
) -> None:
    """Note what is being made in a directory, and refuse one in which something else is."""
    component = use.component
    what = [component.name, component.revision, as_json(use.params), seed]
    name = digest([*what, subject.durable_identity(), [name_content(_plain(e)) for e in examples]])
    note = folder / STARTED
    if note.is_file():
        if note.read_text("utf-8").strip() != name:
            msg = (
                f"{folder} holds a repair of another model, adapter, seed or examples; choose "
                "another directory"
            )
            raise StoreError(msg)
        return
    if folder.exists() and (folder.is_file() or any(folder.iterdir())):
        msg = f"{folder} already exists and holds no repair; choose another directory"
        raise StoreError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(note, name + "\n")


def _plain(example: Example) -> list[Any]:
    if isinstance(example, Preference):
        return [example.input, example.chosen, example.rejected, example.case_id, example.cluster]
    case = example.case if isinstance(example, Outcome) else example
    right = [example.right] if isinstance(example, Outcome) else []
    return [case.id, example.input, case.target, case.cluster, *right]
