"""Explanations on disk: all but a predictor that its explainer cannot restore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .._components import Explainer
from .._findings import Finding
from .._graded import Grade
from .._values import plain
from ..errors import SeatrialError
from ..inputs._binding import bound, imported
from ..inputs._boundary import call
from ..runs._results import keep_result, load_result, save_result
from ._summary import as_dict

if TYPE_CHECKING:
    from ._explanation import Explanation

__all__ = ["KIND", "keep", "load", "save"]

KIND: Final = "explanation"
SCHEMA: Final = 1


def save(explanation: Explanation, path: str | Path) -> None:
    """Write an explanation to a file."""
    save_result(path, KIND, SCHEMA, _value(explanation))


def keep(explanation: Explanation, run: Path | None) -> None:
    """Keep an explanation beside its run, where that has a directory."""
    keep_result(run, KIND, SCHEMA, _value(explanation))


def _value(explanation: Explanation) -> dict[str, Any]:
    state = explanation.state
    facts = as_dict(explanation)
    del facts["baselines"]  # the grade has them, in order
    return {
        **facts,
        "predicts": explanation.predictor is not None,
        "reads_answers": explanation.reads_answers,
        "state": None if state is None else dict(state),
    }


def load(path: str | Path, explainer: Any, *, restores: bool = True) -> dict[str, Any]:
    """Read the fields of an explanation, with its predictor where its explainer restores it."""
    found = load_result(path, KIND, SCHEMA)
    predictor = _restored(found, explainer) if restores else None
    details = dict(plain(found["details"]))
    if found["predicts"] and predictor is None:
        details["predictor"] = "not saved"
    interval = found["interval"]
    grade = None if found["grade"] is None else Grade.read(found["grade"])
    return {
        "summary": found["summary"],
        "findings": [Finding(**one) for one in found["findings"]],
        "auroc": found["auroc"],
        "interval": None if interval is None else tuple(interval),
        "baselines": {name: one.auroc for name, one in grade.baselines.items()} if grade else {},
        "predictor": predictor,
        "reads_answers": found["reads_answers"],
        "state": found["state"],
        "grade": grade,
        "details": details,
    }


def _restored(found: Any, explainer: Any) -> Any:
    state = found["state"]
    if state is None:
        return None
    name = (found["grade"] or {}).get("explainer", "").partition("(")[0]
    try:
        use = bound(name if explainer is None else explainer, Explainer, None)
    except SeatrialError:
        if explainer is not None:
            raise
        return None  # the plugin is not installed here
    restore = imported(use, use.component.restore, "restore")
    return None if restore is None else call(f"restore of {use.label}", restore, state)
