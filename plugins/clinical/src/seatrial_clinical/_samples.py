"""What the conformance kit tries the perturbations on: notes and questions written for it."""

from __future__ import annotations

from typing import Any

from seatrial import Case
from seatrial.testing import Samples

__all__ = ["NOTES", "options", "passages", "questions", "sheets", "talks", "texts"]

NOTES = (
    (
        "The patient takes warfarin, metformin, lisinopril, atorvastatin and omeprazole every "
        "day. She has hypertension and asthma. Can she take ibuprofen for her knee?"
    ),
    (
        "I am 34 years old, I am allergic to penicillin and I already take sertraline. I weigh 62 "
        "kg. May I use Sudafed, Benadryl, Tylenol, Advil or Imodium for this cold?"
    ),
    (
        "He was seen on 3 March 2021 for a fracture of the left wrist, and again on 2021-04-14. "
        "The plaster came off on May 12, 2021. The pain was worse before the operation."
    ),
    (
        "The BP was 150/95 mmHg and the BMI was 31. The ECG showed AF, the CXR was normal, and "
        "the CRP was 12 mg/L. Patients with CKD should not take NSAIDs. She had a UTI last year."
    ),
    (
        "My son is 8 years old and weighs 25 kg. He has a runny nose, earache, tiredness, a fever "
        "and a stomach ache. He already had 5 ml of Calpol. Is it safe to give him more?"
    ),
    (
        "The aim of this study was to investigate whether aspirin helps. Patients who were older "
        "did well. We found that it was associated with fewer strokes. However, the results "
        "showed side effects. Most of the patients got better. The trial is over."
    ),
    (
        "Can an adult take 900 mg of ibuprofen in a day? The doctor prescribed 0.5 g of "
        "amoxicillin, 250 mcg of digoxin and 10 ml of the syrup, and 2 g of paracetamol at most."
    ),
    (
        "The Black man, who is homeless and unemployed, married his wife in the spring. He is "
        "Catholic in name and wealthy in spirit. The nurse told him that his right kidney is "
        "small."
    ),
    (
        "Dyspnoea, pruritus, hypertension, oedema and syncope were noted first, and epistaxis "
        "later. The previous visit was before the fall. She reports vertigo, myalgia and "
        "insomnia."
    ),
    (
        "It was the first visit after the birth. The anterior wall of the heart was thin, the "
        "proximal part of the vessel was narrow, and the left lung was clear."
    ),
    (
        "My aunt is 71 years old. She weighs 80 kg. She is allergic to latex. She already takes "
        "digoxin. She has had 2 tablets of it today. What may I give her for a cold?"
    ),
)
"""Texts that hold something of everything."""

QUESTIONS = (
    ("Is ibuprofen an NSAID?", "yes"),
    ("Can an adult take 4,500 mg of paracetamol in 24 hours?", "no"),
    ("An adult takes 600 mg of ibuprofen a day. Is that within the limit of the label?", "yes"),
    ("A woman took 5 g of paracetamol today. Does the label allow that?", "No"),
    ("Is 10 mg of loratadine in one day within the limit?", "YES"),
    ("Was 1.6 g of ibuprofen in the last 24 hours too much?", "yes"),
    ("The swelling was not larger after treatment.", "true"),
    ("Antibiotics do nothing against a cold.", "false"),
)

PASSAGES = (
    "Adults should take the tablets with food. The tablets are not for children.",
    "The medicine was approved for adults. It is taken in the evening.",
    "Ibuprofen can irritate the stomach. Patients with ulcers should avoid it.",
    "The label has a warning about alcohol.",
    "Loratadine does not make most people sleepy.",
    "Store the bottle in a dry place, which is cool.",
)

OPTIONS = (
    ("Which of these lowers a fever?", ("paracetamol", "loperamide", "senna", "digoxin")),
    ("Which disease is treated with Ventolin?", ("asthma", "gout", "migraine", "psoriasis")),
    ("What thins the blood?", ("warfarin", "Zyrtec or Claritin", "Imodium and Prozac", "Lasix")),
    ("What is high blood pressure called?", ("hypertension", "angina", "stroke", "sepsis")),
)


