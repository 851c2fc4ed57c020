"""The adapter that trains both towers with a head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seatrial import Case
from seatrial.errors import ModelError, ParameterError
from seatrial.protocols import Work

from ._features import MODALITIES, Modality
from ._fusion import checked
from ._heads import HeadKind
from ._recipe import Precision, Recipe, Side
from ._towers import Towers
from ._tuned import TunedModel

__all__ = ["fine_tune"]


def fine_tune(
    *,
    modality: Modality = "both",
    head: HeadKind = "antisymmetric",
    hidden: int = 0,
    learning_rate: float = 1e-5,
    batch_size: int = 4,
    epochs: int = 5,
    validation: float = 0.2,
    freeze: Sequence[Side] = (),
    precision: Precision = "float32",
) -> Callable[..., TunedModel]:
    """Make the adapter that trains a copy of both towers together with a head.

    The model is one that `towers` gives. `modality` and `head` are as in `fuse`. Adam works at
    `learning_rate`, in batches of `batch_size` on each process, for `epochs`; `validation` is the
    fraction of articles on which the best epoch is chosen (below ten articles the last epoch is
    taken); `freeze` names towers that stay as they are ("text", "image"); `precision` is "float32"
    or "bfloat16", in which the towers are then computed.

    Towers on "cpu" train there, others where accelerate puts them; under `accelerate launch` on
    several devices. After an interruption training goes on from the last checkpoint, exactly.
    """
    try:
        recipe = Recipe(
            head=head,
            hidden=hidden,
            learning_rate=learning_rate,
            batch_size=batch_size,
            epochs=epochs,
            validation=validation,
            freeze=freeze,
            precision=precision,
        )
    except (TypeError, ValueError) as error:
        msg = f"order.fine-tune: {error.args[0] if error.args else error}"
        raise ParameterError(msg) from error
    if modality not in MODALITIES:
        msg = f"the modality is one of {', '.join(MODALITIES)}, got {modality!r}"
        raise ParameterError(msg)

    def adapt(model: Any, cases: Sequence[Case], /, *, seed: int, work: Work) -> TunedModel:
        found = getattr(model, "trainable", None)
        if not isinstance(found, Towers):
            msg = (
                f"order.fine-tune trains what seatrial_order.towers(...) gives, and not "
                f"{type(model).__name__}; order.fuse trains a head on any towers"
            )
            raise ModelError(msg)
        checked(cases, "order.fine-tune")
        from ._tuning import tuned

        return tuned(found, cases, modality, recipe, seed, work)

    return adapt
