"""Explainers that read the model's activations at the inputs that it was judged on.

All of them read the inputs that were judged, hold out part of what they are given (by cluster) to
choose layer, pooling and strength on, count everything that they looked at, and predict failure: a
probability near 1 means that the model is likely wrong.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import field, frozen
from attrs.validators import and_, ge, gt, instance_of, lt, optional

from seatrial import Case, Explanation, Finding, Outcome, derive

from . import _linear
from ._families import ClosedForm, Family, Logistic
from ._linear import platt
from ._proxy import Proxy, layers_of, strengths
from ._reading_inside import inside, tokens_of
from ._selection import Chosen, Sample, Search, choose, probabilities_of, search
from ._validation import VALIDATION, one_sided
from ._wording import attended, ends, how_sure, where

__all__ = ["attention", "lda", "logistic", "mass_mean", "mean_difference", "mlp", "proxy"]

POOLINGS: Final = ("last", "mean", "max", "softmax", "rolling")
"""Those that every input has; "question" asks for inputs with a part of that name."""


@frozen(kw_only=True)
class Probe(ABC):
    """What probes on activations share.

    `layers` None means all after the embedding; `poolings` are those of `seatrial.POOLINGS`;
    `cache` is a folder in which activations are kept; `validation` is the fraction that is held out
    to choose on. All right or all wrong is said so; raises `PlanError` where there are too few of
    either to choose on, and `ModelError` for activations that are not finite.
    """

    layers: tuple[int, ...] | None = field(default=None, converter=layers_of)
    poolings: tuple[str, ...] = field(default=POOLINGS, converter=tuple)
    cache: str | Path | None = field(default=None, validator=optional(instance_of((str, Path))))
    validation: float = field(default=VALIDATION, validator=and_(gt(0), lt(1)))

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Learn from the outcomes which activations predict failure."""
        if said := one_sided(outcomes):
            return said
        sample = Sample.of(outcomes, self.validation, seed)
        seen = inside(
            model,
            [one.input for one in outcomes],
            layers=self.layers,
            poolings=self.poolings,
            cache=self.cache,
        )
        found = search(seen.table, seen.layers, seen.poolings, self.family, sample)
        return self.explained(model, outcomes, sample, seen, found, seed)

    @property
    @abstractmethod
    def family(self) -> Family:
        """The linear probes that layers and poolings are searched with."""

    @abstractmethod
    def explained(
        self,
        model: Any,
        outcomes: Sequence[Outcome],
        sample: Sample,
        seen: Any,
        found: Search,
        seed: int,
    ) -> Explanation:
        """Fit what the search found best, and say what it is."""


@frozen(kw_only=True)
class LinearProbe(Probe):
    """A direction in the activations of one layer: larger projections predict failure."""

    def explained(
        self,
        model: Any,
        outcomes: Sequence[Outcome],
        sample: Sample,
        seen: Any,
        found: Search,
        seed: int,
    ) -> Explanation:
        """Fit the best layer and pooling on everything, training and validation part alike."""
        del seed
        chosen = choose(seen.table, found, self.family, sample)

        def predictor(cases: Sequence[Case]) -> list[float]:
            if not cases:
                return []
            there = inside(
                model,
                [case.input for case in cases],
                layers=(chosen.layer,),
                poolings=(chosen.pooling,),
                cache=self.cache,
            )
            return [float(one) for one in chosen.predict(there.table(chosen.layer, chosen.pooling))]

        place = where(chosen.layer, chosen.pooling, seen.layers)
        return Explanation(
            f"{self.named}: {place}; {how_sure(found.searched)}",
            ends(outcomes, sample.failed, chosen.probabilities),
            predictor=predictor,
            details={
                "searched": found.searched,
                "selected": _selected(chosen, found),
                "curve": found.curve,
                "calibration": {"slope": chosen.slope, "intercept": chosen.lift},
                "direction": {
                    "layer": chosen.layer,
                    "pooling": chosen.pooling,
                    "weights": tuple(chosen.probe.weights.tolist()),
                    "intercept": float(chosen.probe.intercept),
                },
            },
        )

    @property
    @abstractmethod
    def named(self) -> str:
        """What this probe is called in a summary."""


def _selected(chosen: Chosen, found: Search) -> dict[str, Any]:
    facts = {
        "layer": chosen.layer,
        "pooling": chosen.pooling,
        "auroc": float(found.areas.max()),
        "cross_validated": chosen.area,
    }
    return facts if chosen.strength is None else facts | {"C": chosen.strength}


@frozen(kw_only=True)
class LogisticProbe(LinearProbe):
    """Logistic regression with an L2 penalty on standardised activations.

    `C` is the inverse strength of the penalty, one or several to choose among (scikit-learn's
    objective). Layer and pooling are chosen on the validation part, C then by cross-validation over
    everything. `device` computes with torch there ("cuda").
    """

    C: tuple[float, ...] = field(default=None, converter=strengths)
    device: str | None = None
    named: str = field(default="logistic probe", init=False)

    @property
    def family(self) -> Family:
        """Logistic regressions, one for each C."""
        return Logistic(self.C, self.device)


@frozen(kw_only=True)
class MeanDifferenceProbe(LinearProbe):
    """The direction from the mean of the successes to the mean of the failures."""

    named: str = field(default="difference of means", init=False)

    @property
    def family(self) -> Family:
        """The one formula."""
        return ClosedForm(_linear.mean_difference)


