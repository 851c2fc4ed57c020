"""What an explanation is worth: its grade on outcomes that it never saw, beside baselines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from ._values import FrozenMapping, frozen_mapping

__all__ = ["Added", "BaselineGrade", "Calibration", "Gain", "Grade", "Part"]


def _ends(values: Any) -> tuple[float, float] | None:
    if values is None:
        return None
    low, high = values
    return float(low), float(high)


def _rows(values: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(map(frozen_mapping, values))


@frozen
class Part:
    """The size of the training or the test part."""

    outcomes: int
    wrong: int
    clusters: int


@frozen
class Gain:
    """By how much an explainer's AUROC is above a baseline's, on the same outcomes.

    `p` is one-sided, by DeLong's paired test; `p_holm` is corrected for the number of baselines.
    """

    estimate: float
    interval: tuple[float, float] = field(converter=_ends)
    p: float
    p_holm: float


@frozen
class BaselineGrade:
    """The AUROC of a trivial baseline; `cross_validated` is that on the training part.

    `gain` is the explainer's gain over it, None where the explainer predicts nothing.
    """

    auroc: float
    interval: tuple[float, float] = field(converter=_ends)
    cross_validated: float
    gain: Gain | None = None


@frozen
class Added:
    """Whether the explainer knows what the best baseline does not.

    `p` is one-sided. `auroc` is that of both together beside that of the `baseline` alone, fitted
    on one half of the test part and read off the other, and the other way round.
    """

    p: float
    auroc: float
    baseline: float


@frozen
class Calibration:
    """Whether the probabilities of failure are as large as failures are frequent.

    `ece` is the expected calibration error; `brier` the Brier score, beside that of always giving
    `base_rate`, the failure rate of the training part. `table` has a row for each bin.
    """

    ece: float
    ece_interval: tuple[float, float] = field(converter=_ends)
    brier: float
    brier_of_base_rate: float
    base_rate: float
    table: tuple[Mapping[str, Any], ...] = field(converter=_rows)


@frozen(kw_only=True)
class Grade:
    """The grade of one explanation.

    `confidence` is one-sided at each end of every interval. `detectable` is the true AUROC that
    would be found above .5 with a power of 80 %. `best_baseline` is the one with the largest
    `cross_validated`, so that the test part has no say; `left_out` says why a baseline is missing.
    `graded_on` names the run that the test part is from, where another was learned from.
    `auroc`, `interval`, `p` (one-sided, of being above .5), `added` and `calibration` are None
    where the explainer predicts nothing.
    """

    explainer: str = ""
    confidence: float
    training: Part
    test: Part
    detectable: float
    best_baseline: str | None
    baselines: Mapping[str, BaselineGrade] = field(converter=frozen_mapping)
    left_out: Mapping[str, str] = field(factory=FrozenMapping, converter=frozen_mapping)
    auroc: float | None = None
    interval: tuple[float, float] | None = field(default=None, converter=_ends)
    p: float | None = None
    added: Added | None = None
    calibration: Calibration | None = None
    graded_on: str = ""

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Grade:
        """Make it of plain data, as `Explanation.as_dict` gives it."""
        added, calibration = value["added"], value["calibration"]
        return cls(
            **{
                **value,
                "training": Part(**value["training"]),
                "test": Part(**value["test"]),
                "baselines": {
                    one["name"]: BaselineGrade(
                        one["auroc"],
                        one["interval"],
                        one["cross_validated"],
                        None if one["gain"] is None else Gain(**one["gain"]),
                    )
                    for one in value["baselines"]
                },
                "added": None if added is None else Added(**added),
                "calibration": None if calibration is None else Calibration(**calibration),
            }
        )
