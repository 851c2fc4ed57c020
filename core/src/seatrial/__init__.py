"""Sea trials before you ship: say what a model must withstand, and measure whether it does.

    specify → audit → perturb → measure → judge → explain → repair → measure again

Everything up to a verb is plain data; the verbs (`audit`, `run`, `judge`, `explain`, `repair`) do
the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._carriers import Asset, Volume
from ._cases import Case, Failed, Outcome, Prediction, Preference
from ._components import (
    Adapter,
    Audit,
    Executor,
    Explainer,
    Metric,
    Modality,
    Perturbation,
    Reporter,
    Use,
)
from ._hooks import hookimpl
from ._plans import Plan, Priority, Specification
from ._reference import Reference
from ._registry import Registry, default_registry
from ._seeds import derive, seeded
from ._training import Training

if TYPE_CHECKING:
    from ._files import load_specification
    from ._findings import Finding
    from ._graded import Grade
    from ._verdicts import DemandVerdict, Verdict
    from .explaining._explanation import Explanation
    from .explaining._split import Split
    from .inputs._incidents import Incident, load_incidents
    from .inputs._loading import load_cases
    from .inputs._recorded import load_answers
    from .inputs._trained import trained
    from .judging._attack_curve import AttackCurve, AttackPoint, attack_curve
    from .judging._changes import Change
    from .judging._comparison import Comparison
    from .judging._judgement import Judgement
    from .judging._pareto import Pareto, pareto
    from .runs._distances import CellDistances, Distances, distances
    from .runs._records import Record
    from .runs._report import Report
    from .verbs._audit import audit
    from .verbs._compare import compare
    from .verbs._coverage import Coverage, coverage
    from .verbs._explain import explain
    from .verbs._forecast import Forecast, forecast
    from .verbs._judge import judge
    from .verbs._perturbed import perturbed
    from .verbs._repair import repair
    from .verbs._repaired import Repaired, repaired
    from .verbs._run import run

__all__ = [
    "Adapter",
    "Asset",
    "AttackCurve",
    "AttackPoint",
    "Audit",
    "Case",
    "CellDistances",
    "Change",
    "Comparison",
    "Coverage",
    "DemandVerdict",
    "Distances",
    "Executor",
    "Explainer",
    "Explanation",
    "Failed",
    "Finding",
    "Forecast",
    "Grade",
    "Incident",
    "Judgement",
    "Metric",
    "Modality",
    "Outcome",
    "Pareto",
    "Perturbation",
    "Plan",
    "Prediction",
    "Preference",
    "Priority",
    "Record",
    "Reference",
    "Registry",
    "Repaired",
    "Report",
    "Reporter",
    "Specification",
    "Split",
    "Training",
    "Use",
    "Verdict",
    "Volume",
    "attack_curve",
    "audit",
    "compare",
    "coverage",
    "default_registry",
    "derive",
    "distances",
    "explain",
    "forecast",
    "hookimpl",
    "judge",
    "load_answers",
    "load_cases",
    "load_incidents",
    "load_specification",
    "pareto",
    "perturbed",
    "repair",
    "repaired",
    "run",
    "seeded",
    "trained",
]

if not TYPE_CHECKING:  # a typo in a public name is a type error
    _LATER = {
        "AttackCurve": "judging._attack_curve",
        "AttackPoint": "judging._attack_curve",
        "CellDistances": "runs._distances",
        "Change": "judging._changes",
        "Comparison": "judging._comparison",
        "Coverage": "verbs._coverage",
        "DemandVerdict": "_verdicts",
        "Distances": "runs._distances",
        "Explanation": "explaining._explanation",
        "Finding": "_findings",
        "Forecast": "verbs._forecast",
        "Grade": "_graded",
        "Incident": "inputs._incidents",
        "Judgement": "judging._judgement",
        "Pareto": "judging._pareto",
        "Record": "runs._records",
        "Repaired": "verbs._repaired",
        "Report": "runs._report",
        "Split": "explaining._split",
        "Verdict": "_verdicts",
        "attack_curve": "judging._attack_curve",
        "audit": "verbs._audit",
        "compare": "verbs._compare",
        "coverage": "verbs._coverage",
        "distances": "runs._distances",
        "explain": "verbs._explain",
        "forecast": "verbs._forecast",
        "judge": "verbs._judge",
        "load_answers": "inputs._recorded",
        "load_cases": "inputs._loading",
        "load_incidents": "inputs._incidents",
        "load_specification": "_files",
        "pareto": "judging._pareto",
        "perturbed": "verbs._perturbed",
        "repair": "verbs._repair",
        "repaired": "verbs._repaired",
        "run": "verbs._run",
        "trained": "inputs._trained",
    }

    def __getattr__(name: str) -> Any:
        """Import what no declaration needs when it is first asked for; most of it loads numpy."""
        if name in _LATER:
            from importlib import import_module

            value = getattr(import_module(f".{_LATER[name]}", __name__), name)
        elif name == "__version__":
            from importlib.metadata import version

            value = version("seatrial")
        else:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
