"""What the conformance kit tries the judged metrics on: a judge that is a rule."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seatrial import Prediction
from seatrial.testing import Answers, Samples

__all__ = ["judge", "rightly", "scored"]

RULE = "seatrial_posttrain._judge_samples:judge"


def judge(prompts: Sequence[str], /) -> list[str]:
    """Compare the two answers, or rate a conversation by the last number that is said in it."""
    return [_reply(one) for one in prompts]


def _reply(prompt: str) -> str:
    reference = re.search(r"Reference: (.*)\n\nProposed answer: (.*)\n", prompt)
    if reference is not None:
        return "[[correct]]" if reference[1] == reference[2] else "It differs. [[wrong]]"
    said = re.findall(r"assistant: \D*(\d+)", prompt)
    return f"Fine. [[{said[-1]}]]"


def _samples(name: str, targets: list[str], worst: list[str]) -> Samples:
    best, others = ([Prediction(one) for one in some] for some in (targets, worst))
    answers = Answers(name, targets, best, [*best[:2], *others[2:]], others)
    return Samples(params={"judge": RULE}, answers=(answers,))


def rightly() -> Samples:
    """Give answers that are the reference, and others."""
    return _samples("final answers", ["12", "13", "14", "15"], ["1", "2", "3", "4"])


def scored() -> Samples:
    """Give answers that are rated from best to worst."""
    return _samples("rated answers", ["10"] * 4, ["1"] * 4)
