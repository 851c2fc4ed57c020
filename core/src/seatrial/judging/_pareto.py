"""Several models on priorities with several demands: who is best at what, and who at nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import asdict, frozen

from .._arguments import check_kind
from .._tables import Table, figure
from .._verdicts import DemandVerdict
from ..errors import PlanError
from ._judgement import Judgement

__all__ = ["Pareto", "Standing", "pareto"]

SEVERAL = 2


@frozen
class Standing:
    """Where one run stands on one priority: its figure for each demand, and who is better.

    `dominated_by` names the runs that are at least as good on every demand and better on one. A
    figure is None where a demand could not be judged; such a run is compared with none.
    """

    priority: str
    run: str
    outcome: str
    estimates: Mapping[str, float | None]
    dominated_by: tuple[str, ...]


@frozen
class Pareto:
    """The trade-offs of several runs; what no other run dominates is on the front."""

    standings: tuple[Standing, ...]

    def front(self, priority: str) -> tuple[str, ...]:
        """Name the runs that no other dominates on a priority."""
        return tuple(
            one.run
            for one in self.standings
            if one.priority == priority
            and not one.dominated_by
            and None not in one.estimates.values()
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the standings as plain data."""
        return asdict(self)

    def table(self) -> Table:
        """Give the standings as a table."""
        rows = [
            [
                one.priority,
                one.run,
                one.outcome,
                ", ".join(f"{name} {figure(value)}" for name, value in one.estimates.items()),
                ", ".join(one.dominated_by) or "—",
            ]
            for one in self.standings
        ]
        return Table(("priority", "run", "verdict", "estimates", "dominated by"), rows)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().html()


def pareto(judgements: Mapping[str, Judgement]) -> Pareto:
    """Compare runs on each priority that demands several things at once.

    `judgements` maps a name for each run to its judgement by one specification. A run dominates
    another if its estimates are at least as good for every demand and better for one; how sure the
    estimates are is for the verdicts to say. Raises `PlanError` where the judgements are of
    different specifications.
    """
    check_kind(judgements, "judgements", Mapping)
    for run, judgement in judgements.items():
        check_kind(judgement, f"judgements[{run!r}]", Judgement)
    judged = {
        run: {verdict.priority: verdict for verdict in judgement.verdicts}
        for run, judgement in judgements.items()
    }
    if len({tuple(verdicts) for verdicts in judged.values()}) > 1:
        msg = "the judgements have different priorities: judge every run by one specification"
        raise PlanError(msg)
    standings = []
    for priority in next(iter(judged.values()), {}):
        demands = {run: found[priority].demands for run, found in judged.items()}
        if min(map(len, demands.values())) < SEVERAL:
            continue
        merits = {run: _merits(found) for run, found in demands.items()}
        for run, verdicts in judged.items():
            standings.append(
                Standing(
                    priority,
                    run,
                    verdicts[priority].outcome,
                    {_name(one): _estimate(one) for one in demands[run]},
                    tuple(
                        other for other, theirs in merits.items() if _dominates(theirs, merits[run])
                    ),
                )
            )
    return Pareto(tuple(standings))


def _name(demand: DemandVerdict) -> str:
    return f"{demand.demand} {demand.threshold:g}"


def _estimate(demand: DemandVerdict) -> float | None:
    """Give the estimate of a demand; where errors leave it open it is only supposed."""
    return None if demand.outcome == "error" else demand.estimate


def _merits(demands: Sequence[DemandVerdict]) -> tuple[float, ...] | None:
    """Turn estimates so that more is better; None where one is unknown."""
    merits = []
    for one in demands:
        if (value := _estimate(one)) is None:
            return None
        merits.append(-value if one.at_most else value)
    return tuple(merits)


def _dominates(one: tuple[float, ...] | None, other: tuple[float, ...] | None) -> bool:
    if one is None or other is None or len(one) != len(other):
        return False
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))
