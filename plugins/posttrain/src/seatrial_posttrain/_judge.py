"""Asks a model that judges, and reads what it replies: the same for metrics and for pairs.

A judge is asked in one text, and its judgement is what stands in the last [[...]] of its reply.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from seatrial import Case, Failed
from seatrial.errors import ModelError, ParameterError, SeatrialError
from seatrial.kit import answer_of, import_string, plain, texts_of

__all__ = [
    "Reply",
    "asked_for_score",
    "asked_right",
    "judge_of",
    "no_reply",
    "rating_in",
    "replies",
    "right_in",
]

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
    try:
        if params is not None:
            return made(**params)  # type: ignore[no-any-return]
        if inspect.isfunction(made):
            inspect.signature(made).bind([])
    except TypeError as error:
        hint = "" if params is not None else "; if it makes the judge, give params"
        msg = f"judge {table['use']}: {error}{hint}"
        raise ParameterError(msg) from error
    return made  # type: ignore[no-any-return]


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


@frozen
class Reply:
    """What a judge wrote; `cut` where its limit of new tokens ended it."""

    text: str
    cut: bool

    def __str__(self) -> str:
        cut = ", cut off: give the judge a larger max_new_tokens" if self.cut else ""
        return f"{self.text!r:.80}{cut}"


def replies(model: Any, asked: Sequence[str]) -> list[Reply | Failed]:
    """Ask a model, here or at an endpoint, and give its reply to each text, in one call.

    Raises `ModelError` where the model cannot be asked, or gives another number of replies.
    """
    try:
        given = model(list(asked))
        if inspect.isawaitable(given):
            given = asyncio.run(_awaited(given))
    except SeatrialError as error:
        msg = f"the judge cannot be asked: {error}"
        raise ModelError(msg) from error
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) != len(asked):
        what = f"{len(given)} replies" if isinstance(given, list | tuple) else repr(given)[:80]
        hint = "; if it makes the judge, give params, too" if callable(given) else ""
        msg = (
            f"the judge must give a list with a reply to each question, {len(asked)}, not "
            f"{what}{hint}"
        )
        raise ModelError(msg)
    return [one if isinstance(one, Failed) else _reply(one) for one in given]


def _reply(given: Any) -> Reply:
    answer = answer_of(given)
    return Reply(str(answer.value), answer.details.get("finish") == "length")


def no_reply(case: Case, failed: Failed) -> str:
    """Say that there is none, and why."""
    return f"the judge gave no reply on case {case.id!r}: {failed.reason}"


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
