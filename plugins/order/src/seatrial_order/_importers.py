"""Articles out of the layouts that others publish."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Final

from seatrial.errors import FileError, PlanError

from ._articles import Article, Step, text_of

__all__ = ["goal_step_csv", "wikiplan_folder"]

PICTURES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
COLUMNS: Final = ("goal", "steps", "ordered?")


def wikiplan_folder(path: str | Path, *, category: str = "") -> tuple[Article, ...]:
    """Read the layout of WikiPlan: a folder `task_N` for each article.

    `task.txt` holds the title and `step_M.txt` a headline, in the order of M; the picture of a step
    is `step_M` with the suffix of an image format. Captions (`step_M_caption.txt`) are not read.
    Source: TIP, arXiv 2305.01795.
    """
    path = Path(path)
    found = []
    for folder in sorted(path.glob("task_*"), key=lambda one: _number(one.name)):
        if not (folder / "task.txt").is_file():
            raise FileError(str(folder), (f"{folder}: task.txt, which has the title, is missing",))
        files = [one for one in folder.glob("step_*.txt") if one.stem.count("_") == 1]
        steps = [
            Step(
                one.read_text(encoding="utf-8").strip(),
                next(filter(Path.is_file, map(one.with_suffix, PICTURES)), None),
            )
            for one in sorted(files, key=lambda one: _number(one.stem))
        ]
        title = (folder / "task.txt").read_text(encoding="utf-8").strip()
        found.append(Article(folder.name, title, category, steps))
    if not found:
        msg = f"{path} has no folder task_N: it is not in WikiPlan's layout"
        raise PlanError(msg)
    return tuple(found)


def _number(name: str) -> int:
    digits = name.rpartition("_")[2]
    return int(digits) if digits.isdigit() else -1


def goal_step_csv(path: str | Path, *, ordered: bool = True) -> tuple[Article, ...]:
    """Read wikiHow's goals and steps in words: a CSV with the columns goal, steps and ordered?.

    The sentences in `steps` are the steps. With `ordered` only the rows that annotators judged to
    have an order are taken. The files give no category: the first word of the goal after "How to"
    stands there (its verb). Source: Zhang, Lyu and Callison-Burch, EMNLP 2020.
    """
    path = Path(path)
    found = []
    rows = csv.DictReader(io.StringIO(text_of(path), newline=""))
    if missing := [one for one in COLUMNS if one not in (rows.fieldnames or ())]:
        raise FileError(str(path), (f"{path}: the columns {', '.join(missing)} are missing",))
    for number, row in enumerate(rows, start=1):
        if ordered and (row["ordered?"] or "").strip() != "1":
            continue
        title = re.sub(r"^How to\s+", "", row["goal"].strip())
        steps = [Step(one) for one in SENTENCE.split((row["steps"] or "").strip()) if one]
        found.append(Article(f"row-{number}", title, title.split(" ", 1)[0], steps))
    return tuple(found)
