"""Post-training of causal language models: on documents, instructions and preferences.

Importing this module loads neither torch nor transformers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seatrial import Adapter, Audit, Metric, hookimpl

from ._corrections import Correction
from ._extracted import extracted
from ._failures import failures
from ._final_answers import final_answer_pairs
from ._generative import corrected_by, judged_by
from ._made import Made
from ._perplexity import Perplexity, perplexity
from ._stepwise import stepwise_pairs

if TYPE_CHECKING:
    from ._capabilities import Capabilities, Change, capabilities
    from ._evaluating import Measured, evaluate
    from ._losses import preference_loss
    from ._sources import source
    from ._tasks import FINEVAL, Task
    from ._tuned import Tuned, load

__all__ = [
    "FINEVAL",
    "Capabilities",
    "Change",
    "Correction",
    "Made",
    "Measured",
    "Perplexity",
    "Task",
    "Tuned",
    "capabilities",
    "contamination",
    "corrected_by",
    "dpo",
    "evaluate",
    "extracted",
    "failures",
    "final_answer_pairs",
    "joint",
    "judged_by",
    "judged_right",
    "judged_score",
    "load",
    "perplexity",
    "preference_loss",
    "recipe",
    "source",
    "stepwise_pairs",
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

recipe = Adapter(
    name="posttrain.recipe",
    summary="Train on documents and instructions, then on preferences; compare.",
    factory="seatrial_posttrain._recipe:recipe",
    needs=("transformers.trainable",),
    reads="cases",
    loader="seatrial_posttrain:load",
    samples="seatrial_posttrain._samples:samples",
)

judged_right = Metric(
    name="posttrain.judged-right",
    summary="Whether a judge finds the final answer to be that of the target.",
    factory="seatrial_posttrain._judged:judged_right",
    per_case=True,
    reads="case",
    samples="seatrial_posttrain._judge_samples:rightly",
    examples=((("12", "13"), ("12", "14"), 0.5),),
)

judged_score = Metric(
    name="posttrain.judged-score",
    summary="A judge's score from 1 to 10, the mean over the turns of a conversation.",
    factory="seatrial_posttrain._judged:judged_score",
    per_case=True,
    reads="case",
    bounds=(1.0, 10.0),
    samples="seatrial_posttrain._judge_samples:scored",
    examples=((("any", "any"), ("10", "1"), 5.5),),
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
    return (dpo, joint, recipe)


@hookimpl
def seatrial_metrics() -> tuple[Metric, ...]:
    """Declare them."""
    return (judged_right, judged_score)


@hookimpl
def seatrial_audits() -> tuple[Audit, ...]:
    """Declare it."""
    return (contamination,)


HOMES = {
    "FINEVAL": "_tasks",
    "Capabilities": "_capabilities",
    "Change": "_capabilities",
    "Measured": "_evaluating",
    "Task": "_tasks",
    "Tuned": "_tuned",
    "capabilities": "_capabilities",
    "evaluate": "_evaluating",
    "load": "_tuned",
    "preference_loss": "_losses",
    "source": "_sources",
}


def __getattr__(name: str) -> Any:
    """Import what computes when it is first asked for: it loads torch or numpy."""
    if name in HOMES:
        return getattr(import_module(f".{HOMES[name]}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
