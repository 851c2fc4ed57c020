"""A scikit-learn estimator as a model: it answers with probabilities, and saves itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from seatrial import Prediction
from seatrial.errors import ModelError

from ._stored import digest_of, read, write

__all__ = ["Estimator", "load"]


def _answers(values: Sequence[Any]) -> tuple[Any, ...]:
    if isinstance(values, str):
        msg = f"refusals is a list of answers, got the text {values!r}"
        raise TypeError(msg)
    return tuple(values)


@frozen(eq=False)
class Estimator:
    """A fitted scikit-learn estimator as a model.

    It answers with the probability of each class where the estimator has `predict_proba`.
    `refusals` are the answers that count as refusing. The identity is a digest of everything that
    was fitted; an estimator that cannot be stored has none.
    """

    estimator: Any
    refusals: tuple[Any, ...] = field(default=(), kw_only=True, converter=_answers)

    @property
    def identity(self) -> str | None:
        """What it is: the classes of its steps, and a digest of what they learned."""
        try:
            found = digest_of(self.estimator)[:12]
        except ModelError:
            return None
        steps = getattr(self.estimator, "steps", [("", self.estimator)])
        return f"{' + '.join(type(step).__name__ for _, step in steps)} {found}"

    def __call__(self, inputs: Sequence[Any], /) -> list[Prediction]:
        """Answer each input with its class, or with a number."""
        if not len(inputs):
            return []
        given = list(inputs)
        answers = self.estimator.predict(given).tolist()
        rows: list[Any] = [None] * len(answers)
        if hasattr(self.estimator, "predict_proba"):
            names = [str(one) for one in self.estimator.classes_.tolist()]
            rows = [
                dict(zip(names, row, strict=True))
                for row in self.estimator.predict_proba(given).tolist()
            ]
        return [
            Prediction(
                answer,
                probabilities=row,
                refused=answer in self.refusals if self.refusals else None,
            )
            for answer, row in zip(answers, rows, strict=True)
        ]

    def save(self, path: str | Path) -> None:
        """Write it to a folder, as JSON and arrays; `load` reads it.

        Raises `ModelError` for an estimator that cannot be stored without pickle.
        """
        write(path, self.estimator, {"refusals": list(self.refusals)})


def load(path: str | Path, *, model: Any = None) -> Estimator:
    """Read an estimator that `save` wrote: its answers are the same, bit for bit.

    Nothing that the folder names is imported: only the classes of a list are made, from plain data.
    `model` is what `seatrial.Repaired` hands to every loader; nothing of it is needed.
    """
    del model
    folder = Path(path)
    inner = folder / "model"  # what `Repaired.save` writes
    estimator, facts = read(inner if inner.is_dir() else folder)
    return Estimator(estimator, refusals=facts["refusals"])
