from __future__ import annotations

import inspect

import attrs
import pytest

from seatrial import Case, Metric, Perturbation, Plan, Priority, Registry, Specification
from seatrial import _uses as uses
from seatrial._concepts import CONCEPTS, RELATIONS
from seatrial._demand_list import DEMANDS
from seatrial._plans import matches
from seatrial._reference import Reference
from seatrial.errors import ParameterError, PlanError


def change(amount=1, mark="!"):
    return lambda value, *, seed: value + mark * amount


def perturbation(name, rungs=3):
    ladder = [{"amount": k} for k in range(rungs)]
    return Perturbation(
        name=f"loud.{name}", summary="Shouts.", modality="text", factory=change, ladder=ladder
    )


shout, cry, sob = perturbation("shout"), perturbation("cry", rungs=5), perturbation("sob", rungs=1)
accuracy = Metric(name="loud.accuracy", summary="Counts.", factory=lambda: None)
loss = Metric(name="loud.loss", summary="Sums.", factory=lambda: None, bounds=None)


def priority(name="First", **more):
    return Priority(name, **{"metric": accuracy, "require": {"at_least": 0.5}, **more})


def specification(*priorities, **more):
    return Specification("Loud noises", **{"priorities": priorities, "seed": 7, **more})


def arms(plan):
    return {
        (arm.use.label if arm.use else None, severity): [dict(where) for where in arm.slices]
        for arm in plan.arms
        for severity in arm.severities
    }


def test_the_signature_of_a_priority_is_pinned():
    found = inspect.signature(Priority).parameters.values()
    assert [(one.name, one.kind.name) for one in found] == [
        ("name", "POSITIONAL_OR_KEYWORD"),
        ("perturbations", "KEYWORD_ONLY"),
        ("where", "KEYWORD_ONLY"),
        ("severities", "KEYWORD_ONLY"),
        ("relation", "KEYWORD_ONLY"),
        ("metric", "KEYWORD_ONLY"),
        ("require", "KEYWORD_ONLY"),
        ("concept", "KEYWORD_ONLY"),
        ("weight", "KEYWORD_ONLY"),
        ("expected", "KEYWORD_ONLY"),
        ("hazard", "KEYWORD_ONLY"),
        ("source", "KEYWORD_ONLY"),
    ]
    one = Priority("Anything")
    assert (one.perturbations, one.where, one.severities) == ((), {}, ())
    assert (one.relation, one.metric, one.require) == ("invariant", None, {})
    assert (one.concept, one.weight) == (None, 1.0)


def test_the_signature_of_a_specification_is_pinned():
    found = inspect.signature(Specification).parameters.values()
    assert [(one.name, one.kind.name, one.default is inspect.Parameter.empty) for one in found] == [
        ("title", "POSITIONAL_OR_KEYWORD", True),
        ("priorities", "KEYWORD_ONLY", True),
        ("seed", "KEYWORD_ONLY", True),
        ("model", "KEYWORD_ONLY", False),
        ("cases", "KEYWORD_ONLY", False),
        ("audits", "KEYWORD_ONLY", False),
        ("allow", "KEYWORD_ONLY", False),
        ("scope", "KEYWORD_ONLY", False),
        ("looks", "KEYWORD_ONLY", False),
        ("train", "KEYWORD_ONLY", False),
    ]
    one = specification(priority())
    assert (one.model, one.cases) == (None, None)


def test_there_are_five_relations_and_seventeen_concepts():
    assert RELATIONS == ("invariant", "directional", "must-refuse", "may-refuse", "must-abstain")
    assert len(CONCEPTS) == len(set(CONCEPTS)) == 17
    assert {"deployment-stage", "group", "uncertainty-aware", "adversarial"} < set(CONCEPTS)


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_relation_is_taken(relation):
    assert priority(relation=relation).relation == relation


