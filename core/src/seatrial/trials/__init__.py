"""The upper layer: plan → execute → store → judge → report."""

from __future__ import annotations

from ._attack import AttackCurve, AttackPoint, attack_curve
from ._compare import Comparison
from ._forecast import Forecast, forecast
from ._judge import judge
from ._judgement import Judgement
from ._report import Accounting, Cell, Record, Report
from ._run import Progress, perturbed, run
from ._verbs import audit, explain, repair

__all__ = [
    "Accounting",
    "AttackCurve",
    "AttackPoint",
    "Cell",
    "Comparison",
    "Forecast",
    "Judgement",
    "Progress",
    "Record",
    "Report",
    "attack_curve",
    "audit",
    "explain",
    "forecast",
    "judge",
    "perturbed",
    "repair",
    "run",
]
