"""Checks of perturbations that change training cases."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from typing import Any

from .._cases import Case, duplicates
from .._components import Perturbation, Use
from ..errors import NotApplicable
from ._common import built
from ._results import NotExercised, Skipped, expect
from ._samples import SEEDS, Samples
from ._wire import fingerprint

__all__ = ["CHECKS", "outputs"]

NOT_APPLICABLE = "not applicable"

C = Use[Perturbation]


def outputs(use: C, samples: Samples) -> list[str]:
    """Write down what becomes of the training cases, and of a question, at every severity."""
    return [
        text
        for work in built(use)
        for seed in SEEDS[:2]
        for text in (trained_on(work, samples, seed), asked(work, samples, seed))
    ]


def trained_on(work: Any, samples: Samples, seed: int) -> str:
    """Fingerprint the cases to train on."""
    return fingerprint(list(_training(work, samples, seed)))


def asked(work: Any, samples: Samples, seed: int) -> str:
    """Fingerprint what a model is asked in place of the first case."""
    try:
        return fingerprint(work(deepcopy(samples.cases[0]), seed=seed))
    except NotApplicable:
        return NOT_APPLICABLE


def _training(work: Any, samples: Samples, seed: int) -> Any:
    try:
        return work.training(deepcopy(samples.cases), seed=seed)
    except NotApplicable as error:
        msg = f"it applies to none of the sample cases: {error}"
        raise NotExercised(msg) from error


def check_same_seed_same_training_cases(use: C, samples: Samples) -> None:
    """The same cases and seed give the same training cases, from whichever instance.

    Draw from a generator that is made from the seed inside the call; keep nothing between calls.
    """
    for one, other in zip(built(use), built(use), strict=True):
        found = {trained_on(work, samples, SEEDS[0]) for work in (one, one, other)}
        expect(len(found) == 1, f"seed {SEEDS[0]} gave different training cases")


def check_another_seed_gives_other_training_cases(use: C, samples: Samples) -> None:
    """Different seeds give different training cases at some rung.

    Use the seed. Where nothing is drawn on purpose, declare `tags=("deterministic",)`.
    """
    varied = any(
        len({trained_on(work, samples, seed) for seed in SEEDS}) > 1 for work in built(use)
    )
    if "deterministic" in use.component.tags:
        expect(not varied, "it is tagged deterministic, but another seed gives other cases")
        msg = "it is tagged deterministic"
        raise Skipped(msg)
    expect(varied, f"{len(SEEDS)} seeds gave the same training cases at every rung")


def check_training_cases_are_left_alone(use: C, samples: Samples) -> None:
    """The cases that were given are the same after the call as before.

    Give new cases (`attrs.evolve`): the model is trained on the clean ones too.
    """
    for severity, work in enumerate(built(use), start=1):
        given = deepcopy(samples.cases)
        before = fingerprint(list(given))
        try:
            work.training(given, seed=SEEDS[0])
        except NotApplicable:
            continue
        expect(fingerprint(list(given)) == before, f"severity {severity} changed its cases")


def check_training_cases_can_be_trained_on(use: C, samples: Samples) -> None:
    """What comes back are cases, at least one, each with an id of its own.

    A case that is left alone keeps its id, by which the fraction that changed is counted.
    """
    for severity, work in enumerate(built(use), start=1):
        found = _training(work, samples, SEEDS[0])
        where = f"severity {severity}"
        expect(all(isinstance(one, Case) for one in found), f"{where} gives what is no case")
        expect(len(found) > 0, f"{where} leaves no case")
        twice = duplicates([one.id for one in found])
        expect(not twice, f"{where} gives {', '.join(twice[:3])} more than once")


def check_more_training_cases_change_along_the_ladder(use: C, samples: Samples) -> None:
    """A higher severity changes at least as many training cases, the highest most; none changes 0.

    Reorder or widen the ladder.
    """
    before = {one.id: fingerprint(one) for one in samples.cases}
    counts = []
    for work in built(use):
        after = {one.id: fingerprint(one) for one in _training(work, samples, SEEDS[0])}
        counts.append(sum(before.get(one) != after.get(one) for one in {*before, *after}))
    said = ", ".join(map(str, counts))
    grows = all(low <= high for low, high in pairwise(counts))
    wider = len(counts) == 1 or counts[0] < counts[-1]
    expect(counts[0] > 0 and grows and wider, f"training cases changed by severity: {said}")


def check_what_is_asked_is_left_alone(use: C, samples: Samples) -> None:
    """Called with a case, it gives a case, and the one that was given is the same as before.

    Give the case back as it is, unless a trigger belongs to the change.
    """
    for severity, work in enumerate(built(use), start=1):
        case = deepcopy(samples.cases[0])
        before = fingerprint(case)
        try:
            found = work(case, seed=SEEDS[0])
        except NotApplicable:
            continue
        expect(isinstance(found, Case), f"severity {severity} gives no case: {found!r:.80}")
        expect(fingerprint(case) == before, f"severity {severity} changed its case in place")


CHECKS: tuple[Callable[[C, Samples], None], ...] = (
    check_same_seed_same_training_cases,
    check_another_seed_gives_other_training_cases,
    check_training_cases_are_left_alone,
    check_training_cases_can_be_trained_on,
    check_more_training_cases_change_along_the_ladder,
    check_what_is_asked_is_left_alone,
)
