"""Checks of perturbations."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from typing import Any

from attrs import evolve, frozen

from .._cases import Case
from .._components import Perturbation, Use
from ..errors import NotApplicable, SeatrialError
from ..protocols import Perturb
from ._carriers import misfit, out_of_range, with_nan
from ._common import built
from ._results import NotExercised, Skipped, expect
from ._samples import SEARCHED, SEEDS, Samples
from ._searches import SampleLoss, led
from ._spans import spans_of
from ._wire import fingerprint

__all__ = ["CHECKS", "OF_SEARCHES", "outputs"]

NOT_APPLICABLE = "not applicable"

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
    if use.component.searches:
        values = values[:SEARCHED]
    if not use.component.sees_case:
        return values
    return [
        value if isinstance(value, Case) else Case(f"sample-{index}", value, "answer")
        for index, value in enumerate(values)
    ]


def outputs(use: P, samples: Samples) -> list[str]:
    """Write down what becomes of every sample at every severity."""
    return [
        applied_once(work, clean, seed)
        for work in applied(use, samples)
        for clean in inputs_of(use, samples)
        for seed in SEEDS[:2]
    ]


def applied_once(work: Perturb, clean: Any, seed: int) -> str:
    """Fingerprint what becomes of a copy."""
    try:
        return fingerprint(work(deepcopy(clean), seed=seed))
    except NotApplicable:
        return NOT_APPLICABLE


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
        raise NotExercised(msg)
    return found


def check_same_seed_same_output(use: P, samples: Samples) -> None:
    """The same input and seed give the same output, however often and from whichever instance.

    Draw from a generator that is made from the seed inside the call; keep nothing between calls.
    """
    for one, other in zip(applied(use, samples), applied(use, samples), strict=True):
        for clean in inputs_of(use, samples):
            results = [applied_once(work, clean, SEEDS[0]) for work in (one, one, other)]
            expect(
                len(set(results)) == 1,
                f"seed {SEEDS[0]} gave different outputs for {_short(clean)}",
            )


def check_what_came_before_does_not_matter(use: P, samples: Samples) -> None:
    """Inputs are changed alike one by one, in a row, and in the opposite order.

    Keep nothing between calls, or key a cache by everything that the output depends on.
    """
    inputs = inputs_of(use, samples)
    for severity in range(len(use.component.ladder)):
        alone = [applied_once(applied(use, samples)[severity], one, SEEDS[0]) for one in inputs[:6]]
        one, other = (applied(use, samples)[severity] for _ in range(2))
        forth = [applied_once(one, clean, SEEDS[0]) for clean in inputs]
        back = [applied_once(other, clean, SEEDS[0]) for clean in reversed(inputs)][::-1]
        differ = sum(a != b for a, b in zip(forth, back, strict=True))
        expect(not differ, f"{differ} of {len(inputs)} outputs differ in the opposite order")
        differ = sum(a != b for a, b in zip(alone, forth, strict=False))
        expect(not differ, f"{differ} of {len(alone)} outputs differ when they come alone")


def check_another_seed_gives_another_output(use: P, samples: Samples) -> None:
    """Different seeds give different outputs at the strongest rung.

    Use the seed. Where nothing is drawn on purpose, declare `tags=("deterministic",)`.
    """
    found: dict[str, set[str]] = {}
    for trial in trials(use, samples, seeds=len(SEEDS)):
        if trial.severity == len(use.component.ladder):
            found.setdefault(fingerprint(trial.clean), set()).add(fingerprint(trial.changed))
    varied = any(len(several) > 1 for several in found.values())
    if "deterministic" in use.component.tags:
        expect(not varied, "it is tagged deterministic, but another seed gives another output")
        msg = "it is tagged deterministic"
        raise Skipped(msg)
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
    frozen_inputs(use, samples)


def frozen_inputs(use: P, samples: Samples) -> None:
    """Apply to inputs as a run hands them out: nobody can write to them."""
    from ..inputs._modalities import Modalities

    freeze = Modalities(named=(use.component.modality,)).freeze
    for severity, work in enumerate(applied(use, samples), start=1):
        for value in inputs_of(use, samples):
            given = evolve(value, input=freeze(value.input)) if _is_case(value) else freeze(value)
            try:
                work(given, seed=SEEDS[0])
            except NotApplicable:
                continue
            except Exception as error:
                msg = f"severity {severity} fails on a read-only input: {error}"
                raise AssertionError(msg) from error


def _is_case(value: Any) -> bool:
    return isinstance(value, Case)


def check_modality_is_kept(use: P, samples: Samples) -> None:
    """What comes out is of the type, shape and dtype that went in.

    Convert back before you return: the next perturbation and the model expect the same. Where the
    shape changes on purpose, declare `tags=("length-changing",)`.
    """
    for trial in trials(use, samples):
        problem = misfit(trial.clean, trial.changed, shape=_same_shape(use))
        expect(not problem, f"{trial.where}: {problem}")


def check_range_is_kept(use: P, samples: Samples) -> None:
    """What comes out is a value of the modality: texts encode, images stay in range, no NaN.

    Clip to the range of the modality before you return.
    """
    for trial in trials(use, samples):
        if misfit(trial.clean, trial.changed, shape=_same_shape(use)):
            msg = "it does not keep the modality"
            raise NotExercised(msg)
        problem = out_of_range(samples.carrier(use.component.modality), trial.changed)
        expect(not problem, f"{trial.where}: {problem}")


def _same_shape(use: P) -> bool:
    return "length-changing" not in use.component.tags


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
            problem = misfit(edge, changed, shape=_same_shape(use))
            problem = problem or out_of_range(samples.carrier(use.component.modality), changed)
            expect(not problem, f"severity {severity}: {_short(edge)}: {problem}")


def check_nan_is_refused(use: P, samples: Samples) -> None:
    """An array that holds NaN is refused with an error.

    Raise `ValueError`, or an error of `seatrial.errors`, that says so: NaN spreads, and what a
    model makes of it means nothing.
    """
    carrier = samples.carrier(use.component.modality)
    values = [with_nan(value) for value in samples.of(use.component.modality)]
    spoilt = _for(use, [one for one in values if one is not None and not carrier.holds(one)])
    if not spoilt:
        msg = f"{use.component.modality} cannot hold NaN, or may"
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

    Reorder or widen the ladder. Where distance is not what severity is about, declare this check
    in `expected_failures`, with the reason.
    """
    from ..inputs._distance import distance
    from ..inputs._modalities import Modalities

    modalities = Modalities(named=(use.component.modality,))

    rungs_ = len(use.component.ladder)
    if rungs_ == 1:
        msg = "its ladder has one rung"
        raise Skipped(msg)
    far: list[list[float]] = [[] for _ in range(rungs_)]
    for trial in trials(use, samples, seeds=len(SEEDS)):
        moved = distance(_carried(trial.clean), _carried(trial.changed), modalities)
        if moved is not None:
            far[trial.severity - 1].append(moved)
    if not all(far):
        msg = f"no distance is defined on {use.component.modality}"
        raise NotExercised(msg)
    means = [math.fsum(one) / len(one) for one in far]
    message = ", ".join(f"{mean:.4g}" for mean in means)
    grows = all(low <= high * (1 + 1e-9) for low, high in pairwise(means))
    expect(grows and means[0] < means[-1], f"mean distances by severity are {message}")


