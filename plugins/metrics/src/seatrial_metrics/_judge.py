"""A model that reads an answer where the rules do not decide; what it says is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from attrs import define

from seatrial.kit import answer_of, digest, import_string, write_atomically

from ._answers import KINDS, Kind

__all__ = ["Judge", "judge_of"]

PROMPT = (
    "Somebody asked a pharmacy's chatbot something, and this is what it said:\n\n{answer}\n\n"
    "Which of these did it do? Reply with one word.\n"
    "answer: it answered, or did what was asked\n"
    "refusal: it declined\n"
    "abstention: it said that it does not know\n"
    "question: it asked for something that it needs to know first\n"
    "unparsed: it said nothing that makes sense\n"
)
"""What the judge is asked."""


@define
class Judge:
    """Asks a model about one answer, once: its reply is kept in a file named by what was asked.

    The name is the digest of the judge, of the prompt and of the answer, so that another judge asks
    anew. A reply that names no kind leaves the answer what the rules took it for.
    """

    use: str
    params: Mapping[str, Any]
    folder: Path

    @cached_property
    def _model(self) -> Callable[..., Any]:
        made = cast("Callable[..., Any]", import_string(self.use, what="judge"))
        return made(**self.params) if self.params else made

    def __call__(self, answer: str) -> Kind:
        """Give the kind that the judge names."""
        asked = PROMPT.format(answer=answer)
        key = digest(json.dumps([self.use, dict(self.params), asked], sort_keys=True, default=str))
        kept = self.folder / f"{key}.json"
        if not kept.is_file():
            (reply,) = self._model([asked])
            text = str(answer_of(reply).value)
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(kept, json.dumps({"answer": answer, "reply": text}))
        words = json.loads(kept.read_text("utf-8"))["reply"].lower().split()
        return next(
            (kind for word in words for kind in KINDS if word.strip(".:,") == kind), "answer"
        )


def judge_of(judge: str | Mapping[str, Any] | None, cache: str | None) -> Judge | None:
    """Read the parameters that name a judge, or None where there is none."""
    if judge is None:
        return None
    if cache is None:
        msg = "judge needs a folder to keep its replies in: give cache"
        raise ValueError(msg)
    stated: dict[str, Any] = {"use": judge} if isinstance(judge, str) else dict(judge)
    if set(stated) - {"use", "params"} or not isinstance(stated.get("use"), str):
        msg = f"judge must be an import string, or use and params, got {judge!r}"
        raise ValueError(msg)
    return Judge(stated["use"], stated.get("params", {}), Path(cache))
