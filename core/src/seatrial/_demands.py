"""A demand as a value: its grammar, its direction, and where to import what judges it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from attrs import field, frozen

from ._importing import IMPORT_STRING, import_string
from ._settings import Check
from ._values import FrozenMapping

__all__ = ["Demand", "demand_of"]

OUTCOMES = ("pass", "fail", "inconclusive")
THRESHOLDS = {True: "at_most", False: "at_least", None: "threshold"}


def _importable(demand: Demand, attribute: Any, target: str | None) -> None:
    if target is not None and not IMPORT_STRING.fullmatch(target):
        msg = f"{demand.name}: {attribute.name} {target!r} must read 'package.module:function'"
        raise ValueError(msg)


@frozen(kw_only=True)
class Demand:
    """What may be demanded of a model; a frozen value that imports nothing heavy.

    *Grammar.* `settings` maps each setting to its check; `threshold` is the one that a bare number
    stands for, and `required` are those that a table must give. `at_most` is the direction: True
    where the figure must not exceed the threshold, False where it must reach it, None where the
    metric's direction decides.

    *What a priority must have for it.* `perturbed`: perturbations; `scored`: a score, by the
    relation and the metric of the priority (`_right`); `bounded`: a metric with a smallest and a
    largest score; `level`: the threshold is a score on the metric's own scale; `difference`: it is
    a difference of two such scores; `set_metric`: a metric of the whole set, such as macro F1, will
    do; `paired`: the clean answer of each case is part of the figure; `answers`: right must mean an
    answer, not a refusal; `same_answer`: right must not mean that the answer changes;
    `earlier_run`: the setting that may name a run directory.

    *Import strings of what judges it.* `evidence(sample, requirement)` gives the values of each
    case; `figure(evidence, settings)` gives a `Figure`, one number for each case, where the
    estimate is a mean over cases. Where it is not, `estimate(evidence, settings)` gives it, and
    `bound(evidence, settings, confidence, seed)` a `Bound`; the latter may stand beside a figure
    too, for an earlier run that was itself measured. `change(before, after, settings, confidence,
    seed)` gives the interval of the change between two runs of the same cases, where it is a ratio
    to that earlier run. `missing(requirement, evidence, at_most=...)`
    gives the evidence with what was lost filled in, the worst case first, and `certain` lists the
    outcomes that hold whatever was lost if all of these agree.
    `generator(rng, **setting)` gives simulated cases whose true figure is known (`Simulated`).

    `best` is the value that a flawless model has in the evidence of a demand that is not scored,
    and `best_more` what it has in `Evidence.more`, by name.
    `by_clusters` says that one number of clusters is the smallest with which it can pass.
    """

    name: str
    summary: str
    threshold: str
    at_most: bool | None
    settings: Mapping[str, Check] = field(converter=FrozenMapping)
    required: tuple[str, ...] = ()
    perturbed: bool = False
    scored: bool = True
    bounded: bool = False
    level: bool = False
    difference: bool = False
    set_metric: bool = False
    paired: bool = False
    answers: bool = False
    same_answer: bool = False
    earlier_run: str | None = None
    evidence: str = field(default="seatrial.judging.demands.scores:evidence", validator=_importable)
    figure: str | None = field(default=None, validator=_importable)
    estimate: str | None = field(default=None, validator=_importable)
    bound: str | None = field(default=None, validator=_importable)
    change: str | None = field(default=None, validator=_importable)
    missing: str = field(
        default="seatrial.judging.demands.scores:worst_and_best", validator=_importable
    )
    certain: tuple[str, ...] = OUTCOMES
    generator: str | None = field(validator=_importable)
    best: float = 1.0
    best_more: Mapping[str, float] = field(default=FrozenMapping(), converter=FrozenMapping)
    by_clusters: bool = True

    def __attrs_post_init__(self) -> None:
        given = tuple(one is not None for one in (self.figure, self.estimate, self.bound))
        if given not in ((True, False, False), (True, False, True), (False, True, True)):
            msg = f"{self.name}: give either figure (a mean over cases), or estimate and bound"
            raise ValueError(msg)

    @property
    def bare(self) -> bool:
        """Whether a number alone says everything."""
        return not self.required

    def load(self, attribute: str) -> Any:
        """Import what one of the import strings names."""
        return _load(getattr(self, attribute), self.name)


def demand_of(
    name: str,
    summary: str,
    module: str,
    function: str,
    check: Check,
    *,
    at_most: bool | None,
    threshold: str | None = None,
    required: tuple[str, ...] = (),
    settings: Mapping[str, Check] = FrozenMapping(),
    mean: bool = True,
    bound: str | None = None,
    change: str | None = None,
    evidence: str | None = None,
    missing: str | None = None,
    **more: Any,
) -> Demand:
    """Fill in where the functions are: all in one module, their names made of `function`."""
    threshold = threshold or THRESHOLDS[at_most]
    where = f"seatrial.judging.demands.{module}"
    if evidence:
        more["evidence"] = f"{where}:{evidence}"
    if missing:
        more["missing"] = f"{where}:{missing}"
    if change:
        more["change"] = f"{where}:{change}"
    if mean:
        more["figure"] = f"{where}:{function}"
        more["bound"] = bound and f"{where}:{bound}"
    else:
        more |= {"estimate": f"{where}:estimate_{function}", "bound": f"{where}:{function}"}
    return Demand(
        name=name,
        summary=summary,
        threshold=threshold,
        at_most=at_most,
        settings={threshold: check, **settings},
        required=(threshold, *required) if required else (),
        generator=f"{where}:simulate_{function}",
        **more,
    )


@cache
def _load(target: str, name: str) -> Any:
    return import_string(target, what=f"demand {name}")
