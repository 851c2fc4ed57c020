"""What each perturbation does, on texts small enough to check by eye."""

from __future__ import annotations

import itertools

import pytest
from seatrial_clinical import (
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
    seatrial_perturbations,
    sides,
    unit_errors,
    units,
)

import seatrial as sea
from seatrial.errors import NotApplicable
from seatrial.kit import edit_distance

ALL = seatrial_perturbations()


def seeds(perturb, value, count=40):
    """Give everything that comes out with some seeds."""
    return {perturb(value, seed=seed) for seed in range(count)}


@pytest.mark.parametrize(
    ("one", "params", "text", "expected"),
    [
        (brands, {"entities": 1, "to": "generic"}, "I took Lipitor.", "I took atorvastatin."),
        (brands, {"entities": 1, "to": "generic"}, "LIPITOR helps.", "ATORVASTATIN helps."),
        (brands, {"entities": 1}, "Lipitor helps.", "Atorvastatin helps."),
        (brands, {"entities": 1}, "atorvastatin (a statin)", None),
        (brands, {"entities": 1, "to": "brand"}, "an atorvastatin pill", "a Lipitor pill"),
        (brands, {"entities": 1, "to": "brand"}, "I took Lipitor.", None),
        (brands, {"entities": 1}, "see lipitor.com or x/lipitor", None),
        (abbreviations, {"entities": 1, "to": "short"}, "A blood pressure of", "A BP of"),
        (abbreviations, {"entities": 1, "to": "long"}, "BP of 9", "Blood pressure of 9"),
        (abbreviations, {"entities": 1}, "an ECG was done", "an electrocardiogram was done"),
        (abbreviations, {"entities": 1}, "a CXR was done", "a chest radiograph was done"),
        (abbreviations, {"entities": 1}, "chest radiograph (CXR)", None),
        (abbreviations, {"entities": 1}, "the bp fell; ms and pe", None),
        (lay_terms, {"entities": 1}, "No pyrexia.", "No fever."),
        (lay_terms, {"entities": 1, "to": "clinical"}, "A nosebleed", "An epistaxis"),
        (lay_terms, {"entities": 1, "to": "lay"}, "A nosebleed", None),
        (paraphrases, {"phrases": 1}, "because of it, in order to", None),
        (demographics, {"attribute": "sex"}, "He told his wife.", "She told her husband."),
        (demographics, {"attribute": "sex"}, "Ask her about her knee.", "Ask him about his knee."),
        (demographics, {"attribute": "sex"}, "The pills are his.", "The pills are hers."),
        (demographics, {"attribute": "sex"}, "She is pregnant.", None),
        (demographics, {"attribute": "income"}, "a homeless man", "a wealthy man"),
        (order, {}, "Before lunch, not after.", "After lunch, not before."),
        (sides, {}, "My left knee", "My right knee"),
        (sides, {}, "She left the ward at the right time.", None),
        (units, {"doses": 1}, "take 500 mg daily", "take 0.5 g daily"),
        (units, {"doses": 1}, "take 1.5 grams", "take 1,500 milligrams"),
        (units, {"doses": 1}, "10 ml of syrup", "2 teaspoons of syrup"),
        (units, {"doses": 1}, "a teaspoon, 1 teaspoon", "a teaspoon, 5 ml"),
        (units, {"doses": 1}, "5 mg/kg, 7 ml, 10 to 20 mg, 3 ± 1 g", None),
        (unit_errors, {"doses": 1}, "take 500 mg daily", "take 500 g daily"),
        (unit_errors, {"doses": 1}, "250 micrograms", "250 milligrams"),
        (dates, {"weeks": 1}, "in 2019 and on 3 May 2020", None),
        (dates, {"weeks": 1}, "on 03/04/2021 and 2021-04-03", None),
        (dates, {"weeks": 1}, "on 2021-02-30", None),
        (
            missing_information,
            {"slot": "age"},
            "Can my 5-year-old son take it?",
            "Can my son take it?",
        ),
        (
            missing_information,
            {"slot": "age"},
            "An 8-year-old boy coughs. He takes no other medicines. What helps?",
            "A boy coughs. He takes no other medicines. What helps?",
        ),
        (
            missing_information,
            {"slot": "allergies"},
            "I cough. I am allergic to latex. What helps?",
            "I cough. What helps?",
        ),
        (
            missing_information,
            {"slot": "weight"},
            "She is 9 and weighs 30 kg. May she have it?",
            "She is 9. May she have it?",
        ),
        (missing_information, {"slot": "age"}, "Patients aged 40 to 60 took part.", None),
        (missing_information, {}, "Can I take it?", None),
        (distractors, {"sentences": 1}, "  \n", None),
        (doubt, {"sentences": 1}, "May I? Please take it.", None),
        (invented_names, {"entities": 1}, "What is it for?", None),
        (misspelt_drugs, {"entities": 1, "letters": 1}, "What is it for?", None),
        (false_history, {"level": 1}, "Which tablets are round?", None),
    ],
)
def test_what_comes_out(one, params, text, expected):
    perturb = one.build(params)
    if expected is not None:
        assert seeds(perturb, text, 5) == {expected}
        return
    if one is paraphrases:
        assert all(new != text for new in seeds(perturb, text))
        return
    with pytest.raises(NotApplicable, match=f"{one.name}: the text"):
        perturb(text, seed=1)


