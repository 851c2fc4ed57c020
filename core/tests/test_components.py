from __future__ import annotations

import copy
import pickle
import sys

import attrs
import pytest

from seatrial import Adapter, Audit, Explainer, Metric, Perturbation, Reference, Use, hookimpl
from seatrial._components import KINDS
from seatrial._hooks import Specs
from seatrial._importing import import_string
from seatrial._values import FrozenMapping
from seatrial.errors import ComponentLoadError, ParameterError

LADDER = ({"amount": 1}, {"amount": 2}, {"amount": 3})


def shout(amount, mark="!"):
    if amount < 0:
        msg = f"amount must not be negative, got {amount}"
        raise ValueError(msg)
    return lambda value, *, seed: value + mark * amount


def perturbation(**more):
    given = {
        "name": "loud.shout",
        "summary": "Shouts.",
        "modality": "text",
        "factory": shout,
        "ladder": LADDER,
    }
    return Perturbation(**{**given, **more})


@pytest.mark.parametrize(
    "name", ["a.b", "nlpaug.keyboard", "metrics.rouge-1", "x1.y2.z-3", "probes.logistic-probe.v2"]
)
def test_a_name_is_a_namespace_and_a_name(name):
    found = perturbation(name=name)
    assert found.namespace == name.split(".")[0]


@pytest.mark.parametrize(
    "name",
    [
        *("", "shout", "Loud.shout", "loud.", ".shout", "loud..shout", "loud.sh out"),
        *("loud.shout_it", "loud.-shout", "loud.shout-", "loud.shout\n", "löud.shout", 3, None),
    ],
)
def test_a_wrong_name_says_what_a_name_looks_like(name):
    with pytest.raises(ValueError, match=r"must be 'namespace\.name' in lower case letters"):
        perturbation(name=name)


@pytest.mark.parametrize("summary", ["", "x" * 73, "two\nlines"])
def test_a_summary_is_one_short_line(summary):
    with pytest.raises(ValueError, match=r"loud\.shout: summary must be one line of 1 to 72 char"):
        perturbation(summary=summary)


@pytest.mark.parametrize("factory", ["shout", "package.module", "a b:c", "package:", ":shout", ""])
def test_a_factory_in_words_is_an_import_string(factory):
    with pytest.raises(ValueError, match=r"must read 'package\.module:function'"):
        perturbation(factory=factory)


def test_a_factory_is_an_import_string_or_callable():
    with pytest.raises(TypeError, match="must be an import string or a callable, got 3"):
        perturbation(factory=3)


def test_a_ladder_needs_a_rung():
    with pytest.raises(ValueError, match=r"loud\.shout: a ladder needs at least one rung"):
        perturbation(ladder=())


def test_a_component_without_a_ladder_has_one_severity():
    found = perturbation(ladder=({},), factory=lambda: lambda value, *, seed: value)
    assert found.at(1)("a", seed=1) == "a"


@pytest.mark.parametrize("field", ["needs", "alters"])
def test_a_lone_string_is_not_taken_for_a_list_of_strings(field):
    with pytest.raises(TypeError, match="expected a tuple of strings, got the string 'numbers'"):
        perturbation(**{field: "numbers"})


def test_a_metric_reads_values_or_predictions():
    assert Metric(name="a.b", summary="S.", factory=max, reads="prediction").reads == "prediction"
    with pytest.raises(ValueError, match=r"a\.b: reads must be 'value' or .* got 'all'"):
        Metric(name="a.b", summary="S.", factory=max, reads="all")


def test_every_kind_has_its_word_and_its_hook():
    assert [kind.kind() for kind in KINDS.values()] == [
        "perturbation",
        "explainer",
        "adapter",
        "metric",
        "audit",
        "modality",
        "reporter",
        "executor",
    ]
    assert {f"seatrial_{plural}" for plural in KINDS} == {
        name for name in dir(Specs) if name.startswith("seatrial_")
    }


def test_severity_counts_the_rungs_from_one():
    assert [perturbation().at(k)("a", seed=1) for k in (1, 2, 3)] == ["a!", "a!!", "a!!!"]


@pytest.mark.parametrize("severity", [0, 4, -1])
def test_a_severity_off_the_ladder_is_an_error(severity):
    message = rf"^loud.shout has severities 1 to 3, not {severity}$"
    with pytest.raises(ParameterError, match=message):
        perturbation().at(severity)


def test_bound_parameters_join_the_rung():
    assert perturbation().at(2, {"mark": "?"})("a", seed=1) == "a??"
    assert perturbation().rung(2, {"mark": "?"}) == {"amount": 2, "mark": "?"}


def test_what_the_ladder_sets_cannot_be_bound():
    with pytest.raises(ParameterError, match=r"amount is set by the ladder; .* attrs\.evolve\("):
        perturbation().rung(1, {"amount": 5, "mark": "?"})


def test_another_ladder_makes_another_component():
    steeper = attrs.evolve(perturbation(), ladder=[{"amount": 9}])
    assert steeper.at(1)("a", seed=1) == "a!!!!!!!!!"
    assert steeper != perturbation()
    assert perturbation() == perturbation()
    assert hash(perturbation()) == hash(perturbation())


