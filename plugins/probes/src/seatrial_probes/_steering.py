"""Steers a model's activations along a direction, and measures its answers again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import frozen

from seatrial import Explanation, Outcome, derive
from seatrial.errors import ParameterError, PlanError
from seatrial.statistics import Interval, paired_drop

from ._editing import adding, outlying
from ._grading import SURE, Judged, Right, has, judged
from ._plain import bounded, plainly, table
from ._threads import one_thread

__all__ = ["Push", "Steering", "direction_of", "steer"]

MATCHES: Final = ("isotropic", "covariance")
STRENGTHS: Final = (-4.0, -2.0, 2.0, 4.0)

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[Any]


@frozen(kw_only=True)
class Push:
    """The effect of one strength: accuracy, and its drop from no push and from random pushes.

    `random` is the accuracy under each random direction; `beyond` is the drop beyond their mean,
    case by case.
    """

    strength: float
    accuracy: float
    random: tuple[float, ...]
    drop: Interval
    beyond: Interval | None


@frozen(kw_only=True)
class Steering:
    """Tells whether a direction moves accuracy, and more than random ones of the same norm do.

    `effect` is the accuracy lost by pushing towards failure plus that won by pushing away, on
    average over strengths; `z` says how many standard deviations it lies above that of random
    directions, and `p` how often one of them does as well, itself counted in (so it is at least
    1 / (directions + 1)).
    """

    layer: int
    pooling: str
    deviation: float
    cases: int
    accuracy: float
    effect: float
    z: float | None
    p: float | None
    pushes: tuple[Push, ...]

    def table(self) -> str:
        """Set it out as text: one row for each strength."""
        rows = [
            [
                f"{one.strength:+g} σ",
                f"{one.accuracy:.3f}",
                f"{np.mean(one.random):.3f}" if one.random else "—",
                bounded(one.drop, signed=True),
                bounded(one.beyond, signed=True),
            ]
            for one in self.pushes
        ]
        against = (
            "no random directions to compare with"
            if self.p is None
            else f"{len(self.pushes[0].random)} random directions: "
            f"z = {'—' if self.z is None else f'{self.z:.1f}'}, p = {self.p:.3f}"
        )
        return table(
            f"steering at layer {self.layer}, {self.cases} cases, "
            f"accuracy {self.accuracy:.3f} without steering",
            ("towards failure", "accuracy", "random", "accuracy lost", "beyond random"),
            rows,
            f"effect {self.effect:+.3f} against {against}",
        )

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return plainly(self)

    __str__ = table


def direction_of(given: Any, layer: int | None, pooling: str) -> tuple[Floats, int, str]:
    """Read a direction towards failure: of an explanation, as its details say it, or a vector."""
    if isinstance(given, Explanation):
        if "direction" not in given.details:
            msg = (
                "this explanation has no direction to steer along: take one of a linear probe, as "
                "probes.logistic or probes.mean-difference give"
            )
            raise PlanError(msg)
        given = given.details["direction"]
    if isinstance(given, Mapping):
        layer = int(given["layer"]) if layer is None else layer
        pooling = str(given.get("pooling", pooling))
        given = given["weights"]
    vector = np.asarray(given, dtype=np.float64)
    if layer is None:
        msg = "a bare vector does not say where it lies: give layer="
        raise ParameterError(msg)
    if vector.ndim != 1 or not np.isfinite(vector).all() or not vector.any():
        msg = f"a direction is a vector of finite numbers, not all 0; this one is {vector.shape}"
        raise ParameterError(msg)
    return vector / np.linalg.norm(vector), layer, pooling


def steer(
    model: Any,
    outcomes: Sequence[Outcome],
    direction: Explanation | Mapping[str, Any] | Sequence[float] | Vectors,
    /,
    *,
    layer: int | None = None,
    pooling: str = "last",
    strengths: Sequence[float] = STRENGTHS,
    random_directions: int = 20,
    match: str = "isotropic",
    right: Right | None = None,
    confidence: float = SURE,
    seed: int = 0,
) -> Steering:
    """Add a direction to every token at one layer, and compare with random ones of the same norm.

    `direction` points towards failure: an explanation of a linear probe, its
    `details["direction"]`, or a vector with `layer`. A push of strength s adds s standard
    deviations of the cases' projections on it. Random directions are "isotropic", or with `match`
    "covariance" drawn as activations themselves vary (harder to beat: the model reads those).
    Tokens that lie far outside (the first of a text) are left alone. Give outcomes
    that the direction was not trained on. The model is asked len(strengths) × (random_directions +
    1) + 1 times, and needs `activations` and `intervened`. `right` tells from a target and a
    prediction whether it is right, by default that they are equal; `confidence` is one-sided.
    """
    has(model, "activations", "intervened", to="steer it")
    if match not in MATCHES:
        msg = f"match must be one of {', '.join(MATCHES)}, not {match!r}"
        raise ParameterError(msg)
    if not strengths or not all(strengths):
        msg = f"strengths must be numbers other than 0, got {list(strengths)}"
        raise ParameterError(msg)
    known = judged(outcomes, right)
    unit, layer, pooling = direction_of(direction, layer, pooling)
    vectors = model.activations(known.inputs, layers=(layer,), poolings=(pooling,)).at(
        layer, pooling
    )
    if vectors.shape[1] != len(unit):
        msg = f"the direction has {len(unit)} entries, and layer {layer} is {vectors.shape[1]} wide"
        raise ParameterError(msg)
    deviation = float((vectors.astype(np.float64) @ unit).std())
    draw = np.random.default_rng(derive(seed, "directions"))
    random = [_drawn(vectors, match, draw) for _ in range(random_directions)]
    limit = outlying(vectors)

    def answered(along: Floats, strength: float) -> Floats:
        push = adding(strength * deviation * along, limit)
        return known.rights(model.intervened({layer: push})).astype(float)

    before = known.rights(model).astype(float)
    after = np.array([[answered(one, s) for s in strengths] for one in [unit, *random]])
    # Accuracy lost towards failure and won away from it both count for the direction.
    effects = (np.sign(strengths) * (before - after).mean(axis=2)).mean(axis=1)
    pushes = tuple(
        _push(known, strength, before, after[:, place], confidence, seed)
        for place, strength in enumerate(strengths)
    )
    z, p = _beyond(effects)
    return Steering(
        layer=layer,
        pooling=pooling,
        deviation=deviation,
        cases=len(known.outcomes),
        accuracy=float(before.mean()),
        effect=float(effects[0]),
        z=z,
        p=p,
        pushes=pushes,
    )


@one_thread()
def _drawn(vectors: Vectors, match: str, draw: np.random.Generator) -> Floats:
    found = np.asarray(draw.standard_normal(vectors.shape[1]))
    if match == "covariance":
        # A mixture of centred rows with normal weights has the covariance of the rows.
        found = draw.standard_normal(len(vectors)) @ (vectors - vectors.mean(axis=0))
    unit: Floats = found / float(np.linalg.norm(found))
    return unit


def _push(
    known: Judged, strength: float, before: Floats, after: Floats, confidence: float, seed: int
) -> Push:
    def drop(other: Floats) -> Interval:
        return paired_drop(
            other, after[0], known.clusters, confidence, seed=derive(seed, "interval")
        )

    return Push(
        strength=float(strength),
        accuracy=float(after[0].mean()),
        random=tuple(float(one.mean()) for one in after[1:]),
        drop=drop(before),
        beyond=drop(after[1:].mean(axis=0)) if len(after) > 1 else None,
    )


def _beyond(effects: Floats) -> tuple[float | None, float | None]:
    random = effects[1:]
    if not len(random):
        return None, None
    spread = float(random.std(ddof=1)) if len(random) > 1 else 0.0
    z = float(effects[0] - random.mean()) / spread if spread > 0 else None
    reached = int((random >= effects[0] - 1e-12).sum())
    return z, (1 + reached) / (1 + len(random))
