"""What carries the meaning of a medical text is never edited, unless it is declared."""

from __future__ import annotations

import re

import pytest
from as_it_is import tolerant
from hypothesis import given
from hypothesis import strategies as st
from seatrial_nlpaug import (
    delete,
    delete_words,
    keyboard,
    ocr,
    seatrial_perturbations,
    split,
    swap_words,
)

from seatrial.errors import ParameterError

ALL = seatrial_perturbations()
BUILT = {
    (one.name, severity): tolerant(one.at(severity)) for one in ALL for severity in range(1, 6)
}

PROTECTED = {
    "addresses": """
        anna.smith@example.org|https://example.org/leaflet?drug=aspirin|www.example.com/help
        First.Last+tag@mail.example.co.uk|ftp://files.example.net/lists/words.txt
    """,
    "numbers": """
        5 mg|2x200mg|1/2 tablet|38.5 °C|10–20 mg/kg|twice daily|every 6 hours|three times a day
        two tablets|half a teaspoon|no more than 4 g per day|120/80 mmHg|every other day|as needed
        at least 65 years old|1,000 IU|type II|at bedtime|once every eight hours|hepatitis B
        maximum of 8 capsules|COVID-19|6.5%|ten days|up to 3 doses
    """,
    "drugs": """
        ibuprofen|Paracetamol|co-codamol|St John's wort|folic acid|penicillin-allergic|warfarin
        Tylenol|amoxicillin-clavulanate|vitamin D|bisoprolol|empagliflozin
    """,
    "negation": """
        no|not|never|without|denies|doesn't|isn’t|cannot|Nobody|neither|nor|absence|ruled out
        non-smoker|unless
    """,
    "laterality": "left|Right|bilateral|left-sided|contralateral",
    "options": "A)|(b)|C.|D:|Option B|answer: C|[E]",
    "order": "before|after|then|first|yesterday|previously|until|Now",
}
PROTECTED = {kind: re.split(r"\||\n\s*", spans.strip()) for kind, spans in PROTECTED.items()}
FREE = """
patient medicine walking swollen doctor which notable because knee note stomach garden the and with
children knows northern feeling Please nurse lefty rightly noise could water notice thence
""".split()  # noqa: SIM905 - a list to read, not to count

kinds = st.sampled_from(sorted(PROTECTED))
protected = kinds.flatmap(lambda kind: st.sampled_from(PROTECTED[kind]))
free = st.lists(st.sampled_from(FREE), max_size=5).map(" ".join)
between = st.sampled_from([" ", ", ", "\n", "; ", "  "])
seeds = st.integers(0, 2**63 - 1)


@st.composite
def notes(draw):
    spans = draw(st.lists(protected, min_size=1, max_size=5))
    parts = [draw(free)]
    for span in spans:
        parts += [draw(between), span, draw(between), draw(free)]
    return "".join(parts), spans


def assert_in_order(spans, text):
    place = 0
    for span in spans:
        found = text.find(span, place)
        assert found >= 0, f"{span!r} is gone from {text!r}"
        place = found + len(span)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
@given(note=notes(), severity=st.integers(1, 5), seed=seeds)
def test_protected_spans_survive_in_order(one, note, severity, seed):
    text, spans = note
    assert_in_order(spans, BUILT[one.name, severity](text, seed=seed))


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
@given(text=free, severity=st.integers(1, 5), seed=seeds)
def test_no_edit_makes_a_negation_or_a_side_that_was_not_there(one, text, severity, seed):
    changed = BUILT[one.name, severity](text, seed=seed)
    carried = re.compile(r"(?<!\w)(?:no|not|nor|non|left|right|then|now)(?!\w)", re.IGNORECASE)
    assert not carried.findall(changed)


def test_a_stray_space_never_makes_not_able_of_notable():
    everything = tolerant(split.build({"words": 1.0}))
    results = {everything("notable", seed=seed) for seed in range(60)}
    assert results == {"n otable", "nota ble", "notab le"}


def test_a_missing_letter_never_makes_not_of_note():
    everything = tolerant(delete.build({"words": 1.0, "chars": 0.1}))
    results = {everything("note", seed=seed) for seed in range(60)}
    assert results == {"nte", "noe"}


def test_a_word_of_which_only_something_protected_can_be_made_stays():
    everything = tolerant(delete.build({"words": 1.0, "chars": 0.1, "min_letters": 2}))
    assert {everything("noo", seed=seed) for seed in range(20)} == {"noo"}


def test_a_scanned_word_never_becomes_a_number():
    everything = tolerant(ocr.build({"words": 1.0, "chars": 1.0}))
    results = {everything("so Bob", seed=seed) for seed in range(60)}
    assert len(results) > 1
    assert not any(word.isdigit() for result in results for word in result.split())


def test_words_never_change_places_across_what_is_protected():
    everything = tolerant(swap_words.build({"words": 1.0}))
    for seed in range(20):
        assert everything("pain not fever", seed=seed) == "pain not fever"
        assert everything("morning 5 mg evening", seed=seed) == "morning 5 mg evening"


@pytest.mark.parametrize("kind", sorted(PROTECTED))
def test_a_kind_that_is_declared_is_edited(kind):
    harsh = tolerant(delete_words.build({"words": 1.0, "alters": (kind,)}))
    kept = tolerant(delete_words.build({"words": 1.0}))
    for span in PROTECTED[kind]:
        assert_in_order([span], kept(span, seed=1))
    assert any(
        span not in harsh(f"{span} cats dogs", seed=seed)
        for span in PROTECTED[kind]
        for seed in range(5)
    )


def test_digits_are_edited_only_where_numbers_may_be_altered():
    text = "take 5000 mg of aspirin 1851"
    usual = tolerant(ocr.build({"words": 1.0, "chars": 1.0}))
    daring = tolerant(ocr.build({"words": 1.0, "chars": 1.0, "alters": ["numbers"]}))
    assert "5000 mg" in usual(text, seed=1)
    assert "5000" not in daring(text, seed=1)
    assert "1851" not in daring(text, seed=1)
    assert "aspirin" in daring(text, seed=1)
    hit = tolerant(keyboard.build({"words": 1.0, "chars": 1.0, "alters": ["numbers"]}))(
        text, seed=1
    )
    assert "5000" not in hit


def test_a_user_protects_words_and_patterns_of_their_own():
    perturb = tolerant(
        keyboard.build({"words": 1.0, "chars": 0.5, "protect": ("acme pro", r"zx-\w+")})
    )
    for seed in range(20):
        changed = perturb("Our Acme Pro and the ZX-turbo are wonderful gadgets", seed=seed)
        assert_in_order(["Acme Pro", "ZX-turbo"], changed)
        assert not changed.endswith("wonderful gadgets")


def test_own_patterns_match_whole_words():
    perturb = tolerant(delete_words.build({"words": 1.0, "protect": ("pain",)}))
    assert perturb("pain painful", seed=1) == "pain"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"protect": "Acme"}, r"nlpaug\.keyboard.*protect must be a tuple of strings, got 'Acme'"),
        ({"protect": (5,)}, r"protect must be a tuple of strings"),
        ({"protect": 5}, r"protect must be a tuple of strings, got 5"),
        ({"protect": ("(",)}, r"protect has '\(', which is no regular expression"),
        ({"alters": ("doses",)}, r"unknown kinds doses; the kinds are numbers, drugs, negation"),
        ({"alters": "drugs"}, r"alters must be a tuple of strings, got 'drugs'"),
    ],
)
def test_what_cannot_be_protected_is_said_when_it_is_built(params, message):
    with pytest.raises(ParameterError, match=message):
        keyboard.at(1, params)
