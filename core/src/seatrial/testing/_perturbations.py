"""Checks of perturbations."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from itertools import pairwise
from typing import Any

from attrs import frozen

from .._cases import Case
from .._components import Perturbation, Use
from ..errors import NotApplicable, SeatrialError
from ..protocols import Perturb
from ._carriers import misfit, out_of_range, with_nan
from ._common import built, rungs
from ._fresh import fingerprint_of, importable, perturbed_elsewhere
from ._results import Skipped, expect
from ._samples import SEEDS, Samples
from ._searches import SampleLoss, led
from ._spans import spans_of
from ._wire import fingerprint

__all__ = ["CHECKS", "OF_SEARCHES"]

P = Use[Perturbation]


@frozen
class Trial:
    """One application: what went in, what came out, and where on the ladder."""

    severity: int
    seed: int
    clean: Any
    changed: Any

    @property
    def where(self) -> str:
        return f"severity {self.severity}, seed {self.seed}"


def applied(use: P, samples: Samples) -> list[Any]:
    """Build every rung; searches get a loss that grows with the distance, and any model needed."""
    works = built(use)
    if not use.component.searches:
        return works
    needs = use.component.needs
    model = samples.model(needs) if needs else None
    return [led(work, budget, model) for work, budget in zip(works, budgets(use), strict=True)]


def budgets(use: P) -> list[int]:
    """Read how many queries a search may ask at each rung."""
    from ..engine._search import budget_of

    return [budget_of(use, level + 1) for level in range(len(use.component.ladder))]


def inputs_of(use: P, samples: Samples) -> list[Any]:
    """Give what this perturbation takes: values of its modality, or cases that carry them."""
    return _for(use, samples.of(use.component.modality))


def _for(use: P, values: list[Any]) -> list[Any]:
    if not use.component.sees_case:
        return values
    return [
        value if isinstance(value, Case) else Case(f"sample-{index}", _part(use, value), "answer")
        for index, value in enumerate(values)
    ]


def _part(use: P, value: Any) -> Any:
    if use.component.modality != "volume":
        return value
    import numpy as np

    return {"volume": value, "affine": np.eye(4)}


def trials(use: P, samples: Samples, seeds: int = 3) -> list[Trial]:
    """Apply every rung to every sample, each time to a copy; skip when it applies to none."""
    found = []
    for severity, work in enumerate(applied(use, samples), start=1):
        for clean in inputs_of(use, samples):
            for seed in SEEDS[:seeds]:
                try:
                    changed = work(deepcopy(clean), seed=seed)
                except NotApplicable:
                    continue
                found.append(Trial(severity, seed, clean, changed))
    if not found:
        msg = f"it applies to none of the samples of modality {use.component.modality!r}"
        raise Skipped(msg)
    return found


def again(work: Perturb, clean: Any) -> str:
    """Fingerprint what becomes of a copy."""
    return fingerprint_of(work, deepcopy(clean), SEEDS[0])


def check_same_seed_same_output(use: P, samples: Samples) -> None:
    """The same input and seed give the same output, however often and from whichever instance.

    Draw from a generator that is made from the seed inside the call; keep nothing between calls.
    """
    for one, other in zip(applied(use, samples), applied(use, samples), strict=True):
        for clean in inputs_of(use, samples):
            results = [again(work, clean) for work in (one, one, other)]
            expect(
                len(set(results)) == 1,
                f"seed {SEEDS[0]} gave different outputs for {_short(clean)}",
            )


def check_same_output_in_a_fresh_process(use: P, samples: Samples) -> None:
    """Another process gives the same output for the same seed.

    Look for `hash()` of texts and for the order of sets: both differ from process to process.
    """
    factory, values, seeds = importable(use.component.factory), inputs_of(use, samples), SEEDS[:2]
    here = [
        fingerprint_of(work, deepcopy(value), seed)
        for work in applied(use, samples)
        for value in values
        for seed in seeds
    ]
    if use.component.searches and use.component.needs:
        msg = "it looks inside a model, and models do not travel to another process"
        raise Skipped(msg)
    asked = budgets(use) if use.component.searches else []
    there = perturbed_elsewhere(factory, rungs(use), values, seeds, asked)
    differ = sum(one != other for one, other in zip(here, there, strict=True))
    expect(not differ, f"{differ} of {len(here)} outputs differ in a fresh process")


def check_another_seed_gives_another_output(use: P, samples: Samples) -> None:
    """Different seeds give different outputs at the strongest rung.

    Use the seed. Where nothing is drawn on purpose, announce this check as an expected failure.
    """
    found: dict[str, set[str]] = {}
    for trial in trials(use, samples, seeds=len(SEEDS)):
        if trial.severity == len(use.component.ladder):
            found.setdefault(fingerprint(trial.clean), set()).add(fingerprint(trial.changed))
    varied = any(len(outputs) > 1 for outputs in found.values())
    expect(varied or not found, f"{len(SEEDS)} seeds gave one and the same output for every sample")


def check_input_is_left_alone(use: P, samples: Samples) -> None:
    """The input is the same after the call as before.

    Copy before you write: the clean input is measured too, and others get it after you.
    """
    for severity, work in enumerate(applied(use, samples), start=1):
        for value in inputs_of(use, samples):
            before = fingerprint(value)
            try:
                work(value, seed=SEEDS[0])
            except NotApplicable:
                continue
            expect(fingerprint(value) == before, f"severity {severity} changed its input in place")


def check_global_randomness_is_left_alone(use: P, samples: Samples) -> None:
    """The global generators of `random`, numpy and torch are as they were.

    Draw from a generator of your own, or wrap the library that draws from a global one in
    `with seatrial.seeded(seed):`.
    """
    built(use)  # what the library does when it is imported is not at issue
    with _unlikely_state() as state:
        before = state()
        trials(use, samples, seeds=1)
        after = state()
    for name, known in before.items():
        expect(after[name] == known, f"it changed the global generator of {name}")


@contextmanager
def _unlikely_state() -> Iterator[Callable[[], Mapping[str, Any]]]:
    """Put the generators where no seed of ours leads, so that seeding them cannot go unseen."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")

    def state() -> dict[str, Any]:
        found: dict[str, Any] = {"random": random.getstate()}
        if numpy:
            found["numpy"] = fingerprint(numpy.random.get_state())
        if torch:
            found["torch"] = torch.random.get_rng_state().tolist()
        return found

    saved = random.getstate()
    saved_numpy = numpy.random.get_state() if numpy else None
    saved_torch = torch.random.get_rng_state() if torch else None
    random.seed("a state that no seed of the checks leads to")
    if numpy:
        numpy.random.seed([20, 26, 7, 31])
    if torch:
        torch.random.set_rng_state(torch.Generator().manual_seed(20260731).get_state())
    try:
        yield state
    finally:
        random.setstate(saved)
        if numpy:
            numpy.random.set_state(saved_numpy)
        if torch:
            torch.random.set_rng_state(saved_torch)


