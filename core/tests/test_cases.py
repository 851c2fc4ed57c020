from __future__ import annotations

import copy
import pickle

import attrs
import pytest

from seatrial import Case, Outcome, Prediction, Preference
from seatrial._cases import answer_of, duplicates
from seatrial.errors import PlanError


def test_a_case_is_frozen_all_the_way_down():
    case = Case("q1", {"question": "Why?", "options": ["a", "b"]}, "a", {"age": "18-30"}, "p1")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        case.id = "q2"
    with pytest.raises(TypeError):
        case.input["question"] = "How?"
    with pytest.raises(TypeError):
        case.groups["age"] = "31-50"
    assert case.input["options"] == ("a", "b")


def test_a_case_needs_no_more_than_an_id_and_an_input():
    case = Case("q1", "Why?")
    assert (case.target, dict(case.groups), case.cluster) == (None, {}, None)


def test_a_value_that_is_no_mapping_is_kept_as_it_is():
    volume = bytearray(8)
    assert Case("q1", volume).input is volume


@pytest.mark.parametrize("odd", [True, 1.0, None, b"q1"])
def test_a_name_is_text_or_a_whole_number(odd):
    with pytest.raises(PlanError, match="the id of a case must be text or a whole number, got"):
        Case(odd, "x")
    if odd is not None:
        with pytest.raises(PlanError, match="the cluster of a case must be text or a whole"):
            Case("a", "x", cluster=odd)


def test_groups_are_a_mapping():
    with pytest.raises(TypeError, match="expected a mapping"):
        Case("q1", "Why?", groups=["age"])


@pytest.mark.parametrize(
    "value",
    [
        Case("q1", {"question": "Why?"}, "a", {"age": "18-30"}),
        Prediction("a", probabilities={"a": 0.9, "b": 0.1}, refused=False, details={"tokens": 3}),
        Preference({"question": "Why?"}, "a", "b"),
        Outcome(case=Case("q1", "Why?"), input="Wyh?", prediction=Prediction("a"), right=True),
    ],
)
def test_values_travel_between_processes(value):
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == value


def test_a_bare_answer_and_a_prediction_mean_the_same():
    assert answer_of("refund") == Prediction("refund")
    prediction = Prediction("refund", refused=True)
    assert answer_of(prediction) is prediction


def test_only_the_answer_of_a_prediction_is_positional():
    with pytest.raises(TypeError):
        Prediction("a", {"a": 1.0})


def test_duplicates_are_listed_once_each():
    assert duplicates(["a", "b", "a", "c", "b", "a"]) == ["a", "b"]
    assert duplicates([]) == []