@pytest.mark.parametrize("concept", [*CONCEPTS, None])
def test_every_concept_is_taken(concept):
    assert priority(concept=concept).concept == concept


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": ""}, "name must be some text, got ''"),
        ({"name": "  "}, "name must be some text, got '  '"),
        ({"name": 3}, "name must be some text, got 3"),
        ({"relation": "invariants"}, "there is no relation 'invariants'; did you mean invariant?"),
        ({"relation": "?"}, "there is no relation '?'; there are invariant, directional"),
        ({"relation": ["invariant"]}, "there is no relation ['invariant']"),
        ({"concept": "groups"}, "there is no concept 'groups'; did you mean group?"),
        ({"weight": 0}, "weight must be a positive number, got 0"),
        ({"weight": -1.0}, "weight must be a positive number, got -1.0"),
        ({"weight": float("nan")}, "weight must be a positive number, got nan"),
        ({"weight": True}, "weight must be a positive number, got True"),
        ({"weight": "2"}, "weight must be a positive number, got '2'"),
        ({"perturbations": [3]}, "expected a perturbation, or the name of one, got 3"),
        ({"perturbations": [accuracy()]}, "got the metric loud.accuracy"),
        ({"metric": shout()}, "expected a metric"),
        ({"severities": [1]}, "priority 'First' names severities but no perturbation"),
        ({"severities": [0], "perturbations": [shout]}, "whole numbers from 1 up"),
        ({"severities": [1.5], "perturbations": [shout]}, "whole numbers from 1 up"),
        ({"severities": [True], "perturbations": [shout]}, "whole numbers from 1 up"),
        ({"severities": [1, "2"], "perturbations": [shout]}, "got '2'"),
        ({"severities": None, "perturbations": [shout]}, "got None"),
        ({"require": {"at_leats": 1}}, "require.at_leats: no such requirement; did you mean at_l"),
        ({"require": {"at_least": "1"}}, "require.at_least: must be a number, got '1'"),
        ({"require": {"at_least": True}}, "require.at_least: must be a number, got True"),
        ({"require": {"at_most": float("nan")}}, "require.at_most: must be a number, got nan"),
        ({"require": {"confidence": 1}}, "require.confidence: must lie in [0.5, 1), got 1"),
        ({"require": {"confidence": 0.4}}, "require.confidence: must lie in [0.5, 1), got 0.4"),
        ({"require": {"max_drop": -0.1}}, "require.max_drop: must not be negative, got -0.1"),
        ({"require": {"min_agreement": 1.1}}, "require.min_agreement: must lie in [0, 1], got 1.1"),
        ({"require": {"at_least": 0.8, "at_most": 0.7}}, "0.8 contradicts at_most = 0.7"),
    ],
)
def test_a_wrong_priority_says_what_is_wrong(wrong, message):
    with pytest.raises(PlanError) as caught:
        Priority(**{"name": "First", **wrong})
    assert message in str(caught.value)


def test_all_wrong_requirements_are_named_at_once():
    with pytest.raises(PlanError) as caught:
        priority(require={"at_leats": 1, "confidence": 2, "max_drop": -1})
    assert str(caught.value).count("require.") == 3


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"require": {}}, "requires nothing: give require with one of at_least, at_most, max_drop"),
        ({"require": {"confidence": 0.9}}, "requires nothing"),
        ({"require": {"max_drop": 0.1}}, "max_drop compares with the clean input, so it needs"),
        ({"require": {"min_agreement": 0.9}}, "min_agreement compares with the clean input"),
        ({"metric": None}, "at_least needs a metric, as in metric = 'metrics.accuracy'"),
        ({"require": {"at_least": 1.5}}, "at_least = 1.5 lies outside the metric's range (0.0, 1"),
        ({"require": {"at_most": -1}}, "at_most = -1 lies outside the metric's range"),
    ],
)
def test_a_priority_that_cannot_be_judged_says_why(given, problem):
    assert priority(**given).problem().startswith(problem)
    with pytest.raises(PlanError, match="priority 'First' "):
        specification(priority(**given))


@pytest.mark.parametrize(
    "given",
    [
        {"require": {"max_drop": 0.1}, "perturbations": [shout]},
        {"require": {"min_agreement": 0.9}, "perturbations": [shout], "metric": None},
        {"require": {"at_least": 0.99}, "relation": "must-refuse", "metric": None},
        {"require": {"at_most": 40}, "metric": loss},
        {"require": {"at_least": 0.2, "at_most": 0.8, "confidence": 0.5}},
    ],
)
def test_a_priority_that_can_be_judged_has_no_problem(given):
    assert priority(**given).problem() is None


