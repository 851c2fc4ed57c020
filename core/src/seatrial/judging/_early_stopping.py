"""Which demands are decided while cases are still being measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from attrs import evolve, field, frozen

from ..statistics import predictive_probabilities, smallest_error
from ._evidence import Evidence, Positions
from ._figures import Figure, figure_of
from ._looks import Levels, Looks, boundaries_of
from ._prospects import TOO_CLOSE, Standing
from ._question import Question

__all__ = ["Measured", "is_rate", "judged_early"]

Decided = Literal["pass", "fail"]

SCREEN = 0.5
"""Bounds of rates are only computed where the mean lies this part of a Gaussian one off."""

DOUBTFUL = 0.3
"""Where the limit of many cases promises a decision less surely, the exact prediction is made."""


def judged_early(question: Question) -> bool:
    """Tell whether a demand can be decided before every case is measured."""
    evidence = question.evidence
    return (
        evidence is not None
        and question.requirement.demand.figure is not None
        and not (question.requirement.demand.bound and question.requirement.earlier_run)
        and bool(evidence.bounds)
    )


def is_rate(question: Question) -> bool:
    """Tell whether the figure of a demand is a rate of right and wrong, whatever was lost."""
    evidence, demand = question.evidence, question.requirement.demand
    if evidence is None or demand.figure is None or demand.bound is not None:
        return False
    return all(
        _is_rate(figure_of(question.requirement, one)) for one in question.supposed(evidence)
    )


@frozen(eq=False)
class Measured:
    """The first clusters of a demand, measured whole, in the order of measuring.

    `figures` are those under the worst and the best that errors could hide, and `place` tells of
    each of their values the place of its cluster. Cases that were skipped have none.
    """

    requirement: Any
    at_most: bool
    largest: int | None
    figures: tuple[Figure, ...]
    place: Positions
    clusters: int
    _parts: dict[int, tuple[_Part, ...]] = field(factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, question: Question, evidence: Evidence, rank: Positions, looks: Looks) -> Measured:
        """Read all that is measured; raises `PlanError` where the demand has no figure yet."""
        _, pending = evidence.lost(paired=question.paired)
        place = np.searchsorted(looks.last, rank[evidence.at])
        clusters = int(place[pending].min(initial=looks.clusters))
        chosen = np.argsort(rank[evidence.at], kind="stable")
        chosen = chosen[place[chosen] < clusters]
        figures = _figures(question, evidence.of(chosen)) if len(chosen) else ()
        named = dict(zip(evidence.clusters[chosen].tolist(), place[chosen].tolist(), strict=True))
        where = [named[one] for one in figures[0].clusters.tolist()] if figures else []
        places = np.array(where, dtype=np.int64)
        return cls(
            question.requirement,
            question.at_most,
            question.priority.largest_cluster,
            tuple(evolve(one, clusters=places) for one in figures),
            places,
            clusters,
        )

    def and_then(self, later: Measured) -> Measured:
        """Put together what was measured before and what comes next."""
        if not (self.figures and later.figures):
            return later if later.figures else self
        figures = tuple(
            evolve(
                one,
                values=np.concatenate([one.values, two.values]),
                clusters=np.concatenate([one.clusters, two.clusters]),
                rate=one.rate and two.rate,
            )
            for one, two in zip(self.figures, later.figures, strict=True)
        )
        return evolve(
            later,
            figures=figures,
            place=np.concatenate([self.place, later.place]),
        )

    def levels(self, looks: Looks, confidence: float) -> tuple[Levels, ...]:
        """Give the confidences of the looks at this demand."""
        return looks.levels(
            self.requirement.threshold, confidence, at_most=self.at_most, rate=self.rate
        )

    @property
    def rate(self) -> bool:
        """Whether the figure is a rate of right and wrong."""
        return all(map(_is_rate, self.figures))

    def outcome(self, clusters: int, levels: Levels) -> Decided | None:
        """Decide by the first so many clusters; None unless all suppositions lead to the same."""
        found = {one.outcome(levels) for one in self._first(clusters)}
        return found.pop() if len(found) == 1 else None

    def hopeless(self, looks: Looks, at: int, levels: Sequence[Levels], confidence: float) -> bool:
        """Tell whether a decision at a later look is so unlikely that measuring more is a waste."""
        last, clusters = max(looks.plan.planned, looks.reached) - 1, int(looks.plan.sizes[at])
        first, *_ = self._first(clusters) or (None,)
        if at >= last or first is None:
            return False
        told = first.standing.decides(int(looks.plan.sizes[last]), levels[last])
        exact = boundaries_of(looks, self.requirement.threshold, confidence) if self.rate else None
        if told >= DOUBTFUL or exact is None or len(first.figure.values) != clusters:
            return told < TOO_CLOSE
        right = round(float(first.figure.values.sum()))
        return sum(predictive_probabilities(exact, at, right, until=last)) < TOO_CLOSE

    def _first(self, clusters: int) -> tuple[_Part, ...]:
        """Give the first so many clusters under each supposition; none where nothing is known."""
        until = int(np.searchsorted(self.place, clusters))
        if until and clusters not in self._parts:
            different = self.figures[:1] if self._same else self.figures
            self._parts[clusters] = tuple(
                _Part.of(
                    evolve(one, values=one.values[:until], clusters=one.clusters[:until]),
                    clusters,
                    self.requirement.threshold,
                    at_most=self.at_most,
                    largest=self.largest,
                )
                for one in different
            )
        return self._parts.get(clusters, ())

    @property
    def _same(self) -> bool:
        first, *others = self.figures
        return all(np.array_equal(one.values, first.values) for one in others)


@frozen(eq=False)
class _Part:
    """The first clusters of a figure: where it stands, and what its bound says."""

    figure: Figure
    standing: Standing
    threshold: float
    at_most: bool
    largest: int | None
    error: float | None
    """The smallest error at which it is decided, where its bound is one for means."""

    @classmethod
    def of(
        cls,
        figure: Figure,
        clusters: int,
        threshold: float,
        *,
        at_most: bool,
        largest: int | None,
    ) -> _Part:
        mean = float(figure.values.mean())
        sums = np.bincount(figure.clusters, figure.values - mean)
        error = float(np.sqrt(np.square(sums).sum())) / len(figure.values)
        distance = threshold - mean if at_most else mean - threshold
        found = None
        if figure.bounds is not None and not _is_rate(figure):
            below = at_most == (distance >= 0)
            found = smallest_error(
                figure.values,
                figure.clusters,
                threshold,
                figure.bounds,
                at_most=below,
                largest=largest,
            )
        standing = Standing(clusters, distance, error)
        return cls(figure, standing, threshold, at_most, largest, found)

    def outcome(self, levels: Levels) -> Decided | None:
        """Decide at one look."""
        from scipy.special import ndtri

        meets = self.standing.distance >= 0
        level = levels.passing if meets else levels.failing
        decided: Decided = "pass" if meets else "fail"
        if self.error is not None:
            return decided if self.error <= 1 - level else None
        if abs(self.standing.distance) < SCREEN * float(ndtri(level)) * self.standing.error:
            return None
        low, high = self.figure.interval(level, self.largest).ends
        if self.at_most == meets:
            clear = high <= self.threshold if meets else high < self.threshold
        else:
            clear = low >= self.threshold if meets else low > self.threshold
        return decided if clear else None


def _is_rate(figure: Figure) -> bool:
    return figure.rate and bool(np.isin(figure.values, (0.0, 1.0)).all())


def _figures(question: Question, part: Evidence) -> tuple[Figure, ...]:
    """Give the figure of each case under the worst and the best that errors could hide.

    There are always as many, whether some errored or none did.
    """
    errored, _ = part.lost(paired=question.paired)
    supposed = question.supposed(part)
    if not errored.any():
        one = figure_of(question.requirement, part)
        return (one,) * len(supposed)
    return tuple(figure_of(question.requirement, one) for one in supposed)
