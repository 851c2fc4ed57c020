"""Few-shot draws: seeded, nested, noisy on request."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seatrial_simnl import Pictures, few_shot, relabelled, remap
from seatrial_simnl._sampling import TRUE_CLASS

from seatrial import Case
from seatrial.errors import PlanError

CASES = [Case(f"{name}-{index}", index, name) for name in "abc" for index in range(20)]


def ids(cases):
    return [case.id for case in cases]


@given(seed=st.integers(0, 2**32), shots=st.integers(1, 25), order=st.randoms())
def test_a_draw_has_so_many_of_each_class_in_order_whatever_the_order_given(seed, shots, order):
    drawn = few_shot(CASES, shots, seed=seed)
    assert [case.target for case in drawn] == sorted("abc" * min(shots, 20))
    assert len(set(ids(drawn))) == len(drawn)
    shuffled = list(CASES)
    order.shuffle(shuffled)
    assert ids(few_shot(shuffled, shots, seed=seed)) == ids(drawn)


@given(seed=st.integers(0, 2**32), few=st.integers(1, 10), more=st.integers(0, 10))
def test_a_larger_draw_holds_the_smaller_one(seed, few, more):
    small, large = (few_shot(CASES, shots, seed=seed) for shots in (few, few + more))
    assert set(ids(small)) <= set(ids(large))


def test_every_case_is_drawn_as_often_as_the_others():
    counts = Counter(one for seed in range(1000) for one in ids(few_shot(CASES, 4, seed=seed)))
    found = np.array([counts[case.id] for case in CASES])
    # 1000 draws of 4 among 20: mean 200, standard deviation 12.6
    assert found.sum() == 12000
    assert abs(found - 200).max() < 5 * 12.6


def test_shots_may_differ_by_class():
    drawn = few_shot(CASES, {"c": 3, "a": 1}, seed=0)
    assert Counter(case.target for case in drawn) == {"a": 1, "c": 3}
    with pytest.raises(PlanError, match="asked of 'd', which is none"):
        few_shot(CASES, {"d": 1}, seed=0)


def test_a_class_with_too_few_gives_all_it_has_or_some_again():
    some = CASES[:3] + CASES[20:30]
    assert Counter(case.target for case in few_shot(some, 5, seed=0)) == {"a": 3, "b": 5}
    again = few_shot(some, 5, seed=0, replace=True)
    assert Counter(case.target for case in again) == {"a": 5, "b": 5}
    assert len(set(ids(again))) == 10
    assert [one.partition("#")[2] for one in ids(again)[:5]] == ["", "", "", "2", "2"]


@pytest.mark.parametrize("shots", [-1, 1.5, True])
def test_shots_that_are_no_number_are_refused(shots):
    with pytest.raises(PlanError, match="whole numbers from 0"):
        few_shot(CASES, shots, seed=0)


def test_a_class_without_cases_or_a_case_without_class_is_said():
    with pytest.raises(PlanError, match="'d' has no case"):
        few_shot(CASES, 2, seed=0, classes=["a", "d"])
    with pytest.raises(PlanError, match="'x' has no target"):
        few_shot([Case("x", 0)], 2, seed=0)


def test_noise_changes_so_many_labels_evenly_and_keeps_the_true_ones():
    many = [Case(f"{index}", index, "abc"[index % 3]) for index in range(6000)]
    noisy = relabelled(many, 0.2, seed=3)
    changed = [(case.groups[TRUE_CLASS], case.target) for case in noisy]
    assert [before for before, _ in changed] == [case.target for case in many]
    wrong = Counter(pair for pair in changed if pair[0] != pair[1])
    # 6000 × .2 = 1200 ± 31, in six kinds of 200 ± 14
    assert abs(sum(wrong.values()) - 1200) < 5 * 31
    assert max(abs(count - 200) for count in wrong.values()) < 5 * 14
    assert len(wrong) == 6


def test_more_noise_changes_what_less_did_and_more():
    less, more = (relabelled(CASES, rate, seed=3) for rate in (0.2, 0.5))
    for case, one, other in zip(CASES, less, more, strict=True):
        if one.target != case.target:
            assert other.target == one.target
    assert all(
        a.target != b.target for a, b in zip(CASES, relabelled(CASES, 1, seed=0), strict=True)
    )
    assert relabelled(CASES, 0, seed=3) == tuple(CASES)
    with pytest.raises(PlanError, match="between 0 and 1"):
        relabelled(CASES, 1.1, seed=3)


def test_a_draw_with_noise_draws_the_same_cases():
    assert ids(few_shot(CASES, 8, seed=1, noise=0.5)) == ids(few_shot(CASES, 8, seed=1))


def test_drawing_from_pictures_reads_none_of_them():
    pictures = Pictures(tuple(Case(f"{i}", "nowhere.png", "ab"[i % 2]) for i in range(10)))
    drawn = few_shot(pictures, 2, seed=0, noise=1.0)
    assert isinstance(drawn, Pictures)
    assert [case.target for case in drawn.entries] == ["b", "b", "a", "a"]
    assert {case.groups[TRUE_CLASS] for case in drawn.entries[:2]} == {"a"}


def test_target_classes_are_found_among_the_sources():
    logits = np.arange(8).reshape(2, 4)
    places = remap(["cat", "dog", "ship", "truck"], ["ship", "cat"])
    assert logits[:, places].tolist() == [[2, 0], [6, 4]]
    with pytest.raises(PlanError, match=r"as 'shipp'; did you mean ship\?"):
        remap(["cat", "ship"], ["shipp"])
    with pytest.raises(PlanError, match="names a class twice"):
        remap(["cat", "cat"], ["cat"])
