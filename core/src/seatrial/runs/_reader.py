"""The one reader of records: what every view of a run is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, cast

from attrs import define, field, frozen

from .._cases import CLEAN, STATUSES, Case
from .._components import Perturbation, Use
from .._registry import Registry
from .._values import FrozenMapping
from ..errors import NotApplicable, SeatrialError, StoreError
from ..inputs._apply import perturb
from ..inputs._assets import opened
from ..inputs._binding import built
from ..inputs._content import case_digest
from ..inputs._encoding import decode, encode
from ..inputs._modalities import Modalities
from ._artifacts import digests_in
from ._keeping import is_withheld, withheld
from ._records import Later, Record
from ._store import Store

__all__ = ["Reader", "Stored"]

COLUMNS = (
    "plan.case_position, plan.use, plan.severity, plan.replicate, seed, status, prediction, "
    "scores, error, distance, unchanged, records.target, seen, queries, attempts"
)

AT_ONCE = 500
"""How many records are asked for by position in one query."""


@frozen
class Stored:
    """The place of an array in a case that is read without its arrays; no component gets one."""

    digest: str
    modality: str


@frozen
class _Places:
    """Reads the places of arrays instead of arrays."""

    name: str = ""

    def carrier(self, name: str) -> _Places:
        return _Places(name)

    def load(self, digest: bytes) -> Stored:
        return Stored(digest.decode(), self.name)


@define(eq=False)
class Reader:
    """Reads records, with the cases as they were measured and the inputs as the model saw them.

    `own` are the cases of a run of this process, in its order. `given` are those that a caller says
    were measured: they are used where the run did not keep a value, after their digests were
    compared with those stored.
    """

    store: Store
    registry: Registry
    labels: Sequence[str]
    use_of: Callable[[str], Use[Perturbation]]
    own: Sequence[Case] | None = None
    given: Callable[[], Sequence[Case]] | None = None
    _given: dict[str, Case] | None = field(default=None, init=False)
    _rows: list[tuple[Any, ...]] | None = field(default=None, init=False)
    _built: dict[tuple[str, int], Any] = field(factory=dict, init=False)
    _checked: set[str] = field(factory=set, init=False)
    _last: tuple[int, Case] | None = field(default=None, init=False)

    def rows(self) -> list[tuple[Any, ...]]:
        """Give (id, digest, input, target, groups, cluster) of every case as it is stored."""
        if self._rows is None:
            self._rows = list(self.store.cases())
        return self._rows

    def outline(self) -> tuple[Case, ...]:
        """Give every case with its texts and numbers; arrays are only named, by `Stored`."""
        places = cast("Modalities", _Places())

        def read(text: str) -> Any:
            if is_withheld(text):
                return None
            return decode(text, str.encode, places) if '"$' in text else json.loads(text)

        return tuple(
            Case(case_id, read(given), read(target), json.loads(groups), cluster)
            for case_id, _, given, target, groups, cluster in self.rows()
        )

    def case(self, position: int) -> Case:
        """Give one case with all its values; raises `StoreError` where one is not to be had."""
        if self.own is not None:
            return self.own[position]
        if self._last is not None and self._last[0] == position:
            return self._last[1]
        case_id, digest, given, target, groups, cluster = self.rows()[position]
        kept = not is_withheld(given) and all(
            self.store.artifacts.has(one) for text in (given, target) for one in digests_in(text)
        )
        if kept:
            read = self.store.artifacts.read
            found = Case(case_id, read(given), read(target), json.loads(groups), cluster)
        else:
            found = self._given_case(case_id, digest)
        self._last = (position, found)
        return found

    def _given_case(self, case_id: str, digest: bytes) -> Case:
        """Find a case among those that were given, and check that it is the one measured."""
        if self._given is None:
            self._given = {case.id: case for case in (self.given() if self.given else ())}
        case = self._given.get(case_id)
        if case is None:
            there = "the cases that were given have no such id" if self._given else "pass cases="
            msg = (
                f"the input of case {case_id!r} is not kept in {self._place()} "
                f"(keep={self.store.meta('keep') or 'failures'!r}): {there}, as in "
                "Report.load(path, cases=...), to read it again (--spec, --cases or --trust)"
            )
            raise StoreError(msg)
        if case_id not in self._checked and case_digest(case, self.store.modalities) != digest:
            msg = (
                f"case {case_id!r} differs from the one that was measured in {self._place()}: give "
                "the cases of that run, or measure again"
            )
            raise StoreError(msg)
        self._checked.add(case_id)
        return case

    def records(self, where: str = "") -> Iterator[Record]:
        """Read the measured records in the order of the plan; `where` is a condition in SQL."""
        clause = "status IS NOT NULL" + (f" AND {where}" if where else "")
        for row in self.store.rows(COLUMNS, clause):
            yield self._record(row)

    def at(self, positions: Sequence[int]) -> Iterator[Record]:
        """Read the records at some positions of the plan, in the order of these."""
        for start in range(0, len(positions), AT_ONCE):
            some = [int(one) for one in positions[start : start + AT_ONCE]]
            among = f"plan.position IN ({','.join(map(str, some))})"
            found = self.store.rows(f"plan.position, {COLUMNS}", f"status IS NOT NULL AND {among}")
            rows = {row[0]: row[1:] for row in found}
            yield from (self._record(rows[one]) for one in some if one in rows)

    def _record(self, row: tuple[Any, ...]) -> Record:
        at, use, severity, replicate, seed, status, text, scores, error, *more = row
        distance, unchanged, target, seen, queries, attempts = more
        label = CLEAN if use < 0 else self.labels[use]
        whole = Later(partial(self.case, at))

        def saw() -> Any:
            if seen is None:
                same = use < 0 or unchanged
                return opened(whole().input, self.store.modalities) if same else None
            return self._input(seen, whole, label, severity, seed or 0, queries)

        return Record(
            whole,
            label,
            severity,
            replicate,
            seed,
            STATUSES[status],
            None if text is None else self.store.prediction(text),
            FrozenMapping(json.loads(scores)),
            error,
            distance,
            use >= 0 and not unchanged,
            Later(partial(self.target, at, target)),
            Later(saw),
            attempts,
            queries,
            case_id=self.rows()[at][0],
        )

    def target(self, position: int, changed: str | None) -> Any:
        """Give the target against which an answer was scored."""
        if changed is None and self.own is not None:
            return opened(self.own[position].target)
        text = self.rows()[position][3] if changed is None else changed
        if changed is None and not all(map(self.store.artifacts.has, digests_in(text))):
            return opened(self.case(position).target)
        return opened(self.store.artifacts.read(text))

    def _input(
        self,
        seen: str,
        case: Later[Case],
        label: str,
        severity: int,
        seed: int,
        queries: int | None,
    ) -> Any:
        """Read what the model saw, or make it again and compare its digest."""
        if not is_withheld(seen) and all(map(self.store.artifacts.has, digests_in(seen))):
            return self.store.artifacts.read(seen)
        if queries is not None:
            msg = (
                f"what {label} found for case {case().id!r} is not kept in {self._place()}, and a "
                "search cannot be repeated without the model: measure again with keep='failures'"
            )
            raise StoreError(msg)
        if label == CLEAN:
            return opened(case().input, self.store.modalities)
        try:
            value = self._again(label, severity, seed, case())
        except (NotApplicable, SeatrialError) as error:
            if isinstance(error, StoreError):
                raise
            msg = f"the input of case {case().id!r} under {label} cannot be made again: {error}"
            raise StoreError(msg) from error
        encoded = encode(value, self.store.modalities, keep=False)
        if seen not in (encoded.text, withheld(encoded).text):
            msg = (
                f"the input of case {case().id!r} under {label} at severity {severity} is not what "
                f"the model saw: {label} gives another result today; install the versions in "
                f"{self._place()}, or measure again"
            )
            raise StoreError(msg)
        return value

    def _again(self, label: str, severity: int, seed: int, case: Case) -> Any:
        use = self.use_of(label)
        if (label, severity) not in self._built:
            self._built[label, severity] = built(use, severity)
        known = self.store.modalities
        made = perturb(use, self._built[label, severity], case, seed, modalities=known)
        return made.case.input

    def _place(self) -> str:
        return str(self.store.path or "this report")