def test_demands_come_in_one_order_and_confidence_has_a_default():
    one = priority(perturbations=[shout], require={"min_agreement": 0.9, "at_least": 0.5})
    assert [demand.name for demand in one.requirements] == ["at_least", "min_agreement"]
    assert {one.name for one in one.requirements} < set(DEMANDS)
    assert one.confidence == 0.95
    assert priority(require={"at_least": 0.5, "confidence": 0.8}).confidence == 0.8


def test_a_severity_beyond_the_ladder_is_an_error():
    with pytest.raises(ParameterError, match=r"loud\.shout has severities 1 to 3, not 4"):
        priority(perturbations=[shout], severities=[1, 4])


@pytest.mark.parametrize("severities", [(), (1,)])
def test_a_parameter_that_the_ladder_sets_is_refused_early(severities):
    with pytest.raises(ParameterError, match="amount is set by the ladder"):
        priority(perturbations=[shout(amount=2)], severities=severities)


def test_severities_default_to_every_rung():
    one = priority(perturbations=[shout, cry])
    assert one.severities_of(one.perturbations[0]) == (1, 2, 3)
    assert one.severities_of(one.perturbations[1]) == (1, 2, 3, 4, 5)
    assert priority(perturbations=[shout], severities=2).severities == (2,)
    assert priority(perturbations=[shout], severities=[3, 1, 3]).severities == (1, 3)


def test_components_names_and_uses_mean_the_same(monkeypatch):
    registry = Registry()
    registry.register(plans_plugin(), "loud")
    monkeypatch.setattr(uses, "default_registry", lambda: registry)
    expected = Plan(perturbations=[shout()], metrics=[accuracy()])
    assert Plan(perturbations=[shout], metrics=[accuracy]) == expected
    assert Plan(perturbations=["loud.shout"], metrics=["loud.accuracy"]) == expected
    assert Plan(perturbations=shout, metrics="loud.accuracy") == expected
    assert priority(metric="loud.accuracy") == priority()


def plans_plugin():
    from seatrial import hookimpl

    class Loud:
        @hookimpl
        def seatrial_perturbations(self):
            return (shout, cry, sob)

        @hookimpl
        def seatrial_metrics(self):
            return (accuracy,)

    return Loud()


def test_a_plan_measures_everything_once_and_clean_always():
    plan = Plan(perturbations=[shout, sob], severities=[1, 3, 5])
    assert arms(plan) == {
        (None, 0): [{}],
        ("loud.shout", 1): [{}],
        ("loud.shout", 3): [{}],
        ("loud.sob", 1): [{}],
    }
    assert arms(Plan()) == {(None, 0): [{}]}


def test_a_plan_refuses_what_it_could_never_measure():
    with pytest.raises(
        PlanError, match=r"loud\.sob has severities 1 to 1, and the plan asks only f"
    ):
        Plan(perturbations=[sob], severities=[2, 3])
    with pytest.raises(PlanError, match="asks only for none"):
        Plan(perturbations=[sob], severities=[])


def test_a_plan_refuses_two_uses_of_one_label():
    with pytest.raises(PlanError, match=r"the plan lists loud\.shout more than once"):
        Plan(perturbations=[shout, cry, shout()])
    assert (
        len(Plan(perturbations=[shout, shout(mark="?"), shout(on="question")]).perturbations) == 3
    )


@pytest.mark.parametrize(
    "wrong", [{"seed": 1.5}, {"seed": "7"}, {"replicates": 0}, {"replicates": 1.5}]
)
def test_a_plan_refuses_wrong_numbers(wrong):
    with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
        Plan(**wrong)


def test_a_specification_compiles_to_what_its_priorities_need():
    plan = specification(
        priority("A", perturbations=[shout], severities=[1, 2], where={"topic": "dose"}),
        priority("B", perturbations=[shout, cry(on="question")], severities=[2, 3], metric=loss),
        priority("C", where={"age": ["18-30", "31-50"]}),
        priority("D", perturbations=[shout], severities=[1], where={"topic": "dose"}),
    ).plan()
    assert arms(plan) == {
        (None, 0): [{"topic": "dose"}, {}, {"age": ("18-30", "31-50")}],
        ("loud.shout", 1): [{"topic": "dose"}],
        ("loud.shout", 2): [{"topic": "dose"}, {}],
        ("loud.shout", 3): [{}],
        ("loud.cry on question", 2): [{}],
        ("loud.cry on question", 3): [{}],
    }
    assert len(plan.arms) == 6
    assert [use.label for use in plan.metrics] == ["loud.accuracy", "loud.loss"]
    assert plan.severities == (1, 2, 3)
    assert plan.seed == 7