def texts() -> Samples:
    """Give the texts of the kit and the notes."""
    return Samples(values={"text": [*Samples().of("text"), *NOTES]})


def questions() -> Samples:
    """Give questions with answers of yes and no, and statements that are true or false."""
    return Samples(
        values={
            "text": [
                *(Case(f"q{at}", text, target) for at, (text, target) in enumerate(QUESTIONS)),
                Case("parts", {"question": QUESTIONS[0][0], "options": ("yes", "no")}, "yes"),
            ]
        }
    )


def passages() -> Samples:
    """Give questions with retrieved passages."""
    return Samples(
        values={
            "text": [
                Case(f"p{count}", {"question": "May I?", "passages": PASSAGES[:count]}, "yes")
                for count in (2, 3, 4, 5, 6)
            ]
        }
    )


def options() -> Samples:
    """Give questions with options that name medicines and conditions."""
    return Samples(
        values={
            "text": [
                Case(f"o{at}", {"question": question, "options": several}, several[0])
                for at, (question, several) in enumerate(OPTIONS)
            ]
        }
    )


def talks() -> Samples:
    """Give conversations of one turn, after others, with images, and with a tool."""
    import numpy as np

    said = [({"role": "user", "content": note},) for note in NOTES]
    began = (
        {"role": "system", "content": "You are a pharmacist."},
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Hello, how can I help?"},
    )
    picture = np.tile(np.arange(16, dtype=np.uint8)[None, :, None] * 16, (16, 1, 3))
    seen = {"role": "user", "content": ("This is my rash. What helps against it?", picture)}
    call = {"id": "call_1", "type": "function", "function": {"name": "stock", "arguments": "{}"}}
    asked = (
        {"role": "user", "content": "Do you have Advil?"},
        {"role": "assistant", "content": "", "tool_calls": (call,)},
        {"role": "tool", "content": "three packs", "tool_call_id": "call_1"},
    )
    return Samples(values={"messages": [*said, (*began, *said[0]), (seen,), (*began, seen), asked]})


def several_images() -> Samples:
    """Give messages with two to five images, in which no word refers to their order."""
    said = "Do these images show a fracture? Answer yes or no."
    return Samples(
        values={
            "messages": [
                ({"role": "user", "content": (said, *_pictures(count))},) for count in (2, 3, 4, 5)
            ]
        }
    )


def places_of_images() -> Samples:
    """Ask at which place something is to be seen."""
    said = "Which image shows a fracture?"
    talks = [({"role": "user", "content": (*_pictures(count), said)},) for count in (2, 3, 5)]
    targets = ("the first", "Image 3", "The fourth image")
    cases = [
        Case(f"i{at}", talk, target)
        for at, (talk, target) in enumerate(zip(talks, targets, strict=True))
    ]
    return Samples(values={"messages": cases})


def _pictures(count: int) -> list[Any]:
    import numpy as np

    ramp = np.arange(16, dtype=np.uint8)
    return [np.tile((ramp * (3 * at + 2))[None, :, None], (16, 1, 3)) for at in range(count)]


def sheets() -> Samples:
    """Give sheets of a few slices: balls and boxes of two tissues, in air."""
    import numpy as np

    from .copilot._sheets import sheet_of

    x, y, z = np.mgrid[-1:1:96j, -1:1:112j, -1:1:10j]
    ball = np.sqrt(x**2 + y**2 + z**2)
    box = np.maximum(np.abs(x), np.abs(y))
    return Samples(
        values={
            "image": [
                sheet_of(200.0 * (shape < wide) + 60.0 * (shape < wide / 2) * (x > 0))
                for shape, wide in ((ball, 0.8), (box, 0.6))
            ]
        }
    )