def test_a_wrong_parameter_says_which_ones_there_are():
    with pytest.raises(ParameterError) as caught:
        perturbation().at(1, {"marc": "?"})
    message = "got an unexpected keyword argument 'marc'; did you mean mark?; it takes amount, mark"
    assert str(caught.value) == f"loud.shout: {message}"


def test_parameters_of_what_a_file_names_are_checked_alike():
    with pytest.raises(ParameterError, match="argument 'stp'; did you mean sep"):
        Reference("string:capwords", {"stp": " "})()
    with pytest.raises(ParameterError, match="missing a required argument: 'text'; it takes text"):
        Reference("textwrap:fill", {})()


def test_a_missing_parameter_is_named():
    with pytest.raises(ParameterError, match="missing a required argument: 'amount'"):
        perturbation().build()


def test_what_a_factory_refuses_is_chained():
    with pytest.raises(ParameterError) as caught:
        perturbation(ladder=({"amount": -1},)).at(1)
    assert str(caught.value) == "loud.shout(amount=-1): amount must not be negative, got -1"
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_long_parameter_does_not_hide_what_is_wrong_with_it():
    with pytest.raises(ParameterError) as caught:
        perturbation(ladder=({"amount": -1, "mark": "?" * 999},)).at(1)
    assert len(str(caught.value)) < 200
    assert str(caught.value).endswith("…): amount must not be negative, got -1")


def test_parameters_are_read_from_the_factory():
    assert list(perturbation().parameters()) == ["amount", "mark"]
    assert perturbation().parameters()["mark"].default == "!"


@pytest.mark.parametrize(
    ("factory", "cause"),
    [
        ("no_such_package.here:shout", ModuleNotFoundError),
        ("json:no_such_function", AttributeError),
        ("json:loads.no_such_attribute", AttributeError),
    ],
)
def test_a_factory_that_will_not_import_is_a_chained_error(factory, cause):
    with pytest.raises(ComponentLoadError) as caught:
        perturbation(factory=factory).load()
    assert str(caught.value).startswith(f"perturbation loud.shout: cannot import '{factory}': ")
    assert isinstance(caught.value.__cause__, cause)


def test_a_factory_that_exits_at_import_does_not_end_the_program(site):
    (site / "fake_exit.py").write_text("raise SystemExit(3)")
    with pytest.raises(ComponentLoadError, match="cannot import 'fake_exit:f': SystemExit: 3"):
        perturbation(factory="fake_exit:f").build()


def test_a_declaration_imports_nothing(site):
    (site / "fake_heavy.py").write_text("def build():\n    return len\n")
    component = Metric(name="heavy.one", summary="Heavy.", factory="fake_heavy:build")
    assert "fake_heavy" not in sys.modules
    assert component.build() is len
    assert "fake_heavy" in sys.modules


def test_an_import_string_reaches_into_classes():
    assert import_string("collections:OrderedDict.fromkeys", what="it")("ab")


def test_calling_a_component_binds_parameters_and_parts():
    use = perturbation()(mark="?", on="question")
    assert use == Use(perturbation(), {"mark": "?"}, on=["question"])
    assert use.on == ("question",)
    assert use.component == perturbation()


@pytest.mark.parametrize(
    ("use", "label"),
    [
        (perturbation()(), "loud.shout"),
        (perturbation()(mark="?"), "loud.shout(mark='?')"),
        (perturbation()(on="question"), "loud.shout on question"),
        (perturbation()(mark="?", on=["a", "b"]), "loud.shout(mark='?') on a+b"),
        (perturbation()(zeal=[1, 2], mark="?"), "loud.shout(mark='?', zeal=(1, 2))"),
    ],
)
def test_a_label_says_what_was_bound(use, label):
    assert use.label == label


def test_the_order_of_parameters_changes_nothing():
    one, other = perturbation()(a=1, b={"x": 1, "y": 2}), perturbation()(b={"y": 2, "x": 1}, a=1)
    assert one == other
    assert hash(one) == hash(other)


def test_labels_of_equal_uses_are_equal_in_nested_parameters_too():
    one, other = perturbation()(b={"x": 1, "y": 2}), perturbation()(b={"y": 2, "x": 1})
    assert one.label == other.label


@pytest.mark.parametrize(
    "value",
    [
        Metric(name="a.b", summary="S.", factory="json:loads"),
        Explainer(name="a.b", summary="S.", factory="json:loads", needs=["activations"]),
        Adapter(name="a.b", summary="S.", factory="json:loads"),
        Audit(name="a.b", summary="S.", factory="json:loads", revision=2),
        perturbation(),
        perturbation()(mark="?", deep={"list": [1, {"a": 2}]}, on="question"),
        FrozenMapping({"a": 1}),
    ],
)
def test_values_can_be_copied_and_travel_between_processes(value):
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert hash(twin) == hash(value)
        assert type(twin) is type(value)


def test_values_cannot_be_changed():
    for value, name in ((perturbation(), "ladder"), (perturbation()(), "params")):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, name, ())


def test_building_a_use_builds_its_component():
    assert Metric(name="a.b", summary="S.", factory=lambda k=1: k)(k=4).build() == 4


def test_the_hook_marker_leaves_a_function_as_it_was():
    def seatrial_metrics():
        return ()

    assert hookimpl(seatrial_metrics) is seatrial_metrics
