"""What an explainer gives: a prediction of unseen failures, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from .._cases import Case, Prediction
from .._findings import Finding
from .._graded import Grade
from .._tables import Table
from .._values import FrozenMapping, frozen_mapping, optional_mapping
from ..errors import ModelError

__all__ = ["Explanation"]


def _ends(values: Iterable[float] | None) -> tuple[float, float] | None:
    if values is None:
        return None
    low, high = values
    return low, high


def _findings(values: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(values)


@frozen
class Explanation:
    """Predicts unseen failures, and is graded by how well it does.

    Printing it gives a table: its AUROC beside that of every trivial baseline, and what was found.

    `auroc` and its `interval` are measured on outcomes that the explainer never saw, with failure
    as the positive class; `baselines` maps each trivial baseline to its AUROC on the same outcomes.
    `predictor` maps cases to the probability that the model fails on each. With `reads_answers` it
    takes what the model answered besides: `predictor(cases, answers)`.

    `save` writes all of it but a predictor that cannot be saved. One can where its explainer gives
    `state` (numbers, texts and arrays) and the component names `restore`, which makes the
    predictor of it again.

    `grade` has every figure: see `Grade`. `details` holds whatever else the explainer found out, as
    plain data: `searched` (`settings`: how many were tried; `best`: the AUROC of the best on
    validation; `p`: its p-value with the search counted), `selected`, `curve` and the like.

    An explainer that gives no predictor has only the grades of the baselines; where there was too
    little to learn from or to grade on, there is no `grade` at all.
    """

    summary: str
    findings: tuple[Finding, ...] = field(default=(), converter=_findings)
    auroc: float | None = None
    interval: tuple[float, float] | None = None
    baselines: Mapping[str, float] = field(factory=FrozenMapping, converter=frozen_mapping)
    predictor: Callable[..., Sequence[float]] | None = field(
        default=None, kw_only=True, repr=False, eq=False
    )
    reads_answers: bool = field(default=False, kw_only=True)
    state: Mapping[str, Any] | None = field(
        default=None, converter=optional_mapping, kw_only=True, repr=False, eq=False
    )
    grade: Grade | None = field(default=None, kw_only=True, repr=False)
    details: Mapping[str, Any] = field(
        factory=FrozenMapping, converter=frozen_mapping, kw_only=True, repr=False
    )

    def predict(
        self, cases: Sequence[Case], answers: Sequence[Prediction] | None = None, /
    ) -> Sequence[float]:
        """Give the probability that the model fails on each case.

        `answers` are what the model said to each, for a predictor that `reads_answers`. Raises
        `ModelError` where there is no predictor, or it lacks the answers.
        """
        if self.predictor is None:
            msg = "this explanation predicts nothing: its explainer gave no predictor"
            if self.details.get("predictor") == "not saved":
                msg = "this explanation was loaded without its predictor, which cannot be saved"
            raise ModelError(msg)
        if not self.reads_answers:
            return self.predictor(cases)
        if answers is None or len(answers) != len(cases):
            msg = "this predictor reads what the model answered: pass one answer for each case"
            raise ModelError(msg)
        return self.predictor(cases, answers)

    def save(self, path: str | Path) -> None:
        """Write it to a JSON file, arrays in a folder beside it; `load` reads it."""
        from ._saving import save

        save(self, path)

    def keep(self, run: Path | None) -> None:
        """Keep the explanation beside its run, where that has a directory."""
        from ._saving import keep

        keep(self, run)

    @classmethod
    def load(cls, path: str | Path, *, explainer: Any = None) -> Explanation:
        """Read what was saved; without the predictor where that was not.

        The predictor is restored by `explainer`, the component that made it, by default the
        installed one of the name; nothing that the file names is imported.
        """
        from ._saving import load

        return cls(**load(path, explainer))

    def table(self) -> Table:
        """Lay out the grade beside that of every baseline."""
        from ._summary import table_of

        return table_of(self)

    def as_dict(self) -> dict[str, Any]:
        """Give everything but the predictor as plain data, ready for JSON."""
        from ._summary import as_dict

        return as_dict(self)

    def __str__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()
