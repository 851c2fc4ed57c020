"""What carries the meaning survives every invariant perturbation, in own and in real sentences.

What must survive is recognised here by other means than in the perturbations: patterns for numbers
with units, negations and sides, and the stems by which names of medicines are made.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import seatrial_clinical
from seatrial_clinical import seatrial_perturbations

import seatrial as sea
from seatrial.errors import NotApplicable
from seatrial.kit import edit_distance

DATA = Path(__file__).parents[4] / "shared" / "data" / "pubmedqa" / "ori_pqal.json"

OWN = (
    "Patients who received 40 mg of atorvastatin had no more myalgia than those without a statin.",
    "The left kidney was not seen on ultrasound; the right one measured 11.2 cm.",
    "We investigated whether 2.5 mg/kg of infliximab is as effective as 5 mg/kg (P < 0.001).",
    "Neither amoxicillin 500 mg nor azithromycin 250 mg was associated with diarrhoea in children.",
    "He denies chest pain, but he has had shortness of breath since 12 March 2019.",
    "In patients with hypertension, blood pressure fell by 12/7 mmHg within 6 weeks of lisinopril.",
    "She never smoked, takes warfarin 3 mg daily, and weighs 58 kg.",
    "Of 1,204 women, 37 (3.1%) had bilateral disease and none had a right-sided recurrence.",
    "The aim of this study was to determine whether omeprazole 20 mg prevents bleeding.",
    "A 67-year-old man with COPD and AF cannot take metoprolol because of bradycardia.",
    "However, the results showed that ciprofloxacin did not reduce fever in the first 48 hours.",
    "My mother's doctor gave her 10 ml of the syrup and 0.5 g of paracetamol at 38.5 °C.",
    "The patient was seen on 2021-02-03 and again on 17 February 2021 with pain in the left hip.",
    "Is it safe to take ibuprofen 400 mg and aspirin 75 mg if you don't have an ulcer?",
    "Tylenol 500 mg was given to 14 of 20 boys; the others received Advil 200 mg or placebo.",
)

CARRIES = re.compile(
    r"\d[\d.,:/]*(?: ?(?:%|°C|(?:mg/kg|mg|kg|g|ml|mmHg|cm|hours|weeks|years)\b))?"
    r"|\b(?:no|not|none|never|neither|nor|without|cannot|denies)\b|n['’]t\b"
    r"|\b(?:left|right|bilateral)\b",
    re.IGNORECASE,
)
DRUG = re.compile(
    r"\b\w{2,}(?:cillin|mycin|floxacin|cycline|statin|sartan|pril|olol|prazole|azole|tidine|profen"
    r"|mab|tinib|gliptin|dipine|oxetine|azepam|parin|xaban|setron|caine)\b",
    re.IGNORECASE,
)
INVARIANT = [
    one
    for one in seatrial_perturbations()
    if one.modality == "text" and one.relation in ("invariant", "may-refuse")
]
TEXTS = [one for one in INVARIANT if one.modality == "text" and not one.sees_case]
ADDS = {"clinical.false-history"}
WRITES_NUMBERS = {"clinical.units", "clinical.dates"}
RENAMES = {"clinical.brands", "clinical.misspelt-drugs"}


def pubmedqa():
    if not DATA.is_file():
        pytest.skip("the PubMedQA sentences are not here")
    articles = json.loads(DATA.read_text("utf-8"))
    return [text for one in list(articles.values())[:300] for text in one["CONTEXTS"]]


def applied(perturbation, texts):
    """Give each text to which it applies, beside what came of it at every other severity."""
    for severity in range(1, len(perturbation.ladder) + 1, 2):
        perturb = perturbation.at(severity)
        for index, text in enumerate(texts):
            try:
                yield text, perturb(text, seed=sea.derive(1, perturbation.name, str(index)))
            except NotApplicable:
                continue


@cache
def names():
    """Map every known name of a medicine to its substance, read without the plugin's reader."""
    table = Path(seatrial_clinical.__file__).parent / "lexicons" / "drugs.tsv"
    rows = [line.split("\t") for line in table.read_text("utf-8").splitlines() if line[0] != "#"]
    return {
        name.lower(): generic
        for generic, others, brands, _ in rows[1:]
        for name in (generic, *others.split("|"), *brands.split("|"))
        if name
    }


