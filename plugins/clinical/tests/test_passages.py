"""Retrieved passages: missing, contradicted, out of date, in another order."""

from __future__ import annotations

import pytest
from seatrial_clinical import (
    passages_contradicted,
    passages_missing,
    passages_outdated,
    passages_reordered,
)

import seatrial as sea
from seatrial.errors import NotApplicable

PASSAGES = ("It is safe for adults.", "Children can take it. It does not hurt.", "Keep it dry.")
WHOLE = sea.Case("c", {"question": "Is it safe?", "passages": PASSAGES}, "yes")


@pytest.mark.parametrize("count", [1, 2])
def test_passages_are_missing(count):
    for seed in range(9):
        left = passages_missing.at(count)(WHOLE, seed=seed).input["passages"]
        assert len(left) == 3 - count
        assert [one for one in PASSAGES if one in left] == list(left)


def test_where_no_passage_is_left_the_case_says_so():
    assert passages_missing.at(5)(WHOLE, seed=1).input["passages"] == (
        "(The search found no passages.)",
    )


def test_passages_are_contradicted_or_out_of_date_beside_the_true_ones():
    new = passages_contradicted.at(2)(WHOLE, seed=1)
    assert new.input["passages"] == (
        PASSAGES[0],
        "It is not safe for adults.",
        PASSAGES[1],
        "Children cannot take it. It does hurt.",
        PASSAGES[2],
    )
    old = passages_outdated.at(2)(WHOLE, seed=1).input["passages"]
    assert len(old) == 5
    assert old[1].endswith("It is not safe for adults.")
    assert any(word in old[1] for word in ("superseded", "Withdrawn", "earlier edition"))


def test_passages_change_places():
    for seed in range(9):
        new = passages_reordered.at(2)(WHOLE, seed=seed).input["passages"]
        assert sorted(new) == sorted(PASSAGES)
        assert sum(a != b for a, b in zip(new, PASSAGES, strict=True)) == 3


@pytest.mark.parametrize(
    "one", [passages_missing, passages_contradicted, passages_outdated, passages_reordered]
)
def test_without_passages_there_is_nothing_to_change(one):
    for parts in ({}, {"passages": ()}):
        with pytest.raises(NotApplicable, match=one.name):
            one.at(1)(sea.Case("c", {"question": "Is it?", **parts}), seed=1)
