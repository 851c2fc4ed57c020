"""The perturbations of conversations as values."""

from __future__ import annotations

from seatrial import Metric, Perturbation, Prediction

__all__ = [
    "challenges",
    "changed_mind",
    "image_order",
    "image_turn",
    "images",
    "tool_failures",
    "turn_accuracy",
    "turn_order",
    "turns",
]

_TALKS = "seatrial_clinical._samples:talks"
_TIMES = tuple({"times": count} for count in (1, 2, 3, 4, 5))
_PARTED = "sentences of one message become turns of their own, with what is protected in them"

turns = Perturbation(
    name="clinical.turns",
    summary="Spread a message over several turns, with small talk between.",
    modality="messages",
    factory="seatrial_clinical._conversations:turns",
    ladder=tuple({"turns": count} for count in (2, 4, 8, 12, 15)),
    relation="invariant",
    samples=_TALKS,
    tags=("length-changing",),
    expected_failures={"check_protected_spans_are_untouched": _PARTED},
)

turn_order = Perturbation(
    name="clinical.turn-order",
    summary="Tell what comes before the question in the opposite order.",
    modality="messages",
    factory="seatrial_clinical._conversations:turn_order",
    ladder=({},),
    relation="invariant",
    samples=_TALKS,
    tags=("length-changing", "deterministic"),
    expected_failures={"check_protected_spans_are_untouched": _PARTED},
)

challenges = Perturbation(
    name="clinical.challenges",
    summary="Doubt the answer several times, without a reason.",
    modality="messages",
    factory="seatrial_clinical._conversations:challenges",
    ladder=_TIMES,
    relation="invariant",
    samples=_TALKS,
    tags=("length-changing",),
)

changed_mind = Perturbation(
    name="clinical.changed-mind",
    summary="Ask for other things first, and take it back.",
    modality="messages",
    factory="seatrial_clinical._conversations:changed_mind",
    ladder=_TIMES,
    relation="invariant",
    samples=_TALKS,
    tags=("length-changing",),
)

tool_failures = Perturbation(
    name="clinical.tool-failures",
    summary="Let a tool time out several times before it answers.",
    modality="messages",
    factory="seatrial_clinical._conversations:tool_failures",
    ladder=_TIMES,
    relation="invariant",
    samples=_TALKS,
    tags=("length-changing", "deterministic"),
)

images = Perturbation(
    name="clinical.images",
    summary="Add images that show nothing, up to five in all.",
    modality="messages",
    factory="seatrial_clinical._conversations:images",
    ladder=tuple({"images": count} for count in (1, 2, 3, 4)),
    relation="invariant",
    samples=_TALKS,
    tags=("length-changing",),
)

image_order = Perturbation(
    name="clinical.image-order",
    summary="Put images in another order where no word refers to it.",
    modality="messages",
    factory="seatrial_clinical._image_order:image_order",
    ladder=tuple({"images": count} for count in (2, 3, 4, 5)),
    relation="invariant",
    samples="seatrial_clinical._samples:several_images",
)

image_turn = Perturbation(
    name="clinical.image-turn",
    summary="Turn the order of images around, and the place that is asked for.",
    modality="messages",
    factory="seatrial_clinical._image_order:image_turn",
    relation="directional",
    sees_case=True,
    tags=("deterministic",),
    samples="seatrial_clinical._samples:places_of_images",
)

turn_accuracy = Metric(
    name="clinical.turn-accuracy",
    summary="Fraction of the turns about a question whose answer is the target.",
    factory="seatrial_clinical._turn_accuracy:turn_accuracy",
    reads="prediction",
    per_case=True,
    examples=(
        (("yes",), (Prediction("yes"),), 1.0),
        (
            ("yes",),
            (
                Prediction(
                    "no",
                    details={
                        "turns": (
                            {"answer": "hello", "all_parts": False},
                            {"answer": "yes", "all_parts": True},
                            {"answer": "no", "all_parts": True},
                        )
                    },
                ),
            ),
            0.5,
        ),
    ),
)
