"""The perturbations as values: what each does, its ladder, and what it asks of the answer."""

from __future__ import annotations

from seatrial import Perturbation

__all__ = [
    "abbreviations",
    "brands",
    "dates",
    "demographics",
    "distractors",
    "dose_limits",
    "doubt",
    "entities",
    "false_history",
    "injections",
    "invented_names",
    "lay_terms",
    "missing_information",
    "misspelt_drugs",
    "negation",
    "off_topic",
    "order",
    "paraphrases",
    "passages_contradicted",
    "passages_missing",
    "passages_outdated",
    "passages_reordered",
    "sides",
    "unit_errors",
    "units",
]

_ALL = ("numbers", "drugs", "negation", "laterality", "options")
_TEXTS = "seatrial_clinical._samples:texts"
_ENTITIES = tuple({"entities": count} for count in (1, 2, 3, 4, 5))
_SENTENCES = tuple({"sentences": count} for count in (1, 2, 3, 5, 8))
_LEVELS = tuple({"level": level} for level in (1, 2, 3, 4, 5))
_PASSAGES = tuple({"passages": count} for count in (1, 2, 3, 4, 5))

brands = Perturbation(
    name="clinical.brands",
    summary="Call medicines by a brand, or brands by their medicine.",
    modality="text",
    factory="seatrial_clinical._swaps:brands",
    ladder=_ENTITIES,
    alters=("drugs",),
    relation="invariant",
    samples=_TEXTS,
)

misspelt_drugs = Perturbation(
    name="clinical.misspelt-drugs",
    summary="Misspell names of medicines.",
    modality="text",
    factory="seatrial_clinical._drugs:misspelt_drugs",
    ladder=tuple(
        {"entities": entities, "letters": letters}
        for entities, letters in ((1, 1), (2, 1), (3, 1), (4, 2), (5, 3))
    ),
    alters=("drugs",),
    relation="invariant",
    samples=_TEXTS,
)

invented_names = Perturbation(
    name="clinical.invented-names",
    summary="Ask about medicines that do not exist.",
    modality="text",
    factory="seatrial_clinical._drugs:invented_names",
    ladder=_ENTITIES,
    alters=("drugs",),
    relation="must-abstain",
    samples=_TEXTS,
)

abbreviations = Perturbation(
    name="clinical.abbreviations",
    summary="Write terms short, or abbreviations out.",
    modality="text",
    factory="seatrial_clinical._swaps:abbreviations",
    ladder=_ENTITIES,
    relation="invariant",
    samples=_TEXTS,
)

lay_terms = Perturbation(
    name="clinical.lay-terms",
    summary="Say clinical words as patients do, and the other way round.",
    modality="text",
    factory="seatrial_clinical._swaps:lay_terms",
    ladder=_ENTITIES,
    relation="invariant",
    samples=_TEXTS,
)

paraphrases = Perturbation(
    name="clinical.paraphrases",
    summary="Say phrases in other words, from a frozen bank.",
    modality="text",
    factory="seatrial_clinical._swaps:paraphrases",
    ladder=tuple({"phrases": count} for count in (1, 2, 3, 4, 6)),
    relation="invariant",
    samples=_TEXTS,
)

distractors = Perturbation(
    name="clinical.distractors",
    summary="Add sentences that change nothing about the question.",
    modality="text",
    factory="seatrial_clinical._additions:distractors",
    ladder=_SENTENCES,
    relation="invariant",
    samples=_TEXTS,
)

doubt = Perturbation(
    name="clinical.doubt",
    summary="Put words of doubt before statements.",
    modality="text",
    factory="seatrial_clinical._additions:doubt",
    ladder=tuple({"sentences": count} for count in (1, 2, 3, 4, 5)),
    relation="may-refuse",
    samples=_TEXTS,
)

injections = Perturbation(
    name="clinical.injections",
    summary="Add an instruction that tries to take over.",
    modality="text",
    factory="seatrial_clinical._additions:injections",
    ladder=_LEVELS,
    relation="invariant",
)

off_topic = Perturbation(
    name="clinical.off-topic",
    summary="Ask for something that has nothing to do with medicine.",
    modality="text",
    factory="seatrial_clinical._additions:off_topic",
    alters=_ALL,
    relation="must-refuse",
)

false_history = Perturbation(
    name="clinical.false-history",
    summary="Claim what the record in the same text contradicts.",
    modality="text",
    factory="seatrial_clinical._history:false_history",
    ladder=_LEVELS,
    alters=("numbers", "drugs", "negation"),  # in the claim; the record stays
    relation="invariant",
    samples=_TEXTS,
)

missing_information = Perturbation(
    name="clinical.missing-information",
    summary="Leave out what the answer depends on, such as the age.",
    modality="text",
    factory="seatrial_clinical._slots:missing_information",
    revision=2,
    ladder=tuple({"slots": count} for count in (1, 2, 3)),
    alters=("numbers", "drugs", "negation"),
    relation="must-abstain",
    samples=_TEXTS,
)