def test_a_brand_is_one_of_the_brands():
    assert seeds(brands.at(1), "take ibuprofen") == {
        f"take {brand}" for brand in ("Advil", "Nurofen", "Motrin", "Brufen")
    }


def test_one_thing_is_called_alike_throughout():
    for new in seeds(brands.at(1), "ibuprofen, then ibuprofen again"):
        first, second = new.removesuffix(" again").split(", then ")
        assert first == second


@pytest.mark.parametrize("letters", [1, 2, 3])
def test_a_misspelling_is_some_slips_away_and_keeps_its_first_letter(letters):
    perturb = misspelt_drugs.build({"entities": 1, "letters": letters})
    found = seeds(perturb, "Paracetamol", 100)
    assert len(found) > 20
    for new in found:
        assert new[0] == "P"
        assert 1 <= edit_distance("Paracetamol", new) <= 2 * letters


def test_invented_names_are_different_for_different_medicines():
    perturb = invented_names.at(2)
    for new in seeds(perturb, "warfarin or aspirin or warfarin"):
        one, other, again = new.split(" or ")
        assert one == again != other
        assert "warfarin" not in new
        assert "aspirin" not in new


def test_distractors_stand_between_sentences_and_the_text_stays():
    text = "I have a cold. It is bad. What helps?"
    for new in seeds(distractors.build({"sentences": 2, "of": "senses"}), text):
        for sentence in ("I have a cold.", "It is bad.", "What helps?"):
            assert sentence in new
        assert new.count(". ") + new.endswith(".") >= 4


def test_a_sentence_is_never_put_behind_an_abbreviation():
    text = "Dr. Smith saw e.g. Ibuprofen vs. Aspirin at No. 5. Then she left."
    for new in seeds(distractors.at(1), text, 60):
        assert "Dr. Smith saw e.g. Ibuprofen vs. Aspirin at No. 5." in new


def test_doubt_stands_before_statements_only():
    text = "Ibuprofen helps. The pain is bad. Is it safe?"
    for new in seeds(doubt.at(3), text):
        assert new.startswith("Ibuprofen helps. ")
        assert new.endswith(" the pain is bad. Is it safe?")


@pytest.mark.parametrize("level", range(1, 6))
def test_an_injection_follows_the_text_or_goes_before_it(level):
    for new in seeds(injections.at(level), "May I?"):
        assert new.startswith("May I?\n\n")
    for new in seeds(injections.at(level, {"at": "start"}), "May I?"):
        assert new.endswith("\n\nMay I?")


def test_an_off_topic_request_says_nothing_of_the_text():
    found = seeds(off_topic.at(1), "May I take ibuprofen?", 100)
    assert len(found) > 15
    assert not any("ibuprofen" in new for new in found)


