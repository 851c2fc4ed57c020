"""Logistic regression on named features, read back as odds ratios in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import evolve, frozen

from seatrial import Explanation, Finding, Outcome

from ._conditions import MOST, Condition, contrasts, findings_of
from ._threads import one_thread
from ._validation import Learning, logistic, one_sided, select

__all__ = ["Columns", "Feature", "explain_by_features"]

GRID: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
QUARTER: Final = 0.25
READABLE: Final = 1.0
"""The C of the odds ratios that are reported: a strong penalty would draw all of them towards 1."""

Floats = npt.NDArray[np.float64]
Telling = Callable[[Any, npt.NDArray[Any], Learning], tuple[list[Finding], list[dict[str, Any]]]]
"""Takes what was fitted, the features of each outcome, and the outcomes: gives the findings."""


@frozen
class Feature:
    """One number about an input, and how to speak of it.

    `phrase` counts it; `called` names it where nothing is counted, if that reads better. `unit` is
    "doubling" (the value is a logarithm to base 2), "flag" (0 or 1) or "amount", whose odds ratio
    is given for one standard deviation.
    """

    phrase: str
    unit: str
    value: float
    called: str = ""

    def said(self, deviation: float, effect: float) -> tuple[str, float]:
        """Begin the sentence about an effect for one standard deviation; give the odds ratio."""
        if self.unit == "doubling":
            return f"doubling the {self.phrase}", float(np.exp(effect / deviation))
        if self.unit == "flag":
            return self.phrase, float(np.exp(effect / deviation))
        return f"{deviation:.2g} more {self.phrase}", float(np.exp(effect))

    def condition(self, values: Floats, *, highest: bool = True) -> Condition:
        """Make a condition of it: the flag, or a value in the highest (lowest) quarter of all."""
        if self.unit == "flag":
            return Condition(f"with {self.phrase}", values > 0)
        edge = float(np.quantile(values, 1 - QUARTER if highest else QUARTER))
        shown = 2**edge - 1 if self.unit == "doubling" else edge
        which, beyond = ("highest", "more") if highest else ("lowest", "less")
        return Condition(
            f"in the {which} quarter of {self.called or self.phrase} ({shown:.3g} and {beyond})",
            values >= edge if highest else values <= edge,
        )


class Columns:
    """Standardises named features; those that never vary are left out."""

    def fit(self, rows: Any) -> Columns:
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
    findings: Telling | None = None,
) -> Explanation:
    """Learn which named features come with failure.

    `describe` gives the features of each input. The findings are those whose 95 % interval (robust
    to clusters, corrected for the number of features) leaves out an odds ratio of 1, and whose
    failure rate differs likewise between the cases that have the feature, or most of it, and the
    others; or what `findings` gives, with a list of all features.
    """
    if said := one_sided(outcomes):
        return said
    learning = Learning.of(outcomes, seed)
    rows = np.array(describe([one.input for one in outcomes]), dtype=object)
    found = select(Columns, rows, learning, grid=GRID, seed=seed)
    telling, listed = (findings or _findings)(found, rows, learning)
    count = len({one["feature"] for one in listed})
    summary = (
        f"{what}: {len(telling)} of {count} features come with failure or success"
        if telling
        else f"{what}: none of {count} features comes with failure more than chance allows"
    )

    def predictor(cases: Sequence[Any]) -> list[float]:
        if not cases:
            return []
        return found.probabilities(np.array(describe([case.input for case in cases]), dtype=object))

    return Explanation(
        summary, telling, predictor=predictor, details={**found.details, "features": listed}
    )


@one_thread()
def _findings(
    found: Any, rows: npt.NDArray[Any], learning: Learning
) -> tuple[list[Finding], list[dict[str, Any]]]:
    from scipy.stats import t

    columns: Columns = found.features
    if not columns.names:
        return [], []
    table = columns.transform(rows)
    model = logistic(READABLE).fit(table, learning.failed)
    effects, errors = model.coef_[0], _errors(model, table, learning)
    deviations = columns.deviation[columns.varies]
    freedom = max(len(set(learning.clusters)) - 1, 1)
    reach = t.ppf(1 - 0.025 / len(effects), freedom) * errors
    features = [columns.known[name] for name in columns.names]
    values = [np.array([row[name].value for row in rows]) for name in columns.names]
    conditions = [one.condition(there) for one, there in zip(features, values, strict=True)]
    known = contrasts(np.column_stack([one.holds for one in conditions]), learning)
    ratios: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for place in np.argsort(-np.abs(effects), kind="stable"):
        feature, effect = features[place], effects[place]
        words, ratio = feature.said(deviations[place], effect)
        ends = [
            feature.said(deviations[place], effect + side * reach[place])[1] for side in (-1, 1)
        ]
        ratios.append({"feature": columns.names[place], "odds_ratio": ratio, "interval": ends})
        agrees = known.shown[place] and (known.difference[place] > 0) == (effect > 0)
        if agrees and abs(effect) > reach[place]:
            (found_so,) = findings_of([conditions[place]], learning, known=known.only(place))
            odds = (
                f"{words} multiplies the odds of failure by {ratio:.2f} "
                f"(95 % interval {ends[0]:.2f} to {ends[1]:.2f}, all features counted)"
            )
            findings.append(evolve(found_so, summary=f"{odds}: {found_so.summary}", effect=ratio))
    return findings[:MOST], ratios


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
