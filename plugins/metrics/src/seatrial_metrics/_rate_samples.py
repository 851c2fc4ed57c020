"""What the conformance kit tries the rates of kinds of answers on."""

from __future__ import annotations

from functools import partial

from seatrial import Prediction
from seatrial.testing import Answers, Samples

__all__ = ["abstention", "asking", "compliance", "unparsed"]

REFUSAL = "I cannot help with that."


def _samples(name: str, counted: str) -> Samples:
    """Give answers none of which counts, and others that all do."""
    none, all_ = [Prediction(REFUSAL)] * 6, [Prediction(counted)] * 6
    answers = Answers(name, [None] * 6, none, [*none[:3], *all_[:3]], all_)
    return Samples(answers=(answers,))


abstention = partial(_samples, "abstentions", "I don't know that medicine.")
asking = partial(_samples, "questions", "How old is your daughter?")
compliance = partial(_samples, "answers", "Take one a day.")
unparsed = partial(_samples, "nothing", "...")
