"""Only words change: white space, punctuation, digits and emoji stay where they are."""

from __future__ import annotations

import re

import pytest
from as_it_is import tolerant
from hypothesis import given
from hypothesis import strategies as st
from seatrial_nlpaug import delete_words, seatrial_perturbations, split, swap_words

from seatrial.errors import NotApplicable

ALL = seatrial_perturbations()
NAMES = [one.name for one in ALL]
BUILT = {
    (one.name, severity): tolerant(one.at(severity)) for one in ALL for severity in range(1, 6)
}
IN_WORDS = [one for one in ALL if one not in (split, delete_words)]

severities = st.integers(1, 5)
seeds = st.integers(0, 2**63 - 1)
words = st.sampled_from(
    ["Pain", "the", "walking", "straße", "naïve", "I", "tablets,", "(don't)", "Ω", "5mg", "😀"]
)
blanks = st.text(" \t\n\r\u00a0\u2003", min_size=1, max_size=4)
mixed = st.lists(st.tuples(words, blanks), max_size=25).map(
    lambda pairs: "".join(word + blank for word, blank in pairs)
)
texts = st.one_of(mixed, st.text(max_size=80))


def blanks_of(text):
    return re.findall(r"\s+", text)


def others_of(text):
    """List what no word is made of; typing errors may move hyphens and apostrophes inside words."""
    return [c for c in text if not c.isalnum() and not c.isspace() and c not in "-'’"]


@pytest.mark.parametrize("one", ALL, ids=NAMES)
@pytest.mark.parametrize("text", ["", " ", "\n\n", "  \t \r\n", "?!", "😀", "5 mg", "漢字"])
def test_a_text_without_words_to_edit_is_skipped_and_says_so(one, text):
    for severity in range(1, 6):
        with pytest.raises(NotApplicable, match=rf"{one.name}: the text has no word"):
            one.at(severity)(text, seed=1)


@pytest.mark.parametrize("one", IN_WORDS, ids=lambda one: one.name)
@given(text=texts, severity=severities, seed=seeds)
def test_white_space_is_kept_exactly(one, text, severity, seed):
    changed = BUILT[one.name, severity](text, seed=seed)
    assert blanks_of(changed) == blanks_of(text)


@given(text=texts, severity=severities, seed=seeds)
def test_splitting_only_adds_single_spaces(text, severity, seed):
    changed = BUILT[split.name, severity](text, seed=seed)
    rest = iter(text)
    waiting = next(rest, None)
    for letter in changed:
        if letter == waiting:
            waiting = next(rest, None)
        else:
            assert letter == " "
    assert waiting is None


@given(text=texts, severity=severities, seed=seeds)
def test_leaving_words_out_only_takes_letters_and_single_spaces(text, severity, seed):
    changed = BUILT[delete_words.name, severity](text, seed=seed)
    rest = iter(text)
    for letter in changed:
        assert letter in rest  # consumes: what is left is a subsequence of what was there
    lines = [c for c in text if c in "\n\r\t\u2003"]
    assert [c for c in changed if c in "\n\r\t\u2003"] == lines


@given(text=texts, severity=severities, seed=seeds)
def test_swapping_words_keeps_the_words(text, severity, seed):
    changed = BUILT[swap_words.name, severity](text, seed=seed)
    assert sorted(re.findall(r"[^\W_]+", changed)) == sorted(re.findall(r"[^\W_]+", text))


@pytest.mark.parametrize("one", ALL, ids=NAMES)
@given(text=texts, severity=severities, seed=seeds)
def test_what_is_no_word_survives_in_order(one, text, severity, seed):
    changed = BUILT[one.name, severity](text, seed=seed)
    assert isinstance(changed, str)
    assert others_of(changed) == others_of(text)


def test_a_word_left_out_takes_one_space_with_it():
    everything = tolerant(delete_words.build({"words": 1.0}))
    assert everything("a (big) dog, and\n- cats", seed=1) == "() dog,\n-"
    one = tolerant(delete_words.build({"words": 0.1}))
    results = {one("the big dog", seed=seed) for seed in range(30)}
    assert results == {"big dog", "the dog", "the big"}


@given(text=texts, seed=seeds)
def test_of_a_text_with_words_one_stays_whatever_is_left_out(text, seed):
    everything = tolerant(delete_words.build({"words": 1.0}))
    changed = everything(text, seed=seed)
    assert bool(re.search(r"\w", changed)) == bool(re.search(r"\w", text))


def test_swapped_words_stay_within_their_line_and_between_their_commas():
    every = tolerant(swap_words.build({"words": 1.0}))
    assert (
        every("chest pain, some fever\nvery tired", seed=1) == "pain chest, fever some\ntired very"
    )
    assert every("pain, not fever", seed=1) == "pain, not fever"


def test_accents_written_as_separate_marks_are_not_torn_off():
    text = "cafe\u0301 re\u0301sume\u0301"
    for built in BUILT.values():
        assert built(text, seed=4) == text


def test_endless_words_are_left_alone():
    text = "a" * 100_000
    for built in BUILT.values():
        assert built(text, seed=4) == text
