"""The log-likelihoods of the options of a question, ranked."""

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
    """The options of one question, with their log-likelihoods.

    `log_likelihoods` are in nats, rounded to three decimals; `scores` are the same divided by the
    option's length as the normalization says. Both are None for an option without text to score;
    `nulls` lists the places of those. `best` is the place of the highest score, or of the first
    among them when `tie` is true: scores tie when rounding alone could exchange them. `margin` is
    the distance to the next score, None when there is no other of a probability above 0. A
    log-likelihood of -inf is a probability of 0 and ranks last.
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
        """What the model says of each option among all: the softmax of the log-likelihoods.

        No normalization enters, so the most probable option need not be `best`. An option without
        a log-likelihood has probability 0.
        """
        known = [-math.inf if one is None else one for one in self.log_likelihoods]
        odds = [math.exp(one - max(known)) for one in known]
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
    """Normalise and rank log-likelihoods, and say which scores tie.

    Raises `ModelError` for an option whose log-likelihood is NaN or +inf, and where no option has a
    probability above 0: such numbers have no order.
    """
    for option, one in zip(options, log_likelihoods, strict=True):
        if one is not None and (math.isnan(one) or one == math.inf):
            msg = (
                f"the log-likelihood of the option {option!r} is {one}; the model computes numbers "
                "that overflow: load it in float32 or bfloat16, and check its weights for NaN"
            )
            raise ModelError(msg)
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
    if math.isinf(top):
        msg = (
            f"every option of {list(options)!r} has the log-likelihood -inf, so none can be "
            "chosen; load the model in float32 or bfloat16, and check its weights"
        )
        raise ModelError(msg)
    unsure = 10.0**-DIGITS
    tied = [
        place
        for score, place in ranked
        if top + score <= unsure / lengths[ranked[0][1]] + unsure / lengths[place]
    ]
    margin = round(top + ranked[1][0], 6) if len(ranked) > 1 else math.inf
    return Choices(
        options=options,
        log_likelihoods=rounded,
        scores=scores,
        best=min(tied),
        margin=margin if math.isfinite(margin) else None,
        tie=len(tied) > 1,
        nulls=nulls,
    )


def _length(option: str, tokens: int, normalization: str) -> int:
    lengths = {"characters": len(option), "bytes": len(option.encode()), "tokens": tokens}
    return lengths.get(normalization, 1) or 1
