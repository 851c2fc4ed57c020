"""Latents of prompts: pooled over tokens, ranked by failure, and named by what they fire on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen

from seatrial import Finding
from seatrial.errors import PlanError

from ._autoencoder import Autoencoder
from ._editing import OUTLYING
from ._rendering import read, shortened
from ._threads import one_thread
from ._validation import Learning

__all__ = ["POOLED", "Latents", "findings_of", "ranked"]

POOLED: Final = ("max", "last")
FEWEST: Final = 3
FINDINGS: Final = 8
EXAMPLES: Final = 5
SHOWN: Final = 3
CHARACTERS: Final = 70
COMMON: Final = 20
WORDS: Final = 3
WORD: Final = re.compile(r"\w[\w'’]+")

Rows = Sequence[npt.NDArray[np.float32]]


@frozen(eq=False)
class Latents:
    """An autoencoder, and the norm beyond which a token is unlike its training set."""

    autoencoder: Autoencoder
    limit: float
    facts: dict[str, Any] = field(factory=dict)

    @classmethod
    @one_thread()
    def trained(
        cls, learn: Callable[[Any], Autoencoder], stream: Rows, most: int, seed: int
    ) -> Latents:
        """Learn from at most so many tokens, and tell how good it is on a tenth kept from it."""
        limit = _limit(stream)
        rows = np.concatenate(list(_ordinary(stream, limit)))
        order = np.random.default_rng(seed).permutation(len(rows))[:most]
        apart = max(len(order) // 10, 1)
        autoencoder = learn(rows[order[apart:]] if len(order) > apart else rows[order])
        facts = {**autoencoder.measured(rows[order[:apart]]), "tokens": len(order) - apart}
        everywhere = autoencoder.measured(rows[order])
        return cls(autoencoder, limit, _facts(autoencoder, {**facts, "dead": everywhere["dead"]}))

    @classmethod
    @one_thread()
    def of_stream(cls, autoencoder: Autoencoder, stream: Rows) -> Latents:
        """Take an autoencoder that was trained elsewhere, and tell how good it is here."""
        limit = _limit(stream)
        rows = np.concatenate(list(_ordinary(stream, limit)))
        if rows.shape[1] != autoencoder.width:
            msg = (
                f"the autoencoder takes activations {autoencoder.width} wide, and this layer's are "
                f"{rows.shape[1]}"
            )
            raise PlanError(msg)
        return cls(autoencoder, limit, _facts(autoencoder, autoencoder.measured(rows)))

    @one_thread()
    def of(self, stream: Rows) -> dict[str, Any]:
        """Give the latents of each prompt by pooling: float32 [prompts, latents]."""
        shape = len(stream), self.autoencoder.latents
        found = {name: np.zeros(shape, dtype=np.float32) for name in POOLED}
        for place, rows in enumerate(_ordinary(stream, self.limit)):
            if len(rows):
                latents = self.autoencoder.encode(rows)
                found["max"][place], found["last"][place] = latents.max(axis=0), latents[-1]
        return found


def ranked(table: Any, failed: Any) -> npt.NDArray[np.intp]:
    """Order latents by how much they differ between failures and successes (Welch's t).

    Those that fire on fewer than three prompts, or never vary, are left out.
    """
    sides = [table[failed].astype(np.float64), table[~failed].astype(np.float64)]
    apart = sides[0].mean(axis=0) - sides[1].mean(axis=0)
    spread = np.sqrt(sum(one.var(axis=0) / len(one) for one in sides))
    usable = ((table > 0).sum(axis=0) >= FEWEST) & (spread > 0)
    strength = np.where(usable, np.abs(apart) / np.where(spread > 0, spread, 1.0), -1.0)
    return np.argsort(-strength, kind="stable")[: int(usable.sum())]


def findings_of(
    table: Any, names: Any, weights: Any, learning: Learning, pooling: str
) -> tuple[list[Finding], list[dict[str, Any]]]:
    """Say of the latents that move the prediction most when they fire, and on what."""
    moves = np.abs(weights) * table.std(axis=0)
    where = "somewhere in the input" if pooling == "max" else "at the end of the input"
    findings, facts = [], []
    for place in np.argsort(-moves, kind="stable")[:FINDINGS]:
        fires = table[:, place] > 0
        rates = [float(fires[side].mean()) for side in (learning.failed, ~learning.failed)]
        sign = "failure" if weights[place] > 0 else "success"
        order = np.argsort(-table[:, place], kind="stable")
        top = [one for one in order if fires[one]][:EXAMPLES]
        words = _words(order, fires, learning)
        quoted = "; ".join(f"“{_text(learning, one)}”" for one in top[:SHOWN])
        listed = f", often with {', '.join(map(repr, words))}" if words else ""
        findings.append(
            Finding(
                f"latent {names[place]}",
                f"latent {names[place]} predicts {sign}: it fires {where} in {rates[0]:.0%} of "
                f"failures and {rates[1]:.0%} of successes{listed}; most in {quoted}",
                effect=rates[0] - rates[1],
                cases=tuple(dict.fromkeys(learning.outcomes[one].case.id for one in top)),
            )
        )
        facts.append(
            {
                "latent": int(names[place]),
                "weight": float(weights[place]),
                "failures": rates[0],
                "successes": rates[1],
                "words": words,
            }
        )
    return findings, facts


def _facts(autoencoder: Autoencoder, measured: dict[str, Any]) -> dict[str, Any]:
    kind = "JumpReLU" if autoencoder.threshold is not None else "TopK" if autoencoder.k else "ReLU"
    return {"kind": kind, "latents": autoencoder.latents, "k": autoencoder.k, **measured}


def _limit(stream: Rows) -> float:
    """Give ten times the median norm: the first token of a text may have a norm a hundred times."""
    norms = np.concatenate([np.linalg.norm(rows, axis=1) for rows in stream])
    return OUTLYING * float(np.median(norms))


def _ordinary(stream: Rows, limit: float) -> Iterator[npt.NDArray[np.float32]]:
    for rows in stream:
        yield rows[np.linalg.norm(rows, axis=1) <= limit]


def _text(learning: Learning, place: int) -> str:
    given = learning.outcomes[place].input
    try:
        return shortened(" ".join(read(given).asked.split()), CHARACTERS)
    except PlanError:
        return learning.outcomes[place].case.id


def _words(order: Any, fires: Any, learning: Learning) -> list[str]:
    """Name words that stand far more often where a latent fires most than elsewhere."""
    try:
        said = [set(WORD.findall(read(one.input).text.lower())) for one in learning.outcomes]
    except PlanError:
        return []
    top = [one for one in order[:COMMON] if fires[one]]
    inside = Counter(word for one in top for word in said[one])
    everywhere = Counter(word for one in said for word in one)
    gains = {
        word: count / len(top) - everywhere[word] / len(said)
        for word, count in inside.items()
        if count >= FEWEST
    }
    best = sorted(gains, key=lambda word: (-gains[word], word))[:WORDS]
    return [word for word in best if gains[word] > 1 / FEWEST]
