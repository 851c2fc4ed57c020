"""An explainer that reads the inputs through a frozen text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from attrs import field, frozen

from seatrial import Case, Explanation, Outcome
from seatrial.errors import ModelError
from seatrial.kit import object_with

from ._rendering import read
from ._validation import Learning, one_sided, select

__all__ = ["Embeddings", "embeddings"]

GRID: Final = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)


@frozen
class Embeddings:
    """Predicts failure from the vectors of a frozen encoder, standardised.

    `encoder` has `embed_text`: an import string of it (or of what makes it), or the object itself.
    The strength of the L2 penalty is chosen on validation.
    """

    encoder: Any = field(default="seatrial_transformers:minilm")

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Learn from the outcomes; the model is not looked at."""
        del model
        if said := one_sided(outcomes):
            return said
        encoder = object_with(self.encoder, "embed_text", what="probes.embeddings: encoder")
        learning = Learning.of(outcomes, seed)
        table = _embedded(encoder, [one.input for one in outcomes])
        found = select(_scaled, table, learning, grid=GRID, seed=seed)

        def predictor(cases: Sequence[Case]) -> list[float]:
            inputs = [case.input for case in cases]
            return found.probabilities(_embedded(encoder, inputs)) if cases else []

        return Explanation(
            f"embeddings: logistic regression on {table.shape[1]} dimensions of a text encoder",
            predictor=predictor,
            details=found.details,
        )


def _scaled() -> Any:
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


def _embedded(encoder: Any, inputs: Sequence[Any]) -> Any:
    table = np.asarray(encoder.embed_text([read(one).text for one in inputs]), dtype=np.float64)
    if table.shape[:1] != (len(inputs),) or table.ndim != len(("texts", "width")):
        msg = f"embed_text gave an array of shape {table.shape} for {len(inputs)} texts"
        raise ModelError(msg)
    if not np.isfinite(table).all():
        place = int(np.flatnonzero(~np.isfinite(table).all(axis=1))[0])
        msg = f"embed_text gave NaN or infinity for {read(inputs[place]).text[:40]!r}"
        raise ModelError(msg)
    return table


embeddings = Embeddings
