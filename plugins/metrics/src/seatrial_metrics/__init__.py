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
    summary="Share of answers that equal their target.",
    factory="seatrial_metrics._equality:accuracy",
    per_case=True,
)

agreement = Metric(
    name="metrics.agreement",
    summary="Share of answers that equal another answer, such as the clean one.",
    factory="seatrial_metrics._equality:agreement",
    per_case=True,
)

exact_match = Metric(
    name="metrics.exact-match",
    summary="Share of texts equal to a target but for case, space and punctuation.",
    factory="seatrial_metrics._equality:exact_match",
    per_case=True,
)

balanced_accuracy = Metric(
    name="metrics.balanced-accuracy",
    summary="Mean over classes of the share that was recognised.",
    factory="seatrial_metrics._classes:balanced_accuracy",
)

macro_f1 = Metric(
    name="metrics.macro-f1",
    summary="Mean over classes of F1.",
    factory="seatrial_metrics._classes:macro_f1",
)

mcc = Metric(
    name="metrics.mcc",
    summary="Matthews correlation of targets and answers, two or more classes.",
    factory="seatrial_metrics._classes:mcc",
    bounds=(-1.0, 1.0),
)

auroc = Metric(
    name="metrics.auroc",
    summary="Chance that a case of a class gets a higher probability than another.",
    factory="seatrial_metrics._probabilities:auroc",
    reads="prediction",
)

brier = Metric(
    name="metrics.brier",
    summary="Half the squared distance of the probabilities from the truth.",
    factory="seatrial_metrics._probabilities:brier",
    reads="prediction",
    per_case=True,
    higher_is_better=False,
)

ece = Metric(
    name="metrics.ece",
    summary="Expected calibration error: how far confidence is from accuracy.",
    factory="seatrial_metrics._probabilities:ece",
    reads="prediction",
    higher_is_better=False,
)

rouge_1 = Metric(
    name="metrics.rouge-1",
    summary="Overlap of words with a reference text.",
    factory="seatrial_metrics._rouge:rouge_1",
    per_case=True,
)

rouge_2 = Metric(
    name="metrics.rouge-2",
    summary="Overlap of word pairs with a reference text.",
    factory="seatrial_metrics._rouge:rouge_2",
    per_case=True,
)

rouge_l = Metric(
    name="metrics.rouge-l",
    summary="Longest common subsequence of words with a reference text.",
    factory="seatrial_metrics._rouge:rouge_l",
    per_case=True,
)

refusal_rate = Metric(
    name="metrics.refusal-rate",
    summary="Share of inputs that the model refuses to answer.",
    factory="seatrial_metrics._refusals:refusal_rate",
    reads="prediction",
    per_case=True,
    higher_is_better=False,
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