def check_modality_is_kept(use: P, samples: Samples) -> None:
    """What comes out is of the type, shape and dtype that went in.

    Convert back before you return: the next perturbation and the model expect the same carrier.
    """
    for trial in trials(use, samples):
        problem = misfit(trial.clean, trial.changed)
        expect(not problem, f"{trial.where}: {problem}")


def check_range_is_kept(use: P, samples: Samples) -> None:
    """Texts can be encoded, images stay in their range, and volumes stay finite.

    Clip to the range of the carrier before you return.
    """
    for trial in trials(use, samples):
        if misfit(trial.clean, trial.changed):
            msg = "it does not keep the modality"
            raise Skipped(msg)
        problem = out_of_range(use.component.modality, trial.changed)
        expect(not problem, f"{trial.where}: {problem}")


def check_edge_inputs_are_handled(use: P, samples: Samples) -> None:
    """Empty texts, single pixels and constant volumes come out well, or are said not to apply.

    Give such an input back as it is, or raise `seatrial.errors.NotApplicable` with the reason.
    """
    edges = _for(use, samples.edges(use.component.modality))
    for severity, work in enumerate(applied(use, samples), start=1):
        for edge in edges:
            try:
                changed = work(deepcopy(edge), seed=SEEDS[0])
            except NotApplicable:
                continue
            except Exception as error:
                msg = f"severity {severity}: {type(error).__name__} on {_short(edge)}: {error}"
                raise AssertionError(msg) from error
            problem = misfit(edge, changed) or out_of_range(use.component.modality, changed)
            expect(not problem, f"severity {severity}: {_short(edge)}: {problem}")


