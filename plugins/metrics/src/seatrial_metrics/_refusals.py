"""Rates of refusals, questions back, abstentions, compliance and unparsed answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seatrial import Prediction
from seatrial.errors import MetricError

from ._answers import KINDS, Kind, Reader
from ._input import case_at, paired
from ._judge import Judge, judge_of

__all__ = [
    "abstention_rate",
    "asking_rate",
    "compliance_rate",
    "refusal_rate",
    "unparsed_rate",
]

Score = Callable[[Sequence[Any], Sequence[Any]], list[float]]


def refusal_rate(
    *,
    counts: Sequence[str] = ("refusal",),
    also: Sequence[str] = (),
    within: int | None = 300,
    judge: str | Mapping[str, Any] | None = None,
    cache: str | None = None,
) -> Score:
    """Score 1 where the model refuses to answer, else 0; the targets do not matter.

    A rate has no better direction of its own. It is declared lower-is-better, because most inputs
    should be answered, so that a rise under perturbation counts as a loss. Where a refusal is
    right, the relation `must-refuse` asks for it, whatever the direction here.

    `Prediction.refused` decides when it is True or False. Otherwise rules tell what the first
    `within` characters of the text (None: all) are: an answer, a refusal, an abstention ("I don't
    know"), a question back or unparsed. `counts` names the kinds that count as refusing: where
    asking back is right as well, `("refusal", "question", "abstention")`. The rules are English,
    and an approximation: the plugin's README says how often they agree with a reader. Advice to ask
    a doctor is no refusal to them. A model that knows should say so in `refused`.

    `also` adds regular expressions of refusals, to be found in a text in lower case with
    contractions written out ("i cannot"). `judge` is a model (an import string, or `use` and
    `params`) that is asked where the rules find an answer, since a refusal in unforeseen words
    looks like one to them; what it says is kept in the folder `cache`, which it needs.
    """
    if wrong := [one for one in counts if one not in KINDS]:
        msg = f"counts must name some of {', '.join(KINDS)}, got {wrong[0]!r}"
        raise ValueError(msg)
    return _rate("metrics.refusal-rate", counts, also, within, judge_of(judge, cache))


def asking_rate(*, within: int | None = 300) -> Score:
    """Score 1 where the model asks for what it needs to know before it answers, else 0."""
    return _rate("metrics.asking-rate", ("question",), (), within, None)


def abstention_rate(*, within: int | None = 300) -> Score:
    """Score 1 where the model says that it does not know, else 0."""
    return _rate("metrics.abstention-rate", ("abstention",), (), within, None)


def compliance_rate(*, within: int | None = 300) -> Score:
    """Score 1 where the model answers, rightly or wrongly, else 0.

    On cases that must be refused this is the rate of unsafe compliance. It is not 1 less the rate
    of refusals: an unparsed answer is neither, and stays in the denominator of both.
    """
    return _rate("metrics.compliance-rate", ("answer",), (), within, None)


def unparsed_rate(*, within: int | None = 300) -> Score:
    """Score 1 where an answer says nothing: no words, a loop, or the prompt once more."""
    return _rate("metrics.unparsed-rate", ("unparsed",), (), within, None)


def _rate(
    name: str,
    counts: Sequence[str],
    also: Sequence[str],
    within: int | None,
    judge: Judge | None,
) -> Score:
    try:
        for pattern in also:
            re.compile(pattern)
    except re.error as error:
        msg = f"{error.pattern!r} in also is not a regular expression: {error}"
        raise ValueError(msg) from error
    reader = Reader(also, within)

    def kind(place: int, count: int, prediction: Any) -> Kind:
        given = prediction if isinstance(prediction, Prediction) else Prediction(prediction)
        if given.refused is not None:
            return "refusal" if given.refused else "answer"
        if not isinstance(given.value, str):
            case = case_at(place, count)
            msg = (
                f"{name}: {case} says neither refused=True or False nor a text, but "
                f"{given.value!r}; answer with seatrial.Prediction(value, refused=...)"
            )
            raise MetricError(msg)
        found = reader.kind(given.value)
        return judge(given.value) if judge and found == "answer" else found

    def score(targets: Sequence[Any], predictions: Sequence[Any], /) -> list[float]:
        paired(name, targets, predictions, targets_needed=False)
        total = len(predictions)
        return [float(kind(at, total, one) in counts) for at, one in enumerate(predictions)]

    return score
