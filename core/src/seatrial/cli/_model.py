"""The model of a command: `--model`, or that of the specification."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .._importing import IMPORT_STRING
from .._plans import Specification
from .._reference import Reference
from .._values import plain
from ..errors import PlanError
from ..verbs._repaired import FACTS

__all__ = ["model_of"]

REPAIRED = "seatrial:repaired"


def model_of(given: str | None, specification: Specification | None) -> Any:
    """Give the model that `--model` names, or else that of the specification; None without either.

    A folder that `seatrial repair` made is a model too: its original is the specification's.
    """
    original = specification.on_trial if specification else None
    if given is None:
        return original
    if not (Path(given) / FACTS).is_file():
        if not IMPORT_STRING.fullmatch(given):
            known = "neither MODULE:NAME, as in app:model, nor the folder of a repaired model"
            msg = f"--model {given}: {known}"
            raise PlanError(msg)
        return given
    params: dict[str, Any] = {"path": given}
    if isinstance(original, Reference):
        params["model"] = {"use": original.use}
        if original.params is not None:
            params["model"]["params"] = plain(original.params)
    return Reference(REPAIRED, params)
