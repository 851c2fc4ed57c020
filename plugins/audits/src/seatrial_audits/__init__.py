"""Audits: leaks, wrong labels, answers in prompts, truncation and shortcuts."""

from __future__ import annotations

from seatrial import Audit, hookimpl

__all__ = [
    "answer_imbalance",
    "contradictory_duplicates",
    "contradictory_outcomes",
    "failure_shortcut",
    "flipped_gold",
    "flipped_outcomes",
    "gold_in_prompt",
    "label_agreement",
    "missing_scores",
    "near_duplicates",
    "normalization",
    "option_shortcut",
    "order_correlation",
    "outcome_agreement",
    "outcome_imbalance",
    "outcome_order",
    "prompt_mismatch",
    "prompt_shortcut",
    "split_leak",
    "too_few_clusters",
    "truncated_answers",
    "truncated_slot",
]

contradictory_duplicates = Audit(
    name="audits.contradictory-duplicates",
    summary="The same input occurs twice, with different targets.",
    factory="seatrial_audits._duplicates:contradictory_duplicates",
    examples="seatrial_audits._examples:contradictory_duplicates",
)

contradictory_outcomes = Audit(
    name="audits.contradictory-outcomes",
    summary="The same input was judged right once and wrong another time.",
    factory="seatrial_audits._duplicates:contradictory_outcomes",
    reads="outcomes",
    examples="seatrial_audits._outcome_examples:contradictory_outcomes",
)

split_leak = Audit(
    name="audits.split-leak",
    summary="The same input, cluster or passage is in two parts of a split.",
    factory="seatrial_audits._leaks:split_leak",
    examples="seatrial_audits._examples:split_leak",
)

near_duplicates = Audit(
    name="audits.near-duplicates",
    summary="Nearly the same text is in two clusters or splits (MinHash).",
    factory="seatrial_audits._near:near_duplicates",
    examples="seatrial_audits._examples:near_duplicates",
)

gold_in_prompt = Audit(
    name="audits.gold-in-prompt",
    summary="The prompt contains or determines the right answer.",
    factory="seatrial_audits._gold:gold_in_prompt",
    examples="seatrial_audits._examples:gold_in_prompt",
)

flipped_gold = Audit(
    name="audits.flipped-gold",
    summary="The labels of a group are inverted, or differ from a reference.",
    factory="seatrial_audits._flips:flipped_gold",
    examples="seatrial_audits._examples:flipped_gold",
)

flipped_outcomes = Audit(
    name="audits.flipped-outcomes",
    summary="Wrong answers are right ones with flipped gold, or are judged wrongly.",
    factory="seatrial_audits._flips:flipped_outcomes",
    reads="outcomes",
    examples="seatrial_audits._outcome_examples:flipped_outcomes",
)

order_correlation = Audit(
    name="audits.order-correlation",
    summary="The target depends on the order of the ids.",
    factory="seatrial_audits._order:order_correlation",
    examples="seatrial_audits._examples:order_correlation",
)

outcome_order = Audit(
    name="audits.outcome-order",
    summary="Right and wrong depend on the order of the outcomes or of their ids.",
    factory="seatrial_audits._order:outcome_order",
    reads="outcomes",
    examples="seatrial_audits._outcome_examples:outcome_order",
)

prompt_shortcut = Audit(
    name="audits.prompt-shortcut",
    summary="One trivial feature of the prompt predicts the target.",
    factory="seatrial_audits._shortcuts:prompt_shortcut",
    examples="seatrial_audits._examples:prompt_shortcut",
)

option_shortcut = Audit(
    name="audits.option-shortcut",
    summary="One trivial feature of the options predicts the right one.",
    factory="seatrial_audits._shortcuts:option_shortcut",
    examples="seatrial_audits._examples:option_shortcut",
)

failure_shortcut = Audit(
    name="audits.failure-shortcut",
    summary="One trivial feature of the prompt predicts failure.",
    factory="seatrial_audits._shortcuts:failure_shortcut",
    reads="outcomes",
    examples="seatrial_audits._outcome_examples:failure_shortcut",
)

answer_imbalance = Audit(
    name="audits.answer-imbalance",
    summary="One answer, or one position among the options, is nearly always right.",
    factory="seatrial_audits._balance:answer_imbalance",
    examples="seatrial_audits._examples:answer_imbalance",
)

outcome_imbalance = Audit(
    name="audits.outcome-imbalance",
    summary="There are too few right or too few wrong answers to train on.",
    factory="seatrial_audits._balance:outcome_imbalance",
    reads="outcomes",
    examples="seatrial_audits._outcome_examples:outcome_imbalance",
)

too_few_clusters = Audit(
    name="audits.too-few-clusters",
    summary="So few clusters are independent that intervals are wide.",
    factory="seatrial_audits._balance:too_few_clusters",
    examples="seatrial_audits._examples:too_few_clusters",
)

missing_scores = Audit(
    name="audits.missing-scores",
    summary="Options or answers have no score, often the short ones.",
    factory="seatrial_audits._scores:missing_scores",
    reads="outcomes",
    examples="seatrial_audits._outcome_examples:missing_scores",
)

label_agreement = Audit(
    name="audits.label-agreement",
    summary="Two sources label the same inputs differently, as if by chance.",
    factory="seatrial_audits._agreement:label_agreement",
    examples="seatrial_audits._examples:label_agreement",
)

outcome_agreement = Audit(
    name="audits.outcome-agreement",
    summary="Two sources call the same answers right and wrong as if by chance.",
    factory="seatrial_audits._agreement:outcome_agreement",
    reads="outcomes",
    examples="seatrial_audits._outcome_examples:outcome_agreement",
)

normalization = Audit(
    name="audits.normalization",
    summary="Answers change with what log-likelihoods of options are divided by.",
    factory="seatrial_audits._normalization:normalization",
    reads="outcomes",
    examples="seatrial_audits._outcome_examples:normalization",
)

truncated_answers = Audit(
    name="audits.truncated-answers",
    summary="Written answers were cut off before they ended.",
    factory="seatrial_audits._scores:truncated_answers",
    reads="outcomes",
    examples="seatrial_audits._outcome_examples:truncated_answers",
)

truncated_slot = Audit(
    name="audits.truncated-slot",
    summary="The end of the prompt exceeds the model's context window.",
    factory="seatrial_audits._window:truncated_slot",
    examples="seatrial_audits._examples:truncated_slot",
)

prompt_mismatch = Audit(
    name="audits.prompt-mismatch",
    summary="The prompt or the answers differ from those that were judged.",
    factory="seatrial_audits._mismatch:prompt_mismatch",
    reads="outcomes",
    examples="seatrial_audits._outcome_examples:prompt_mismatch",
)


@hookimpl
def seatrial_audits() -> tuple[Audit, ...]:
    """Declare them all."""
    return (
        contradictory_duplicates,
        split_leak,
        near_duplicates,
        gold_in_prompt,
        flipped_gold,
        label_agreement,
        order_correlation,
        prompt_shortcut,
        option_shortcut,
        answer_imbalance,
        too_few_clusters,
        truncated_slot,
        contradictory_outcomes,
        flipped_outcomes,
        outcome_agreement,
        outcome_order,
        failure_shortcut,
        outcome_imbalance,
        missing_scores,
        normalization,
        truncated_answers,
        prompt_mismatch,
    )
