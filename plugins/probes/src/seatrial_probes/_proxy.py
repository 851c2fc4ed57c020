"""Probes for models that show only answers: another model's activations at the same inputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from attrs import field, frozen
from attrs.validators import and_, ge, gt, instance_of, lt, optional

from seatrial import Case, Explanation, Outcome
from seatrial.errors import ParameterError
from seatrial.kit import object_with

from ._families import Logistic
from ._given_answers import frequent, named
from ._logistic import GRID
from ._reading_inside import Inside, inside
from ._rendering import read
from ._selection import Sample, choose, search
from ._validation import VALIDATION, one_sided
from ._wording import ends, how_sure, where

__all__ = ["Proxy", "layers_of", "strengths"]

FREQUENT: Final = 0.02
MOST_ANSWERS: Final = 20

Floats = npt.NDArray[np.float32]


def strengths(given: float | Sequence[float] | None) -> tuple[float, ...]:
    """Read the parameter `C` of a probe: a number, several, or None for the usual grid."""
    if given is None:
        return GRID
    found = tuple(sorted({float(one) for one in np.atleast_1d(given)}))
    if not found or found[0] <= 0:
        msg = f"C must be one or more numbers above 0, got {given!r}"
        raise ParameterError(msg)
    return found


def layers_of(given: Any) -> tuple[Any, ...] | None:
    """Read the parameter `layers` of a probe: None for all, or those that count."""
    return None if given is None else tuple(given)


@frozen(kw_only=True)
class Proxy:
    """Predicts failures from the activations of a small open model on the same inputs.

    `model` has `activations`: an import string of it (or of what makes it), or the object. Beside
    its activations stand, with `answer`, the answer that was given (one of those given often, or
    its place among the `options`) and, with `words`, TF-IDF of at most that many words. All are
    standardised; each kind is given the same total variance, so that two columns of answers are not
    drowned by hundreds of activations. Layer, pooling and C are chosen as by `probes.logistic`.

    The answer to a case that was not measured is asked of the explained model, once for each case
    predicted; without that model (`model=None`) answers are left out, and the summary says so.
    """

    model: Any = "seatrial_transformers:smollm2"
    layers: tuple[int, ...] | None = field(default=None, converter=layers_of)
    poolings: tuple[str, ...] = field(default=("last", "mean"), converter=tuple)
    C: tuple[float, ...] = field(default=None, converter=strengths)
    answer: bool = True
    words: int = field(default=500, validator=[instance_of(int), ge(0)])
    cache: str | Path | None = field(default=None, validator=optional(instance_of((str, Path))))
    validation: float = field(default=VALIDATION, validator=and_(gt(0), lt(1)))
    device: str | None = None

    def __call__(self, model: Any, outcomes: Sequence[Outcome], /, *, seed: int) -> Explanation:
        """Learn from the outcomes; the explained model is only asked for answers."""
        if said := one_sided(outcomes):
            return said
        sample = Sample.of(outcomes, self.validation, seed)
        other = object_with(_opened(self.model), "activations", what="probes.proxy: model")
        inputs = [one.input for one in outcomes]
        seen = self._seen(other, inputs, self.layers, self.poolings)
        asks = self.answer and model is not None
        beside = _Beside.of(outcomes, answers=asks, words=self.words)
        extra = beside.table(inputs, [one.prediction for one in outcomes])

        def table(layer: int, pooling: str) -> Any:
            return np.hstack([seen.table(layer, pooling), extra])

        width = seen.table(seen.layers[0], seen.poolings[0]).shape[1]
        family = Logistic(self.C, self.device, beside.emphasis(width))
        found = search(table, seen.layers, seen.poolings, family, sample)
        chosen = choose(table, found, family, sample)

        def predictor(cases: Sequence[Case]) -> list[float]:
            if not cases:
                return []
            unseen = [case.input for case in cases]
            there = self._seen(other, unseen, (chosen.layer,), (chosen.pooling,))
            answers = list(model(unseen)) if asks else [None] * len(unseen)
            rows = [there.table(chosen.layer, chosen.pooling), beside.table(unseen, answers)]
            return [float(one) for one in chosen.predict(np.hstack(rows))]

        return Explanation(
            f"proxy probe{beside.said}: {where(chosen.layer, chosen.pooling, seen.layers)}; "
            f"{how_sure(found.searched)}",
            ends(outcomes, sample.failed, chosen.probabilities),
            predictor=predictor,
            details={
                "searched": found.searched,
                "selected": {
                    "layer": chosen.layer,
                    "pooling": chosen.pooling,
                    "C": chosen.strength,
                    "auroc": float(found.areas.max()),
                    "cross_validated": chosen.area,
                    "answers": list(beside.answers),
                    "words": beside.words,
                },
                "curve": found.curve,
                "calibration": {"slope": chosen.slope, "intercept": chosen.lift},
            },
        )

    def _seen(
        self, other: Any, inputs: Sequence[Any], layers: Any, poolings: Sequence[str]
    ) -> Inside:
        return inside(other, inputs, layers=layers, poolings=poolings, cache=self.cache)


def _opened(given: Any) -> Any:
    """Make what is only described: a factory, or a reference to one."""
    if isinstance(given, str) or hasattr(given, "activations") or not callable(given):
        return given
    return given()


@frozen(eq=False)
class _Beside:
    """What stands beside the activations: a column for each frequent answer and each word."""

    answers: tuple[str, ...]
    vectorizer: Any

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], *, answers: bool, words: int) -> _Beside:
        """Find the answers given often, and the words that stand in several inputs."""
        often: tuple[str, ...] = ()
        if answers:
            names = [named(one.input, one.prediction) for one in outcomes]
            often = frequent(names, least=FREQUENT, most=MOST_ANSWERS)
        return cls(often, _vectorizer([one.input for one in outcomes], words))

    @property
    def words(self) -> int:
        """How many words are counted."""
        return 0 if self.vectorizer is None else len(self.vectorizer.vocabulary_)

    @property
    def said(self) -> str:
        """What a summary says of it."""
        parts = [
            *(["the answer given"] if self.answers else []),
            *([f"{self.words} words"] if self.words else []),
        ]
        without = "" if self.answers else ", the answer given not known"
        return f" with {' and '.join(parts)}{without}" if parts else without

    def emphasis(self, width: int) -> Floats:
        """Give each column the deviation at which every kind has the same total variance."""
        kinds = [width, len(self.answers), self.words]
        each = [np.full(one, np.sqrt(width / one)) for one in kinds if one]
        return np.concatenate(each).astype(np.float32)

    def table(self, inputs: Sequence[Any], answers: Sequence[Any]) -> Floats:
        """Give the columns for some inputs and the answers to them."""
        said = [named(given, answer) for given, answer in zip(inputs, answers, strict=True)]
        shape = len(inputs), len(self.answers)
        columns = [
            np.array([[one == name for name in self.answers] for one in said]).reshape(shape)
        ]
        if self.vectorizer is not None:
            texts = [read(one).text for one in inputs]
            columns.append(self.vectorizer.transform(texts).toarray())
        return np.hstack(columns).astype(np.float32)


def _vectorizer(inputs: Sequence[Any], words: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not words:
        return None
    found = TfidfVectorizer(max_features=words, min_df=2, sublinear_tf=True)
    try:
        return found.fit([read(one).text for one in inputs])
    except ValueError:  # no word stands in two inputs
        return None
