"""Metrics whose scores are a judge's: right or wrong by a reference, or one to ten for each turn.

A judge is any model that is named by an import string: a rule, a local model, an endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seatrial import Case, Prediction
from seatrial.errors import MetricError, ParameterError
from seatrial.kit import answer_of, import_string, plain, texts_of

__all__ = ["RIGHTLY", "asked_right", "judge_of", "judged_right", "judged_score"]

RIGHT = (
    "A question, the reference answer, and a proposed answer:\n\nQuestion: {question}\n\n"
    "Reference: {reference}\n\nProposed answer: {answer}\n\n"
    "Read the final answer off both, and compare nothing else. No final answer, or two, is wrong. "
    "Reply with [[correct]] or [[wrong]]."
)
SCORE = (
    "A conversation between a user and an assistant:\n\n{conversation}\n\n"
    "How helpful, relevant, accurate and detailed is the assistant's last answer? Explain briefly, "
    "then reply with a score from 1 to 10, as in: [[5]]."
)
RIGHTLY = {"correct": 1.0, "wrong": 0.0}
LOW, HIGH = 1, 10

Scores = Callable[[Sequence[Case], Sequence[Prediction]], list[float]]


def judge_of(judge: Any) -> Callable[[Sequence[str]], Sequence[Any]]:
    """Make the model that judges: an import string, `use` and `params`, or a callable."""
    if callable(judge):
        return judge  # type: ignore[no-any-return]
    table = {"use": judge} if isinstance(judge, str) else judge
    if not isinstance(table, Mapping) or set(table) - {"use", "params"} or "use" not in table:
        msg = f"judge must be an import string, or a table with use and params, got {judge!r}"
        raise ParameterError(msg)
    made: Any = import_string(str(table["use"]), what="judge")
    params: Any = table.get("params")
    return made if params is None else made(**params)  # type: ignore[no-any-return]


def asked_right(case: Case, answer: Any) -> str:
    """Write what a judge is asked about an answer."""
    question = "\n".join(texts_of(case.input))
    return RIGHT.format(question=question, reference=plain(case.target), answer=answer)


def judged_right(*, judge: Any) -> Scores:
    """Ask whether the final answer is that of the target: 1 or 0, as FinDAP judges it.

    A reply in which the last [[...]] says neither "correct" nor "wrong" raises `MetricError` with
    its case: nonsense is no judgement.
    """
    model = judge_of(judge)

    def score(cases: Sequence[Case], predictions: Sequence[Prediction], /) -> list[float]:
        _check(cases)
        asked = [
            asked_right(case, one.details.get("written", one.value))
            for case, one in zip(cases, predictions, strict=True)
        ]
        return [
            _read(case, reply, RIGHTLY.get) for case, reply in zip(cases, model(asked), strict=True)
        ]

    return score


def judged_score(*, judge: Any) -> Scores:
    """Ask for a score from 1 to 10 for each answer of a conversation, and take their mean.

    MT-bench (Zheng et al. 2023) has two turns: the second is judged with the first before it.
    """
    model = judge_of(judge)

    def score(cases: Sequence[Case], predictions: Sequence[Prediction], /) -> list[float]:
        _check(cases)
        return [
            _mean([_read(case, reply, _rating) for reply in model(_conversations(case, one))])
            for case, one in zip(cases, predictions, strict=True)
        ]

    return score


def _check(cases: Sequence[Case]) -> None:
    if not cases:
        msg = "there are no cases for a judge to score"
        raise MetricError(msg)


def _conversations(case: Case, answer: Prediction) -> list[str]:
    said = answer.details.get("transcript")
    if said is None:
        asked = "\n".join(texts_of(case.input))
        said = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer.value}]
    told = [f"{one['role']}: {one['content']}" for one in said]
    return [
        SCORE.format(conversation="\n\n".join(told[: at + 1]))
        for at, one in enumerate(said)
        if one["role"] == "assistant"
    ]


def _rating(told: str) -> float | None:
    number = float(told) if re.fullmatch(r"\d+(\.\d+)?", told) else None
    return number if number is not None and LOW <= number <= HIGH else None


def _read(case: Case, reply: Any, meaning: Callable[[str], float | None]) -> float:
    text = str(answer_of(reply).value)
    told = re.findall(r"\[\[(.*?)\]\]", text)
    found = meaning(told[-1].strip().casefold()) if told else None
    if found is None:
        msg = f"the judge gave no judgement on case {case.id!r}: {text!r:.80}"
        raise MetricError(msg)
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
