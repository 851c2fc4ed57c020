"""The causal tests as findings, for `seatrial explain --causal`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from seatrial import Explanation, Finding, Outcome
from seatrial.statistics import Interval

from ._counterfactual import Counterfactuals, counterfactuals
from ._erasure import erased
from ._grading import Right
from ._steering import direction_of, steer

__all__ = ["edit", "erase", "steering"]

STRENGTHS: Final = (-4.0, 4.0)
NOT_SHOWN: Final = "do not act on the explanation: nothing shows that it is why the model fails"


def steering(
    explanation: Explanation,
    model: Any,
    outcomes: Sequence[Outcome],
    /,
    *,
    right: Right | None,
    confidence: float,
    seed: int,
) -> tuple[Finding, ...]:
    """Steer along the direction of a probe, four standard deviations either way."""
    options: dict[str, Any] = {"right": right, "confidence": confidence, "seed": seed}
    found = steer(model, outcomes, explanation, strengths=STRENGTHS, **options)
    shown = found.p is not None and found.p <= 1 - confidence
    random = len(found.pushes[0].random)
    return (
        Finding(
            "steering",
            f"steering at layer {found.layer} moves accuracy by {found.effect:+.3f} (lost towards "
            f"failure and won away from it, mean of {len(STRENGTHS)} strengths, "
            f"{found.cases:,} cases); of {random} random directions, "
            f"{_as_many(found.p, random)} move it as much (p = {found.p:.3f})",
            level="note" if shown else "warning",
            effect=found.effect,
            fix="" if shown else NOT_SHOWN,
        ),
    )


def _as_many(p: float | None, random: int) -> int:
    return 0 if p is None else round(p * (random + 1)) - 1


def erase(
    explanation: Explanation,
    model: Any,
    outcomes: Sequence[Outcome],
    /,
    *,
    right: Right | None,
    confidence: float,
    seed: int,
) -> tuple[Finding, ...]:
    """Erase what predicts failure at the layer of a probe."""
    _, layer, pooling = direction_of(explanation, None, "last")
    options: dict[str, Any] = {"right": right, "confidence": confidence, "seed": seed}
    found = erased(model, outcomes, layer=layer, pooling=pooling, **options)
    drop = found.drop
    controls = ", ".join(f"{one:+.3f}" for one in found.controls)
    return (
        Finding(
            "erasure",
            f"erasing at layer {layer} what predicts failure costs {_bounded(drop)} of accuracy "
            f"({found.cases:,} cases); erasing permuted labels costs {controls}",
            level="note" if _shown(drop) else "warning",
            effect=drop.estimate,
            interval=(drop.low, drop.high),
            fix="" if _shown(drop) else NOT_SHOWN,
        ),
    )


def edit(
    explanation: Explanation,
    model: Any,
    outcomes: Sequence[Outcome],
    /,
    *,
    right: Right | None,
    confidence: float,
    seed: int,
) -> tuple[Finding, ...]:
    """Let the explanation choose edits of right answers, and of wrong ones."""
    options: dict[str, Any] = {"right": right, "confidence": confidence, "seed": seed}
    return tuple(
        _turned(counterfactuals(model, outcomes, explanation, towards=towards, **options))
        for towards in ("failure", "success")
    )


def _turned(found: Counterfactuals) -> Finding:
    more = found.difference
    return Finding(
        f"edits-towards-{found.towards}",
        f"edits that the explanation chooses turn {found.chosen.estimate:.0%} of {found.cases:,} "
        f"answers to {found.towards}, and random edits {found.random.estimate:.0%} "
        f"(difference {_bounded(more)})",
        level="note" if more.low > 0 else "warning",
        effect=more.estimate,
        interval=(more.low, more.high),
        examples=tuple(one.case for one in found.examples if one.turned)[:2],
        fix="" if more.low > 0 else NOT_SHOWN,
    )


def _shown(found: Interval) -> bool:
    return found.low > 0 or found.high < 0


def _bounded(found: Interval) -> str:
    return f"{found.estimate:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
