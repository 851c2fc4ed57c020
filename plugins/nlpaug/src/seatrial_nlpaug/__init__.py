"""Typing, scanning and spelling errors, by nlpaug; doses, drugs and negations stay as they are."""

from __future__ import annotations

from seatrial import Perturbation, hookimpl

__all__ = [
    "delete",
    "delete_words",
    "insert",
    "keyboard",
    "ocr",
    "seatrial_perturbations",
    "spelling",
    "split",
    "swap",
    "swap_words",
]

_LETTERS = tuple(
    {"words": words, "chars": chars}
    for words, chars in [(0.1, 0.1), (0.2, 0.1), (0.35, 0.2), (0.55, 0.2), (0.8, 0.3)]
)
_WORDS = tuple({"words": words} for words in (0.1, 0.2, 0.35, 0.55, 0.8))

keyboard = Perturbation(
    name="nlpaug.keyboard",
    summary="Hit keys next to the right ones.",
    modality="text",
    revision=2,  # addresses are protected
    factory="seatrial_nlpaug._chars:keyboard",
    ladder=_LETTERS,
)

ocr = Perturbation(
    name="nlpaug.ocr",
    summary="Mistake letters for others that look alike, as a scanner does.",
    modality="text",
    revision=2,  # addresses are protected
    factory="seatrial_nlpaug._chars:ocr",
    ladder=_LETTERS,
)

insert = Perturbation(
    name="nlpaug.insert",
    summary="Type letters that do not belong there.",
    modality="text",
    revision=2,  # addresses are protected
    factory="seatrial_nlpaug._chars:insert",
    ladder=_LETTERS,
)

delete = Perturbation(
    name="nlpaug.delete",
    summary="Leave letters out, never the first of a word.",
    modality="text",
    revision=2,  # addresses are protected
    factory="seatrial_nlpaug._chars:delete",
    ladder=_LETTERS,
)

swap = Perturbation(
    name="nlpaug.swap",
    summary="Type two neighbouring letters of a word in the wrong order.",
    modality="text",
    revision=2,  # addresses are protected
    factory="seatrial_nlpaug._chars:swap",
    ladder=_WORDS,
)

spelling = Perturbation(
    name="nlpaug.spelling",
    summary="Misspell words as people really misspell them.",
    modality="text",
    revision=2,  # addresses are protected
    factory="seatrial_nlpaug._words:spelling",
    ladder=_WORDS,
)

split = Perturbation(
    name="nlpaug.split",
    summary="Put a stray space inside words.",
    modality="text",
    revision=2,  # addresses are protected
    factory="seatrial_nlpaug._words:split",
    ladder=_WORDS,
)

swap_words = Perturbation(
    name="nlpaug.swap-words",
    summary="Let neighbouring words change places.",
    modality="text",
    revision=2,  # addresses are protected
    factory="seatrial_nlpaug._order:swap_words",
    ladder=_WORDS,
)

delete_words = Perturbation(
    name="nlpaug.delete-words",
    summary="Leave words out.",
    modality="text",
    revision=2,  # addresses are protected
    factory="seatrial_nlpaug._order:delete_words",
    ladder=tuple({"words": words} for words in (0.1, 0.2, 0.3, 0.45, 0.6)),
)


@hookimpl
def seatrial_perturbations() -> tuple[Perturbation, ...]:
    """Declare the perturbations of this plugin."""
    return (keyboard, ocr, insert, delete, swap, spelling, split, swap_words, delete_words)