def test_every_perturbed_case_is_also_measured_clean():
    plan = specification(
        priority("A", perturbations=[shout], where={"topic": "dose"}),
        priority("B", perturbations=[cry], where={"topic": ["dose", "stock"], "age": "old"}),
    ).plan()
    clean = next(arm for arm in plan.arms if arm.use is None)
    for topic in ("dose", "stock", "other"):
        for age in ("old", "young"):
            case = Case("q", "Why?", groups={"topic": topic, "age": age})
            assert clean.takes(case) == any(arm.takes(case) for arm in plan.arms if arm.use)


def test_a_specification_without_perturbations_measures_only_clean():
    plan = specification(priority()).plan()
    assert arms(plan) == {(None, 0): [{}]}
    assert plan.perturbations == ()


def test_equal_uses_written_in_another_order_are_measured_once():
    plan = specification(
        priority("A", perturbations=[shout(mark="?", deep={"x": 1, "y": 2})], severities=1),
        priority("B", perturbations=[shout(deep={"y": 2, "x": 1}, mark="?")], severities=1),
    ).plan()
    assert len(plan.perturbations) == 1
    assert len(plan.arms) == 2


def test_every_demand_finds_its_perturbation_in_the_plan_by_label():
    spec = specification(
        priority("A", perturbations=[cry(scale=1)], severities=1),
        priority("B", perturbations=[cry(scale=1.0)], severities=2),
    )
    wanted = {use.label for one in spec.priorities for use in one.perturbations}
    assert {arm.use.label for arm in spec.plan().arms if arm.use} == wanted


def test_two_ladders_under_one_name_are_refused():
    steeper = attrs.evolve(shout, ladder=[{"amount": 9}])
    spec = specification(
        priority("A", perturbations=[shout]), priority("B", perturbations=[steeper])
    )
    with pytest.raises(PlanError, match=r"two components go by 'loud\.shout'"):
        spec.plan()


def test_a_specification_names_all_its_problems_at_once():
    with pytest.raises(PlanError) as caught:
        specification(priority("A", require={}), priority("B"), priority("B"), priority("B"))
    assert str(caught.value).startswith("priority 'A' requires nothing")
    assert str(caught.value).count("two priorities are named 'B'") == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"priorities": ()}, "needs at least one priority"),
        ({"priorities": ["First"]}, "must be a list of Priority values, got 'First'"),
        ({"title": ""}, "title must be some text"),
    ],
)
def test_a_wrong_specification_says_what_is_wrong(wrong, message):
    with pytest.raises(PlanError, match=message):
        Specification(**{"title": "T", "priorities": [priority()], "seed": 1, **wrong})


def test_a_specification_needs_a_whole_seed():
    with pytest.raises(PlanError, match="seed must be an int"):
        specification(priority(), seed=1.5)


def test_import_strings_become_references():
    one = specification(priority(), model="json:loads", cases="json:dumps")
    assert one.model == Reference("json:loads")
    assert one.cases == Reference("json:dumps")
    several = specification(priority(), cases=["json:loads", Reference("json:dumps", {})])
    assert several.cases == (Reference("json:loads"), Reference("json:dumps", {}))
    case = Case("q", "Why?")
    assert specification(priority(), cases=[case]).cases == (case,)


@pytest.mark.parametrize(
    ("where", "inside"),
    [
        ({}, True),
        ({"topic": "dose"}, True),
        ({"topic": "stock"}, False),
        ({"topic": ("stock", "dose")}, True),
        ({"topic": ("stock",)}, False),
        ({"topic": "dose", "age": 30}, True),
        ({"topic": "dose", "age": 31}, False),
        ({"vendor": "acme"}, False),
        ({"vendor": ()}, False),
    ],
)
def test_a_slice_takes_the_cases_whose_groups_match(where, inside):
    case = Case("q", "Why?", groups={"topic": "dose", "age": 30})
    assert matches(case, where) is inside
