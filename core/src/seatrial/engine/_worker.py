"""Measure one batch of units: perturb, ask the model, score. This is what runs in workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property, partial
from typing import Any

from attrs import define, evolve, field, frozen

from .._cases import CLEAN, Case, Prediction
from .._plans import Plan
from .._values import plain
from ..errors import NotApplicable
from ..inputs._apply import Applied, perturb
from ..inputs._assets import opened
from ..inputs._binding import built
from ..inputs._boundary import reason
from ..inputs._encoding import encode as encode_value
from ..inputs._modalities import Modalities, modalities_of
from ..inputs._recorded import Asked, RecordKey, goes_by_record
from ..runs._encoding import Row
from ..runs._keeping import Keeper
from ._asking import Asker, Asking, Cost, Repeat, StuckError
from ._calls import NoAnswersError, WrongCountError, concurrency
from ._conversations import Answer
from ._scoring import Scores, score_cases, scores_or_errors
from ._search import Aim, Place, aimed_at, budget_of, loss_of
from ._variants import Variants
from ._workload import Batch, Task, Unit

__all__ = ["BATCH", "Measured", "Worker", "batch_units"]

BATCH = 32
SORTED_AT_ONCE = 8
ROUNDS = 2
"""How many calls an `async` model gets for each that may wait, so that few wait for the last."""

PREFERENCES = ("same-case", "same-length")

BROKEN = (WrongCountError, NoAnswersError, StuckError)
"""What is wrong with the model as a whole, so that the run stops."""


@frozen
class Measured:
    """What came of a batch: a row for each unit, in order, and what it cost.

    `stopped` says why the run has to stop, where it has to; the units at the positions `left` were
    then not measured, and their rows say nothing.
    """

    rows: list[Row]
    calls: int = 0
    inputs: int = 0
    seconds: float = 0.0
    reported: Mapping[str, float] = field(factory=dict)
    repeats: tuple[Repeat, ...] = ()
    stopped: str | None = None
    left: frozenset[int] = frozenset()

    def finished(self, batch: Batch) -> tuple[Batch, Measured]:
        """Give the part of a batch that was measured; the unchanged stand and fall with clean."""
        if not self.left:
            return batch, self
        units = [unit for unit, _, _ in batch[1]]
        clean = {units[at].case for at in self.left if units[at].use < 0}
        kept = [
            at
            for at, row in enumerate(self.rows)
            if at not in self.left and not (row.unchanged and units[at].case in clean)
        ]
        some = [batch[0][at] for at in kept], [batch[1][at] for at in kept]
        return some, evolve(self, rows=[self.rows[at] for at in kept], left=frozenset())


@define
class _Work:
    """A record under way: its row, and the case as the model is to see it."""

    row: Row
    unit: Unit
    case: Case
    name: str
    stopped: str | None = None


def batch_units(model: Any, batch_size: int, plan: Plan) -> int:
    """Give how many units a batch has at least, for a model that takes so many inputs a call.

    Models that are trained on changed cases are asked apart, so a batch is larger with them.
    """
    trained = [arm for arm in plan.arms if arm.use is not None and arm.use.component.trains]
    models = 1 + sum(len(arm.severities) for arm in trained) * plan.replicates
    if getattr(model, "prefers", None) == "same-length":
        return batch_size * SORTED_AT_ONCE
    calls = concurrency(model)
    return batch_size * max(calls * ROUNDS if calls > 1 else 1, min(models, SORTED_AT_ONCE))


@frozen(eq=False)
class Worker:
    """Everything that measuring needs: the plan's parts built once, and the model.

    `alone` keeps perturbations of several threads apart: libraries draw from global generators.
    """

    plan: Plan
    model: Callable[..., Any]
    asking: Asking
    keeper: Keeper | None = None
    alone: AbstractContextManager[Any] = field(factory=nullcontext)
    modalities: Modalities = field()
    _asker: Asker = field(init=False)
    _variants: Variants = field(init=False)
    _built: dict[tuple[int, int], Any] = field(factory=dict, init=False)

    @modalities.default
    def _name_modalities(self) -> Modalities:
        return modalities_of(self.plan)

    @_asker.default
    def _make_asker(self) -> Asker:
        return Asker(self.model, self.asking, self.modalities)

    @_variants.default
    def _none_trained_yet(self) -> Variants:
        return Variants(self.plan, self.model)

    @cached_property
    def _scores(self) -> Scores:
        return [(use, built(use)) for use in self.plan.metrics if use.component.per_case]

    def __call__(self, tasks: Sequence[Task]) -> Measured:
        """Measure a batch; a failure of one case never costs the others their result."""
        cost = Cost()
        rows: list[Row] = []
        known: dict[str, Answer] = {}
        clean: dict[str, int | None] = {}
        left: set[int] = set()
        stopped = None
        for some in _windows(tasks, self._window(len(tasks))):
            begin = len(rows)
            if stopped:
                left.update(range(begin, begin + len(some)))
                rows += [Row() for _ in some]
                continue
            works = [self._prepared(task, cost) for task in some]
            rows += [work.row for work in works]
            self._answer([work for work in works if work.name], known, cost)
            stopped = next((work.stopped for work in works if work.stopped), None)
            for at, work in enumerate(works, begin):
                if work.stopped:
                    left.add(at)
                else:
                    self._settle(work, clean)
        return Measured(
            rows,
            cost.calls,
            cost.inputs,
            cost.seconds,
            cost.reported,
            tuple(cost.repeats),
            stopped,
            frozenset(left),
        )

    def ask(self, cases: Sequence[Case], cost: Cost) -> list[Answer]:
        """Ask about whole cases, outside any record."""
        clean = Unit(-1, 0, 0, 0)
        inputs = [self._question(clean, opened(case, self.modalities)) for case in cases]
        return self._asker.ask(inputs, cost)

    def _question(self, unit: Unit, case: Case) -> Any:
        """Give what the model is asked: the input, with its place for one that goes by records."""
        asked = _input(case)
        return Asked(self._key(unit, case), asked) if self._by_record else asked

    @cached_property
    def _by_record(self) -> bool:
        return goes_by_record(self.model)

    def _key(self, unit: Unit, case: Case) -> RecordKey:
        label = CLEAN if unit.use < 0 else self.plan.perturbations[unit.use].label
        return case.id, label, unit.severity, unit.replicate

    def _window(self, tasks: int) -> int:
        """Give how many inputs are made at a time: those of one call, or all that go together."""
        size = self.asking.batch_size
        return size if batch_units(self.model, size, self.plan) == size else max(tasks, 1)

    def _prepared(self, task: Task, cost: Cost) -> _Work:
        """Perturb a case and name its input; work without a name is not to be asked about."""
        unit, case, seed = task
        row = Row()
        work = _Work(row, unit, case, "")
        try:
            if unit.use < 0:
                work.case = opened(case, self.modalities)
            else:
                work.case = self._perturbed(unit, case, seed, row, cost)
            work.name = "" if row.unchanged else self._named(work)
            if work.name and self._by_record:
                work.name = str(self._key(unit, case))
            if work.name and (variant := self._variants.name(unit)):
                work.name = f"{variant} {work.name}"
        except BROKEN:
            raise
        except NotApplicable as error:
            row.status, row.error = "skipped", reason(error)
        except Exception as error:  # noqa: BLE001 - a perturbation is anybody's code
            label = "" if unit.use < 0 else f"{self.plan.perturbations[unit.use].label}: "
            row.status, row.error = "errored", f"{label}{reason(error)}"
        return work

    def _named(self, work: _Work) -> str:
        """Name the input as the model is to see it, and note it in the row where that is due."""
        value = work.case.input
        if work.unit.use < 0 and isinstance(value, str):
            return value
        seen = encode_value(value, self.modalities, keep=False)
        if work.unit.use >= 0 or _holds_arrays(seen.text):
            work.row.seen = seen
        return value if isinstance(value, str) else seen.digest

    def _perturbed(self, unit: Unit, case: Case, seed: int | None, row: Row, cost: Cost) -> Case:
        use = self.plan.perturbations[unit.use]
        key = (unit.use, unit.severity)
        with self.alone:
            if key not in self._built:
                self._built[key] = built(use, unit.severity)
            apply = self._built[key]
            if use.component.searches:
                made = self._searched(unit, apply, case, seed or 0, row, cost)
            else:
                made = perturb(use, apply, case, seed or 0, None, self.modalities)
            far, still = made.distance, made.unchanged
            if use.component.trains:
                far = self._variants.of(unit).changed
                still = still and not far
        row.distance, row.unchanged = far, still
        if made.retargeted:
            row.target = encode_value(made.case.target, self.modalities)
        return made.case

    def _searched(
        self, unit: Unit, apply: Any, case: Case, seed: int, row: Row, cost: Cost
    ) -> Applied:
        use = self.plan.perturbations[unit.use]
        budget = budget_of(use, unit.severity)
        model = self.model if use.component.needs else None
        asked: list[Aim] = []
        ask = partial(self._losses, cost=cost)

        def aim(place: Place) -> Aim:
            asked.append(Aim(use.label, ask, place, budget, case.target, model))
            return asked[-1]

        try:
            return perturb(use, apply, case, seed, aim, self.modalities)
        finally:
            row.queries = sum(one.spent for one in asked)

    def _losses(self, cases: Sequence[Case], *, cost: Cost) -> list[float]:
        """Ask the model about candidates, in calls of their own."""
        wanted = aimed_at(self.plan.metrics)
        use, score = next(one for one in self._scores if one[0] is wanted)
        self._variants.make_ready()
        with _outside(self.alone):
            predictions = self._asker.predictions([_input(case) for case in cases], cost)
        scores = score_cases(use, score, cases, predictions)
        targets = [case.target for case in cases]
        return list(map(partial(loss_of, use.component), scores, targets, predictions))

    def _answer(self, works: Sequence[_Work], known: dict[str, Answer], cost: Cost) -> None:
        """Ask about inputs that were not asked about before, and score all of them."""
        new: dict[str, _Work] = {}
        for work in works:
            if work.name not in known:
                new.setdefault(work.name, work)
        if new:
            order = list(new.values())
            if getattr(self.model, "prefers", None) == "same-length":
                order.sort(key=lambda work: _length(work.case.input))
            for asker, some in self._by_asker(order):
                place = some[0].case.id
                asked = [self._question(work.unit, work.case) for work in some]
                answers = asker.ask(asked, cost, place)
                known.update((work.name, one) for work, one in zip(some, answers, strict=True))
        answered: list[tuple[_Work, Prediction]] = []
        for work in works:
            one = known[work.name]
            work.row.attempts = one.attempts
            if one.stops:
                work.stopped = one.error
                continue
            if self._takes(work.row, one) and one.prediction is not None:
                answered.append((work, one.prediction))
        self.score([(work.row, work.case, prediction) for work, prediction in answered])

    def _by_asker(self, works: Sequence[_Work]) -> Iterator[tuple[Asker, list[_Work]]]:
        """Sort by the model that is to answer: the model, or one trained on other cases."""
        some: dict[str, list[_Work]] = {}
        for work in works:
            some.setdefault(self._variants.name(work.unit), []).append(work)
        for name, ours in some.items():
            if name:
                model = self._variants.of(ours[0].unit).model
                yield Asker(model, self.asking, self.modalities), ours
                continue
            with self.alone:
                self._variants.make_ready()
            yield self._asker, ours

    def _takes(self, row: Row, answer: Answer) -> bool:
        """Put an answer into its row; an answer that cannot be stored is an error of its row."""
        if answer.prediction is None:
            row.status, row.error = "errored", answer.error
            return False
        try:
            row.answered(answer.prediction, self.modalities)
        except Exception as error:  # noqa: BLE001 - an answer's own code may raise anything
            row.status, row.error = "errored", reason(error)
            return False
        row.status = "refused" if answer.prediction.refused else "scored"
        return True

    def score(self, answered: Sequence[tuple[Row, Case, Prediction]]) -> None:
        """Add the scores by case to rows; a metric's failure marks its row."""
        if not answered:
            return
        rows, cases, predictions = zip(*answered, strict=True)
        for use, score in self._scores:
            for row, value in zip(
                rows, scores_or_errors(use, score, cases, predictions), strict=True
            ):
                if isinstance(value, str):
                    row.status, row.error = "errored", value
                else:
                    row.scores[use.label] = value

    def _settle(self, work: _Work, clean: dict[str, int | None]) -> None:
        """Keep of a row what the policy says, and nothing that fills memory."""
        row, keeper = work.row, self.keeper
        if work.unit.use < 0:
            clean[work.case.id] = row.answer
        if keeper is None:
            return
        before = clean.get(work.case.id)
        if row.seen is not None and keeper.keep != "none" and _holds_arrays(row.seen.text):
            wanted = keeper.keep == "all" or row.queries is not None or keeper.failed(row, before)
            if wanted:
                row.seen = encode_value(work.case.input, self.modalities)
        keeper.settle(row, before)


def _windows(tasks: Sequence[Task], size: int) -> Iterator[Sequence[Task]]:
    """Cut a batch into about equal parts of at most `size`: no call is left nearly empty."""
    parts = -(-len(tasks) // size)
    for part in range(parts):
        yield tasks[len(tasks) * part // parts : len(tasks) * (part + 1) // parts]


def _holds_arrays(text: str) -> bool:
    return '"$artifact"' in text


def _length(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(map(_length, value.values()))
    if isinstance(value, tuple | list):
        return sum(map(_length, value))
    return len(value) if isinstance(value, str) else int(getattr(value, "size", 1))


def _input(case: Case) -> Any:
    whole = not isinstance(case.input, str) and isinstance(case.input, Mapping)
    return plain(case.input) if whole else case.input


@contextmanager
def _outside(alone: AbstractContextManager[Any]) -> Iterator[None]:
    """Step out of a block for a while: models may be asked by several threads at once."""
    alone.__exit__(None, None, None)
    try:
        yield
    finally:
        alone.__enter__()
