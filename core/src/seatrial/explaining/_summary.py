"""How a graded explanation is reported: in findings, in a table, in a few sentences below it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict

from .._findings import Finding
from .._graded import BaselineGrade, Gain, Grade
from .._tables import Table, figure
from .._values import plain
from ..errors import PlanError
from ..statistics._multiplicity import MIN_P, holm

if TYPE_CHECKING:
    from ._explanation import Explanation

__all__ = ["as_dict", "findings_of", "side_by_side", "table_of"]

CHANCE: Final = 0.5
MISCALIBRATED: Final = 0.05
COLUMNS: Final = (
    "predictor",
    "AUROC",
    "interval",
    "explainer's gain",
    "interval ",
    "p (Holm)",
)


def findings_of(grade: Grade) -> Iterator[Finding]:
    """Say what a grade means; what is not shown is a warning, for it may still be so."""
    if grade.auroc is None or grade.p is None:
        yield Finding(
            "not-graded",
            "its explainer predicts nothing, so it cannot be graded",
            level="warning",
            fix="return Explanation(..., predictor=...)",
        )
        return
    alpha = 1 - grade.confidence
    area, held = grade.auroc, grade.test
    if grade.p <= alpha:
        yield Finding(
            "better-than-chance",
            f"failures are predicted better than by chance ({_p(grade.p)})",
            effect=area,
        )
    elif grade.interval is not None and grade.interval[1] < CHANCE:
        yield Finding(
            "worse-than-chance",
            f"worse than chance: where failures are predicted, answers are right more often (AUROC "
            f"{area:.3f}, {_range(grade.interval)})",
            level="warning",
            effect=area,
            fix="do not act on it: what was learned does not hold for these outcomes",
        )
    else:
        yield Finding(
            "not-better-than-chance",
            f"not shown to be better than chance: {held.wrong:,} wrong and "
            f"{held.outcomes - held.wrong:,} right outcomes detect an AUROC of "
            f"{grade.detectable:.3f} with a power of .8",
            level="warning",
            effect=area,
            fix="hold more outcomes out, or try an explainer that reads something else",
        )
    yield from _beside_baselines(grade, alpha)
    found = grade.calibration
    if found is not None and found.ece_interval[0] > MISCALIBRATED:
        yield Finding(
            "miscalibrated",
            f"the predicted probabilities of failure are off by {found.ece:.3f} on average",
            level="warning",
            effect=found.ece,
            fix="rely on the order of its predictions, not on their size",
        )


def _beside_baselines(grade: Grade, alpha: float) -> Iterator[Finding]:
    best = grade.best_baseline
    if best is None:
        return
    gain, added = grade.baselines[best].gain, grade.added
    if gain is None or grade.auroc is None:
        return
    adds = added is not None and added.p <= alpha and added.auroc > added.baseline
    together = adds and added is not None and added.auroc > grade.auroc
    by_how_much = f"{_signed(gain.estimate)} AUROC ({_range(gain.interval, signed=True)})"
    if gain.p <= alpha:
        yield Finding(
            "better-than-baselines",
            f"better than the best baseline ({best}) by {by_how_much}, {_p(gain.p)}",
            effect=gain.estimate,
        )
    else:
        worse = gain.interval[1] < 0
        yield Finding(
            "worse-than-baselines" if worse else "not-better-than-baselines",
            f"{'worse' if worse else 'not shown to be better'} than the best baseline ({best}): "
            f"by {by_how_much}",
            level="warning",
            effect=gain.estimate,
            fix="use both together" if together else "whoever acts on it may act on the baseline",
        )
    if added and adds:
        yield Finding(
            "adds-to-baselines",
            f"it adds to the best baseline ({best}, {_p(added.p)}): both together "
            f"reach {added.auroc:.3f}, and the baseline alone {added.baseline:.3f}",
            effect=added.auroc - added.baseline,
        )


def table_of(explanation: Explanation) -> Table:
    """Lay out the grade, each baseline beside it, and what the explainer found.

    Where nothing was graded there are only the sentences.
    """
    grade = explanation.grade
    if grade is None:
        return Table((), (), explanation.summary, _found(explanation))
    title = f"{grade.explainer}: AUROC of failure on {_tested_on(grade)}"
    rows = [(grade.explainer, *_area(grade), "", "", "")] if grade.auroc is not None else []
    best = grade.best_baseline
    for name, one in grade.baselines.items():
        gain = one.gain
        cells = (*_gain(gain), _p(gain.p_holm, "")) if gain else ("", "", "")
        rows.append((f"{name} *" if name == best else name, *_area(one), *cells))
    verdicts = tuple(findings_of(grade))
    said = ["", *(line for one in verdicts for line in _sentences(one))]
    return Table(COLUMNS, rows, title, [*_notes(grade), *said, *_found(explanation, verdicts)])


def side_by_side(explanations: Sequence[Explanation]) -> Table:
    """Compare explainers that were graded on the same outcomes, best first, with all they found.

    The p-values are corrected for the number of explainers that were tried.
    """
    graded = [_graded(one) for one in explanations]
    grade, best = graded[0], graded[0].best_baseline
    ranked = sorted(graded, key=lambda one: -(one.auroc or 0.0))
    rows: list[tuple[str, ...]] = []
    gains = [one.baselines[best].gain if best else None for one in ranked]
    adjusted = iter(holm([gain.p for gain in gains if gain]))
    for one, gain in zip(ranked, gains, strict=True):
        area = _area(one) if one.auroc is not None else ("—", "")
        cells = (*_gain(gain), _p(next(adjusted), "")) if gain else ("", "", "")
        rows.append((one.explainer, *area, *cells))
    for name, known in grade.baselines.items():
        rows.append((f"{name} *" if name == best else name, *_area(known), "", "", ""))
    title = f"AUROC of failure on the same {_tested_on(grade)}"
    columns = ("predictor", "AUROC", "interval", f"gain over {best}", "interval ", "p (Holm)")
    said = [line for one in explanations for line in _said(one)]
    return Table(columns, rows, title, [*_about(grade), *said])


def _tested_on(grade: Grade) -> str:
    held = grade.test
    of = f" of {grade.graded_on}" if grade.graded_on else ""
    counted = f"({held.wrong:,} wrong, {held.clusters:,} clusters)"
    return f"{held.outcomes:,} held-out outcomes{of} {counted}"


def _said(explanation: Explanation) -> Iterator[str]:
    """Give the summary of one explanation among several, and every finding below it."""
    yield from ("", f"{_graded(explanation).explainer}: {explanation.summary}")
    for finding in explanation.findings:
        yield from (f"  {line}" for line in _sentences(finding))


def as_dict(explanation: Explanation) -> dict[str, Any]:
    """Give everything but the predictor as plain data."""
    return {
        "summary": explanation.summary,
        "findings": [plain(asdict(one, recurse=False)) for one in explanation.findings],
        "auroc": explanation.auroc,
        "interval": plain(explanation.interval),
        "baselines": plain(explanation.baselines),
        "grade": None if explanation.grade is None else _plain(explanation.grade),
        "details": plain(explanation.details),
    }


def _plain(grade: Grade) -> dict[str, Any]:
    found = asdict(grade, recurse=False) | {
        "training": asdict(grade.training),
        "test": asdict(grade.test),
        "baselines": [{"name": name, **asdict(one)} for name, one in grade.baselines.items()],
        "added": grade.added and asdict(grade.added),
        "calibration": grade.calibration
        and {
            **asdict(grade.calibration, recurse=False),
            "table": [dict(row) for row in grade.calibration.table],
        },
    }
    written: dict[str, Any] = plain(found)
    return written


def _graded(explanation: Explanation) -> Grade:
    if explanation.grade is None:
        msg = f"nothing was graded: {explanation.summary}"
        raise PlanError(msg)
    return explanation.grade


def _notes(grade: Grade) -> Iterator[str]:
    yield from _about(grade)
    if (found := grade.calibration) is not None:
        yield (
            f"calibration: error {found.ece:.3f} ({_range(found.ece_interval)}), Brier score "
            f"{found.brier:.3f} (always predicting {found.base_rate:.2f}: "
            f"{found.brier_of_base_rate:.3f})"
        )
    if grade.left_out:
        left = ", ".join(f"{name} ({why})" for name, why in sorted(grade.left_out.items()))
        yield f"no such baseline here: {left}"


def _about(grade: Grade) -> Iterator[str]:
    if grade.best_baseline is not None:
        yield "* the best baseline by cross-validation on the training part"
    training = grade.training
    yield (
        f"trained on {training.outcomes:,} other outcomes ({training.wrong:,} wrong); each end "
        f"of an interval is one-sided at {grade.confidence:.4g}"
    )
    yield (
        f"a true AUROC of {grade.detectable:.3f} would be found above .5 with a power of 80 % on "
        "so many held-out outcomes"
    )


def _found(explanation: Explanation, verdicts: Collection[Finding] = ()) -> list[str]:
    searched = explanation.details.get("searched", {})
    lines = ["", explanation.summary] if verdicts else []
    if "p" in searched:
        lines.append(
            f"searched: the best of {searched.get('settings', '?')} settings reached "
            f"{figure(searched.get('best'))} on validation ({_p(searched['p'])}, search included)"
        )
    own = [one for one in explanation.findings if one not in verdicts]
    return lines + [line for one in own for line in _sentences(one)]


def _sentences(finding: Finding) -> list[str]:
    lines = [f"{finding.level}: {finding.summary}"]
    return [*lines, f"  {finding.fix}"] if finding.fix else lines


def _area(one: Grade | BaselineGrade) -> tuple[str, str]:
    return figure(one.auroc), _range(one.interval or ())


def _gain(gain: Gain) -> tuple[str, str]:
    return _signed(gain.estimate), _range(gain.interval, signed=True)


def _range(ends: Sequence[float], *, signed: bool = False) -> str:
    low, high = (_signed(end) if signed else figure(end) for end in ends)
    return f"{low} … {high}"


def _signed(value: float) -> str:
    return f"{value:+.3f}"


def _p(value: float, name: str = "p ") -> str:
    """Write a p-value; above one half it is only known to be large."""
    if value <= MIN_P:
        return f"{name}< {MIN_P:.0e}".replace("e-0", "e-")
    sign = "= " if name else ""
    return f"{name}> .5" if value >= 1 else f"{name}{sign}{value:.3g}"