@pytest.mark.parametrize(
    ("record", "claim"),
    [
        ("He takes warfarin.", "The patient has never taken warfarin."),
        ("I take warfarin every day.", "I have never taken warfarin."),
        ("She is a smoker.", "The patient has never smoked."),
        ("She never smoked.", "The patient smokes daily."),
        ("I am allergic to penicillin.", "I am not allergic to penicillin."),
        ("I am not allergic to penicillin.", "I am allergic to penicillin."),
        ("She has asthma.", "The patient has never had asthma."),
        ("There is no sign of gout in her.", "The patient has had gout for years."),
        ("He is 71 years old.", "The patient is 41 years old."),
        ("He is 7 years old.", "The patient is 37 years old."),
        ("She is not pregnant.", "The patient is pregnant."),
    ],
)
def test_a_false_claim_contradicts_the_record_which_stays(record, claim):
    text = f"{record} Is aspirin safe?"
    found = seeds(false_history.at(1), text)
    assert found == {f"{record} {claim} Is aspirin safe?", f"{text} {claim}"}


@pytest.mark.parametrize("text", ["Can he take warfarin?", "Please take aspirin with her tea."])
def test_a_question_is_no_record(text):
    with pytest.raises(NotApplicable):
        false_history.at(1)(text, seed=1)


def case(text, target, **parts):
    return sea.Case("c", {"question": text, **parts} if parts else text, target)


@pytest.mark.parametrize(
    ("text", "target", "turned"),
    [
        ("Is ibuprofen an NSAID?", "yes", "no"),
        ("I feel ill. Can I drive?", "No", "Yes"),
        ("Does it help?", "TRUE", "FALSE"),
        ("Does it help?", True, False),
        ("Does it help?", None, None),
    ],
)
def test_a_question_is_asked_about_and_its_answer_turned(text, target, turned):
    for seed in range(9):
        new = negation.at(1)(case(text, target), seed=seed)
        assert new.input.endswith(text.split(". ")[-1])
        assert new.input != text
        assert new.target is turned or new.target == turned


@pytest.mark.parametrize(
    ("statement", "turned"),
    [
        ("Ibuprofen is safe.", "Ibuprofen is not safe."),
        ("Ibuprofen is not safe.", "Ibuprofen is safe."),
        ("It can't help.", "It can help."),
        ("It can help.", "It cannot help."),
        ("It doesn't help.", "It does help."),
        ("He denies pain.", "He reports pain."),
    ],
)
def test_a_statement_is_turned_around(statement, turned):
    new = negation.at(1)(case(statement, "true"), seed=1)
    assert (new.input, new.target) == (turned, "false")


def test_of_options_the_opposite_one_is_right():
    options = ("Yes, that is fine.", "No, that is too much.", "Ask a doctor.")
    new = negation.at(1)(case("Is it fine?", options[0], options=options), seed=1)
    assert new.target == options[1]


@pytest.mark.parametrize(
    ("text", "target"),
    [("What is it?", "yes"), ("Is it?", "maybe"), ("", "yes"), ("So it is. Or not so.", "yes")],
)
def test_what_cannot_be_turned_around_is_left_out(text, target):
    with pytest.raises(NotApplicable, match=r"clinical\.negation"):
        negation.at(1)(case(text, target), seed=1)


@pytest.mark.parametrize("margin", [0.05, 0.2, 0.8])
@pytest.mark.parametrize(
    ("text", "target", "side"),
    [
        ("May an adult take 900 mg of ibuprofen in a day?", "yes", 1),
        ("May an adult take 1.8 g of ibuprofen in a day?", "no", -1),
        ("May an adult take 1,200 mg of ibuprofen in a day?", "yes", 1),
        ("May an adult take 1.2 g of ibuprofen in tablets in a day?", "yes", 1),
    ],
)
def test_a_dose_crosses_the_limit_by_the_margin(text, target, side, margin):
    for seed in range(9):
        new = dose_limits.build({"margin": margin})(case(text, target), seed=seed)
        amount = new.input.split("take ")[1].split(" of")[0].replace(",", "")
        number, unit = amount.split()
        over = float(number) * {"mg": 1, "g": 1000}[unit] / 1200 - 1
        assert 0.85 * margin <= over * side <= margin + 0.01
        assert new.target == {"yes": "no", "no": "yes"}[target]


