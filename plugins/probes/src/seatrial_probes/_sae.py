"""Explains failures by a few latents of a sparse autoencoder, and names them by examples."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen
from attrs.validators import ge, instance_of, optional

from seatrial import Case, Explanation, Outcome, derive

from ._autoencoder import Autoencoder, load_autoencoder
from ._latents import POOLED, Latents, findings_of, ranked
from ._logistic import prepare, solve
from ._threads import one_thread
from ._validation import Learning, one_sided, permutation_test

__all__ = ["Sae", "sae"]

STRENGTHS: Final = (0.001, 0.01, 0.1, 1.0)
DENSE: Final = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
ROUNDING: Final = 1e-12

Floats = npt.NDArray[np.float64]


@frozen(kw_only=True)
class _Setting:
    """One way to predict from latents: how tokens are pooled, how many latents, which penalty."""

    pooling: str
    latents: int
    strength: float


@frozen
class Sae:
    """Trains (or loads) a sparse autoencoder on one layer's tokens, and predicts by few latents.

    The layer is where a dense logistic probe of the last token ranks best on validation, unless
    `layer` says it; that probe's figure stands beside the result, because sparse probes seldom beat
    dense ones. A TopK autoencoder of `expansion` × width latents, `active` at a time, is trained
    for `steps` on at most `max_tokens` tokens of the inputs, without their labels; or
    one is read from `path` (safetensors, see `load_autoencoder`). Each latent is pooled over the
    prompt's tokens to its greatest value, or that at the last token. Latents are ranked by how much
    they differ between failures and successes of the training part; how many to keep (`keep`), the
    pooling and the penalty are selected on validation, all counted. Nothing is given for an input
    but its activations; findings name latents by the inputs on which they fire most. `to` saves the
    autoencoder.

    Sources: Gao et al. 2024 (the autoencoder); Kantamneni et al., Are sparse autoencoders useful?,
    2025 (the probe of few latents).
    """

    layer: int | None = field(default=None, validator=optional(instance_of(int)))
    expansion: float = field(default=4.0, converter=float)
    active: int = field(default=32, validator=[instance_of(int), ge(1)])
    steps: int = field(default=400, validator=[instance_of(int), ge(1)])
    keep: tuple[int, ...] = field(default=(1, 4, 16, 64, 256), converter=tuple)
    max_tokens: int = field(default=50_000, validator=[instance_of(int), ge(1)])
    path: str | None = field(default=None, validator=optional(instance_of(str)))
    to: str | None = field(default=None, validator=optional(instance_of(str)))

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Choose the layer, learn its latents, choose among them, and fit on everything."""
        if said := one_sided(outcomes):
            return said
        learning = Learning.of(outcomes, seed)
        inputs = [one.input for one in learning.outcomes]
        layer, dense = self._dense(model, inputs, learning)
        stream = model.activations(inputs, layers=(), poolings=(), tokens=(layer,)).tokens(layer)
        latents = self._latents(stream, seed)
        pooled = latents.of(stream)
        setting, details = _selected(pooled, self._settings(latents), learning, dense, seed)
        chosen = ranked(pooled[setting.pooling], learning.failed)[: setting.latents]
        if not len(chosen):
            return _silent(layer, latents, learning, details)
        weights, intercept = _fitted(
            pooled[setting.pooling][:, chosen], learning.failed, (setting.strength,)
        )
        findings, named = findings_of(
            pooled[setting.pooling][:, chosen], chosen, weights[0], learning, setting.pooling
        )

        def predictor(cases: Sequence[Case]) -> list[float]:
            if not cases:
                return []
            given = [case.input for case in cases]
            seen = model.activations(given, layers=(), poolings=(), tokens=(layer,)).tokens(layer)
            table = latents.of(seen)[setting.pooling][:, chosen]
            with one_thread():
                return [float(one) for one in _probabilities(table @ weights[0] + intercept[0])]

        along = weights[0] @ latents.autoencoder.decoder[chosen]
        facts = latents.facts
        areas = details["searched"]["best"], details["dense"].get("auroc")
        return Explanation(
            f"sparse autoencoder at layer {layer}: {len(chosen)} of "
            f"{latents.autoencoder.latents} latents, {facts['explained_variance']:.0%} of variance "
            f"explained by {facts['l0']:.0f} at a time; {_beside(*areas)}",
            findings,
            predictor=predictor,
            details={
                **details,
                "autoencoder": facts,
                "latents": named,
                "direction": {
                    "layer": layer,
                    "pooling": "last",
                    "weights": [float(one) for one in along],
                    "intercept": float(intercept[0]),
                },
            },
        )

    def _dense(
        self, model: Any, inputs: Sequence[Any], learning: Learning
    ) -> tuple[int, dict[str, Any]]:
        """Probe the last token of each layer, and give the best layer with all its scores."""
        wanted = None if self.layer is None else (self.layer,)
        seen = model.activations(inputs, layers=wanted, poolings=("last",))
        layers = tuple(one for one in seen.layers if one > 0)
        kept = learning.kept
        if kept is None:
            return layers[2 * len(layers) // 3], {}
        scores, labels = [], learning.failed[~kept]
        for one in layers:
            table = seen.at(one, "last")
            weights, intercepts = _fitted(table[~kept], labels, DENSE)
            with one_thread():
                scores.append(table[kept] @ weights.T + intercepts)
        found = np.stack(scores).astype(np.float64).transpose(0, 2, 1)
        areas = permutation_test(
            found.reshape(-1, found.shape[-1]), learning.failed[kept], _of(learning), seed=0
        )[0]
        best = int(np.argmax(areas.reshape(len(layers), -1).max(axis=1)))
        return layers[best], {"layers": layers, "scores": found, "place": best}

    def _latents(self, stream: Sequence[Any], seed: int) -> Latents:
        if self.path is not None:
            return Latents.of_stream(load_autoencoder(self.path), stream)
        from ._autoencoder_training import trained

        def learn(rows: Any) -> Autoencoder:
            return trained(
                rows, expansion=self.expansion, k=self.active, steps=self.steps, seed=seed
            )

        found = Latents.trained(learn, stream, self.max_tokens, derive(seed, "tokens"))
        if self.to is not None:
            found.autoencoder.save(Path(self.to))
        return found

    def _settings(self, latents: Latents) -> list[_Setting]:
        keep = sorted({min(one, latents.autoencoder.latents) for one in self.keep})
        return [
            _Setting(pooling=pooling, latents=count, strength=strength)
            for pooling, count, strength in product(POOLED, keep, STRENGTHS)
        ]


@one_thread()
def _selected(
    pooled: dict[str, Any],
    settings: list[_Setting],
    learning: Learning,
    dense: dict[str, Any],
    seed: int,
) -> tuple[_Setting, dict[str, Any]]:
    """Choose the setting that ranks best on validation; the layers that were tried count too."""
    kept = learning.kept
    if kept is None:
        setting = settings[len(settings) // 2]
        searched = {"settings": 0, "best": None, "p": None}
        return setting, {"searched": searched, "selected": _plain(setting), "dense": {}}
    scores: list[Any] = []
    labels = learning.failed[~kept]
    for table in pooled.values():
        order = ranked(table[~kept], labels)
        for count in sorted({one.latents for one in settings}):
            part = table[:, order[:count]]
            if not part.shape[1]:
                scores += [np.zeros(int(kept.sum()))] * len(STRENGTHS)
                continue
            weights, intercepts = _fitted(part[~kept], labels, STRENGTHS)
            scores += list((part[kept] @ weights.T + intercepts).T)
    everything = np.concatenate([np.array(scores), dense["scores"].reshape(-1, int(kept.sum()))])
    areas, p = permutation_test(
        everything.astype(np.float64),
        learning.failed[kept],
        _of(learning),
        seed=derive(seed, "searched"),
    )
    mine, others = areas[: len(settings)], areas[len(settings) :].reshape(len(dense["layers"]), -1)
    best = int(np.argmax(mine > mine.max() - ROUNDING))
    layer, there = dense["layers"][dense["place"]], others[dense["place"]]
    curve = [{**_plain(one), "auroc": float(a)} for one, a in zip(settings, mine, strict=True)]
    return settings[best], {
        "searched": {"settings": len(areas), "best": float(mine[best]), "p": p},
        "selected": {"layer": layer, **_plain(settings[best])},
        "curve": [{"layer": layer, **one} for one in curve],
        "dense": {
            "layer": layer,
            "C": DENSE[int(np.argmax(there))],
            "auroc": float(there.max()),
            "curve": [
                {"layer": one, "auroc": float(row.max())}
                for one, row in zip(dense["layers"], others, strict=True)
            ],
        },
    }


def _silent(
    layer: int, latents: Latents, learning: Learning, details: dict[str, Any]
) -> Explanation:
    base = float(learning.failed.mean())
    return Explanation(
        f"sparse autoencoder at layer {layer}: no latent fires on enough inputs to tell failures "
        "from successes",
        predictor=lambda cases: [base] * len(cases),
        details={**details, "autoencoder": latents.facts},
    )


@one_thread()
def _fitted(table: Any, labels: Any, grid: Sequence[float]) -> tuple[Floats, Floats]:
    path = solve(prepare(np.ascontiguousarray(table[None], dtype=np.float32)), labels, grid)
    weights, intercepts = path.weights[0], path.intercepts[0]
    return np.asarray(weights, np.float64), np.asarray(intercepts, np.float64)


def _of(learning: Learning) -> list[str]:
    kept = learning.kept
    return [one for one, on in zip(learning.clusters, kept, strict=True) if on]  # type: ignore[arg-type]


def _plain(setting: _Setting) -> dict[str, Any]:
    return {"pooling": setting.pooling, "latents": setting.latents, "C": setting.strength}


def _probabilities(odds: Floats) -> Floats:
    from scipy.special import expit

    found: Floats = expit(odds)
    return found


def _beside(sparse: float | None, dense: float | None) -> str:
    if sparse is None or dense is None:
        return "there were too few outcomes to validate on"
    return (
        f"on validation its AUROC is {sparse:.3f}, and that of a dense probe of the same layer "
        f"{dense:.3f}"
    )


sae = Sae
