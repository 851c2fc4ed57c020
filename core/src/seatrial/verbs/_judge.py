"""The verb `judge`: hold a report against what its specification demands."""

from __future__ import annotations

import warnings

from .._arguments import check_kind
from .._plans import Specification
from ..errors import SeatrialWarning
from ..judging._judge import judgement_of
from ..judging._judgement import Judgement
from ..judging._same_run import changed_since, check_same_run
from ..runs._report import Report

__all__ = ["judge"]

SHOWN = 3


def judge(specification: Specification, report: Report, /) -> Judgement:
    """Hold a report against a specification: pass, fail, inconclusive or error for each priority.

    A priority passes only when the conservative end of its interval clears the threshold, and fails
    only when the optimistic end misses it; each end is a one-sided bound at the priority's
    confidence. Cases that errored count as the worst and as the best possible: only if both lead to
    the same verdict does it stand, else the verdict is "error". Cases that an interrupted run has
    not reached are treated alike, and the verdict is then "inconclusive". Nothing passes whose
    perturbations changed fewer inputs than `min_changed`.

    "All pass" needs no correction for their number (intersection-union). "Not every demand is met"
    does: `Judgement.outcome` is "fail" only where a failure survives Holm's correction over every
    demand of every priority. One that does not says so in its note.

    The judgement is kept beside the run, where that has a directory. Nothing is measured; a
    priority whose perturbations the report lacks gets the verdict "error".
    Raises `PlanError` where the report is of another model, seed, cases or perturbations than the
    specification's. A changed threshold is judged anew. A model that was passed to `run` in place
    of the specification's is judged, and a note names both. Where the code or a file of the model
    has changed since, a `SeatrialWarning` says so: the verdicts are about what was measured.
    """
    check_kind(specification, "specification", Specification)
    check_kind(report, "report", Report)
    check_same_run(specification, report)
    if changed := changed_since(specification, report):
        msg = (
            f"the model has changed since it was measured: {'; '.join(changed[:SHOWN])}; the "
            "verdicts are about the model as it was: run the specification again to measure it "
            "as it is"
        )
        warnings.warn(msg, SeatrialWarning, stacklevel=2)
    judgement = judgement_of(specification, report)
    judgement.keep(report.path)
    return judgement
