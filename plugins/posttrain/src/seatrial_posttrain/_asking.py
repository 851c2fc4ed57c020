"""A model that is asked for an option or a free answer, at once or with its reasoning first."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from seatrial import Failed, Prediction
from seatrial.errors import PlanError
from seatrial.kit import answer_of, digest, only_text

from ._extracted import UNPARSED, extracted

__all__ = ["ANSWERS", "Asking"]

ANSWERS = ("direct", "reasoned", "likeliest", "as it is")

SELECT = {
    "direct": "Answer with one of the options, as in: Selection: [[A]]",
    "reasoned": (
        "Explain your reasoning briefly, in at most 100 words. Then end with one of the options, "
        "as in: Selection: [[A]]"
    ),
}
FREE = {
    "direct": "",
    "reasoned": (
        "Explain your reasoning briefly, in at most 100 words. Then end with the answer alone in "
        "double brackets, as in: Answer: [[42]]"
    ),
}


@frozen(eq=False)
class Asking:
    """Puts a question as `answers` says, and gives the answer that was found in what was written.

    - "direct": the options are lettered and one is asked for; without options, the text is the
      answer.
    - "reasoned": the reasoning is asked for first (chain of thought).
    - "likeliest": the option with the largest log-likelihood, which nothing has to be read from.
    - "as it is": the input goes to the model unchanged, and so does the answer back.

    An input is a text, or a mapping with one text and `options`; `options` are those of the task.
    """

    model: Any
    answers: str
    options: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """The model's own, and how it is asked."""
        how = digest([self.answers, list(self.options), SELECT, FREE])[:12]
        return f"{self.model.identity} [asked {self.answers} {how}]"

    def __call__(self, inputs: Sequence[Any], /) -> list[Any]:
        """Answer each input."""
        if self.answers == "as it is":
            return list(self.model(inputs))
        asked = [self._asked(one) for one in inputs]
        if self.answers == "likeliest":
            options = [{"question": text, "options": some} for text, some in asked]
            return list(self.model(options))
        found = self.model([self._worded(*one) for one in asked])
        return [self._read(one, some) for one, (_, some) in zip(found, asked, strict=True)]

    def _asked(self, value: Any) -> tuple[str, tuple[str, ...]]:
        text = value if isinstance(value, str) else None
        options = self.options
        if isinstance(value, Mapping):
            options = tuple(value.get("options", options))
            text = only_text({name: one for name, one in value.items() if name != "options"})
        if text is None or (self.answers == "likeliest" and not options):
            lack = "one text" if text is None else "options"
            msg = f"to be asked {self.answers!r}, an input must have {lack}, got {value!r:.80}"
            raise PlanError(msg)
        return text, options

    def _worded(self, text: str, options: tuple[str, ...]) -> str:
        lettered = [f"{a}. {one}" for a, one in zip(string.ascii_uppercase, options, strict=False)]
        how = (SELECT if options else FREE)[self.answers]
        return "\n".join([text, *lettered, *([how] if how else [])])

    def _read(self, answer: Any, options: tuple[str, ...]) -> Any:
        if isinstance(answer, Failed):
            return answer
        answer = answer_of(answer)
        if not isinstance(answer.value, str):
            return answer
        value, step = extracted(answer.value, options, whole=self.answers == "direct")
        details = {**answer.details, "written": answer.value, "found": step}
        refused = False if value == UNPARSED else answer.refused
        return Prediction(value, refused=refused, details=details)
