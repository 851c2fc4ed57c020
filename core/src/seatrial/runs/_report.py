"""What a run found out: cells, records, and an accounting that always adds up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from .._cases import CLEAN, Case, Outcome, Prediction, Preference
from .._components import Metric, Perturbation, Use
from .._findings import Finding
from .._plans import Plan, Reference, Specification
from .._registry import Registry, default_registry
from .._tables import Table, figure
from .._values import FrozenMapping, freeze, plain
from .._writing import write_atomically
from ..errors import PlanError, SeatrialError
from ..inputs._apply import perturb
from ._columns import Columns, read_columns
from ._encoding import load_prediction
from ._records import Accounting, Cell, Record
from ._store import STATUSES, Store, read_value

__all__ = ["Report"]


@frozen(eq=False)
class Report:
    """Everything that a run measured.

    Made by `run`, or read back from a run directory by `Report.load`. Printing it gives a table.
    """

    _store: Store
    _registry: Registry = field(factory=default_registry, kw_only=True)
    _plan: Plan | None = field(default=None, kw_only=True)
    _model: Any = field(default=None, kw_only=True)

    @classmethod
    def load(cls, path: str | Path, *, registry: Registry | None = None) -> Report:
        """Read the report of a run directory, finished or not."""
        return cls(Store.open(Path(path)), registry=registry or default_registry())

    def save(self, path: str | Path) -> None:
        """Write everything to a run directory, from which `run(to=...)` can also go on."""
        self._store.save(Path(path))
        self._write_summary(Path(path))

    def renewed(self) -> Report:
        """Give the same report with nothing remembered, to see what was measured since."""
        return evolve(self)

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

    @property
    def identity(self) -> str:
        """The identity of the model that was measured; empty when it had none."""
        return str(self._store.meta("identity"))

    @property
    def model(self) -> Any:
        """The model that was measured, or the reference to it; None if neither is known."""
        stored = self._store.meta("model")
        if self._model is not None or stored is None:
            return self._model
        return Reference(**stored)

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
    def cases(self) -> tuple[Case, ...]:
        """The cases as they were measured; arrays in them are only known by their hash."""
        return tuple(
            Case(case_id, read_value(given), read_value(target), json.loads(groups), cluster)
            for case_id, given, target, groups, cluster in self._store.cases()
        )

    def _account(self, mask: np.ndarray[Any, np.dtype[np.bool_]] | slice) -> Accounting:
        columns = self.columns
        counts = np.bincount(columns.status[mask], minlength=len(STATUSES))
        parts = dict(zip(STATUSES, map(int, counts), strict=True))
        return Accounting(
            len(columns.status[mask]), **parts, unchanged=int(columns.unchanged[mask].sum())
        )

    @cached_property
    def accounting(self) -> Accounting:
        """What became of every planned record; what was never measured counts as skipped."""
        return self._account(slice(None))

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every perturbation at every severity, clean first."""
        columns = self.columns
        pairs = sorted(set(zip(columns.use.tolist(), columns.severity.tolist(), strict=True)))
        return tuple(self._cell(use, severity) for use, severity in pairs)

    def _cell(self, use: int, severity: int) -> Cell:
        columns = self.columns
        mask = (columns.use == use) & (columns.severity == severity)
        scores: dict[str, float | None] = {}
        for metric in self.metrics:
            label = metric["label"]
            if metric["per_case"]:
                values = columns.scores[label][mask]
                known = values[~np.isnan(values)]
                scores[label] = float(known.mean()) if len(known) else None
            else:
                scores[label] = self._whole(metric, use, severity)
        moved = columns.distance[mask]
        moved = moved[~np.isnan(moved)]
        return Cell(
            self.label(use),
            severity,
            len(set(columns.case[mask].tolist())),
            FrozenMapping(scores),
            float(moved.mean()) if len(moved) else None,
            self._account(mask),
        )

    def metric_use(self, label: str) -> Use[Metric]:
        """Give the metric of a label: the one passed to `run`, or else the installed one."""
        for use in self._plan.metrics if self._plan else ():
            if use.label == label:
                return use
        for metric in self.metrics:
            if metric["label"] == label:
                return Use(self._registry.get(metric["name"], Metric), metric["params"])
        msg = f"the run was not scored with {label}"
        raise PlanError(msg)

    def perturbation_use(self, label: str) -> Use[Perturbation]:
        """Give the perturbation of a label: the one passed to `run`, or else the installed one."""
        for use in self._plan.perturbations if self._plan else ():
            if use.label == label:
                return use
        (stored,) = (one for one in self.perturbations if one["label"] == label)
        component = self._registry.get(stored["name"], Perturbation)
        return Use(component, stored["params"], on=stored["on"])

    def answers(self, use: int, severity: int) -> Iterator[tuple[int, int, Any, Prediction]]:
        """Read (case position, replicate, target, prediction) of one cell's answered records."""
        where = (
            f"plan.use = {int(use)} AND plan.severity = {int(severity)} AND prediction IS NOT NULL"
        )
        for case, replicate, text, changed, target in self._store.rows(
            "plan.case_position, plan.replicate, records.prediction, records.target, cases.target",
            where,
        ):
            wanted = read_value(target if changed is None else changed)
            yield case, replicate, wanted, load_prediction(text)

    def _whole(self, metric: Mapping[str, Any], use: int, severity: int) -> float | None:
        """Score a cell with a metric that is not defined by case; None where it is undefined."""
        found = list(self.answers(use, severity))
        try:
            score = self.metric_use(metric["label"]).build()
            reads = metric["reads"] == "prediction"
            value = float(
                score(
                    [target for *_, target, _ in found],
                    [answer if reads else answer.value for *_, answer in found],
                )
            )
        except (SeatrialError, ValueError):
            return None
        return value if np.isfinite(value) else None

    def records(self) -> Iterator[Record]:
        """Read every measured record, in the order of the plan."""
        columns = (
            "cases.id, plan.use, plan.severity, plan.replicate, seed, status, prediction, scores, "
            "distance, unchanged, error, queries, found"
        )
        for case, use, severity, replicate, seed, status, text, scores, *more in self._store.rows(
            columns, "status IS NOT NULL"
        ):
            moved, same, error, queries, found = more
            yield Record(
                case,
                self.label(use),
                severity,
                replicate,
                seed,
                STATUSES[status],
                None if text is None else load_prediction(text),
                FrozenMapping(json.loads(scores)),
                moved,
                bool(same),
                error,
                queries,
                read_value(found),
            )

    def outcomes(self, metric: str | None = None) -> Iterator[Outcome]:
        """Give every answered record with its case and input; this is what explainers learn from.

        An answer is right when its score is on the better half of the metric's bounds (the first
        per-case metric unless another label is given).
        """
        label, right = self._right(metric)
        built: dict[tuple[str, int], Any] = {}
        for record in self.records():
            case = self._by_id[record.case_id]
            if record.prediction is None or label not in record.scores:
                continue
            seen = case if record.unchanged else self._again(case, record, built)
            yield Outcome(
                case=case,
                input=seen.input,
                prediction=record.prediction,
                right=right(record.scores[label]),
                perturbation=record.perturbation,
                severity=record.severity,
                replicate=record.replicate,
            )

    @cached_property
    def _by_id(self) -> Mapping[str, Case]:
        return {case.id: case for case in self.cases}

    def _right(self, metric: str | None) -> tuple[str, Any]:
        for known in self.metrics:
            if known["per_case"] and metric in (None, known["label"]):
                sign = 1.0 if known["higher_is_better"] else -1.0
                middle = sign * sum(known["bounds"] or (0.0, 1.0)) / 2
                return known["label"], lambda score: sign * score > middle  # noqa: B023 - it returns
        what = f"the metric {metric!r}" if metric else "any metric that scores case by case"
        there = ", ".join(one["label"] for one in self.metrics if one["per_case"]) or "none"
        msg = (
            f"the run was not scored with {what}, so right and wrong answers cannot be told apart; "
            f"metrics that score case by case: {there}"
        )
        raise PlanError(msg)

    def _again(self, case: Case, record: Record, built: dict[tuple[str, int], Any]) -> Case:
        """Make a perturbed input again from its seed: only what a search found is stored."""
        if record.perturbation == CLEAN:
            return case
        if record.queries is not None:
            return evolve(case, input=record.found)
        use = self.perturbation_use(record.perturbation)
        key = (record.perturbation, record.severity)
        if key not in built:
            built[key] = use.component.at(record.severity, use.params)
        return perturb(use, built[key], case, record.seed or 0).case

    def preferences(self, metric: str | None = None) -> tuple[Preference, ...]:
        """Turn every wrong answer to a case with a target into a pair: target before answer."""
        return tuple(
            Preference(outcome.input, outcome.case.target, outcome.prediction.value)
            for outcome in self.outcomes(metric)
            if not outcome.right and outcome.case.target is not None and outcome.prediction
        )

    def compare(
        self,
        other: Report,
        *,
        confidence: float = 0.95,
        specification: Specification | None = None,
        by: str | None = None,
    ) -> Any:
        """Compare with an earlier run of the same cases, paired; what got worse is listed first.

        `by` names a group to compare within; a `specification` adds what changed by priority.
        """
        from ..judging._compare import compare

        return compare(self, other, confidence, specification, by)

    def as_dict(self) -> dict[str, Any]:
        """Give the report as plain data, without times or places, equal for equal measurements."""
        return {
            "format": 1,
            "model": self.identity,
            "seed": self._store.meta("seed"),
            "perturbations": plain(self.perturbations),
            "metrics": plain(self.metrics),
            "accounting": _fields(self.accounting),
            "findings": [_fields(one) for one in self.findings],
            "cells": [
                {
                    **_fields(cell),
                    "scores": plain(cell.scores),
                    "accounting": _fields(cell.accounting),
                }
                for cell in self.cells
            ],
        }

    def write_summary(self) -> None:
        """Write `report.json` beside the database."""
        if self._store.path is not None:
            self._write_summary(self._store.path)

    def _write_summary(self, directory: Path) -> None:
        text = json.dumps(self.as_dict(), indent=2, allow_nan=False)
        write_atomically(directory / "report.json", text + "\n")

    def table(self) -> Table:
        """Give the report as a table."""
        labels = [metric["label"] for metric in self.metrics]
        rows = [
            [
                cell.perturbation,
                str(cell.severity),
                f"{cell.cases:,}",
                figure(cell.distance),
                *(figure(cell.scores[label]) for label in labels),
                f"{cell.accounting.refused:,}",
                f"{cell.accounting.errored:,}",
            ]
            for cell in self.cells
        ]
        columns = ("perturbation", "severity", "cases", "distance", *labels, "refused", "errored")
        audited = [f"{one.level} by audit: {one.name}: {one.summary}" for one in self.findings]
        return Table(columns, rows, notes=(str(self.accounting), *audited))

    def __str__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()


def _fields(value: Any) -> dict[str, Any]:
    from attrs import fields

    return {attribute.name: getattr(value, attribute.name) for attribute in fields(type(value))}
