"""Post-training of causal language models: on documents, instructions and preferences.

Importing this module loads neither torch nor transformers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial import Adapter, Audit, hookimpl

from ._failures import failures
from ._made import Made
from ._perplexity import Perplexity, perplexity
from ._sampling import final_answer_pairs

if TYPE_CHECKING:
    from ._losses import preference_loss
    from ._tuned import Tuned, load

__all__ = [
    "Made",
    "Perplexity",
    "Tuned",
    "dpo",
    "failures",
    "final_answer_pairs",
    "joint",
    "load",
    "perplexity",
    "preference_loss",
]

dpo = Adapter(
    name="posttrain.dpo",
    summary="Align a language model on preferences, with LoRA or in full.",
    factory="seatrial_posttrain._dpo:dpo",
    needs=("transformers.trainable",),
    reads="preferences",
    loader="seatrial_posttrain:load",
    samples="seatrial_posttrain._samples:samples",
)

joint = Adapter(
    name="posttrain.joint",
    summary="Train a language model on documents and instructions in one stream.",
    factory="seatrial_posttrain._joint:joint",
    needs=("transformers.trainable",),
    reads="cases",
    loader="seatrial_posttrain:load",
    samples="seatrial_posttrain._samples:samples",
)

contamination = Audit(
    name="posttrain.contamination",
    summary="A case shares ten words in a row with the training data.",
    factory="seatrial_posttrain._contamination:contamination",
    examples="seatrial_posttrain._contamination_examples:examples",
    samples="seatrial_posttrain._contamination_examples:samples",
)


@hookimpl
def seatrial_adapters() -> tuple[Adapter, ...]:
    """Declare them."""
    return (dpo, joint)


@hookimpl
def seatrial_audits() -> tuple[Audit, ...]:
    """Declare it."""
    return (contamination,)


def __getattr__(name: str) -> Any:
    """Import what computes when it is first asked for: it loads torch."""
    if name == "preference_loss":
        from ._losses import preference_loss

        return preference_loss
    if name in {"Tuned", "load"}:
        from . import _tuned

        return getattr(_tuned, name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
