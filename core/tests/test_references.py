"""References: import strings, with and without parameters."""

from functools import wraps

import pytest

from seatrial._reference import Reference
from seatrial.errors import ComponentLoadError, ParameterError, PlanError


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


def test_a_reference_to_nothing_is_a_load_error():
    with pytest.raises(ComponentLoadError, match=r"^cannot import 'json:nothing'"):
        Reference("json:nothing")()


def loud(function):
    @wraps(function)
    def louder(*args, times=1, **more):
        return function(*args, **more) + "!" * times

    return louder


@loud
def greeting(name):
    return f"hello {name}"


def test_a_decorated_function_takes_what_its_decorator_takes():
    assert Reference(f"{__name__}:greeting", {"name": "you", "times": 3})() == "hello you!!!"


def test_a_wrong_parameter_is_answered_with_the_nearest():
    with pytest.raises(ParameterError, match=r"greeting: got .*'nmae'; did you mean name"):
        Reference(f"{__name__}:greeting", {"nmae": "you"})()