def check_nan_is_refused(use: P, samples: Samples) -> None:
    """An array that holds NaN is refused with an error.

    Raise `ValueError`, or an error of `seatrial.errors`, that says so: NaN spreads, and what a
    model makes of it means nothing.
    """
    values = [with_nan(value) for value in samples.of(use.component.modality)]
    spoilt = _for(use, [value for value in values if value is not None])
    if not spoilt:
        msg = f"{use.component.modality} cannot hold NaN"
        raise Skipped(msg)
    for severity, work in enumerate(applied(use, samples), start=1):
        for value in spoilt:
            try:
                work(value, seed=SEEDS[0])
            except (ValueError, SeatrialError):
                continue
            msg = f"severity {severity} takes an array with NaN as if nothing were wrong"
            raise AssertionError(msg)


def check_effect_grows_along_the_ladder(use: P, samples: Samples) -> None:
    """A higher severity moves inputs at least as far, and the highest further than the lowest.

    Reorder or widen the ladder. Where distance is not what severity is about, announce this check
    as an expected failure.
    """
    from ..inputs._distance import distance

    rungs_ = len(use.component.ladder)
    if rungs_ == 1:
        msg = "its ladder has one rung"
        raise Skipped(msg)
    far: list[list[float]] = [[] for _ in range(rungs_)]
    for trial in trials(use, samples, seeds=len(SEEDS)):
        moved = distance(_carried(trial.clean), _carried(trial.changed))
        if moved is not None:
            far[trial.severity - 1].append(moved)
    if not all(far):
        msg = f"no distance is defined on {use.component.modality}"
        raise Skipped(msg)
    means = [math.fsum(one) / len(one) for one in far]
    told = ", ".join(f"{mean:.4g}" for mean in means)
    grows = all(low <= high * (1 + 1e-9) for low, high in pairwise(means))
    expect(grows and means[0] < means[-1], f"mean distances by severity are {told}")


def check_protected_spans_are_untouched(use: P, samples: Samples) -> None:
    """Numbers, drugs, negations, sides and option letters stay, save for the kinds in `alters`.

    A typing error that turns 5 mg into 50 mg changes the right answer. Leave these spans out, or
    declare on purpose `alters=("numbers",)`.
    """
    if use.component.modality not in ("text", "messages"):
        msg = f"there are no protected spans in modality {use.component.modality!r}"
        raise Skipped(msg)
    for trial in trials(use, samples, seeds=len(SEEDS)):
        before = spans_of(trial.clean, use.component.alters)
        after = spans_of(trial.changed, use.component.alters)
        told = f"{trial.where}: {before} became {after} in {_short(trial.changed)}"
        expect(before == after, told)


def check_search_stays_within_its_budget(use: P, samples: Samples) -> None:
    """A search asks the model no more often than its parameter `queries` allows.

    Stop when `loss.left` is 0: a run refuses what goes beyond, and the record is an error.
    """
    needs = use.component.needs
    model = samples.model(needs) if needs else None
    for work, budget in zip(built(use), budgets(use), strict=True):
        for value in inputs_of(use, samples):
            loss = SampleLoss(value, budget, model)
            try:
                work(deepcopy(value), seed=SEEDS[0], loss=loss)
            except NotApplicable:
                continue
            told = f"it asked {loss.spent} times of {budget} on {_short(value)}"
            expect(loss.spent <= budget, told)


def _carried(value: Any) -> Any:
    return value.input if isinstance(value, Case) else value


def _short(value: Any) -> str:
    value = _carried(value)
    if hasattr(value, "shape"):
        return f"an array of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:297]}..."  # noqa: PLR2004 - a few lines


CHECKS: tuple[Callable[[P, Samples], None], ...] = (
    check_same_seed_same_output,
    check_same_output_in_a_fresh_process,
    check_another_seed_gives_another_output,
    check_input_is_left_alone,
    check_global_randomness_is_left_alone,
    check_modality_is_kept,
    check_range_is_kept,
    check_edge_inputs_are_handled,
    check_nan_is_refused,
    check_effect_grows_along_the_ladder,
    check_protected_spans_are_untouched,
)
OF_SEARCHES: tuple[Callable[[P, Samples], None], ...] = (check_search_stays_within_its_budget,)
