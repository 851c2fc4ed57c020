"""The upper layer: plan → execute → store → judge → report."""

from __future__ import annotations

from ._attack import AttackCurve, AttackPoint, attack_curve
from ._compare import Comparison
from ._explain import explain
from ._forecast import Forecast, forecast
from ._judge import judge
from ._judgement import Judgement
from ._pairs import Change
from ._pareto import Pareto, pareto
from ._records import Accounting, Cell, Record
from ._report import Report
from ._run import Progress, perturbed, run
from ._verbs import audit, repair

__all__ = [
    "Accounting",
    "AttackCurve",
    "AttackPoint",
    "Cell",
    "Change",
    "Comparison",
    "Forecast",
    "Judgement",
    "Pareto",
    "Progress",
    "Record",
    "Report",
    "attack_curve",
    "audit",
    "explain",
    "forecast",
    "judge",
    "pareto",
    "perturbed",
    "repair",
    "run",
]
