"""Cases about over-the-counter medicines, clinical perturbations of texts, and a pharmacy chatbot.

Everything here is written to test language models. It is not medical advice.
"""

from __future__ import annotations

from pathlib import Path

from seatrial import Case, Metric, Perturbation, Prediction, hookimpl

from ._conversation_perturbations import (
    challenges,
    changed_mind,
    image_order,
    image_turn,
    images,
    tool_failures,
    turn_accuracy,
    turn_order,
    turns,
)
from ._copilot import (
    copilot_cases,
    copilot_specification,
    mri_copilot,
    report_fields,
    scan_artefact,
)
from ._negation import negation_twins
from ._otc import otc_cases
from ._perturbations import (
    abbreviations,
    brands,
    dates,
    demographics,
    distractors,
    dose_limits,
    doubt,
    entities,
    false_history,
    injections,
    invented_names,
    lay_terms,
    missing_information,
    misspelt_drugs,
    negation,
    off_topic,
    order,
    paraphrases,
    passages_contradicted,
    passages_missing,
    passages_outdated,
    passages_reordered,
    sides,
    unit_errors,
    units,
)
from ._talk_cases import otc_conversations, recall_cases, stock_conversations

__all__ = [
    "abbreviations",
    "brands",
    "challenges",
    "changed_mind",
    "conversation_specification",
    "copilot_cases",
    "copilot_specification",
    "dates",
    "demographics",
    "distractors",
    "dose_limits",
    "doubt",
    "entities",
    "false_history",
    "image_order",
    "image_turn",
    "images",
    "injections",
    "invented_names",
    "lay_terms",
    "missing_information",
    "misspelt_drugs",
    "mri_copilot",
    "negation",
    "negation_twins",
    "off_topic",
    "order",
    "otc_cases",
    "otc_conversations",
    "pair_accuracy",
    "paraphrases",
    "passages_contradicted",
    "passages_missing",
    "passages_outdated",
    "passages_reordered",
    "pharmacy_specification",
    "recall_cases",
    "report_fields",
    "scan_artefact",
    "seatrial_metrics",
    "seatrial_perturbations",
    "sides",
    "stock_conversations",
    "tool_failures",
    "turn_accuracy",
    "turn_order",
    "turns",
    "unit_errors",
    "units",
]

_PAIR = tuple(Case(f"q{at}", "?", target, {"pair": "p"}) for at, target in enumerate(("yes", "no")))

pair_accuracy = Metric(
    name="clinical.pair-accuracy",
    summary="Fraction of pairs of twin cases of which both are right.",
    factory="seatrial_clinical._pairs:pair_accuracy",
    reads="case",
    examples=(
        (_PAIR, (Prediction("yes"), Prediction("no")), 1.0),
        (_PAIR, (Prediction("yes"), Prediction("yes")), 0.0),
    ),
)


def pharmacy_specification() -> Path:
    """Give the path of the specification of a pharmacy chatbot for over-the-counter medicine.

    Hand it to `seatrial.load_specification`, or copy the file and change what you demand.
    Its priorities follow the nine scenarios of the robustness-specification paper, Box 2.
    """
    return Path(__file__).with_name("pharmacy.toml")


def conversation_specification() -> Path:
    """Give the path of the specification of a pharmacy chatbot in conversation.

    It asks what the first and the sixth scenario of Box 2 ask: whether a fact is remembered over
    twelve turns, and whether answers stay under doubt, change of mind and failing tools.
    """
    return Path(__file__).with_name("conversations.toml")


@hookimpl
def seatrial_perturbations() -> tuple[Perturbation, ...]:
    """Declare the perturbations."""
    return (
        brands,
        misspelt_drugs,
        invented_names,
        abbreviations,
        lay_terms,
        paraphrases,
        distractors,
        doubt,
        injections,
        off_topic,
        false_history,
        missing_information,
        demographics,
        units,
        unit_errors,
        dose_limits,
        negation,
        order,
        sides,
        dates,
        entities,
        passages_missing,
        passages_contradicted,
        passages_outdated,
        passages_reordered,
        turns,
        turn_order,
        challenges,
        changed_mind,
        tool_failures,
        images,
        image_order,
        image_turn,
        scan_artefact,
    )


@hookimpl
def seatrial_metrics() -> tuple[Metric, ...]:
    """Declare the metrics."""
    return (pair_accuracy, turn_accuracy, report_fields)