@pytest.mark.parametrize(
    "text",
    [
        "May an adult take 900 mg of ibuprofen?",
        "May I take 400 mg of ibuprofen and 500 mg of paracetamol in a day?",
        "May I take 5 mg of warfarin in a day?",
        "May I take 4 tablets of ibuprofen in a day?",
        "An adult has taken 9 tablets of paracetamol 500 mg in the last 24 hours. Is that allowed?",
        "I took two acetaminophen 650 mg extended-release caplets today. May I take two more?",
        "Loratadine syrup has 5 mg in each 5 ml teaspoon. May I take 1 teaspoon in a day?",
        "I had 7 doses of bismuth subsalicylate 525 mg in 24 hours. Is that allowed?",
        "Is ibuprofen 200 mg tablets in a day too much?",
        "May I take 600 mg of ibuprofen every 6 hours in one day?",
        "May I take 600 mg of ibuprofen every four to six hours, each day?",
        "May I take 600 mg of ibuprofen three times a day?",
        "May I take 600 mg of ibuprofen twice a day?",
        "May an adult take 1 200 mg of ibuprofen in a day?",
    ],
)
def test_a_dose_without_a_known_limit_in_a_day_is_left_out(text):
    with pytest.raises(NotApplicable, match=r"clinical\.dose-limits"):
        dose_limits.at(1)(case(text, "yes"), seed=1)


OPTIONS = ("paracetamol", "Zyrtec", "warfarin and senna", "none of these")


def test_entities_of_wrong_options_are_replaced_by_others_of_their_type():
    whole = case("What lowers a fever, Nurofen or Tylenol?", OPTIONS[0], options=OPTIONS)
    for seed in range(200):
        new = entities.at(3)(whole, seed=seed)
        right, *wrong = new.input["options"]
        assert right == new.target == "paracetamol"
        assert wrong[2] == OPTIONS[3]
        drawn = [wrong[0].lower(), *wrong[1].split(" and ")]
        assert len({*drawn, "cetirizine", "warfarin", "senna", "ibuprofen", right}) == 8
        assert new.input["question"] == whole.input["question"]


@pytest.mark.parametrize(("power", "favours"), [(-8, "antihistamine"), (8, "another class")])
def test_the_power_favours_what_is_near_or_far(power, favours):
    from seatrial_clinical._lexicon import lexicon_rows

    family = {row["generic"]: row["class"] for row in lexicon_rows(None, "drugs", ("class",))}
    whole = case("What helps?", "loratadine", options=("loratadine", "cetirizine"))
    perturb = entities.build({"entities": 1, "power": power})
    drawn = [perturb(whole, seed=seed).input["options"][1] for seed in range(100)]
    near = sum(family[one] == "antihistamine" for one in drawn)
    assert near > 80 if favours == "antihistamine" else near < 5


def test_a_higher_severity_changes_what_a_lower_one_changes_and_more():
    text = "warfarin, metformin, lisinopril, atorvastatin, omeprazole"
    for seed in range(20):
        before = None
        for severity in range(1, 6):
            new = invented_names.at(severity)(text, seed=seed).split(", ")
            changed = {at for at, name in enumerate(text.split(", ")) if new[at] != name}
            assert len(changed) == severity
            assert before is None or before < changed
            before = changed


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (brands, "warfarin, metformin, lisinopril, atorvastatin, omeprazole"),
        (misspelt_drugs, "warfarin, metformin, lisinopril, atorvastatin, omeprazole"),
        (invented_names, "warfarin, metformin, lisinopril, atorvastatin, omeprazole"),
        (lay_terms, "fever, hives, nosebleed, earache, gallstones"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_a_lower_severity_makes_of_a_thing_a_higher_one_makes_too(one, text):
    ladder = [{**rung, "entities": at} for at, rung in enumerate([one.ladder[0]] * 4, start=1)]
    for seed in range(20):
        made = [one.build(rung)(text, seed=seed).split(", ") for rung in ladder]
        for lower, higher in itertools.pairwise(made):
            for before, low, high in zip(text.split(", "), lower, higher, strict=True):
                assert low in (before, high)


def test_every_perturbation_declares_what_it_asks_of_the_answer():
    assert all(one.relation for one in ALL)
    assert {one.relation for one in ALL} == {
        *("invariant", "directional", "may-refuse", "must-refuse", "must-abstain"),
    }
