"""Labels that depend on the order in which cases stand, or on the numbers in their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seatrial import Case, Finding

from ._common import Check, clean_of, fraction_between, natural
from ._evidence import ERROR_RATE, bounded_area, codes_of, runs
from ._labels import Labels, clusters_of, labels_of

__all__ = ["order_correlation", "outcome_order"]

SEPARATED = 0.99
LEAST_EXCESS = 0.1


def order_correlation(auroc: float = 0.6) -> Check:
    """Find targets that depend on the order of the ids (2 before 10).

    Two tests: whether a class comes early or late (its AUROC by place, at least `auroc` or its
    mirror image), and whether neighbours are alike (runs; one case of each cluster). Then any part
    taken in order, such as the first thousand, differs from the rest.
    """
    least = fraction_between("auroc", auroc, low=0.5)

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        kinds = labels_of(cases)
        places = _ranks([natural(case.id) for case in cases])
        clusters = clusters_of(cases)
        for labels in kinds:
            chosen = [cases[at] for at in labels.at]
            found = _ordered(
                labels, places[labels.at], clusters[labels.at], least, looks=len(kinds)
            )
            if found is None:
                continue
            effect, said, which = found
            yield Finding(
                "order-correlation",
                f"{labels.what} depends on the order of the ids: {said} (effect).",
                level="warning",
                cases=[case.id for case, here in zip(chosen, which, strict=True) if here],
                effect=effect,
                fix="shuffle before anything is taken in order, and let ids say nothing.",
            )

    return check


def outcome_order(auroc: float = 0.6) -> Check:
    """Find right and wrong answers that depend on the order of the outcomes, or of their ids.

    When an order separates them (AUROC beyond .99), they were not judged one by one but filed: an
    error. Else a warning, as for `audits.order-correlation`.
    """
    least = fraction_between("auroc", auroc, low=0.5)

    def check(_plan: Any, _model: Any, outcomes: Sequence[Any], /) -> Iterator[Finding]:
        clean = clean_of(outcomes)
        labels = Labels(
            "being wrong",
            np.arange(len(clean)),
            tuple("right" if outcome.right else "wrong" for outcome in clean),
        )
        cases = [outcome.case for outcome in clean]
        orders = {
            "ids": _ranks([natural(case.id) for case in cases]),
            "outcomes": np.arange(len(clean), dtype=float),
        }
        for name, places in orders.items():
            found = _ordered(labels, places, clusters_of(cases), least, len(orders), only="wrong")
            if found is None:
                continue
            effect, said, which = found
            yield Finding(
                "outcome-order",
                f"being wrong depends on the order of the {name}: {said} (effect).",
                level="error" if max(effect, 1 - effect) > SEPARATED else "warning",
                cases=[case.id for case, here in zip(cases, which, strict=True) if here],
                effect=effect,
                fix="find out how right and wrong were told apart; judge every answer by itself.",
            )
            return

    return check


def _ranks(keys: Sequence[Any]) -> npt.NDArray[np.float64]:
    order = sorted(range(len(keys)), key=keys.__getitem__)
    found = np.empty(len(keys))
    found[order] = np.arange(len(keys))
    return found


def _ordered(
    labels: Labels,
    places: npt.NDArray[np.float64],
    clusters: npt.NDArray[np.intp],
    least: float,
    looks: int,
    only: str | None = None,
) -> tuple[float, str, npt.NDArray[np.bool_]] | None:
    """Give the effect, what it means, and which labels it is about; None for a good order."""
    values, common = np.array(labels.values), labels.common()
    common = [only] if only is not None and common else common
    tests = looks * (len(common) + 1)
    for value in common:
        here = values == value
        low, high = bounded_area(here, places, clusters, tests)
        if low > 0.5 or high < 0.5:  # noqa: PLR2004 - the AUROC of no order at all
            size = _middle(here, places)
            if max(size, 1 - size) >= least:
                when = "late" if size > 0.5 else "early"  # noqa: PLR2004 - as above
                return size, f"{value!r} comes {when}, AUROC {size:.2f} by place", here
    if not common:
        return None
    _, first = np.unique(clusters[np.argsort(places, kind="stable")], return_index=True)
    once = np.argsort(places, kind="stable")[np.sort(first)]
    observed, expected, p_value = runs(codes_of(values[once].tolist()))
    if p_value < ERROR_RATE / tests and observed - expected >= LEAST_EXCESS:
        said = (
            f"{observed:.0%} of neighbours are alike where {expected:.0%} would be by chance, "
            f"{observed - expected:.2f} more"
        )
        return observed - expected, said, np.ones(len(values), dtype=bool)
    return None


def _middle(here: npt.NDArray[np.bool_], places: npt.NDArray[np.float64]) -> float:
    ranks = np.argsort(np.argsort(places, kind="stable"), kind="stable") + 1.0
    count = int(here.sum())
    return float((ranks[here].sum() - count * (count + 1) / 2) / (count * (len(here) - count)))
