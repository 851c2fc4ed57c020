"""Simulated cases through `run`: experiments of one specification, each a slice of its run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from .._cases import Case, Failed
from .._components import Metric, Perturbation
from .._demands import Demand
from .._plans import Priority, Specification
from ..judging._simulation import SEVERITIES, Simulated
from ..runs._report import Report
from ..verbs._run import run

__all__ = ["Trials", "clusters_of", "just_beyond"]

CLOSE = 1e-9

severity = Perturbation(
    name="simulated.severity",
    summary="Ask for the answer at a severity.",
    modality="text",
    factory=lambda rung: lambda text, /, *, seed: f"{text} {rung}",  # noqa: ARG005
    ladder=tuple({"rung": rung} for rung in range(1, 1 + SEVERITIES)),
)
score = Metric(
    name="simulated.score",
    summary="The score that the answer is.",
    factory=lambda: lambda targets, answers: [float(one) for one in answers],  # noqa: ARG005
    per_case=True,
)


@frozen(eq=False)
class Trials:
    """Experiments of one demand: what is drawn for each, and what is asked of it.

    `lost` are the cases of each that get no answer, and `earlier` is the directory of the run that
    the demand compares with. `looks` are those of the specification; a `sequential` run stops each
    experiment when it is decided.
    """

    demand: Demand
    drawn: Sequence[Simulated]
    seed: int
    confidence: float
    lost: Sequence[Iterable[int]] | None = None
    earlier: str | None = None
    looks: int = 1
    sequential: bool = False

    def with_earlier_run(self, folder: str) -> Trials:
        """Run what is compared with, where something is."""
        if self.drawn[0].earlier is None:
            return self
        earlier = str(Path(folder, "earlier"))
        before = [evolve(one, answers=one.earlier or ()) for one in self.drawn]
        trials = evolve(self, drawn=before, lost=None, sequential=False, earlier=earlier)
        other = "other " if self.drawn[0].others else ""
        trials.run([0.0] * len(before), to=earlier, other=other)
        return evolve(self, earlier=earlier)

    def specification(self, thresholds: Sequence[float]) -> Specification:
        """Ask for one threshold of each experiment."""
        demand, found = self.demand, []
        reference: dict[str, Any] = {}
        if demand.earlier_run and self.earlier:
            reference[demand.earlier_run] = self.earlier
        for at, (one, threshold) in enumerate(zip(self.drawn, thresholds, strict=True)):
            settings = {**one.settings, **reference, demand.threshold: threshold}
            found.append(
                Priority(
                    f"{at}",
                    perturbations=[severity],
                    where={"experiment": at},
                    metric=(one.metric or score) if demand.scored else None,
                    require={demand.name: settings, "confidence": self.confidence},
                )
            )
        title = f"simulated {demand.name}"
        return Specification(title, priorities=found, seed=self.seed, looks=self.looks)

    def run(
        self,
        thresholds: Sequence[float],
        *,
        clusters: Sequence[int] | None = None,
        to: str | None = None,
        other: str = "",
    ) -> Report:
        """Measure the experiments, or the first so many clusters of each."""
        answers = self._answers()

        def model(inputs: Sequence[str]) -> list[Any]:
            each = (text.partition(" ") for text in inputs)
            return [answers[name][int(rung or 0)] for name, _, rung in each]

        model.identity = f"simulated {self.demand.name}"  # type: ignore[attr-defined]
        asked = self.specification(thresholds)
        # Every case belongs to some slice, so one priority about all of them measures the same.
        whole = asked if self.sequential else self._about_all(asked)
        return run(
            whole,
            model,
            self._cases(clusters, other),
            to=to,
            stop="decided" if self.sequential else None,
            batch_size=1024,
            observers=(),
        )

    def _about_all(self, asked: Specification) -> Specification:
        return evolve(asked, priorities=[evolve(asked.priorities[0], where={})])

    def _answers(self) -> dict[str, Sequence[Any]]:
        found: dict[str, Sequence[Any]] = {}
        lost = self.lost or [()] * len(self.drawn)
        for at, (one, gone) in enumerate(zip(self.drawn, lost, strict=True)):
            rows = dict(enumerate(one.answers))
            rows |= {case: [Failed("lost")] * (1 + SEVERITIES) for case in gone}
            found |= {f"{at}/{case.input}": rows[row] for row, case in enumerate(one.cases)}
        return found

    def _cases(self, clusters: Sequence[int] | None, other: str) -> list[Case]:
        found = []
        for at, one in enumerate(self.drawn):
            names = list(dict.fromkeys(case.cluster for case in one.cases))
            inside = set(names if clusters is None else names[: clusters[at]])
            found += [
                evolve(
                    case,
                    id=f"{at}/{other}{case.id}",
                    input=f"{at}/{case.input}",
                    groups={**case.groups, "experiment": at},
                    cluster=f"{at}/{other}{case.cluster}",
                )
                for case in one.cases
                if case.cluster in inside
            ]
        return found


def just_beyond(demand: Demand, drawn: Sequence[Simulated], sign: float) -> list[float]:
    """Give thresholds a little better than the truth (`sign` 1: just missed), or a little worse."""
    better = -1.0 if demand.at_most else 1.0  # the simulated score is best at 1
    return [one.truth + sign * better * CLOSE * max(1.0, abs(one.truth)) for one in drawn]


def clusters_of(drawn: Sequence[Simulated]) -> list[int]:
    """Count the clusters of each experiment."""
    return [len({case.cluster for case in one.cases}) for one in drawn]
