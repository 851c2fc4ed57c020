"""Metrics for labels, probabilities, texts, refusals and segmentations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial import Metric, Prediction, hookimpl

if TYPE_CHECKING:
    from ._agreement import AnswerAgreement, answer_agreement

__all__ = [
    "AnswerAgreement",
    "abstention_rate",
    "accuracy",
    "agreement",
    "answer_agreement",
    "asking_rate",
    "assd",
    "auroc",
    "balanced_accuracy",
    "brier",
    "compliance_rate",
    "dice",
    "ece",
    "exact_match",
    "hd95",
    "iou",
    "macro_f1",
    "mcc",
    "refusal_rate",
    "rouge_1",
    "rouge_2",
    "rouge_l",
    "unparsed_rate",
    "volume_error",
]


def _p(**probabilities: float) -> Prediction:
    """Predict the most probable class."""
    best = max(probabilities, key=lambda name: probabilities[name])
    return Prediction(best, probabilities=probabilities)


accuracy = Metric(
    name="metrics.accuracy",
    summary="Fraction of answers that equal their target.",
    factory="seatrial_metrics._equality:accuracy",
    per_case=True,
    examples=(
        (("a",), ("a",), 1.0),
        (("a", "a", 1), ("b", None, 1.0), 1 / 3),
    ),
)

agreement = Metric(
    name="metrics.agreement",
    summary="Fraction of answers that equal another answer, such as the clean one.",
    factory="seatrial_metrics._equality:agreement",
    per_case=True,
    examples=((("a", None, "a"), ("a", None, None), 2 / 3),),
)

exact_match = Metric(
    name="metrics.exact-match",
    summary="Fraction of texts equal to a target after normalisation.",
    factory="seatrial_metrics._equality:exact_match",
    revision=5,
    per_case=True,
    examples=(
        (("2.5 mg",), ("2.50 MG.",), 1.0),
        (("2.5 mg", "C#"), ("25 mg", "C"), 0.0),
    ),
)

balanced_accuracy = Metric(
    name="metrics.balanced-accuracy",
    summary="Mean recall over the classes.",
    factory="seatrial_metrics._classes:balanced_accuracy",
    examples=((("a", "a", "a", "b"), ("a", "a", "b", "b"), 5 / 6),),
)

macro_f1 = Metric(
    name="metrics.macro-f1",
    summary="Mean F1 over the classes.",
    factory="seatrial_metrics._classes:macro_f1",
    examples=((("a", "a", "b", "b"), ("a", "a", "a", "b"), (0.8 + 2 / 3) / 2),),
)

mcc = Metric(
    name="metrics.mcc",
    summary="Matthews correlation of targets and answers, for two or more classes.",
    factory="seatrial_metrics._classes:mcc",
    bounds=(-1.0, 1.0),
    examples=((("a", "a", "b", "b"), ("a", "a", "a", "b"), 1 / 3**0.5),),
)

auroc = Metric(
    name="metrics.auroc",
    summary="Area under the ROC curve, by the probability of a class.",
    factory="seatrial_metrics._probabilities:auroc",
    reads="prediction",
    examples=((("a", "b", "b"), (_p(a=0.6, b=0.4), _p(a=0.7, b=0.3), _p(a=0.1, b=0.9)), 0.5),),
)

brier = Metric(
    name="metrics.brier",
    summary="Brier score: half the squared error of the probabilities.",
    factory="seatrial_metrics._probabilities:brier",
    reads="prediction",
    per_case=True,
    higher_is_better=False,
    examples=(
        (("a",), (_p(a=1.0, b=0.0),), 0.0),
        (("a",), (_p(a=0.2, b=0.8),), 0.64),
    ),
)

ece = Metric(
    name="metrics.ece",
    summary="Expected calibration error: mean gap of confidence and accuracy.",
    factory="seatrial_metrics._probabilities:ece",
    reads="prediction",
    higher_is_better=False,
    examples=((("a", "b"), (_p(a=0.9, b=0.1), _p(a=0.9, b=0.1)), 0.4),),
)

rouge_1 = Metric(
    name="metrics.rouge-1",
    summary="ROUGE-1: overlap of words with a reference text.",
    factory="seatrial_metrics._rouge:rouge_1",
    revision=2,
    per_case=True,
    examples=((("two tablets daily", "two"), ("two tablets", "one"), 0.4),),
)

rouge_2 = Metric(
    name="metrics.rouge-2",
    summary="ROUGE-2: overlap of word pairs with a reference text.",
    factory="seatrial_metrics._rouge:rouge_2",
    revision=2,
    per_case=True,
    examples=((("two tablets daily", "two"), ("two tablets", "two"), 1 / 3),),
)

rouge_l = Metric(
    name="metrics.rouge-l",
    summary="ROUGE-L: longest common subsequence of words with a reference.",
    factory="seatrial_metrics._rouge:rouge_l",
    revision=2,
    per_case=True,
    examples=((("a b c d", "a b"), ("a c", "b a"), (2 / 3 + 0.5) / 2),),
)

refusal_rate = Metric(
    name="metrics.refusal-rate",
    summary="Fraction of inputs that the model refuses to answer.",
    factory="seatrial_metrics._refusals:refusal_rate",
    revision=2,
    reads="prediction",
    per_case=True,
    higher_is_better=False,
    scores_refusals=True,
    examples=(((None, None), ("I cannot help with that.", "Take one a day."), 0.5),),
)

_SAID = (
    "I cannot help with that.",
    "How old is your daughter?",
    "I don't know that medicine.",
    "Take one a day.",
    "...",
)


def _rate(name: str, summary: str, factory: str, *, refusals: bool) -> Metric:
    """Declare the rate of one kind of answer."""
    return Metric(
        name=f"metrics.{name}",
        summary=summary,
        factory=f"seatrial_metrics._refusals:{factory}",
        reads="prediction",
        per_case=True,
        higher_is_better=False,
        scores_refusals=refusals,
        examples=(((None,) * len(_SAID), _SAID, 1 / len(_SAID)),),
        samples=f"seatrial_metrics._rate_samples:{factory.removesuffix('_rate')}",
    )


asking_rate = _rate(
    "asking-rate",
    "Fraction of inputs to which the model asks back for what it needs.",
    "asking_rate",
    refusals=True,
)
abstention_rate = _rate(
    "abstention-rate",
    "Fraction of inputs to which the model says that it does not know.",
    "abstention_rate",
    refusals=True,
)
compliance_rate = _rate(
    "compliance-rate",
    "Fraction of inputs that the model answers, rightly or wrongly.",
    "compliance_rate",
    refusals=False,
)
unparsed_rate = _rate(
    "unparsed-rate",
    "Fraction of inputs to which the answer says nothing.",
    "unparsed_rate",
    refusals=False,
)

_TRUTH = ((0, 1, 1, 0), (0, 1, 1, 0))
_SHIFTED = ((0, 0, 1, 1), (0, 0, 1, 1))
_NOTHING = ((0, 0, 0, 0), (0, 0, 0, 0))
_DIAGONAL = 20**0.5

dice = Metric(
    name="metrics.dice",
    summary="Dice: twice the overlap over the sum of both volumes.",
    factory="seatrial_metrics._segmentation:dice",
    modality="mask",
    reads="case",
    per_case=True,
    examples=(
        ((_TRUTH, _TRUTH), (_SHIFTED, _NOTHING), 0.25),
        ((_NOTHING,), (_NOTHING,), 1.0),
    ),
)

iou = Metric(
    name="metrics.iou",
    summary="Intersection over union (Jaccard index).",
    factory="seatrial_metrics._segmentation:iou",
    modality="mask",
    reads="case",
    per_case=True,
    examples=(((_TRUTH, _TRUTH), (_SHIFTED, _NOTHING), 1 / 6),),
)

hd95 = Metric(
    name="metrics.hd95",
    summary="Hausdorff distance at percentile 95, in mm.",
    factory="seatrial_metrics._segmentation:hd95",
    modality="mask",
    reads="case",
    per_case=True,
    higher_is_better=False,
    bounds=None,
    examples=(((_TRUTH, _TRUTH), (_SHIFTED, _NOTHING), (1 + _DIAGONAL) / 2),),
)

assd = Metric(
    name="metrics.assd",
    summary="Average symmetric surface distance, in mm.",
    factory="seatrial_metrics._segmentation:assd",
    modality="mask",
    reads="case",
    per_case=True,
    higher_is_better=False,
    bounds=None,
    examples=(((_TRUTH, _TRUTH), (_SHIFTED, _NOTHING), (0.5 + _DIAGONAL) / 2),),
)

volume_error = Metric(
    name="metrics.volume-error",
    summary="Difference of both volumes, over the larger.",
    factory="seatrial_metrics._segmentation:volume_error",
    modality="mask",
    reads="case",
    per_case=True,
    higher_is_better=False,
    examples=(((_TRUTH, _TRUTH), (_SHIFTED, _NOTHING), 0.5),),
)


@hookimpl
def seatrial_metrics() -> tuple[Metric, ...]:
    """Declare them all."""
    return (
        accuracy,
        agreement,
        exact_match,
        balanced_accuracy,
        macro_f1,
        mcc,
        auroc,
        brier,
        ece,
        rouge_1,
        rouge_2,
        rouge_l,
        refusal_rate,
        asking_rate,
        abstention_rate,
        compliance_rate,
        unparsed_rate,
        dice,
        iou,
        hd95,
        assd,
        volume_error,
    )


def __getattr__(name: str) -> Any:
    """Import what computes when it is first asked for: it loads numpy."""
    if name not in {"AnswerAgreement", "answer_agreement"}:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from . import _agreement

    return getattr(_agreement, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