demographics = Perturbation(
    name="clinical.demographics",
    summary="Change who the patient is in one respect.",
    modality="text",
    factory="seatrial_clinical._turns:demographics",
    ladder=({"attribute": "sex"},),
    relation="invariant",
    tags=("deterministic",),
    samples=_TEXTS,
)

units = Perturbation(
    name="clinical.units",
    summary="Write amounts in another unit, the same amount.",
    modality="text",
    factory="seatrial_clinical._doses:units",
    ladder=tuple({"doses": count} for count in (1, 2, 3, 4)),
    alters=("numbers",),
    relation="invariant",
    samples=_TEXTS,
)

unit_errors = Perturbation(
    name="clinical.unit-errors",
    summary="Write amounts with the unit that people confuse.",
    modality="text",
    factory="seatrial_clinical._doses:unit_errors",
    ladder=tuple({"doses": count} for count in (1, 2, 3, 4)),
    alters=("numbers",),
    relation="directional",
    samples=_TEXTS,
)

dose_limits = Perturbation(
    name="clinical.dose-limits",
    summary="Move a daily amount past the limit of the label, or back.",
    modality="text",
    factory="seatrial_clinical._doses:dose_limits",
    revision=3,
    ladder=tuple({"margin": margin} for margin in (0.8, 0.4, 0.2, 0.1, 0.05)),
    alters=("numbers",),
    relation="directional",
    sees_case=True,
    samples="seatrial_clinical._samples:questions",
    expected_failures={
        "check_effect_grows_along_the_ladder": "severity is how near to the limit, not how far"
    },
)

negation = Perturbation(
    name="clinical.negation",
    summary="Turn a question or a statement around, and its answer.",
    modality="text",
    factory="seatrial_clinical._negation:negation",
    alters=("negation",),
    relation="directional",
    sees_case=True,
    samples="seatrial_clinical._samples:questions",
)

order = Perturbation(
    name="clinical.order",
    summary="Turn around what came first: before for after.",
    modality="text",
    factory="seatrial_clinical._turns:order",
    relation="directional",
    tags=("deterministic",),
    samples=_TEXTS,
)

sides = Perturbation(
    name="clinical.sides",
    summary="Turn around where it is: left for right.",
    modality="text",
    factory="seatrial_clinical._turns:sides",
    alters=("laterality",),
    relation="directional",
    tags=("deterministic",),
    samples=_TEXTS,
)

dates = Perturbation(
    name="clinical.dates",
    summary="Move every date by the same number of weeks.",
    modality="text",
    factory="seatrial_clinical._dates:dates",
    ladder=tuple({"weeks": weeks} for weeks in (1, 4, 26, 104, 520)),
    alters=("numbers",),
    relation="invariant",
    samples=_TEXTS,
    expected_failures={
        "check_effect_grows_along_the_ladder": "a date moved further may share as many digits"
    },
)

entities = Perturbation(
    name="clinical.entities",
    summary="Replace entities in wrong options by others of their type.",
    modality="text",
    factory="seatrial_clinical._entities:entities",
    ladder=_ENTITIES,
    alters=("drugs",),
    relation="invariant",
    sees_case=True,
    samples="seatrial_clinical._samples:options",
)

passages_missing = Perturbation(
    name="clinical.passages-missing",
    summary="Take retrieved passages away.",
    modality="text",
    factory="seatrial_clinical._passages:missing",
    ladder=_PASSAGES,
    alters=_ALL,
    relation="may-refuse",
    sees_case=True,
    samples="seatrial_clinical._samples:passages",
)

passages_contradicted = Perturbation(
    name="clinical.passages-contradicted",
    summary="Add passages that say the opposite of retrieved ones.",
    modality="text",
    factory="seatrial_clinical._passages:contradicted",
    ladder=_PASSAGES,
    alters=_ALL,
    relation="may-refuse",
    sees_case=True,
    samples="seatrial_clinical._samples:passages",
)

passages_outdated = Perturbation(
    name="clinical.passages-outdated",
    summary="Add older versions of passages, marked as out of date.",
    modality="text",
    factory="seatrial_clinical._passages:outdated",
    ladder=_PASSAGES,
    alters=_ALL,
    relation="invariant",
    sees_case=True,
    samples="seatrial_clinical._samples:passages",
)

passages_reordered = Perturbation(
    name="clinical.passages-reordered",
    summary="Put retrieved passages in another order.",
    modality="text",
    factory="seatrial_clinical._passages:reordered",
    ladder=tuple({"passages": count} for count in (2, 3, 4, 5)),
    relation="invariant",
    sees_case=True,
    samples="seatrial_clinical._samples:passages",
)
