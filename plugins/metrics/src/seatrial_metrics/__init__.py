"""Metrics for labels, probabilities, texts and refusals."""

from __future__ import annotations

from seatrial import Metric, hookimpl

__all__ = [
    "accuracy",
    "agreement",
    "auroc",
    "balanced_accuracy",
    "brier",
    "ece",
    "exact_match",
    "macro_f1",
    "mcc",
    "refusal_rate",
    "rouge_1",
    "rouge_2",
    "rouge_l",
]

accuracy = Metric(
    name="metrics.accuracy",
    summary="Fraction of answers that equal their target.",
    factory="seatrial_metrics._equality:accuracy",
    per_case=True,
)

agreement = Metric(
    name="metrics.agreement",
    summary="Fraction of answers that equal another answer, such as the clean one.",
    factory="seatrial_metrics._equality:agreement",
    per_case=True,
)

exact_match = Metric(
    name="metrics.exact-match",
    summary="Fraction of texts equal to a target after normalisation.",
    factory="seatrial_metrics._equality:exact_match",
    revision=2,
    per_case=True,
)

balanced_accuracy = Metric(
    name="metrics.balanced-accuracy",
    summary="Mean recall over the classes.",
    factory="seatrial_metrics._classes:balanced_accuracy",
)

macro_f1 = Metric(
    name="metrics.macro-f1",
    summary="Mean F1 over the classes.",
    factory="seatrial_metrics._classes:macro_f1",
)

mcc = Metric(
    name="metrics.mcc",
    summary="Matthews correlation of targets and answers, for two or more classes.",
    factory="seatrial_metrics._classes:mcc",
    bounds=(-1.0, 1.0),
)

auroc = Metric(
    name="metrics.auroc",
    summary="Area under the ROC curve, by the probability of a class.",
    factory="seatrial_metrics._probabilities:auroc",
    reads="prediction",
)

brier = Metric(
    name="metrics.brier",
    summary="Brier score: half the squared error of the probabilities.",
    factory="seatrial_metrics._probabilities:brier",
    reads="prediction",
    per_case=True,
    higher_is_better=False,
)

ece = Metric(
    name="metrics.ece",
    summary="Expected calibration error: mean gap of confidence and accuracy.",
    factory="seatrial_metrics._probabilities:ece",
    reads="prediction",
    higher_is_better=False,
)

rouge_1 = Metric(
    name="metrics.rouge-1",
    summary="ROUGE-1: overlap of words with a reference text.",
    factory="seatrial_metrics._rouge:rouge_1",
    revision=2,
    per_case=True,
)

rouge_2 = Metric(
    name="metrics.rouge-2",
    summary="ROUGE-2: overlap of word pairs with a reference text.",
    factory="seatrial_metrics._rouge:rouge_2",
    revision=2,
    per_case=True,
)

rouge_l = Metric(
    name="metrics.rouge-l",
    summary="ROUGE-L: longest common subsequence of words with a reference.",
    factory="seatrial_metrics._rouge:rouge_l",
    revision=2,
    per_case=True,
)

refusal_rate = Metric(
    name="metrics.refusal-rate",
    summary="Fraction of inputs that the model refuses to answer.",
    factory="seatrial_metrics._refusals:refusal_rate",
    reads="prediction",
    per_case=True,
    higher_is_better=False,
    scores_refusals=True,
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
    )
