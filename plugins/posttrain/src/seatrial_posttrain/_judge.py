"""Asks a model that judges, and reads what it replies: the same for metrics and for pairs.

A judge is asked in one text, and its judgement is what stands in the last [[...]] of its reply.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seatrial import Case, Failed
from seatrial.errors import ModelError, ParameterError
from seatrial.kit import answer_of, import_string, plain, texts_of

__all__ = ["asked_for_score", "asked_right", "judge_of", "rating_in", "replies", "right_in"]

COMPARE = "Read the final answer off both, and compare nothing else. "
RIGHT = (
    "Is the proposed answer right? {compare}No final answer, or two, is wrong. "
    "Explain in at most 100 words, then end with [[correct]] or [[wrong]]."
)
SCORE = (
    "A conversation between a user and an assistant:\n\n{conversation}\n\n"
    "How helpful, relevant, accurate and detailed is the assistant's last answer? Explain in at "
    "most 100 words, then end with a score from 1 to 10, as in [[5]]."
)
SAID = {"correct": True, "wrong": False}
LOW, HIGH = 1, 10


def judge_of(judge: Any) -> Callable[[Sequence[str]], Any]:
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
    """Write what is asked about an answer: whether its final answer is that of the target."""
    parts = ["Question: " + "\n".join(texts_of(case.input))]
    if case.target is not None:
        parts.append(f"Reference: {plain(case.target)}")
    compare = "" if case.target is None else COMPARE
    return "\n\n".join([*parts, f"Proposed answer: {answer}", RIGHT.format(compare=compare)])


def asked_for_score(conversation: str) -> str:
    """Write what is asked about the last answer of a conversation."""
    return SCORE.format(conversation=conversation)


def replies(model: Any, asked: Sequence[tuple[Case, str]]) -> list[str]:
    """Ask a model, here or at an endpoint, about cases, and give the text of each reply.

    Raises `ModelError` where the model gives no reply, with the case, or another number of them.
    """
    given = model([text for _, text in asked])
    if inspect.isawaitable(given):
        given = asyncio.run(_awaited(given))
    if len(given) != len(asked):
        msg = f"the judge gave {len(given)} replies to {len(asked)} questions"
        raise ModelError(msg)
    for (case, _), one in zip(asked, given, strict=True):
        if isinstance(one, Failed):
            msg = f"the judge gave no reply on case {case.id!r}: {one.reason}"
            raise ModelError(msg)
    return [str(answer_of(one).value) for one in given]


async def _awaited(given: Any) -> Any:
    return await given


def right_in(reply: str) -> bool | None:
    """Read [[correct]] or [[wrong]]; None where the reply ends with neither."""
    return SAID.get(_told(reply).casefold())


def rating_in(reply: str) -> float | None:
    """Read a score from 1 to 10, as in [[5]]; None where the reply ends with none."""
    told = _told(reply)
    number = float(told) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", told) else None
    return number if number is not None and LOW <= number <= HIGH else None


def _told(reply: str) -> str:
    found = re.findall(r"\[\[(.*?)\]\]", reply, re.DOTALL)
    return found[-1].strip() if found else ""
