"""Final-answer pairs: a right and a wrong answer that the model itself wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from seatrial import Case, Preference, derive
from seatrial.errors import ParameterError, PlanError
from seatrial.kit import cluster_of, digest, plain

from ._made import Made, Making

__all__ = ["Judge", "final_answer_pairs"]

Judge = Callable[[Case, str], Any]
"""Says whether an answer to a case is right: True or False; anything else is no judgement."""


@frozen
class _Sample:
    text: str
    tokens: int
    finish: str
    right: bool | None


def final_answer_pairs(
    model: Any,
    cases: Sequence[Case],
    *,
    judge: Judge,
    samples: int = 8,
    temperature: float = 0.7,
    per_case: int = 1,
    seed: int = 0,
    to: str | Path | None = None,
) -> Made:
    """Sample answers to each case, have them judged, and pair a right with a wrong one.

    These are the final-answer preferences (FAP) of FinDAP (Ke et al. 2025, appendix H), which does
    not say how many answers it samples, nor how it pairs them. Here each case gives at most
    `per_case` pairs; those whose sides are nearest in length come first, and no answer stands in
    two. `judge` may be a rule, a model or an endpoint. Answers that are empty or cut off at
    the model's `max_new_tokens`, or whose judgement is neither True nor False, stand in no pair and
    are counted.

    `to` is a file that keeps what was sampled and judged: the same call goes on after it. Raises
    `PlanError` for a case that is no text or conversation to answer freely.
    """
    counts: Mapping[str, Any] = {"samples": samples, "per_case": per_case}
    for name, value in counts.items():
        if not isinstance(value, int) or value < 1:
            msg = f"{name} must be a whole number of at least 1, not {value!r}"
            raise ParameterError(msg)
    if not temperature > 0:
        msg = f"temperature must be positive for answers to differ, not {temperature!r}"
        raise ParameterError(msg)
    kept = _Kept(None if to is None else Path(to))
    made = Making()
    for case in cases:
        if isinstance(case.input, Mapping) and "options" in case.input:
            msg = f"the case {case.id!r} has options: a choice is not sampled; use failures(report)"
            raise PlanError(msg)
        key = digest(
            [model.identity, plain(case.input), plain(case.target), samples, temperature, seed]
        )
        found = kept.get(key)
        if found is None:
            found = _sampled(model, case, judge, samples, temperature, seed)
            kept.put(key, found)
        how = f"temperature {temperature:g}, seed {seed}, {samples} samples"
        _pair(made, case, found, per_case, how)
    return made.made(cluster_of(case) for case in cases)


def _sampled(
    model: Any, case: Case, judge: Judge, samples: int, temperature: float, seed: int
) -> list[_Sample]:
    found = []
    for number in range(samples):
        (written,) = model.trainable.sampled(
            [case.input], temperature=temperature, seed=derive(seed, "sample", number)
        )
        text = written.text.strip()
        right = judge(case, text) if text and written.finish == "stop" else None
        judged = right if isinstance(right, bool) else None
        found.append(_Sample(text, written.tokens, written.finish, judged))
    return found


def _pair(making: Making, case: Case, found: Sequence[_Sample], most: int, how: str) -> None:
    usable: dict[str, tuple[int, _Sample]] = {}
    for number, one in enumerate(found):
        if not one.text:
            making.leave_out("the answer is empty")
        elif one.finish != "stop":
            making.leave_out("the answer was cut off")
        elif one.right is None:
            making.leave_out("the judge gave no judgement")
        elif one.text in usable:
            making.leave_out("the same answer was sampled before")
        else:
            usable[one.text] = (number, one)
    right = [one for one in usable.values() if one[1].right]
    wrong = [one for one in usable.values() if not one[1].right]
    if not right or not wrong:
        lacks = "no answer is right" if not right else "no answer is wrong"
        making.leave_out(lacks if usable else "no answer is usable")
        return
    pairs = sorted(
        (abs(a[1].tokens - b[1].tokens), a[0], b[0], a[1].text, b[1].text)
        for a in right
        for b in wrong
    )
    used: set[int] = set()
    for _, first, second, chosen, rejected in pairs:
        if len(used) < 2 * most and not used & {first, second}:
            used |= {first, second}
            reason = f"final answers {first} (right) and {second} (wrong), {how}"
            pair = Preference(
                case.input,
                chosen,
                rejected,
                case_id=case.id,
                cluster=cluster_of(case),
                reason=reason,
            )
            making.add("final-answer pairs", pair)


class _Kept:
    """What was sampled and judged, one case a line; a line that was cut off counts for nothing."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[str, list[_Sample]] = {}
        if file is not None and file.is_file():
            text = file.read_text("utf-8")
            whole = text[: text.rfind("\n") + 1]
            if whole != text:
                file.write_text(whole, "utf-8")
            for line in whole.splitlines():
                key, rows = json.loads(line)
                self._known[key] = [_Sample(*row) for row in rows]

    def get(self, key: str) -> list[_Sample] | None:
        return self._known.get(key)

    def put(self, key: str, found: Sequence[_Sample]) -> None:
        if self._file is None:
            return
        rows = [[one.text, one.tokens, one.finish, one.right] for one in found]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps([key, rows]) + "\n")
