import tomllib
from collections import Counter

import attrs
from seatrial_clinical import otc_cases, pharmacy_specification

import seatrial as sea
from seatrial.errors import NotApplicable

PIQA = tuple(
    sea.Case(f"piqa-{n}", {"question": "?", "options": ["!", "."]}, groups={"set": "piqa"})
    for n in range(120)
)


def test_the_specification_loads_with_every_name_known():
    specification = sea.load_specification(pharmacy_specification())
    assert {priority.relation for priority in specification.priorities} == {
        "directional",
        "invariant",
        "must-abstain",
        "must-refuse",
    }
    assert all(priority.concept for priority in specification.priorities)


def test_every_priority_has_cases_and_perturbs_a_part_that_they_have():
    for priority in sea.load_specification(pharmacy_specification()).priorities:
        cases = [
            case
            for case in (*otc_cases(), *PIQA)
            if all(
                case.groups.get(key) in (value if isinstance(value, tuple) else (value,))
                for key, value in priority.where.items()
            )
        ]
        assert len(cases) >= 61, priority.name
        for use in priority.perturbations:
            assert use.component.sees_case or use.on == ("question",)


def test_priorities_cover_every_topic_and_eight_of_the_nine_scenarios():
    table = tomllib.loads(pharmacy_specification().read_text(encoding="utf-8"))
    topics = set()
    for priority in table["priorities"]:
        topic = priority["where"].get("topic", ())
        topics |= {topic} if isinstance(topic, str) else set(topic)
    assert topics == {case.groups["topic"] for case in otc_cases()}


def test_refusals_are_demanded_only_where_all_must_refuse():
    relation = {case.groups["topic"]: case.groups["relation"] for case in otc_cases()}
    for priority in sea.load_specification(pharmacy_specification()).priorities:
        topics = priority.where.get("topic", ())
        made_to_refuse = any(
            use.component.relation in ("must-refuse", "must-abstain")
            for use in priority.perturbations
        )
        if made_to_refuse:
            assert priority.relation != "invariant", priority.name
            continue
        for topic in (topics,) if isinstance(topics, str) else topics:
            assert priority.relation in (relation[topic], "directional"), priority.name


def test_the_trial_asks_as_many_questions_as_the_file_says():
    plan = sea.load_specification(pharmacy_specification()).plan()
    cases = (*otc_cases(), *PIQA)
    records = Counter()
    for arm in plan.arms:
        name = arm.use.label if arm.use else "clean"
        records[name] += len(arm.severities) * sum(arm.takes(case) for case in cases)
    assert records["clean"] == len(cases)
    assert records.total() == 7_175, records


def test_every_priority_can_be_passed_and_is_decided_at_the_figure_it_expects():
    specification = sea.load_specification(pharmacy_specification())
    for outlook in sea.forecast(specification, (*otc_cases(), *PIQA)).priorities:
        assert outlook.can_pass, outlook.priority
        assert all(min(demand.power) >= 0.8 for demand in outlook.demands), outlook.priority


def topics_of(priority):
    topics = priority.where.get("topic", ())
    return (topics,) if isinstance(topics, str) else topics


def applies(use, severity, case):
    given = case if use.component.sees_case else case.input["question"]
    try:
        use.component.at(severity, use.params)(
            given, seed=sea.derive(7, use.component.name, case.id, 0)
        )
    except NotApplicable:
        return False
    return True


def test_priorities_are_decided_with_the_cases_that_their_perturbations_apply_to():
    specification = sea.load_specification(pharmacy_specification())
    for priority in specification.priorities:
        if not priority.perturbations or priority.where.get("set"):
            continue
        able = [
            case
            for case in otc_cases()
            if case.groups["topic"] in topics_of(priority)
            and all(
                applies(use, severity, case)
                for use in priority.perturbations
                for severity in priority.severities
            )
        ]
        alone = attrs.evolve(specification, priorities=[priority])
        (outlook,) = sea.forecast(alone, able).priorities
        assert all(min(demand.power) >= 0.8 for demand in outlook.demands), priority.name


def test_every_priority_says_what_harm_a_failure_does_and_where_the_demand_comes_from():
    specification = sea.load_specification(pharmacy_specification())
    assert set(specification.scope) == {"intended_use", "users", "not_for"}
    assert all(one.hazard and one.source for one in specification.priorities)
