"""What a run found out: cells, records, and an accounting that always adds up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, field, frozen

from .._arguments import as_path, listed
from .._cases import CLEAN, Case, Outcome, Prediction, cluster_of
from .._components import Metric, Perturbation, Use
from .._findings import Finding
from .._plans import Plan
from .._reference import Reference
from .._registry import Registry, default_registry
from .._tables import Table
from .._values import FrozenMapping, freeze, plain
from .._writing import digest, write_atomically
from ..errors import PlanError, SeatrialError
from ..inputs._loading import load_cases
from ..inputs._modalities import Modalities
from ._cells import account, cell_of, score_of
from ._columns import Columns, read_columns, update_columns
from ._looks import Looked
from ._provenance import Provenance
from ._reader import Reader
from ._records import Accounting, Cell, ErrorCount, Record
from ._report_table import line_of, table_of
from ._store import Store
from ._trust import trusted
from ._usage import USAGE
from ._uses import use_of, without_answer
from ._views import Preferences, frame_of, outcomes_of, preferences_of, right_by

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Report"]


@frozen(eq=False, repr=False)
class Report:
    """Everything that a run measured.

    Made by `run`, or read back from a run directory by `Report.load`. Printing it gives a table.
    """

    _store: Store
    _registry: Registry = field(factory=default_registry, kw_only=True)
    _plan: Plan | None = field(default=None, kw_only=True)
    _model: Any = field(default=None, kw_only=True)
    _cases: Sequence[Case] | None = field(default=None, kw_only=True)
    _given: Any = field(default=None, kw_only=True)
    _trust: bool = field(default=False, kw_only=True)
    _left_out: frozenset[str] = field(default=frozenset(), kw_only=True)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        cases: Any = None,
        trust: bool = False,
        registry: Registry | None = None,
    ) -> Report:
        """Read the report of a run directory, finished or not.

        Nothing that the directory names is imported but the components of installed plugins. With
        `trust`, the model and the cases that it names may be; stderr says which.
        `cases` are those that were measured (as in `run`): inputs that the run did not keep are
        made from them again, and checked by digest.
        """
        registry = registry or default_registry()
        store = Store.open(as_path(path, "path"), registry)
        return cls(store, registry=registry, given=cases, trust=trust)

    def save(self, path: str | Path) -> None:
        """Write everything to a run directory, from which `run(to=...)` can also go on."""
        folder = as_path(path, "path")
        self._store.save(folder, self._cases or ())
        self._write_summary(folder)

    def refresh(self, positions: Sequence[int]) -> None:
        """Read anew, in place, the columns of what was measured at some positions of the plan."""
        update_columns(self.columns, self._store, positions)

    def renewed(self) -> Report:
        """Give the same report with nothing remembered, to see what was measured since."""
        return evolve(self)

    @property
    def path(self) -> Path | None:
        """The run directory; None for a report in memory."""
        return self._store.path

    @property
    def plan(self) -> Plan | None:
        """The plan that was measured; None for a report that was read back from a directory."""
        return self._plan

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the plan's audits found before the run, and did not stop it."""
        return tuple(Finding(**one) for one in self._store.meta("findings") or ())

    @property
    def sequential(self) -> bool:
        """Whether the run stopped each priority as soon as it was decided."""
        return bool(self._store.meta("sequential"))

    def looked(self, planned: int) -> Looked:
        """Note that verdicts are read, of which so many are planned where this is the first."""
        run = digest([self.identity, self.seed])
        return self._store.looked(run, [case.id for case in self.cases], planned)

    @property
    def identity(self) -> str:
        """The identity of the model that was measured; empty when it had none."""
        return str(self._store.meta("identity") or "")

    @property
    def identity_parts(self) -> Mapping[str, str]:
        """What that identity covers (`module bot`, `file weights.npz`), with digest or version."""
        return self._store.meta("identity_parts") or {}

    @cached_property
    def provenance(self) -> Provenance:
        """Where the model and the cases came from, by name."""
        return Provenance.of(self._store)

    @property
    def modalities(self) -> Modalities:
        """The modalities by which the values of the run are told apart."""
        return self._store.modalities

    @property
    def seed(self) -> int:
        """The seed of the plan."""
        return int(self._store.meta("seed"))

    @property
    def usage(self) -> Mapping[str, float]:
        """What the model reported of its usage (tokens, prices), of retries too, by name."""
        return FrozenMapping(self._store.meta(USAGE) or {})

    @property
    def limit(self) -> int | None:
        """How many cases the run was to take at most; None where it took all."""
        limit: int | None = self._store.meta("limit")
        return limit

    @property
    def learned_from(self) -> tuple[str, ...]:
        """The measured clusters that the model learned from, and those of `without`.

        No verdict counts them.
        """
        return tuple(sorted(self._left_out.union(self._store.meta("learned_from") or ())))

    def without(self, clusters: Iterable[str]) -> Report:
        """Give the same report, of which verdicts leave out some clusters besides."""
        more = frozenset(listed(clusters, "clusters", str))
        return self if more <= {*self.learned_from} else evolve(self, left_out=more)

    @cached_property
    def reference(self) -> Reference | None:
        """The import string of the model and its parameters, as data; None for a live object.

        One that was read from a directory is imported only where the report is trusted.
        """
        stored = self._store.meta("model")
        return None if stored is None else trusted(stored, trust=self._trust)

    @property
    def model(self) -> Any:
        """The model that was measured: live, or its `reference`; None if neither is known."""
        return self.reference if self._model is None else self._model

    @cached_property
    def perturbations(self) -> tuple[Mapping[str, Any], ...]:
        """What was applied: label, name, parameters, ladder, parts, revision and origin of each."""
        found: tuple[Mapping[str, Any], ...] = freeze(self._store.meta("perturbations"))
        return found

    @cached_property
    def metrics(self) -> tuple[Mapping[str, Any], ...]:
        """What was scored: label, name, parameters and direction of each."""
        found: tuple[Mapping[str, Any], ...] = freeze(self._store.meta("metrics"))
        return found

    def label(self, use: int) -> str:
        """Name a perturbation by its position; -1 is clean."""
        return CLEAN if use < 0 else str(self.perturbations[use]["label"])

    @cached_property
    def columns(self) -> Columns:
        """Read what verdicts need into arrays, once."""
        return read_columns(
            self._store, [metric["label"] for metric in self.metrics if metric["per_case"]]
        )

    @cached_property
    def _reader(self) -> Reader:
        labels = [str(one["label"]) for one in self.perturbations]
        return Reader(
            self._store,
            self._registry,
            labels,
            self.perturbation_use,
            own=self._cases,
            given=self._measured,
        )

    def _measured(self) -> Sequence[Case]:
        """Give the cases that were measured, as far as the caller says what they are."""
        if self._given is not None:
            return load_cases(self._given)
        stored = self._store.meta("cases")
        if stored and self._trust:
            return load_cases([trusted(one, trust=True) for one in stored])
        return ()

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """The cases that were measured; a loaded report gives arrays as references alone.

        `records` and `outcomes` give the arrays.
        """
        return tuple(self._cases) if self._cases is not None else self._reader.outline()

    @cached_property
    def case_digests(self) -> Mapping[str, bytes]:
        """What each case says, as a digest; equal for equal cases."""
        return FrozenMapping({row[0]: row[1] for row in self._reader.rows()})

    @cached_property
    def accounting(self) -> Accounting:
        """What became of every planned record; what was never measured counts as skipped."""
        return account(self.columns, slice(None))

    @cached_property
    def errors(self) -> tuple[ErrorCount, ...]:
        """The errors of records, the commonest first, each with its count and first case."""
        if not self.accounting.errored:
            return ()
        return tuple(ErrorCount(*row[:3]) for row in self._store.errors())

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every perturbation at every severity, clean first."""
        columns = self.columns
        pairs = sorted(set(zip(columns.use.tolist(), columns.severity.tolist(), strict=True)))
        return tuple(
            cell_of(columns, use, severity, self.label(use), self.metrics, self._whole)
            for use, severity in pairs
        )

    def _whole(self, metric: Mapping[str, Any], use: int, severity: int) -> float | None:
        """Score a cell with a metric of whole sets; None where it is undefined or not installed."""
        try:
            found = self.metric_use(metric["label"])
        except SeatrialError:
            return None
        whole = found.component.reads == "case"
        return score_of(found, self.answers(use, severity, whole=whole))

    def metric_use(self, label: str) -> Use[Metric]:
        """Give the metric of a label: the one passed to `run`, or else the installed one."""
        given = self._plan.metrics if self._plan else ()
        found = use_of(label, given, self.metrics, Metric, self._registry)
        if found is None:
            msg = f"the run was not scored with {label}"
            raise PlanError(msg)
        return found

    def perturbation_use(self, label: str) -> Use[Perturbation]:
        """Give the perturbation of a label: the one passed to `run`, or else the installed one."""
        given = self._plan.perturbations if self._plan else ()
        found = use_of(label, given, self.perturbations, Perturbation, self._registry)
        if found is None:
            msg = f"the run did not apply {label}"
            raise PlanError(msg)
        return found

    @property
    def without_answer(self) -> frozenset[str]:
        """The labels of perturbations after which a question has no right answer any more.

        Their relation is "must-refuse" or "must-abstain", whatever a metric says of the answers.
        Of one that is not installed this is not known.
        """
        labels = (str(one["label"]) for one in self.perturbations)
        return frozenset(without_answer(labels, self.perturbation_use))

    def answers(
        self,
        use: int,
        severity: int,
        between: tuple[int, int] | None = None,
        *,
        whole: bool = False,
    ) -> Iterator[tuple[int, int, Any, Prediction]]:
        """Read (case position, replicate, target, prediction) of one cell's answered records.

        `between` are the first and the last position of the cases wanted, by default all. With
        `whole` the case as the model saw it stands in the place of its target.
        """
        where = (
            f"plan.use = {int(use)} AND plan.severity = {int(severity)} AND prediction IS NOT NULL"
        )
        if between is not None:
            where += " AND plan.case_position BETWEEN {:d} AND {:d}".format(*between)
        if whole:
            positions = {name: at for at, name in enumerate(self.case_digests)}
            for one in self._reader.records(where):
                if one.prediction is not None:
                    seen = evolve(one.case, input=one.input, target=one.target)
                    yield positions[one.case_id], one.replicate, seen, one.prediction
            return
        columns = "plan.case_position, plan.replicate, records.prediction, records.target"
        for case, replicate, text, changed in self._store.rows(columns, where):
            target = self._reader.target(case, changed)
            yield case, replicate, target, self._store.prediction(text)

    def records(self, positions: Sequence[int] | None = None) -> Iterator[Record]:
        """Read every measured record, in the order of the plan, or those at some `positions`."""
        return self._reader.records() if positions is None else self._reader.at(positions)

    def outcomes(self, metric: str | None = None) -> Iterator[Outcome]:
        """Give every answered record with its case and input; this is what explainers learn from.

        An answer is right when its score is in the better half of the metric's bounds (the first
        per-case metric unless another label is given).
        """
        return outcomes_of(self.records(), *right_by(self.metrics, metric))

    def preferences(self, metric: str | None = None) -> Preferences:
        """Turn every wrong answer to a case with a target into a pair: target before answer.

        Questions that one of `without_answer` changed make none, since their targets are no longer
        right. The pairs know the clusters of all cases of the report: a model that learns from them
        is judged on none of these, because what is left was right before.
        """
        clusters = {case.id: cluster_of(case) for case in self.cases}
        skipped = self.without_answer
        records = (one for one in self.records() if one.perturbation not in skipped)
        found = preferences_of(records, *right_by(self.metrics, metric), clusters)
        return Preferences.of(found, clusters.values())

    def frame(self) -> pd.DataFrame:
        """Give every measured record as one row of a pandas data frame.

        Columns: record (its id), case, cluster, the groups (as `group.NAME` if the name is taken),
        perturbation, severity, replicate, seed, status, target and answer (of texts and numbers),
        refused, one for each metric that scores case by case, distance, changed, error, attempts
        and queries. Needs pandas.
        """
        labels = [one["label"] for one in self.metrics if one["per_case"]]
        return frame_of(self.records(), self.cases, labels)

    def as_dict(self) -> dict[str, Any]:
        """Give the report as plain data, without times or places, equal for equal measurements."""
        return {
            "format": 2,
            "model": self.identity,
            "seed": self.seed,
            "perturbations": plain(self.perturbations),
            "metrics": plain(self.metrics),
            "accounting": asdict(self.accounting),
            "errors": [asdict(one) for one in self.errors],
            "findings": [asdict(one) for one in self.findings],
            "cells": [{**asdict(cell), "scores": plain(cell.scores)} for cell in self.cells],
        }

    def write_summary(self) -> None:
        """Write `report.json` beside the database."""
        if self._store.path is not None:
            self._write_summary(self._store.path)

    def _write_summary(self, directory: Path) -> None:
        text = json.dumps(self.as_dict(), indent=2, allow_nan=False)
        write_atomically(directory / "report.json", text + "\n")

    def table(self) -> Table:
        """Give the report as a table; the model, the accounting and the errors stand around it."""
        return table_of(self)

    def __str__(self) -> str:
        return str(self.table())

    def __repr__(self) -> str:
        return line_of(self)

    def _repr_html_(self) -> str:
        return self.table().html()
