"""Inputs of every form are read in one way."""

from __future__ import annotations

import numpy as np
import pytest
import seatrial_audits as audits
from seatrial_audits._reading import gold_of, input_key, options_of, parts_of, prompt_of

import seatrial as sea
from seatrial.errors import ComponentLoadError, ParameterError

LETTERED = "Which is wet?\n(A) water\n(B) fire"


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({"question": "Which?", "options": ["water", "fire"]}, ("water", "fire")),
        ({"question": "Which?", "choices": ("water", "fire")}, ("water", "fire")),
        ({"question": "Which?", "options": "A. water\nB. fire"}, ("water", "fire")),
        (LETTERED, ("water", "fire")),
        ({"question": LETTERED}, ("water", "fire")),
        ("A. single", ()),
        ("B. fire\nA. water", ()),
        ("plain", ()),
        (np.zeros((2, 2, 3), dtype=np.uint8), ()),
        (({"role": "user", "content": LETTERED},), ("water", "fire")),
    ],
)
def test_options_are_found(given, options):
    assert options_of(given) == options


@pytest.mark.parametrize("target", ["B", "(B)", "b", "B. fire", "fire", "Fire "])
def test_the_gold_is_the_option_that_the_target_names(target):
    assert gold_of(sea.Case("q", LETTERED, target)) == "fire"


def test_a_target_that_names_no_option_is_the_gold_itself():
    assert gold_of(sea.Case("q", LETTERED, "F")) == "F"
    assert gold_of(sea.Case("q", "open", "A")) == "A"
    assert gold_of(sea.Case("q", "open", 3)) is None


def test_parts_are_texts_without_options():
    given = {"passage": "p", "question": "q", "options": ["a"], "refusals": ["b"], "year": 3}
    assert parts_of(given) == {"passage": "p", "question": "q"}
    assert prompt_of(({"role": "user", "content": "hello"}, {"role": "x", "content": "you"})) == (
        "hello\nyou"
    )


def test_what_says_the_same_has_one_key():
    one = {"question": "Is it  WET?", "options": ["yes", "no"]}
    assert input_key(one) == input_key({"options": ("No", "Yes"), "question": "is it wet?"})
    assert input_key(one) != input_key({**one, "question": "is it cold?"})
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert input_key(image) == input_key(image.copy())
    assert input_key(image) != input_key(image + 1)
    assert input_key(image) != input_key(image.reshape(1, 4, 3))
    assert input_key("ﬁre") == input_key("Fire")


ANYTHING = [
    [sea.Case(f"i{n}", np.full((2, 2, 3), n, dtype=np.uint8), n % 2) for n in range(50)],
    [sea.Case(f"m{n}", ({"role": "user", "content": f"t{n}"},), "ab"[n % 2]) for n in range(50)],
    [sea.Case(f"t{n}", "", None) for n in range(50)],
    [sea.Case(f"n{n}", f"word {n}", 0.5 * n) for n in range(50)],
    [sea.Case(f"l{n}", {"question": f"who {n}", "options": ()}, ["a", "b"]) for n in range(50)],
    [sea.Case("only", "one", "case")],
    [],
]


@pytest.mark.parametrize("cases", ANYTHING, ids=lambda cases: cases[0].id if cases else "none")
@pytest.mark.parametrize("audit", audits.seatrial_audits(), ids=lambda audit: audit.name)
def test_every_audit_takes_every_kind_of_case(audit, cases):
    from seatrial import Outcome

    given = cases
    if audit.reads == "outcomes":
        given = [
            Outcome(case=case, input=case.input, prediction=None, right=n % 3 > 0)
            for n, case in enumerate(cases)
        ]
    for finding in audit.build()(sea.Plan(), None, given):
        assert finding.cases or finding.effect == 0.0


@pytest.mark.parametrize(
    ("use", "fragment"),
    [
        (audits.split_leak(tolerance=2), "tolerance must be a number from 0 to 1, got 2"),
        (audits.near_duplicates(similarity="high"), "similarity must be a number"),
        (audits.order_correlation(auroc=0.2), "auroc must be a number from 0.5 to 1"),
        (audits.truncated_slot(window=0), "window must be a whole number from 1 up"),
        (audits.too_few_clusters(min_clusters=True), "min_clusters must be a whole number"),
        (audits.prompt_mismatch(asked_again=-1), "asked_again must be a whole number from 0 up"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(use, fragment):
    with pytest.raises(ParameterError, match=fragment):
        use.build()


@pytest.mark.parametrize("reference", ["nowhere", "nowhere:cases", "json:loads_all"])
def test_a_reference_that_is_not_there_is_refused(reference):
    with pytest.raises(ComponentLoadError, match=f"reference: cannot import {reference!r}"):
        audits.flipped_gold(reference=reference).build()


def test_a_reference_must_hold_cases():
    with pytest.raises(ParameterError, match="must be cases, and holds 'a'"):
        audits.flipped_gold(reference=lambda: ["a"]).build()


def test_a_reference_without_these_inputs_is_told():
    known = [sea.Case("k", "is it wet", "yes")]
    check = audits.flipped_gold(reference=known).build()
    (finding,) = check(sea.Plan(), None, [sea.Case("q", "is it cold", "no")])
    assert finding.level == "note"