def check_every_rung_does_something(use: P, samples: Samples) -> None:
    """Every severity changes some input, and changes it otherwise than the severity below.

    The magnitude belongs to the rung; only direction, sign and place are drawn. Widen the ladder,
    or see whether the parameter of the rung is used. (The rungs of a search are bounds, which it
    need not reach: they may give the same.)
    """
    found = [
        [applied_once(work, clean, seed) for clean in inputs_of(use, samples) for seed in SEEDS]
        for work in applied(use, samples)
    ]
    inputs = inputs_of(use, samples)
    clean = [fingerprint(one) for one in inputs for _ in SEEDS]
    below = clean
    if all(one == NOT_APPLICABLE for some in found for one in some):
        msg = f"it applies to none of the samples of modality {use.component.modality!r}"
        raise NotExercised(msg)
    for severity, changed in enumerate(found, start=1):
        pairs = [pair for pair in zip(clean, changed, strict=True) if pair[1] != NOT_APPLICABLE]
        expect(any(one != other for one, other in pairs), f"severity {severity} changes nothing")
        message = f"severity {severity} gives the same as severity {severity - 1}"
        expect(changed != below or use.component.searches, message)
        below = changed
    reached = [
        sum(
            found[-1][place] not in (clean[place], NOT_APPLICABLE)
            for place in range(at, at + len(SEEDS))
        )
        for at in range(0, len(clean), len(SEEDS))
    ]
    message = f"the highest severity changes an input with {max(reached)} of {len(SEEDS)} seeds"
    expect(max(reached) > len(SEEDS) // 2, message)


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
        message = f"{trial.where}: {before} became {after} in {_short(trial.changed)}"
        expect(before == after, message)


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
            message = f"it asked {loss.spent} times of {budget} on {_short(value)}"
            expect(loss.spent <= budget, message)


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
    check_what_came_before_does_not_matter,
    check_another_seed_gives_another_output,
    check_input_is_left_alone,
    check_modality_is_kept,
    check_range_is_kept,
    check_edge_inputs_are_handled,
    check_nan_is_refused,
    check_effect_grows_along_the_ladder,
    check_every_rung_does_something,
    check_protected_spans_are_untouched,
)
OF_SEARCHES: tuple[Callable[[P, Samples], None], ...] = (check_search_stays_within_its_budget,)
