"""References: import strings, with and without parameters."""

import pytest
from trial_stand_ins import same

import seatrial as sea
from seatrial._reference import Reference
from seatrial.errors import ComponentLoadError, ModelError, PlanError

PLAN = sea.Plan(metrics=[same()])
CASE = sea.Case("a", "text", "text")


def test_a_reference_is_called_only_when_it_has_parameters():
    assert Reference("builtins:dict")() is dict
    assert Reference("builtins:dict", {})() == {}
    made = Reference("builtins:dict", {"a": [1, {"b": 2}]})()
    assert made == {"a": [1, {"b": 2}]}
    assert type(made["a"]) is list


@pytest.mark.parametrize("use", ["json", "json.loads", ":loads", "json:", 3, None])
def test_a_wrong_reference_says_what_one_looks_like(use):
    with pytest.raises(PlanError, match=r"must read 'package\.module:name'"):
        Reference(use)


def test_a_model_or_cases_that_take_no_such_parameter_are_named():
    with pytest.raises(ModelError, match=r"the model fractions:Fraction cannot be made: .*numer"):
        sea.run(PLAN, model=Reference("fractions:Fraction", {"numer": 1}), cases=[CASE])
    with pytest.raises(PlanError, match=r"the cases fractions:Fraction cannot be made: .*numer"):
        sea.load_cases(Reference("fractions:Fraction", {"numer": 1}))


def test_a_reference_to_nothing_is_a_load_error():
    with pytest.raises(ComponentLoadError, match=r"^cannot import 'json:nothing'"):
        Reference("json:nothing")()