@frozen(kw_only=True)
class DiscriminantProbe(LinearProbe):
    """Fisher's linear discriminant, its covariance shrunken by Ledoit and Wolf's formula."""

    named: str = field(default="shrunken linear discriminant", init=False)

    @property
    def family(self) -> Family:
        """The one formula."""
        return ClosedForm(_linear.discriminant)


@frozen(kw_only=True)
class MassMeanProbe(LinearProbe):
    """Marks and Tegmark's mass-mean probe.

    With `covariance` (their form for data like the training data) the difference of means
    is tilted by the inverse covariance; without, it is the difference of means itself. The inverse
    is not shrunken: with fewer cases than dimensions prefer `probes.lda`.
    """

    covariance: bool = True
    named: str = field(default="mass-mean probe", init=False)

    @property
    def family(self) -> Family:
        """The formula that was asked for."""
        return ClosedForm(_linear.mass_mean if self.covariance else _linear.mean_difference)


@frozen(kw_only=True)
class Trained(Probe):
    """A small network at the layer (and pooling) where a logistic regression ranks best.

    It stays as it was trained on the training part, because the validation part told it when to
    stop; every epoch counts as something that was looked at.
    """

    device: str = "cpu"

    @property
    def family(self) -> Family:
        """What finds the layer."""
        return Logistic()

    def finished(
        self,
        said: str,
        outcomes: Sequence[Outcome],
        sample: Sample,
        found: Search,
        epochs: Any,
        best: int,
        score: Callable[[Sequence[Any]], Any],
        findings: Sequence[Finding] = (),
    ) -> Explanation:
        """Calibrate on the validation part, and say what was found."""
        areas, p_value = sample.permutation_test(np.concatenate([found.scores, epochs]))
        area = float(areas[len(found.scores) + best])
        searched = {"settings": len(areas), "best": area, "p": p_value}
        kept = sample.failed[sample.kept]
        slope, lift = platt(epochs[best], kept)
        validated = [one for one, here in zip(outcomes, sample.kept, strict=True) if here]

        def predictor(cases: Sequence[Case]) -> list[float]:
            logits = score([case.input for case in cases]) if cases else np.empty(0)
            return [float(one) for one in probabilities_of(slope * logits + lift)]

        layer, pooling, _ = found.best
        return Explanation(
            f"{said}; {how_sure(searched)}",
            [*ends(validated, kept, probabilities_of(slope * epochs[best] + lift)), *findings],
            predictor=predictor,
            details={
                "searched": searched,
                "selected": {
                    "layer": layer,
                    "pooling": pooling,
                    "epoch": best + 1,
                    "auroc": area,
                    "logistic": float(found.areas.max()),
                },
                "curve": found.curve,
                "calibration": {"slope": slope, "intercept": lift},
            },
        )


@frozen(kw_only=True)
class NetworkProbe(Trained):
    """A network with one hidden layer of `hidden` rectified units, stopped early."""

    hidden: int = field(default=64, validator=[instance_of(int), ge(1)])

    def explained(
        self,
        model: Any,
        outcomes: Sequence[Outcome],
        sample: Sample,
        seen: Any,
        found: Search,
        seed: int,
    ) -> Explanation:
        """Train the network at the best layer and pooling."""
        from ._mlp import fit_network

        layer, pooling, _ = found.best
        network, epochs, best = fit_network(
            seen.table(layer, pooling),
            sample,
            hidden=self.hidden,
            seed=derive(seed, "network"),
            device=self.device,
        )

        def score(inputs: Sequence[Any]) -> Any:
            there = inside(model, inputs, layers=(layer,), poolings=(pooling,), cache=self.cache)
            return network(there.table(layer, pooling))

        said = f"network with {self.hidden} hidden units: {where(layer, pooling, seen.layers)}"
        return self.finished(said, outcomes, sample, found, epochs, best, score)


@frozen(kw_only=True)
class AttentionProbe(Trained):
    """A probe that learns which tokens of the prompt to look at (McKenzie et al. 2025).

    Its layer is where a logistic regression on the mean over tokens ranks best. What each token
    adds to the log-odds of failure is exact, and the findings name those that add most.
    """

    poolings: tuple[str, ...] = field(default=("mean",), converter=tuple)
    epochs: int = field(default=200, validator=[instance_of(int), ge(1)])

    def explained(
        self,
        model: Any,
        outcomes: Sequence[Outcome],
        sample: Sample,
        seen: Any,
        found: Search,
        seed: int,
    ) -> Explanation:
        """Train the probe on every token of the best layer."""
        from ._attention import fit_attention
        from ._training import Schedule

        layer, _, _ = found.best
        tokens = tokens_of(model, seen.inputs, layer=layer, cache=self.cache)
        attention, epochs, best = fit_attention(
            tokens,
            sample,
            seed=derive(seed, "attention"),
            schedule=Schedule(epochs=self.epochs),
            device=self.device,
        )

        def score(inputs: Sequence[Any]) -> Any:
            return attention(tokens_of(model, inputs, layer=layer, cache=self.cache))

        return self.finished(
            f"attention probe: layer {layer} (of {len(seen.layers)} searched)",
            outcomes,
            sample,
            found,
            epochs,
            best,
            score,
            attended(model, outcomes, sample.kept, tokens, attention),
        )


logistic = LogisticProbe
mean_difference = MeanDifferenceProbe
lda = DiscriminantProbe
mass_mean = MassMeanProbe
attention = AttentionProbe
mlp = NetworkProbe
proxy = Proxy
