"""Answers that have no score, or no end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seatrial import Finding

from ._common import Check, fraction_between, golds_of, graded, percent
from ._evidence import MIN_CASES, area
from ._reading import normalised, options_of
from ._stored_scores import Stored, is_number, stored

__all__ = ["missing_scores", "truncated_answers"]

SHORT = 0.4
NULLS = "nulls"
TOKENS = "token"

Expected = Mapping[int, frozenset[tuple[str, bool]]]
"""By the number of options: keys of scores, and (True) those with one for each option."""


def missing_scores(tolerance: float = 0.01) -> Check:
    """Find options or answers without a score.

    An option that could not be scored can never be chosen. When those are the short ones, the
    prompt has swallowed their first token (it ends in a space). Reads predictions that are not
    there, their probabilities, the options that the details list as `nulls`, and every other key of
    the details that holds numbers: one for each option, or under the name of a score
    ("log_likelihoods", "option_scores", "logprob"), nested or not. A score that most outcomes have
    and one lacks is missing too, as is one of a list that is shorter than the options. An error
    from a fraction of `tolerance` of the outcomes up, else a warning.
    """
    limit = fraction_between("tolerance", tolerance)

    def check(_plan: Any, _model: Any, outcomes: Sequence[Any], /) -> Iterator[Finding]:
        expected = _expected(outcomes)
        found = [(outcome, _missing(outcome, expected)) for outcome in outcomes]
        gaps = [outcome for outcome, missing in found if missing is not None]
        if not gaps:
            return
        fraction = len(gaps) / len(outcomes)
        lost, kept = [], []
        gold = 0
        for outcome, missing in found:
            options = options_of(outcome.input)
            lost += [len(options[at]) for at in missing or () if at < len(options)]
            kept += [len(one) for at, one in enumerate(options) if at not in (missing or ())]
            right = golds_of(outcome.case)
            gold += any(
                at < len(options) and normalised(options[at]) in right for at in missing or ()
            )
        yield Finding(
            "missing-scores",
            f"{len(gaps):,} of {len(outcomes):,} outcomes lack a score, {percent(fraction)} "
            f"(effect){_which(lost, kept)}{_of_gold(gold)}.",
            level=graded(fraction, limit),
            cases=dict.fromkeys(outcome.case.id for outcome in gaps),
            effect=fraction,
            fix="tokenise prompt and answer together, with the space on the answer's side.",
        )

    return check


def _expected(outcomes: Sequence[Any]) -> Expected:
    """Give what most answered outcomes with as many options have: each score, and a whole list."""
    kept: dict[int, list[frozenset[tuple[str, bool]]]] = {}
    for outcome in outcomes:
        if outcome.prediction is not None:
            options = options_of(outcome.input)
            found = stored(outcome.prediction.details, options)
            kept.setdefault(len(options), []).append(_kept(found, len(options)))
    return {
        many: frozenset(
            one
            for one in frozenset().union(*all_kept)
            if 2 * sum(one in some for some in all_kept) > len(all_kept)
        )
        for many, all_kept in kept.items()
    }


def _kept(found: Iterable[Stored], many: int) -> frozenset[tuple[str, bool]]:
    """Name the scores that are there, and those of them with one for each option.

    A longer list, or one of tokens, is not of the options, and lacks nothing.
    """
    named = [one for one in found if one.named]
    whole = [one for one in named if len(one.values) >= many or TOKENS in one.key.casefold()]
    return frozenset([*((one.key, False) for one in named), *((one.key, True) for one in whole)])


def _missing(outcome: Any, expected: Expected) -> tuple[int, ...] | None:
    """Give the places of options without a score (perhaps none), or None when all is there."""
    prediction = outcome.prediction
    if prediction is None or prediction.value is None:
        return ()
    details = prediction.details
    options = options_of(outcome.input)
    names = [normalised(one) for one in options]
    gone: set[int] = set()
    for null in details.get(NULLS) or ():
        if isinstance(null, int):
            gone.add(null)
        elif normalised(str(null)) in names:
            gone.add(names.index(normalised(str(null))))
    kept = [one for one in stored(details, options) if one.key != NULLS]
    lacks = bool(expected.get(len(options), frozenset()) - _kept(kept, len(options)))
    lacks |= not all(map(is_number, (prediction.probabilities or {}).values()))
    for one in kept:
        if one.is_score and one.gaps:
            lacks = True
            gone |= set(one.gaps if one.by_option else ())
    return tuple(sorted(gone)) if gone or lacks else None


def _which(lost: Sequence[int], kept: Sequence[int]) -> str:
    if len(lost) < MIN_CASES or len(kept) < MIN_CASES:
        return ""
    lengths = np.array([*lost, *kept], dtype=float)[:, None]
    size = float(area(np.arange(len(lengths)) < len(lost), lengths)[0])
    if size >= SHORT:
        return ""
    return (
        f"; they are the short ones ({np.median(lost):.0f} characters against "
        f"{np.median(kept):.0f}, AUROC of length {size:.2f})"
    )


def _of_gold(count: int) -> str:
    return f"; in {count:,} of them it is the right option that lacks one" if count else ""


def truncated_answers(min_fraction: float = 0.2) -> Check:
    """Find written answers that ended because the length did (`finish` is "length").

    What comes last, often the answer itself, is then lost. An error from `min_fraction`
    of the outcomes up, a warning from 1 %, else a note.
    """
    limit = fraction_between("min_fraction", min_fraction)

    def check(_plan: Any, _model: Any, outcomes: Sequence[Any], /) -> Iterator[Finding]:
        cut = [
            outcome
            for outcome in outcomes
            if outcome.prediction is not None
            and (outcome.prediction.details or {}).get("finish") == "length"
        ]
        if not cut:
            return
        fraction = len(cut) / len(outcomes)
        yield Finding(
            "truncated-answers",
            f"{len(cut):,} of {len(outcomes):,} answers were cut off by the length limit, "
            f"{percent(fraction)} (effect).",
            level=graded(fraction, limit, 0.01),
            cases=dict.fromkeys(outcome.case.id for outcome in cut),
            effect=fraction,
            fix="let the model write longer (max_new_tokens), or ask for the answer first.",
        )

    return check
