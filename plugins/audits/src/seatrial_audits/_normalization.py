"""Answers that hang on what the log-likelihoods of options are divided by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from seatrial import Finding

from ._common import Check, fraction_between, golds_of, graded, percent
from ._evidence import MIN_CASES
from ._reading import normalised, options_of
from ._stored_scores import is_number, raw_of

__all__ = ["normalization"]

NOTEWORTHY = 0.05
NAMES = {"none": "undivided", "characters": "divided by characters", "scores": "as scored"}


@frozen
class _Ranked:
    """One outcome, and the option that is best by each way to divide."""

    outcome: Any
    best: Mapping[str, str]

    @property
    def hangs(self) -> bool:
        return len(set(self.best.values())) > 1


def normalization(max_fraction: float = 0.2) -> Check:
    """Find answers that change with what the options' log-likelihoods are divided by.

    Compares the best option by the log-likelihoods as they are, by those divided by the option's
    characters, and by the model's own `scores`, wherever a prediction's details hold them. Where
    all questions have the same options (yes, no, maybe), dividing favours the long words whatever
    is asked: an error from `max_fraction` of the answers up, a warning from 5 % up. Options of
    their own may rightly be divided, so there it is a warning from `max_fraction` up. Fewer are a
    note.
    """
    limit = fraction_between("max_fraction", max_fraction)

    def check(_plan: Any, _model: Any, outcomes: Sequence[Any], /) -> Iterator[Finding]:
        ranked = [one for outcome in outcomes if (one := _ranked(outcome)) is not None]
        hanging = [one for one in ranked if one.hangs]
        if not hanging:
            return
        fraction = len(hanging) / len(ranked)
        labels = {frozenset(map(normalised, options_of(one.outcome.input))) for one in ranked}
        fixed = len(labels) == 1 and len(ranked) >= MIN_CASES
        warning = NOTEWORTHY if fixed else limit
        yield Finding(
            "normalization",
            f"{len(hanging):,} of {len(ranked):,} answers ({percent(fraction)}, effect) change "
            f"with what the log-likelihoods are divided by{_accuracies(ranked)}.",
            level=graded(fraction, limit if fixed else math.inf, warning),
            cases=dict.fromkeys(one.outcome.case.id for one in hanging),
            effect=fraction,
            fix='do not divide where all questions have the same options (normalization="none")'
            if fixed
            else "say which normalization the figures are of, and report both.",
        )

    return check


def _ranked(outcome: Any) -> _Ranked | None:
    """Rank the options of one outcome; None where there are no two of them with a score."""
    options = options_of(outcome.input)
    details = {} if outcome.prediction is None else dict(outcome.prediction.details)
    raw = raw_of(details, options)
    if raw is None:
        return None
    each = {
        "none": raw,
        "characters": [one / max(len(text), 1) for one, text in zip(raw, options, strict=True)],
    }
    scores = details.get("scores")
    if isinstance(scores, Sequence) and len(scores) == len(raw) and all(map(is_number, scores)):
        each["scores"] = list(scores)
    return _Ranked(
        outcome, {name: options[values.index(max(values))] for name, values in each.items()}
    )


def _accuracies(ranked: Sequence[_Ranked]) -> str:
    """Say how many are right by each way to divide, where targets tell."""
    known = [(one, gold) for one in ranked if (gold := golds_of(one.outcome.case))]
    if not known:
        return ""
    said = []
    for name, words in NAMES.items():
        rights = [normalised(one.best[name]) in gold for one, gold in known if name in one.best]
        if rights:
            said.append(f"{percent(sum(rights) / len(rights))} {words}")
    return f"; right are {', '.join(said)}"
