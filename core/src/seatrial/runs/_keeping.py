"""What is kept of the inputs that a model saw: all, those of failures, or digests alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from attrs import field, frozen

from .._values import freeze
from ..errors import PlanError
from ..inputs._encoding import Encoded
from ._artifacts import Artifacts
from ._encoding import Row

__all__ = ["KEEP", "Keep", "Keeper", "checked_keep", "is_withheld", "is_worse_half", "withheld"]

Keep = Literal["failures", "all", "none"]
"""The policy: arrays of failures, of everything, or of nothing and no texts either."""

KEEP: tuple[Keep, ...] = get_args(Keep)

WITHHELD = "$digest"


def checked_keep(value: Any) -> Keep:
    """Take a policy, or say which there are."""
    if value not in KEEP:
        msg = f"keep must be {', '.join(map(repr, KEEP))}, got {value!r}"
        raise PlanError(msg)
    found: Keep = value
    return found


def withheld(value: Encoded) -> Encoded:
    """Give the digest alone of a value that is not kept."""
    if is_withheld(value.text):
        return value
    return Encoded(json.dumps({WITHHELD: value.digest}, separators=(",", ":")))


def is_withheld(text: str) -> bool:
    """Tell whether a stored value is a digest alone."""
    return text.startswith(f'{{"{WITHHELD}":')


@frozen
class Keeper:
    """Writes the artifacts of measured rows as a policy says; it can be sent to workers.

    Answers and changed targets are always kept: verdicts are computed from them. Inputs are kept if
    the record failed (a score in the worse half, or another answer than to the clean input), if a
    search found them (they cannot be made again without the model), or if `keep` is "all". With
    "none" the digest of an input is all that is stored of it, texts included.
    `metrics` are those of the run's description: label, direction and bounds.
    """

    artifacts: Artifacts
    keep: Keep = "failures"
    metrics: Sequence[Mapping[str, Any]] = field(default=(), converter=freeze)

    def settle(self, row: Row, clean: int | None = None) -> None:
        """Write what is kept of a row and drop the rest; `clean` is the clean record's answer."""
        if row.prediction is not None:
            row.prediction = self.artifacts.keep(row.prediction)
        if row.target is not None:
            row.target = self.artifacts.keep(row.target)
        if row.seen is None:
            return
        if self.keep == "none":
            row.seen = withheld(row.seen)
        elif row.seen.artifacts:
            wanted = self.keep == "all" or row.queries is not None or self.failed(row, clean)
            row.seen = self.artifacts.keep(row.seen) if wanted else Encoded(row.seen.text)

    def failed(self, row: Row, clean: int | None) -> bool:
        """Tell whether a record failed, or answers otherwise than the clean record."""
        if row.status == "errored" or (None not in (clean, row.answer) and row.answer != clean):
            return True
        return any(
            one["label"] in row.scores and is_worse_half(one, row.scores[one["label"]])
            for one in self.metrics
        )


def is_worse_half(metric: Mapping[str, Any], score: Any) -> Any:
    """Tell whether a score lies in the worse half of a metric's bounds, the middle included.

    Of an array of scores it tells this for each.
    """
    sign = 1.0 if metric["higher_is_better"] else -1.0
    middle = sign * sum(metric["bounds"] or (0.0, 1.0)) / 2
    return sign * score <= middle
