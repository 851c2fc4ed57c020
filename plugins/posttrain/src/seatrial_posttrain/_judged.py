"""Metrics whose scores are a judge's: right or wrong by a reference, or one to ten for each turn.

A judge is any model that is named by an import string: a rule, a local model, an endpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seatrial import Case, Failed, Prediction
from seatrial.errors import MetricError, ModelError
from seatrial.kit import digest, texts_of

from ._judge import (
    Reply,
    asked_for_score,
    asked_right,
    judge_of,
    no_reply,
    rating_in,
    replies,
    right_in,
)

__all__ = ["judged_right", "judged_score"]

Scores = Callable[[Sequence[Case], Sequence[Prediction]], list[float]]


def judged_right(*, judge: Any) -> Scores:
    """Ask whether the final answer is that of the target: 1 or 0, as FinDAP judges it.

    A reply in which the last [[...]] says neither "correct" nor "wrong" raises `MetricError` with
    its case: nonsense is no judgement.
    """
    return _metric(
        judge,
        lambda case, one: [asked_right(case, one.details.get("written", one.value))],
        right_in,
    )


def judged_score(*, judge: Any) -> Scores:
    """Ask for a score from 1 to 10 for each answer of a conversation, and take their mean.

    MT-bench (Zheng et al. 2023) has two turns: the second is judged with the first before it.
    """
    return _metric(judge, _conversations, rating_in)


def _metric(
    judge: Any,
    asked: Callable[[Case, Prediction], list[str]],
    read: Callable[[str], float | None],
) -> Scores:
    model = judge_of(judge)
    known: dict[str, Reply] = {}  # cases that are scored again one by one are not asked about again

    def score(cases: Sequence[Case], predictions: Sequence[Prediction], /) -> list[float]:
        if not cases:
            msg = "there are no cases for a judge to score"
            raise MetricError(msg)
        texts = [asked(case, one) for case, one in zip(cases, predictions, strict=True)]
        missing = {text: case for case, some in zip(cases, texts, strict=True) for text in some}
        missing = {text: case for text, case in missing.items() if digest(text) not in known}
        given = replies(model, list(missing)) if missing else []
        failed: list[str] = []
        for (text, case), reply in zip(missing.items(), given, strict=True):
            if isinstance(reply, Failed):
                failed.append(no_reply(case, reply))
            else:
                known[digest(text)] = reply
        if failed:
            raise ModelError(failed[0])
        scores = [
            [_read(case, known[digest(text)]) for text in some]
            for case, some in zip(cases, texts, strict=True)
        ]
        return [sum(some) / len(some) for some in scores]

    def _read(case: Case, reply: Reply) -> float:
        told = read(reply.text)
        if told is None:
            msg = f"the judge gave no judgement on case {case.id!r}: {reply}"
            raise MetricError(msg)
        return float(told)

    return score


def _conversations(case: Case, answer: Prediction) -> list[str]:
    said = answer.details.get("transcript")
    if said is None:
        asked = "\n".join(texts_of(case.input))
        said = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer.value}]
    told = [f"{one['role']}: {one['content']}" for one in said]
    return [
        asked_for_score("\n\n".join(told[: at + 1]))
        for at, one in enumerate(said)
        if one["role"] == "assistant"
    ]
