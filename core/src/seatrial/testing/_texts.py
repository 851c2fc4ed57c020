"""Texts that no list holds: generated drug names, doses in many units, several scripts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

from .._seeds import derive

__all__ = ["SPANS", "TEXTS"]

LINES = (
    """Please take two tablets of ibuprofen 400 mg after breakfast with plenty of water, and do not
    take more than 1200 mg in a day before you have spoken with the pharmacist about it.""",
    """My left knee has been hurting badly since the long walk on Tuesday, and the swelling is
    getting worse every morning. I am not allergic to aspirin. Could I still go swimming?""",
    """The patient denies chest pain but reports shortness of breath when climbing the stairs;
    blood pressure was 145/90 mmHg, temperature 37.2 °C, and there is no swelling around the right
    ankle.""",
    """Which of these medicines would be the safest choice for somebody with a headache and a weak
    stomach?|A) ibuprofen 200 mg|B) paracetamol 500 mg|C) aspirin 300 mg|D) none of these""",
    """Thank you for writing to our little pharmacy yesterday. Somebody from the team would be glad
    to explain how the new inhaler works, where to store it, and when it needs cleaning.""",
)
UNITS = ("mg", "µg", "mL", "mmol/L", "IU", "g", "mcg", "mg/kg")
SYLLABLES = ("zo", "ve", "lu", "ta", "ri", "pe", "fo", "ga", "ni", "be", "du", "ka")
STEMS = ("tinib", "pril", "olol", "statin", "azole", "cillin", "mab", "sartan", "gliptin")
SCRIPTS = (
    "Где находится ближайшая аптека?",
    "ما هي الجرعة المناسبة؟",
    "この薬は食後に飲みますか？",
    "Πού πονάτε;  Από πότε;",
    "Prescription réimprimée : où dois-je m'adresser, s'il vous plaît ?",
    "help 😷🤒 my daughter feels sick",
)


def _drug(draw: Random) -> str:
    return "".join(draw.choice(SYLLABLES) for _ in range(draw.randint(2, 3))) + draw.choice(STEMS)


def _generated(draw: Random, drug: str) -> str:
    """Write a question with a drug, a dose, a side and a negation, of some length."""
    dose = draw.choice(("0.5", "12.5", "40", "1,000", "7"))
    ask = (
        f"The doctor said that I should take {dose} {draw.choice(UNITS)} of {drug} every evening",
        f"but {draw.choice(('not', 'never', 'without'))} before the meal",
        f"because of the {draw.choice(('left', 'right'))} shoulder",
    )
    more = "and everybody around here keeps telling something different about these things"
    return ", ".join((*ask, *[more] * draw.choice((0, 1, 4)))) + "."


_draw = Random(derive(0, "seatrial.testing", "texts"))
_drugs = tuple(_drug(_draw) for _ in range(6))

TEXTS = (
    *(" ".join(lines.split()).replace("|", "\n") for lines in LINES),
    *(_generated(_draw, drug) for drug in _drugs),
    *SCRIPTS,
)
"""Texts in which the protected spans are known."""

SPANS: Mapping[str, str] = {
    "numbers": r"two tablets|\d[\d./,]* ?(?:mg/kg|mmol/L|mmHg|mcg|mg|µg|mL|IU|°C|g)",
    "drugs": "|".join(map(re.escape, ("ibuprofen", "aspirin", "paracetamol", *_drugs))),
    "negation": r"not|no|none|denies|never|without|cannot",
    "laterality": r"left|right",
    "options": r"[A-D]\)",
}
"""The protected spans of these texts, by the word that `Perturbation.alters` has for them."""
