from __future__ import annotations

import inspect
import pickle
import re
import typing
from types import FunctionType

import pytest

import seatrial
from seatrial import errors

PINNED = [
    "Case",
    "Prediction",
    "Preference",
    "Perturbation",
    "Metric",
    "Explainer",
    "Adapter",
    "Audit",
    "Use",
    "hookimpl",
    "Plan",
    "Priority",
    "Specification",
    "load_specification",
    "Registry",
    "default_registry",
    "perturbed",
    "run",
    "judge",
    "explain",
    "repair",
    "audit",
    "Report",
    "Verdict",
    "Explanation",
    "Finding",
    "derive",
    "seeded",
]


def own_methods(cls):
    for name, member in vars(cls).items():
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        if not name.startswith("_") and isinstance(function, FunctionType):
            yield name, function


def test_the_pinned_names_are_there():
    assert set(PINNED) <= set(seatrial.__all__)


@pytest.mark.parametrize("module", [seatrial, errors])
def test_the_list_of_names_is_sorted_and_has_each_once(module):
    assert list(module.__all__) == sorted(set(module.__all__))


@pytest.mark.parametrize("name", seatrial.__all__)
def test_every_name_can_be_imported_and_is_listed(name):
    assert getattr(seatrial, name) is not None
    assert name in dir(seatrial)


def test_nothing_public_is_left_out_of_the_list():
    public = {
        name
        for name, value in vars(seatrial).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public - set(seatrial.__all__) == {"TYPE_CHECKING", "Any", "annotations"}


def test_all_errors_are_in_the_list():
    defined = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert defined == set(errors.__all__)


@pytest.mark.parametrize("name", [*seatrial.__all__, *(f"errors.{one}" for one in errors.__all__)])
def test_every_public_name_has_a_docstring_of_its_own(name):
    value = (
        getattr(errors, name.removeprefix("errors.")) if "." in name else getattr(seatrial, name)
    )
    if inspect.isclass(value) or inspect.isfunction(value):
        assert vars(value)["__doc__"] if inspect.isclass(value) else value.__doc__
        first = inspect.getdoc(value).splitlines()[0]
        assert first.endswith((".", ":")), first


@pytest.mark.parametrize("name", seatrial.__all__)
def test_every_public_method_has_a_docstring(name):
    value = getattr(seatrial, name)
    if inspect.isclass(value):
        missing = [
            method
            for cls in value.__mro__
            if cls.__module__.startswith("seatrial")
            for method, function in own_methods(cls)
            if not function.__doc__
        ]
        assert missing == []


def test_an_unknown_name_is_an_ordinary_attribute_error():
    with pytest.raises(AttributeError, match="module 'seatrial' has no attribute 'no_such_name'"):
        seatrial.no_such_name  # noqa: B018


def test_the_version_is_that_of_the_distribution():
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", seatrial.__version__)


def drawn():
    """The tree in the docstring, as name -> (parent, the builtin in brackets)."""
    found, above = {"SeatrialError": ("Exception", None)}, ["SeatrialError"]
    for line in errors.__doc__.splitlines():
        if branch := re.match(r"([│ ]*)[├└]── (\w+)\s+(?:\((\w+)\))?", line):
            depth = len(branch[1]) // 4 + 1
            found[branch[2]] = (above[depth - 1], branch[3])
            above[depth:] = [branch[2]]
    return found


def test_the_tree_that_is_drawn_is_the_tree_that_is():
    tree = drawn()
    real = {
        name for name in errors.__all__ if issubclass(getattr(errors, name), errors.SeatrialError)
    }
    assert set(tree) == real
    for name, (parent, builtin) in tree.items():
        bases = [base.__name__ for base in getattr(errors, name).__bases__]
        assert bases == [parent, *([builtin] if builtin else [])]


def test_warnings_are_no_errors():
    for name in set(errors.__all__) - set(drawn()):
        assert issubclass(getattr(errors, name), errors.SeatrialWarning)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_travels_between_processes(name):
    kind = getattr(errors, name)
    if issubclass(kind, errors.PluginError):
        error = kind("it broke", plugin="nlpaug")
    elif kind is errors.FileError:
        error = kind("a/b.toml", ("b.toml.seed: is missing", "b.toml.title: is missing"))
    elif kind is errors.ComponentError:
        error = kind("nlpaug.keyboard", "it broke", retryable=True)
    else:
        error = kind("it broke")
    twin = pickle.loads(pickle.dumps(error))
    assert type(twin) is kind
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)


@pytest.mark.parametrize("name", ["Plan", "Priority", "Specification", "Case", "Use"])
def test_the_types_of_public_values_can_be_resolved(name):
    cls = getattr(seatrial, name)
    assert typing.get_type_hints(cls.__init__, localns=vars(typing))
