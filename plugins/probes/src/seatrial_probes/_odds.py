"""Logistic regression on named features, read back as odds ratios in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Explanation, Finding, Outcome

from ._threads import one_thread
from ._validation import Learning, logistic, one_sided, select

__all__ = ["FAILURE", "SUCCESS", "Feature", "explain_by_features"]

GRID: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
READABLE: Final = 1.0
"""The C of the odds ratios that are reported: a strong penalty would draw all of them towards 1."""

FAILURE: Final = "comes-with-failure"
SUCCESS: Final = "comes-with-success"
FINDINGS: Final = 8
FEWEST: Final = 20
"""Clusters in which a feature must be other than usual before an interval about it can be believed:
three cases that all went wrong give a large effect and a small standard error."""

EXAMPLES: Final = 5

Floats = npt.NDArray[np.float64]


@frozen
class Feature:
    """One number about an input, and how to speak of it.

    `unit` is "doubling" (the value is a logarithm to base 2), "flag" (0 or 1) or "amount", whose
    odds ratio is given for one standard deviation.
    """

    phrase: str
    unit: str
    value: float

    def said(self, deviation: float, effect: float) -> tuple[str, float]:
        """Begin the sentence about an effect for one standard deviation; give the odds ratio."""
        if self.unit == "doubling":
            return f"doubling the {self.phrase}", float(np.exp(effect / deviation))
        if self.unit == "flag":
            return self.phrase, float(np.exp(effect / deviation))
        return f"{deviation:.2g} more {self.phrase}", float(np.exp(effect))


class _Columns:
    """Standardises named features; those that never vary are left out."""

    def fit(self, rows: Any) -> _Columns:
        self.known = {name: one for row in rows for name, one in row.items()}
        table = self._table(rows)
        self.mean, self.deviation = table.mean(axis=0), table.std(axis=0)
        self.varies = self.deviation > 1e-9 * (1 + np.abs(self.mean))
        self.names = [name for name, on in zip(self.known, self.varies, strict=True) if on]
        return self

    def transform(self, rows: Any) -> Floats:
        table = (self._table(rows) - self.mean)[:, self.varies] / self.deviation[self.varies]
        return table if table.shape[1] else np.zeros((len(rows), 1))

    def _table(self, rows: Any) -> Floats:
        values = [[row[name].value if name in row else 0.0 for name in self.known] for row in rows]
        return np.array(values, dtype=float).reshape(len(rows), len(self.known))


def explain_by_features(
    what: str,
    describe: Callable[[Sequence[Any]], Sequence[Mapping[str, Feature]]],
    outcomes: Sequence[Outcome],
    *,
    seed: int,
) -> Explanation:
    """Learn which named features come with failure.

    `describe` gives the features of each input. The findings are those whose 95 % interval (robust
    to clusters, corrected for the number of features) leaves out an odds ratio of 1, and that vary
    in at least 20 clusters.
    """
    if said := one_sided(outcomes):
        return said
    learning = Learning.of(outcomes, seed)
    rows = np.array(describe([one.input for one in outcomes]), dtype=object)
    found = select(_Columns, rows, learning, grid=GRID, seed=seed)
    findings, ratios = _findings(found, rows, learning)
    summary = (
        f"{what}: {len(findings)} of {len(ratios)} features come with failure or success"
        if findings
        else f"{what}: none of {len(ratios)} features comes with failure more than chance allows"
    )

    def predictor(cases: Sequence[Any]) -> list[float]:
        if not cases:
            return []
        return found.probabilities(np.array(describe([case.input for case in cases]), dtype=object))

    return Explanation(
        summary, findings, predictor=predictor, details={**found.details, "features": ratios}
    )


@one_thread()
def _findings(
    found: Any, rows: npt.NDArray[Any], learning: Learning
) -> tuple[list[Finding], list[dict[str, Any]]]:
    from scipy.stats import t

    columns: _Columns = found.features
    if not columns.names:
        return [], []
    table = columns.transform(rows)
    model = logistic(READABLE).fit(table, learning.failed)
    effects, errors = model.coef_[0], _errors(model, table, learning)
    deviations = columns.deviation[columns.varies]
    freedom = max(len(set(learning.clusters)) - 1, 1)
    reach = t.ppf(1 - 0.025 / len(effects), freedom) * errors
    ratios: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for place in np.argsort(-np.abs(effects), kind="stable"):
        feature, effect = columns.known[columns.names[place]], effects[place]
        words, ratio = feature.said(deviations[place], effect)
        ends = [
            feature.said(deviations[place], effect + side * reach[place])[1] for side in (-1, 1)
        ]
        ratios.append({"feature": columns.names[place], "odds_ratio": ratio, "interval": ends})
        common = _varying(table[:, place], learning.clusters) >= FEWEST
        if common and abs(effect) > reach[place] and len(findings) < FINDINGS:
            findings.append(
                Finding(
                    FAILURE if effect > 0 else SUCCESS,
                    f"{words} multiplies the odds of failure by {ratio:.2f} "
                    f"(95 % interval {ends[0]:.2f} to {ends[1]:.2f}, all features counted)",
                    effect=ratio,
                    cases=_examples(table[:, place], effect > 0, learning),
                )
            )
    return findings, ratios


def _varying(values: Floats, clusters: Sequence[str]) -> int:
    """Count the clusters in which a feature has another value than it mostly has."""
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    unusual = codes != np.argmax(counts)
    return len(set(np.asarray(clusters)[unusual]))


def _errors(model: Any, table: Floats, learning: Learning) -> Floats:
    """Give standard errors that hold for cases of one cluster (the sandwich, with the penalty)."""
    whole = np.hstack([table, np.ones((len(table), 1))])
    probabilities = model.predict_proba(table)[:, 1]
    penalty = np.eye(whole.shape[1]) / READABLE
    penalty[-1, -1] = 0.0
    bread = np.linalg.pinv(
        (whole * (probabilities * (1 - probabilities))[:, None]).T @ whole + penalty
    )
    scores = whole * (learning.failed - probabilities)[:, None]
    codes = np.unique(np.asarray(learning.clusters), return_inverse=True)[1]
    sums = np.zeros((codes.max() + 1, whole.shape[1]))
    np.add.at(sums, codes, scores)
    groups = len(sums)
    variance = bread @ (sums.T @ sums) @ bread * groups / max(groups - 1, 1)
    errors: Floats = np.sqrt(np.diag(variance)[:-1])
    return errors


def _examples(values: Floats, fails: bool, learning: Learning) -> tuple[str, ...]:
    """Name the cases that have most of a feature and went as it says."""
    order = [
        learning.outcomes[place].case.id
        for place in np.argsort(-values, kind="stable")
        if learning.failed[place] == fails and values[place] > 0
    ]
    return tuple(dict.fromkeys(order))[:EXAMPLES]