def substances(text):
    """List the medicines of a text, whatever they are called."""
    longest_first = sorted(names(), key=len, reverse=True)
    known = re.compile(
        rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE
    )
    return [names()[match.group().lower()] for match in known.finditer(text)]


def check(perturbation, before, after):
    name = perturbation.name
    if name in ADDS:
        left = iter(re.findall(r"\S+", after))
        assert all(word in left for word in re.findall(r"\S+", before)), (name, before, after)
        return
    if name in WRITES_NUMBERS:
        assert re.sub(r"\d[\d.,]*", "", _bare(before)) == re.sub(r"\d[\d.,]*", "", _bare(after))
        return
    assert CARRIES.findall(before) == CARRIES.findall(after), (name, before, after)
    if name not in RENAMES:
        assert DRUG.findall(before) == DRUG.findall(after), (name, before, after)


def _bare(text):
    """Leave out units and months, which these perturbations write anew."""
    months = "|".join(date(2000, month, 1).strftime("%B") for month in range(1, 13))
    return re.sub(rf"(?<=\d) ?(?:mcg|mg|g|mL|ml|teaspoons?)\b|{months}", "", text)


@pytest.mark.parametrize("one", TEXTS, ids=lambda one: one.name)
def test_meaning_survives_in_own_sentences(one):
    found = list(applied(one, [*OWN, " ".join(OWN[:5]), "\n".join(OWN)]))
    for before, after in found:
        check(one, before, after)
    assert found, "it applies to none of them"


@pytest.mark.parametrize("one", TEXTS, ids=lambda one: one.name)
def test_meaning_survives_in_real_sentences(one):
    texts = pubmedqa()
    assert sum(text.count(". ") + 1 for text in texts) >= 200
    for before, after in applied(one, texts):
        check(one, before, after)


def test_a_brand_names_the_same_medicine():
    for before, after in applied(seatrial_clinical.brands, OWN):
        assert substances(before) == substances(after)
        assert before != after


def test_a_misspelling_is_nearest_to_the_medicine_that_is_meant():
    changed = 0
    for before, after in applied(seatrial_clinical.misspelt_drugs, OWN):
        for right, wrong in zip(before.split(), after.split(), strict=True):
            if right == wrong:
                continue
            changed += 1
            word = wrong.strip(".,").lower()
            nearest = min(names(), key=lambda name, word=word: edit_distance(name, word))
            assert names()[nearest] == names()[right.strip(".,").lower()], (right, wrong)
    assert changed > 20


def test_an_amount_in_another_unit_is_the_same_amount():
    milligrams = {"mcg": 0.001, "mg": 1, "g": 1000, "ml": 1e9, "teaspoons": 5e9}
    amounts = re.compile(r"([\d.,]+) (mcg|mg|g|ml|teaspoons)\b(?!/)")

    def total(text):
        return [float(n.replace(",", "")) * milligrams[unit] for n, unit in amounts.findall(text)]

    found = list(applied(seatrial_clinical.units, OWN))
    assert len(found) > 10
    for before, after in found:
        assert total(before) == pytest.approx(total(after))
        assert before != after


def test_intervals_between_dates_stay_and_so_do_days_of_the_week():
    text = "Seen on 2021-02-03, again on 17 February 2021, and on March 1, 2021."
    for before, after in applied(seatrial_clinical.dates, [text] * 5):
        days = [_dates(one) for one in (before, after)]
        moved = {(new - old).days for old, new in zip(*days, strict=True)}
        assert len(moved) == 1
        assert moved.pop() % 7 == 0
        assert before != after


def _dates(text):
    months = {date(2000, month, 1).strftime("%B"): month for month in range(1, 13)}
    year, month, day = re.search(r"(\d+)-(\d+)-(\d+)", text).groups()
    second = re.search(r"(\d+) (\w+) (\d+),", text).groups()
    third = re.search(r"on (\w+) (\d+), (\d+)", text).groups()
    return [
        date(int(year), int(month), int(day)),
        date(int(second[2]), months[second[1]], int(second[0])),
        date(int(third[2]), months[third[0]], int(third[1])),
    ]
