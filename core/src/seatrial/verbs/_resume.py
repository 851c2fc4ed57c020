"""Go on with an earlier run: what is the same, what is measured again, and why."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from .._cases import Prediction
from .._seeds import SEED_SCHEME
from .._writing import digest
from ..engine._asking import Cost
from ..engine._schedule import Schedule
from ..engine._worker import Worker
from ..engine._workload import Workload
from ..errors import ModelError, SeatrialWarning
from ..inputs._content import attributes_digest
from ..inputs._encoding import as_json
from ..inputs._identity import changes
from ..inputs._models import Subject, asked_anew
from ..runs._schema import SCHEMA
from ..runs._store import Store

__all__ = ["DONE", "Earlier", "ask_again", "confirm", "confirmed", "fingerprint"]

ASKED_AGAIN = 3
"""How many stored clean cases a model whose identity cannot be derived is asked about again."""

SHOWN = 3
SHORT = 60
CLOSE = 1e-6
DONE = "confirmed"


def fingerprint(work: Workload, meta: Mapping[str, Any]) -> str:
    """Name everything that a run's records depend on: if it is equal, so are the records."""
    cases = hashlib.blake2b(digest_size=16)
    for case, content in zip(work.cases, work.contents, strict=True):
        cases.update(content)
        if case.groups or case.cluster is not None:
            cases.update(attributes_digest(case, work.modalities))
    arms = [
        [arm.use.label if arm.use else None, list(arm.severities), as_json(arm.slices)]
        for arm in work.plan.arms
    ]
    measured = [work.plan.replicates, arms, cases.hexdigest()]
    return digest([SCHEMA, SEED_SCHEME, dict(meta), measured])


def confirm(store: Store, name: str, planned: int, stale: int) -> None:
    """Note that everything of a fingerprint is measured, so that nobody need look again."""
    store.note(DONE, [name, planned, stale])


def confirmed(store: Store, name: str) -> tuple[int, int, int] | None:
    """Give (planned, kept, stale) of a finished run of this fingerprint; None for others."""
    known = store.meta(DONE)
    if not known or known[0] != name:
        return None
    return known[1], known[1], known[2]


@frozen
class Earlier:
    """What an earlier run in the same directory was about."""

    meta: Mapping[str, Any]
    cases: Mapping[str, bytes]

    @classmethod
    def of(cls, store: Store) -> Earlier | None:
        """Read it, before it is replaced; None where there was no earlier run."""
        if store.meta("schema") is None:
            return None
        names = ("identity", "identity_parts", "seed", "perturbations")
        meta = {name: store.meta(name) for name in names}
        return cls(meta, {row[0]: row[1] for row in store.cases()})

    def reasons(self, meta: Mapping[str, Any], work: Workload) -> Iterator[str]:
        """Say what differs from the earlier run, so that records are measured again."""
        old, new = self.meta["identity"], meta["identity"]
        if old != new:
            parts = changes(self.meta["identity_parts"] or {}, meta["identity_parts"])
            reasons = "; ".join(parts[:SHOWN]) or f"its identity was {old!r:.80} and is {new!r:.80}"
            yield f"the model has changed: {reasons}"
        if self.meta["seed"] != meta["seed"]:
            yield f"the seed was {self.meta['seed']} and is {meta['seed']}"
        known = {one["label"]: one for one in self.meta["perturbations"] or ()}
        for one in json.loads(json.dumps(meta["perturbations"])):
            label = one["label"]
            if label not in known:
                yield f"{label} is new"
            elif changed := [key for key in one if known[label].get(key) != one[key]]:
                reasons = ", ".join(_told(key, known[label].get(key), one[key]) for key in changed)
                yield f"{label} changed: {reasons}"
        ids = [case.id for case in work.cases]
        found = dict(zip(ids, work.contents, strict=True))
        for what, ids in (
            ("changed", [i for i in found if i in self.cases and found[i] != self.cases[i]]),
            ("new", [i for i in found if i not in self.cases]),
        ):
            if ids:
                some = ", ".join(map(repr, ids[:SHOWN])) + (" ..." if len(ids) > SHOWN else "")
                yield f"{len(ids):,} {'case is' if len(ids) == 1 else 'cases are'} {what}: {some}"


def _told(key: str, old: Any, new: Any) -> str:
    short = max(len(str(old)), len(str(new))) <= SHORT
    return f"{key} was {old} and is {new}" if short else key


def ask_again(store: Store, schedule: Schedule, subject: Subject, worker: Worker) -> None:
    """Ask a model about a few stored clean cases; raises `ModelError` where it answers otherwise.

    For models whose identity cannot be derived: records of two models must not be mixed. Nothing of
    this is counted or stored. For a model that is not deterministic the difference is a warning.
    """
    asked = []
    rows = store.rows(
        "plan.case_position, records.prediction", "plan.use = -1 AND prediction IS NOT NULL"
    )
    for position, text in rows:
        asked.append((schedule.cases[position], store.prediction(text)))
        if len(asked) == ASKED_AGAIN:
            break
    rows.close()  # type: ignore[attr-defined]
    if not asked:
        return
    anew = evolve(worker, model=asked_anew(subject.model))
    answers = anew.ask([case for case, _ in asked], Cost())
    for (case, before), now in zip(asked, answers, strict=True):
        if now.prediction is None or _agree(before, now.prediction):
            continue
        msg = (
            f"the model answers case {case.id!r} with {now.prediction.value!r:.80}, where the "
            f"earlier run of the same identity has {before.value!r:.80}: change the identity, or "
            "choose another directory"
        )
        if getattr(subject.model, "deterministic", True):
            raise ModelError(msg)
        warnings.warn(msg, SeatrialWarning, stacklevel=2)
        return


def _agree(one: Prediction, other: Prediction) -> bool:
    """Compare answers; floats may differ in the last bits, which depend on the batch."""
    values = one.value, other.value
    if all(isinstance(value, float) for value in values):
        return math.isclose(*values, rel_tol=CLOSE, abs_tol=CLOSE) or all(map(math.isnan, values))
    return digest(as_json(one.value)) == digest(as_json(other.value))
