"""Final-answer pairs: a right and a wrong answer that the model itself wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seatrial import Case, Preference
from seatrial.kit import cluster_of

from ._kept import Kept
from ._made import Made, Making
from ._sampling import Judge, Sample, Sampling, usable

__all__ = ["final_answer_pairs"]


def final_answer_pairs(
    model: Any,
    cases: Sequence[Case],
    *,
    judge: Judge,
    samples: int = 8,
    temperature: float = 0.7,
    per_case: int = 1,
    max_length_ratio: float | None = None,
    seed: int = 0,
    to: str | Path | None = None,
) -> Made:
    """Sample answers to each case, have them judged, and pair a right with a wrong one.

    These are the final-answer preferences (FAP) of FinDAP (Ke et al. 2025, appendix H), which does
    not say how many answers it samples, nor how it pairs them. Here each case gives at most
    `per_case` pairs; those whose sides are nearest in length come first, and no answer stands in
    two. With `max_length_ratio` no side has more than so many times the tokens of the other.

    `judge` says whether an answer is right: a function of yours, or `judged_by(model)`. Answers
    that are empty or cut off at the model's `max_new_tokens`, or whose judgement is neither True
    nor False, stand in no pair and are counted.

    `to` is a file that keeps what was sampled and judged: the same call goes on after it, and
    `stepwise_pairs` reads it too. What is kept of a judge without an `identity` counts for any
    other without one. Raises `PlanError` for a case that is no text or conversation to answer
    freely.
    """
    sampling = Sampling(
        model=model,
        judge=judge,
        samples=samples,
        temperature=temperature,
        per_case=per_case,
        max_length_ratio=max_length_ratio,
        seed=seed,
        kept=Kept.at(to),
    )
    making = Making()
    for case, answers in zip(cases, sampling.of(cases), strict=True):
        _pair(making, case, answers, sampling)
    return making.made(map(cluster_of, cases))


def _pair(making: Making, case: Case, answers: Sequence[Sample], sampling: Sampling) -> None:
    found = usable(making, answers)
    right = {number: one for number, one in found.items() if one.right}
    wrong = {number: one for number, one in found.items() if not one.right}
    if not right or not wrong:
        lacks = "no answer is right" if not right else "no answer is wrong"
        making.leave_out(lacks if found else "no answer is usable")
        return
    pairs = sorted(
        (abs(a.tokens - b.tokens), first, second)
        for first, a in right.items()
        for second, b in wrong.items()
        if sampling.like(a.tokens, b.tokens)
    )
    if not pairs:
        making.leave_out("lengths differ too much")
    used: set[int] = set()
    for _, first, second in pairs:
        if len(used) < 2 * sampling.per_case and not used & {first, second}:
            used |= {first, second}
            pair = Preference(
                case.input,
                right[first].text,
                wrong[second].text,
                case_id=case.id,
                cluster=cluster_of(case),
                reason=f"final answers {first} (right) and {second} (wrong), {sampling.how}",
            )
            making.add("final-answer pairs", pair, **sampling.facts, right=first, wrong=second)
