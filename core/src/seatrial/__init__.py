"""Sea trials before you ship: say what a model must withstand, and measure whether it does.

    specify → audit → perturb → measure → judge → explain → repair → measure again

Everything up to a verb is plain data; the verbs (`audit`, `run`, `judge`, `explain`, `repair`) do
the work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._cases import Case, Outcome, Prediction, Preference
from ._components import Adapter, Audit, Explainer, Metric, Perturbation, Use
from ._findings import Explanation, Finding, Verdict
from ._hooks import hookimpl
from ._plans import Plan, Priority, Specification
from ._registry import Registry, default_registry
from ._seeds import derive, seeded

if TYPE_CHECKING:
    from ._files import load_specification
    from .trials import (
        Judgement,
        Report,
        audit,
        explain,
        judge,
        perturbed,
        repair,
        run,
    )

__all__ = [
    "Adapter",
    "Audit",
    "Case",
    "Explainer",
    "Explanation",
    "Finding",
    "Judgement",
    "Metric",
    "Outcome",
    "Perturbation",
    "Plan",
    "Prediction",
    "Preference",
    "Priority",
    "Registry",
    "Report",
    "Specification",
    "Use",
    "Verdict",
    "audit",
    "default_registry",
    "derive",
    "explain",
    "hookimpl",
    "judge",
    "load_specification",
    "perturbed",
    "repair",
    "run",
    "seeded",
]

_TRIALS = ("Judgement", "Report", "audit", "explain", "judge", "perturbed", "repair", "run")


def __getattr__(name: str) -> Any:
    """Import what lives in the upper layer when it is first asked for: it loads numpy."""
    if name in _TRIALS:
        from . import trials

        value = getattr(trials, name)
    elif name == "load_specification":
        from ._files import load_specification as value
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
