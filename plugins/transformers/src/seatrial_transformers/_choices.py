"""What a model thinks of each option of a question."""

from __future__ import annotations

import math

from attrs import frozen

from seatrial.errors import ModelError

__all__ = ["DIGITS", "LENGTHS", "Choices", "weighed"]

DIGITS = 3
"""Decimals of a reported log-likelihood; further ones are rounding in float32."""

LENGTHS = ("characters", "tokens", "bytes", "none")
"""What a log-likelihood may be divided by. "characters" is lm-evaluation-harness's `acc_norm`."""


@frozen
class Choices:
    """The options of one question, with how likely the model finds each.

    `log_likelihoods` are in nats, rounded to three decimals; `scores` are the same divided by the
    option's length as the normalization says. Both are None for an option without text to score;
    `nulls` lists the places of those. `best` is the place of the highest score, or of the first
    among them when `tie` is true: scores tie when rounding alone could exchange them. `margin` is
    the distance to the next score, None when there is no other.
    """

    options: tuple[str, ...]
    log_likelihoods: tuple[float | None, ...]
    scores: tuple[float | None, ...]
    best: int
    margin: float | None
    tie: bool
    nulls: tuple[int, ...]

    @property
    def probabilities(self) -> dict[str, float]:
        """The softmax of the scores; an option without a score has probability 0."""
        highest = self.scores[self.best] or 0.0
        odds = [0.0 if one is None else math.exp(one - highest) for one in self.scores]
        return {
            option: round(one / sum(odds), 6)
            for option, one in zip(self.options, odds, strict=True)
        }


def weighed(
    options: tuple[str, ...],
    log_likelihoods: list[float | None],
    tokens: list[int],
    normalization: str,
) -> Choices:
    """Normalise, rank and say what could not be told apart."""
    rounded = tuple(None if one is None else round(one, DIGITS) for one in log_likelihoods)
    lengths = [_length(*pair, normalization) for pair in zip(options, tokens, strict=True)]
    scores = tuple(
        None if one is None else one / length for one, length in zip(rounded, lengths, strict=True)
    )
    nulls = tuple(place for place, score in enumerate(scores) if score is None)
    ranked = sorted((-one, place) for place, one in enumerate(scores) if one is not None)
    if not ranked:
        msg = f"none of the options {list(options)!r} has any text to score"
        raise ModelError(msg)
    top = -ranked[0][0]
    unsure = 10.0**-DIGITS
    tied = [
        place
        for score, place in ranked
        if top + score <= unsure / lengths[ranked[0][1]] + unsure / lengths[place]
    ]
    return Choices(
        options=options,
        log_likelihoods=rounded,
        scores=scores,
        best=min(tied),
        margin=round(top + ranked[1][0], 6) if len(ranked) > 1 else None,
        tie=len(tied) > 1,
        nulls=nulls,
    )


def _length(option: str, tokens: int, normalization: str) -> int:
    lengths = {"characters": len(option), "bytes": len(option.encode()), "tokens": tokens}
    return lengths.get(normalization, 1) or 1
