"""A rung fixes how much is edited; the seed draws only what and where."""

from __future__ import annotations

import math
import random
from itertools import pairwise, permutations
from statistics import fmean

import pytest
from as_it_is import tolerant
from hypothesis import given
from hypothesis import strategies as st
from seatrial_nlpaug import (
    delete,
    delete_words,
    insert,
    keyboard,
    ocr,
    seatrial_perturbations,
    spelling,
    split,
    swap,
    swap_words,
)
from seatrial_nlpaug._draws import seed_draws, some

ALL = seatrial_perturbations()
WORDS = """
about animal answer around behind brother careful certain children colour common country course
dinner difference evening family father favourite friend garden general government happen
holiday hospital important interest kitchen language market material medicine member mother
nature neighbour number option paper parents patient people picture please pocket problem
question remember road school science several simple sister something special station
strange street student surgery system teacher thought through together travel trouble uncle
usual village visit weather window
""".split()  # noqa: SIM905 - a list to read, not to count
seeds = st.integers(0, 2**63 - 1)


def made_up(count, length):
    return [" ".join(random.Random(i).choices(WORDS, k=length)) for i in range(count)]


def rejoined(before, parts):
    """Put the two parts of a split word together again, with the space between them."""
    left = iter(parts)
    whole = len(parts) == len(before)
    for word in before:
        part = next(left)
        yield part if whole or part == word else f"{part} {next(left)}"


def distance(one, other):
    """Give Levenshtein's distance over the longer length, by the table of Wagner and Fischer."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1] / max(len(one), len(other), 1)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_the_mean_edit_distance_grows_from_rung_to_rung(one):
    short = [word for word in WORDS if len(word) < 7]
    texts = [" ".join(random.Random(i).choices(short, k=12)) for i in range(200)]
    means = []
    for severity in range(1, 6):
        perturb = tolerant(one.at(severity))
        means.append(fmean(distance(t, perturb(t, seed=i)) for i, t in enumerate(texts)))
    assert means[0] > 0.01
    assert all(low * 1.05 < high for low, high in pairwise(means)), means


@pytest.mark.parametrize("one", [keyboard, insert, delete, swap, split], ids=lambda one: one.name)
@pytest.mark.parametrize("severity", range(1, 6))
def test_the_number_of_edited_words_depends_on_the_rate_alone(one, severity):
    rate = one.ladder[severity - 1]["words"]
    perturb = tolerant(one.at(severity))
    for index, text in enumerate(made_up(20, 15)):
        before = text.split(" ")
        after = rejoined(before, perturb(text, seed=index).split(" "))
        assert sum(a != b for a, b in zip(before, after, strict=True)) == math.ceil(rate * 15)


@pytest.mark.parametrize("severity", range(1, 6))
def test_the_number_of_edited_letters_depends_on_the_rate_alone(severity):
    rung = keyboard.ladder[severity - 1]
    perturb = tolerant(keyboard.at(severity))
    for index, text in enumerate(made_up(20, 15)):
        for before, after in zip(text.split(), perturb(text, seed=index).split(), strict=True):
            hit = sum(a != b for a, b in zip(before, after, strict=True))
            assert hit in (0, math.ceil(rung["chars"] * len(before)))


def test_insertions_and_deletions_change_the_length_by_the_rate():
    text = "government"
    assert len(insert.build({"words": 1, "chars": 0.3})(text, seed=1)) == 13
    assert len(delete.build({"words": 1, "chars": 0.3})(text, seed=1)) == 7
    assert tolerant(delete.build({"words": 1, "chars": 1.0}))(text, seed=1) == "g"


@given(seed=seeds)
def test_words_left_out_are_as_many_as_the_rate_says(seed):
    text = " ".join(WORDS[:20])
    for rung in delete_words.ladder:
        left = tolerant(delete_words.build(rung))(text, seed=seed).split()
        assert len(left) == 20 - math.ceil(rung["words"] * 20)


@given(seed=seeds, size=st.integers(2, 21))
def test_swapped_pairs_are_as_many_as_the_rate_says(seed, size):
    before = WORDS[:size]
    for rung in swap_words.ladder:
        after = tolerant(swap_words.build(rung))(" ".join(before), seed=seed).split()
        moved = sum(a != b for a, b in zip(before, after, strict=True))
        assert moved == 2 * math.ceil(rung["words"] * (size // 2))


@pytest.mark.parametrize("one", [keyboard, swap, insert, spelling], ids=lambda one: one.name)
def test_a_harsher_rung_edits_the_words_of_the_milder_one_and_more(one):
    rungs = [one.at(severity) for severity in range(1, 6)]
    for seed, text in enumerate(made_up(20, 20)):
        before = text.split()
        edited = [
            {i for i, new in enumerate(rung(text, seed=seed).split()) if new != before[i]}
            for rung in rungs
        ]
        assert all(mild < harsh for mild, harsh in pairwise(edited))


@given(seed=seeds, size=st.integers(0, 40), data=st.data())
def test_drawing_fewer_gives_the_first_of_those_that_drawing_more_gives(seed, size, data):
    count = data.draw(st.integers(0, size))
    seed_draws(seed)
    fewer = some(range(size), count)
    seed_draws(seed)
    everything = some(range(size), size)
    assert everything[:count] == fewer
    assert sorted(everything) == list(range(size))


def test_draws_are_even():
    counts = dict.fromkeys(permutations(range(4), 2), 0)
    seed_draws(1)
    for _ in range(12_000):
        counts[tuple(some(range(4), 2))] += 1
    assert all(abs(count - 1000) < 150 for count in counts.values())  # 5 standard deviations


def test_a_letter_without_a_capital_of_its_own_stays_as_it_is():
    for seed in range(20):
        assert tolerant(swap.at(5))("Aßaß straße", seed=seed) == "Aßaß straße"


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_a_rate_of_nothing_edits_nothing(one):
    rung = dict.fromkeys(one.ladder[0], 0)
    text = made_up(1, 20)[0]
    assert tolerant(one.build(rung))(text, seed=1) == text


def test_one_word_is_enough_to_be_edited_on_every_rung():
    for one in (keyboard, ocr, insert, delete, swap, spelling, split):
        for severity in range(1, 6):
            assert tolerant(one.at(severity))("problem", seed=severity) != "problem"


def test_capitals_stay_capitals():
    assert tolerant(spelling.at(5))("Because BECAUSE because", seed=2)[0] == "B"
    for new in spelling.build({"words": 1.0})("Because", seed=3), swap.at(1)("Because", seed=3):
        assert new[0].isupper()
        assert new[1:].islower()
    assert tolerant(spelling.build({"words": 1.0}))("BECAUSE", seed=3).isupper()


def test_misspellings_are_no_other_words_of_the_dictionary():
    from seatrial_nlpaug._words import Misspell

    known = Misspell(aug_p=0.5).model.dict
    assert len(known) > 7000
    assert not any(wrong in known for all_wrong in known.values() for wrong in all_wrong)
    assert "like" not in known["luck"]
