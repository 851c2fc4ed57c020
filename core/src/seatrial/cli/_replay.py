"""What `seatrial replay` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .._cases import Prediction
from .._files import load_specification
from .._layout import GAP, Piece
from .._tables import printable
from ..errors import PlanError
from ..inputs._encoding import as_json
from ..verbs._replay import Replay, replay
from ._cases import loaded
from ._differences import flowed
from ._examples import Example, Texts, parts_of, said
from ._model import model_of
from ._output import note, print_json, print_lines
from ._stream import results, spelled, width_of_terminal

__all__ = ["replayed"]


def replayed(
    directory: Path,
    name: str,
    *,
    spec: Path | None,
    model: str | None,
    cases: str | None,
    pictures: Path | None,
    trust: bool,
    as_json: bool,
) -> None:
    """Ask the model again for one record, and show what goes out and what comes back."""
    report = loaded(directory, cases, spec, trust=trust)
    asked = model_of(model, None if spec is None else load_specification(spec))
    if asked is None and spec is not None:
        msg = f"{spec} names no model: give --model"
        raise PlanError(msg)
    found = replay(report, name, model=asked)
    if found.other_model:
        note(f"this is another model than was measured: {found.other_model}")
    if as_json:
        print_json(_plain(found))
    else:
        _print(found, Texts(report._store.modalities, pictures or directory / "pictures"))


def _plain(found: Replay) -> dict[str, Any]:
    record = found.record
    return {
        "record": record.id,
        "input": as_json(record.input),
        "prompt": found.prompt,
        "target": as_json(record.target),
        "recorded": _answer(record.prediction, record.error, dict(record.scores)),
        "now": _answer(found.prediction, found.error, dict(found.scores)),
        "same": found.same,
    }


def _answer(
    prediction: Prediction | None, error: str | None, scores: dict[str, Any]
) -> dict[str, Any]:
    return {
        "answer": None if prediction is None else as_json(prediction.value),
        "refused": None if prediction is None else prediction.refused,
        "scores": scores,
        "error": error,
    }


def _print(found: Replay, texts: Texts) -> None:
    record = found.record
    seen = list(parts_of(record.input, texts)) if found.prompt is None else [("", found.prompt)]
    target = Example(record, None, texts).target
    lines = [(f"prompt {name}".strip(), text) for name, text in seen]
    lines += [("target", target)] if target else []
    lines += [
        ("recorded", record.error or said(record.prediction, texts)),
        ("now", found.error or said(found.prediction, texts)),
        ("", "the same answer" if found.same else "another answer"),
    ]
    stream = results()
    width = width_of_terminal(stream)
    beside = max(len(name) for name, _ in lines) + GAP
    room = None if width is None else max(width - beside - GAP, GAP)
    shown: list[list[Piece]] = [[(printable(record.id), "bold")]]
    for name, text in lines:
        label = name
        for line in text.splitlines() or [""]:
            for part in flowed([(spelled(printable(line), stream), "")], room):
                shown.append([(f"{' ' * GAP}{label.ljust(beside)}", "dim"), *part])
                label = ""
    print_lines(shown)
