"""Conversations under trial: the model is called once a turn, and hears what it said itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from .._cases import Prediction
from .._reference import Reference
from .._values import FrozenMapping
from ..errors import ModelError, SeatrialError
from ..inputs._boundary import call, reason

__all__ = ["Answer", "conversed", "is_open", "is_scripted", "reported_usage"]

ALL_PARTS = "all_parts"
"""The key of an open turn that is asked with the other parts of the input too (its options)."""


@frozen
class Answer:
    """What became of one input: a prediction, or why there is none; and how often it was asked.

    `stops` says that no further input would fare better; `retry_after` how long to wait at least.
    """

    prediction: Prediction | None = None
    error: str | None = None
    retryable: bool = False
    attempts: int = 1
    retry_after: float | None = None
    stops: bool = False


Ask = Callable[[Sequence[Any], str], list[Answer]]


def is_scripted(value: Any) -> bool:
    """Tell whether an input holds a conversation that goes on with what the model says."""
    return _place(value) is not None


def conversed(ask: Ask, inputs: Sequence[Any], place: str) -> list[Answer]:
    """Ask about inputs, some of which are conversations: turn by turn, all of them together.

    The answer to a conversation is that of its last turn. Its details have `turns`, what was
    answered in each turn, whether that refused, and whether it was asked with the other parts of
    the input (`all_parts`, true of the last turn); and `transcript`, all that was said.
    """
    talks = [_Talk.of(one) for one in inputs]
    turn = 0
    while under_way := [talk for talk in talks if talk.answer is None]:
        turn += 1
        asked = [(talk, question) for talk in under_way if (question := talk.question())]
        if not asked:
            continue
        answers = ask([one for _, (one,) in asked], place if turn == 1 else f"{place}:{turn}")
        for (talk, _), answer in zip(asked, answers, strict=True):
            talk.hear(answer)
    return [talk.answer or Answer() for talk in talks]


def _place(value: Any) -> tuple[str | None, Sequence[Any]] | None:
    """Find the conversation under trial in an input: the name of its part (None: all of it)."""
    if isinstance(value, Mapping):
        parts = ((name, part) for name, part in value.items() if _goes_on(part))
        return next(parts, None)
    return (None, value) if _goes_on(value) else None


def _goes_on(value: Any) -> bool:
    return (
        isinstance(value, tuple | list)
        and bool(value)
        and all(isinstance(one, Mapping) and "role" in one for one in value)
        and any(is_open(one) or isinstance(one.get("content"), Reference) for one in value)
    )


def is_open(message: Mapping[str, Any]) -> bool:
    """Tell whether a turn is the model's own, still to be said; a call of a tool is said."""
    return (
        message["role"] == "assistant"
        and message.get("content") is None
        and "tool_calls" not in message
    )


def reported_usage(usage: Any) -> dict[str, float]:
    """Give the numbers in what an answer reports of its own usage."""
    named = usage.items() if isinstance(usage, Mapping) else ()
    return {str(name): value for name, value in named if isinstance(value, int | float)}


@define(eq=False)
class _Talk:
    """One input that is being asked about; what is no conversation has a single turn."""

    value: Any
    part: str | None = None
    script: list[Any] = field(factory=list)
    said: list[Any] = field(factory=list)
    turns: list[Prediction] = field(factory=list)
    whole: list[bool] = field(factory=list)
    retries: int = 0
    answer: Answer | None = None

    @classmethod
    def of(cls, value: Any) -> _Talk:
        found = _place(value)
        if found is None:
            return cls(value)
        part, messages = found
        script = list(messages)
        if not is_open(script[-1]):
            script.append({"role": "assistant", "content": None})
        return cls(value, part, script)

    def question(self) -> tuple[Any] | None:
        """Give what the model is asked next; None where the conversation cannot go on."""
        if not self.script:
            return (self.value,)
        try:
            while not is_open(self.script[len(self.said)]):
                self.said.append(self._spoken(self.script[len(self.said)]))
        except SeatrialError as error:
            self._fail(Answer(error=reason(error)))
            return None
        so_far = tuple(self.said)
        last = len(self.said) + 1 == len(self.script)
        self.whole[len(self.turns) :] = [last or bool(self.script[len(self.said)].get(ALL_PARTS))]
        if self.part is not None and self.whole[-1]:
            return ({**self.value, self.part: so_far},)
        return (so_far,)

    def _spoken(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Say a turn of the script, which may depend on what the model answered."""
        content = message["content"]
        if not isinstance(content, Reference):
            return message
        answers = tuple(_text(one.value) for one in self.turns)
        says = call(f"the {message['role']}'s turn by {content}", lambda: content()(answers))
        if not isinstance(says, str):
            msg = f"{content} must give what the {message['role']} says, a text, got {says!r:.80}"
            raise ModelError(msg)
        return FrozenMapping({**message, "content": says})

    def hear(self, answer: Answer) -> None:
        """Take the answer to the last question."""
        self.retries += answer.attempts - 1
        prediction = answer.prediction
        if not self.script:
            self.answer = answer
        elif prediction is None:
            self._fail(answer)
        else:
            self.turns.append(prediction)
            said = {"role": "assistant", "content": _text(prediction.value)}
            self.said.append(FrozenMapping(said))
            if len(self.said) == len(self.script):
                whole = evolve(prediction, details=self._details(prediction))
                self.answer = Answer(whole, attempts=1 + self.retries)

    def _fail(self, answer: Answer) -> None:
        turn = len(self.turns) + 1
        error = answer.error if answer.stops else f"turn {turn}: {answer.error}"
        self.answer = evolve(answer, error=error, attempts=1 + self.retries)

    def _details(self, last: Prediction) -> dict[str, Any]:
        turns = [
            {"answer": one.value, "refused": one.refused, ALL_PARTS: whole}
            for one, whole in zip(self.turns, self.whole, strict=True)
        ]
        details = {**last.details, "turns": turns, "transcript": [_told(one) for one in self.said]}
        if usage := self._usage():
            details["usage"] = usage
        return details

    def _usage(self) -> dict[str, float]:
        """Add up what the turns cost, for the record; the run counted each when it was asked."""
        total: dict[str, float] = {}
        for turn in self.turns:
            for name, value in reported_usage(turn.details.get("usage")).items():
                total[name] = total.get(name, 0) + value
        return total


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _told(message: Mapping[str, Any]) -> dict[str, str]:
    """Write down a message; pictures are in the input, and here only where they stood."""
    content = message["content"]
    if isinstance(content, tuple | list):
        content = "\n".join(one if isinstance(one, str) else "[image]" for one in content)
    return {"role": message["role"], "content": content or ""}
