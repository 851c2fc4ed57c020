"""What probes say in plain words: how sure they are, and which cases they hold fragile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seatrial import Finding, Outcome

__all__ = ["attended", "ends", "how_sure", "where"]

CASES: Final = 10
FRACTION: Final = 0.1
SURE: Final = 0.05
READ: Final = 3
TOKENS: Final = 5

POOLED: Final = {
    "last": "the last token",
    "question": "the last token of the question",
    "mean": "the mean over tokens",
    "max": "the greatest value over tokens",
    "softmax": "the softmax-weighted mean over tokens",
    "rolling": "the greatest mean over 40 tokens",
}


def where(layer: int, pooling: str, layers: Sequence[int]) -> str:
    """Name a layer and a pooling."""
    return f"layer {layer} (of {len(layers)} searched), {POOLED.get(pooling, pooling)}"


def how_sure(searched: Mapping[str, Any]) -> str:
    """Say how well the best setting ranked on validation, and how often chance does as well."""
    settings, best, p = searched["settings"], searched["best"], searched["p"]
    of = "one setting was" if settings == 1 else f"the best of {settings:,} settings was"
    said = f"on validation {of} at AUROC {best:.2f} of failure (.50 is guessing)"
    if p > SURE:
        return (
            f"{said}; a search of this size reaches that by chance (p = {p:.2f}): nothing was found"
        )
    return f"{said}; a search of this size rarely reaches that by chance (p = {p:.3f})"


def ends(
    outcomes: Sequence[Outcome],
    failed: npt.NDArray[np.bool_],
    probabilities: npt.NDArray[np.float64],
) -> list[Finding]:
    """Name the cases that look most fragile and safest, and say how many of them failed.

    `probabilities` were said of each case by probes that did not learn from it.
    """
    order = np.argsort(-probabilities, kind="stable")
    many = max(1, min(CASES, int(FRACTION * len(order))))
    rate = failed.mean()
    found = []
    for name, word, at in (
        ("most fragile cases", "most fragile", order[:many].tolist()),
        ("safest cases", "safest", order[::-1][:many].tolist()),
    ):
        wrong = int(failed[at].sum())
        summary = (
            f"of the {many} cases that look {word} to probes that had not seen them, "
            f"{wrong} failed; {many * rate:.1f} would by chance"
        )
        ids = tuple(dict.fromkeys(outcomes[place].case.id for place in at))
        found.append(Finding(name, summary, cases=ids, effect=float(wrong / many - rate)))
    return found


def attended(
    model: Any,
    outcomes: Sequence[Outcome],
    kept: npt.NDArray[np.bool_],
    tokens: Sequence[Any],
    attention: Any,
) -> list[Finding]:
    """Name the tokens that add most to the log-odds of failure, in the most fragile kept cases."""
    places = np.flatnonzero(kept)
    logits = attention([tokens[place] for place in places.tolist()])
    findings = []
    for place in places[np.argsort(-logits, kind="stable")][:READ].tolist():
        weights, adds = attention.contributions(tokens[place])
        names = _pieces(model, outcomes[place].input, len(weights))
        top = [at for at in np.argsort(-adds, kind="stable")[:TOKENS] if adds[at] > 0]
        if not top:
            continue
        said = ", ".join(
            f"{names[at]} adds {adds[at]:.2f} ({weights[at]:.0%} of attention)" for at in top
        )
        case = outcomes[place].case.id
        findings.append(
            Finding(
                f"what weighs in {case}",
                f"log-odds of failure {adds.sum():+.2f}: {said}",
                cases=(case,),
                effect=float(adds[top[0]]),
            )
        )
    return findings


def _pieces(model: Any, given: Any, count: int) -> list[str]:
    """Name the tokens of an input by their text, if the model's tokenizer tells them, or place."""
    tokenizer = getattr(model, "tokenizer", None)
    if tokenizer is not None and isinstance(given, str):
        ids = tokenizer(given, add_special_tokens=False)["input_ids"]
        if len(ids) == count:
            return [repr(tokenizer.decode([one])) for one in ids]
    return [f"token {place + 1} of {count}" for place in range(count)]
