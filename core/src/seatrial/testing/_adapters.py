"""Checks of adapters."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from .._cases import Case, Outcome, Preference, answer_of, cluster_of
from .._components import Adapter, Use
from ..protocols import Model
from ..verbs._workspace import Workspace
from ._common import built
from ._results import NotExercised, Skipped, expect
from ._samples import SEEDS, Bare, Samples

__all__ = ["CHECKS", "results"]

A = Use[Adapter]


def cases_of(use: A, samples: Samples) -> tuple[Case, ...]:
    """Give the sample cases, or skip where an adapter is for another modality than text."""
    modality = use.component.modality
    made = all(isinstance(case.input, str) for case in samples.cases)
    if modality not in (None, "text") and made:
        msg = f"no sample cases of modality {modality!r}: declare samples='package.module:function'"
        raise NotExercised(msg)
    return samples.cases


def examples_of(use: A, cases: Sequence[Case], model: Model) -> tuple[Any, ...]:
    """Give the examples that an adapter reads: cases, outcomes of the model, or preferences."""
    if use.component.reads == "cases":
        return tuple(cases)
    given = [answer_of(one) for one in model([case.input for case in cases])]
    if use.component.reads == "outcomes":
        return tuple(
            Outcome(case=case, input=case.input, prediction=one, right=one.value == case.target)
            for case, one in zip(cases, given, strict=True)
        )
    others = {case.target for case in cases}
    return tuple(
        Preference(case.input, case.target, other, case_id=case.id, cluster=cluster_of(case))
        for case in cases
        for other in sorted(others - {case.target}, key=repr)[:1]
    )


def answers(model: Model, cases: Sequence[Case]) -> list[str]:
    """Write down what a model answers to each case, bit for bit."""
    from ..runs._encoding import dump_prediction, encode

    found = model([case.input for case in cases])
    expect(len(found) == len(cases), f"the model gave {len(found)} answers to {len(cases)} inputs")
    return [dump_prediction(encode(one))[0].text for one in found]


def adapted(use: A, samples: Samples, model: Model | None = None) -> Model:
    """Adapt a sample model, or skip when the result is no model."""
    (adapt,) = built(use)
    cases = cases_of(use, samples)
    model = model or samples.model(use.component.needs)
    result: Any = adapt(model, examples_of(use, cases, model), seed=SEEDS[0], work=Workspace())
    if not callable(result):
        msg = "it gives no model"
        raise NotExercised(msg)
    return cast("Model", result)


def results(use: A, samples: Samples) -> list[str]:
    """Write down the answers of a repaired model."""
    return answers(adapted(use, samples), cases_of(use, samples))


def check_result_is_a_model(use: A, samples: Samples) -> None:
    """What comes out is a model: a callable that gives one answer to each input.

    Return a callable from a list of inputs to a list of answers.
    """
    (adapt,) = built(use)
    cases = cases_of(use, samples)
    model = samples.model(use.component.needs)
    examples = examples_of(use, cases, model)
    result = adapt(model, examples, seed=SEEDS[0], work=Workspace())
    expect(callable(result), f"it gives {result!r:.80}, which cannot be called")
    answers(result, cases)


def check_original_is_left_alone(use: A, samples: Samples) -> None:
    """The original model answers bit for bit as before.

    Copy what you change; a repair is compared with the model it repaired.
    """
    cases = cases_of(use, samples)
    model = samples.model(use.component.needs)
    before = answers(model, cases)
    result = adapted(use, samples, model)
    answers(result, cases)
    changed = sum(one != other for one, other in zip(before, answers(model, cases), strict=True))
    expect(not changed, f"{changed} of {len(cases)} answers of the original changed")


def check_same_seed_same_model(use: A, samples: Samples) -> None:
    """The same model, cases and seed give a model with the same answers.

    Draw only from the seed.
    """
    cases = cases_of(use, samples)
    one, other = (answers(adapted(use, samples), cases) for _ in range(2))
    changed = sum(first != second for first, second in zip(one, other, strict=True))
    expect(not changed, f"{changed} of {len(cases)} answers differ between two repairs")


def check_learns_from_one_case_per_class(use: A, samples: Samples) -> None:
    """One case of each class is enough to give a model.

    Do without a held-out part, or without choosing hyperparameters, when there are so few cases.
    """
    cases = cases_of(use, samples)
    classes = {repr(case.target): case for case in reversed(cases)}
    (adapt,) = built(use)
    model = samples.model(use.component.needs)
    try:
        examples = examples_of(use, tuple(classes.values()), model)
        result = adapt(model, examples, seed=SEEDS[0], work=Workspace())
    except Exception as error:
        msg = f"{len(classes)} cases, one per class, raise {type(error).__name__}: {error}"
        raise AssertionError(msg) from error
    if callable(result):
        answers(result, cases)


def check_needs_are_truthful(use: A, samples: Samples) -> None:
    """It works on a model that has the attributes in `needs`, and no other.

    Add what it reads to `needs`: they are checked before anything runs.
    """
    cases = cases_of(use, samples)
    model = samples.model(use.component.needs)
    adapted(use, samples, model)
    try:
        result = adapted(use, samples, Bare(model, use.component.needs))
        answers(result, cases)
    except AttributeError as error:
        needs = ", ".join(use.component.needs) or "nothing"
        msg = f"it declares that it needs {needs}, but: {error}"
        raise AssertionError(msg) from error


def check_saves_and_loads(use: A, samples: Samples) -> None:
    """A repaired model with `save(path)` is read by the adapter's `loader`, answers and all.

    Save everything that the answers depend on; the original is handed to the loader.
    """
    from ..verbs._repaired import load_adapted  # it loads numpy, and the kit is light

    original = samples.model(use.component.needs)
    result = adapted(use, samples, original)
    save = getattr(result, "save", None)
    if save is None or use.component.loader is None:
        msg = "its model has no save" if save is None else "it has no loader"
        raise Skipped(msg)
    cases = cases_of(use, samples)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        save(path)
        before, after = answers(result, cases), answers(load_adapted(use, path, original), cases)
    changed = sum(one != other for one, other in zip(before, after, strict=True))
    expect(not changed, f"{changed} of {len(cases)} answers differ after saving and loading")


CHECKS: tuple[Callable[[A, Samples], None], ...] = (
    check_original_is_left_alone,  # first: what changes a model may do so only once
    check_result_is_a_model,
    check_same_seed_same_model,
    check_learns_from_one_case_per_class,
    check_needs_are_truthful,
    check_saves_and_loads,
)
