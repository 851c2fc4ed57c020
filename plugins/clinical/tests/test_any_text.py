"""Any text: the same seed gives the same output, and odd characters survive."""

from __future__ import annotations

import random
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seatrial_clinical import injections, seatrial_perturbations

from seatrial import Case
from seatrial.errors import NotApplicable, ParameterError

ALL = [one for one in seatrial_perturbations() if one.modality == "text"]
TEXTS = [one for one in ALL if one.modality == "text" and not one.sees_case]
PIECES = [
    *("ibuprofen", "Advil", "paracetamol", "hypertension", "BP", "swelling", "before", "after"),
    *("left", "knee", "right", "she", "her", "his", "man", "doctor", "medicine", "The", "is"),
    *("takes", "not", "no", "5 mg", "0.5 g", "10 ml", "years old", "allergic to", "pregnant"),
    *("2021-03-04", "in a day", "because of", "Patients with", "Can I take it?", "Black"),
    *("I am 34 years old.", "She has asthma.", "The patient was seen on 3 May 2020."),
]
ODD = [
    *("😷🤒", "👩\u200d⚕️", "جرعة", "مرتين", "e\u0301", "\u0301", "ǅ", "İ", "ß", "薬"),
    *("\u202eabc\u202c", "\ufeff", "\x00"),
]
pieces = st.sampled_from(PIECES) | st.sampled_from(ODD) | st.text(max_size=6)
between = st.sampled_from([" ", ". ", "\r\n", "\n", ", ", "? ", "  ", "\t", "/", "@"])


@st.composite
def notes(draw):
    parts = []
    for piece in draw(st.lists(pieces, max_size=14)):
        parts += [piece, draw(between)]
    return "".join(parts).encode("utf-8", "ignore").decode("utf-8")


def outcome(perturb, text, seed):
    try:
        return perturb(text, seed=seed)
    except NotApplicable as error:
        return str(error)


@pytest.mark.parametrize("one", TEXTS, ids=lambda one: one.name)
@settings(max_examples=60)
@given(text=notes(), seed=st.integers(0, 2**63 - 1), data=st.data())
def test_the_same_seed_gives_the_same_text_and_draws_nothing_global(one, text, seed, data):
    severity = data.draw(st.integers(1, len(one.ladder)))
    before = random.getstate()
    first = outcome(one.at(severity), text, seed)
    assert first == outcome(one.at(severity), text, seed)
    assert random.getstate() == before
    first.encode("utf-8")


@pytest.mark.parametrize("one", TEXTS, ids=lambda one: one.name)
@settings(max_examples=60)
@given(text=notes(), seed=st.integers(0, 2**63 - 1))
def test_odd_characters_stay_as_they_are(one, text, seed):
    """Emoji, other scripts, combining marks and line ends are neither lost nor torn apart."""
    if one.name in ("clinical.off-topic", "clinical.missing-information"):
        pytest.skip("it takes text away on purpose")
    try:
        changed = one.at(len(one.ladder))(text, seed=seed)
    except NotApplicable:
        return
    kept = [letter for letter in text if _odd(letter)]
    left = iter(changed)
    assert all(letter in left for letter in kept), (text, changed)
    if one != injections:  # which begins a paragraph of its own
        assert changed.count("\n") == text.count("\n")
    assert changed.count("\r\n") == text.count("\r\n")
    for mark in ("\u0301",):
        for place in (at for at, letter in enumerate(text) if letter == mark and at):
            assert text[place - 1 : place + 1] in changed


def _odd(letter):
    return letter in "\r\n" or unicodedata.category(letter)[0] in "MSC" or ord(letter) > 0x2FF


@pytest.mark.parametrize("one", TEXTS, ids=lambda one: one.name)
def test_a_note_of_100000_characters_is_perturbed_within_reason(one):
    note = "She takes ibuprofen and has asthma, BP 120/80, before the visit on 2021-03-04. " * 1300
    assert len(note) > 100_000
    begun = time.process_time()
    outcome(one.at(len(one.ladder)), note, 3)
    assert time.process_time() - begun < 20  # quadratic work would take minutes


@pytest.mark.parametrize("one", TEXTS, ids=lambda one: one.name)
def test_carriage_returns_survive(one):
    text = (
        "She takes warfarin.\r\nHer BP was 150/90 on 2021-03-04, and her left knee hurts.\r\n"
        "The doctor gave 400 mg of ibuprofen before the meal. May a woman of 30 years of age, who "
        "is 31 years old, take more medicine?\r\nA Black man asked, too. I am allergic to latex."
    )
    changed = one.at(1)(text, seed=5)
    assert changed != text
    if one.name != "clinical.off-topic":
        assert changed.count("\r\n") == changed.count("\r") == 3


@pytest.mark.parametrize("one", TEXTS, ids=lambda one: one.name)
@pytest.mark.parametrize("wrong", [7, None, ["a", "b"]], ids=["number", "none", "list"])
def test_what_is_no_text_is_refused_by_name(one, wrong):
    with pytest.raises(ParameterError, match=rf"{one.name} takes a text \(str\), got"):
        one.at(1)(wrong, seed=1)


@pytest.mark.parametrize(
    "one",
    [one for one in ALL if one.modality == "text" and one.sees_case],
    ids=lambda one: one.name,
)
def test_a_case_without_the_part_is_said_not_to_fit(one):
    with pytest.raises((ParameterError, NotApplicable), match=one.name):
        one.at(1)(Case("c", {"number": 7}, "yes"), seed=1)
