"""The grammar of `require`: what may be said, how it is read and written, and what is refused."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from seatrial import Metric, Perturbation, Priority, Registry, Specification, hookimpl
from seatrial._demand_list import DEMANDS
from seatrial._files import dump_specification, load_specification
from seatrial._requirements import requirement_problems, requirements_of
from seatrial.errors import FileError, PlanError

SHOUT = Perturbation(
    name="loud.shout",
    summary="Shouts.",
    modality="text",
    factory="no_such_module:shout",
    ladder=[{"amount": k} for k in range(3)],
)
ACCURACY = Metric(
    name="loud.accuracy", summary="Counts.", factory="no_such_module:m", per_case=True
)
WHOLE = Metric(name="loud.f1", summary="Counts.", factory="no_such_module:m")
ERRORS = {"clean": 0.1, "loud.shout": [0.2, 0.3, 0.4]}
EXAMPLES = {
    "at_least": 0.9,
    "at_most": 0.9,
    "max_drop": 0.05,
    "right_or_refused": {"at_least": 0.9, "severities": [1], "right_at": 0.7},
    "clean_refusal": 0.05,
    "min_agreement": 0.9,
    "flip_rate": 0.1,
    "worst_severity": 0.8,
    "worst_of": {"threshold": 0.8},
    "stable_instances": 0.7,
    "weighted_mean": {"threshold": 0.8, "decay": 0.5},
    "weighted_drop": {"at_most": 0.2, "decay": 1.0},
    "worst_group": {"by": "vendor", "threshold": 0.8, "min_cases": 30},
    "max_gap": {"by": "vendor", "at_most": 0.1},
    "max_slope": {"by": "year", "at_most": 0.01},
    "ppv_at": {"positive": "ill", "prevalence": [0.01, 0.1], "at_least": 0.5},
    "ece": 0.1,
    "brier": 0.2,
    "recall_of_abstention": {"unanswerable": {"topic": ["a", "b"]}, "at_least": 0.9},
    "over_refusal": {"unanswerable": {"topic": "a"}, "at_most": 0.1},
    "attack_success": {"at_most": 0.1, "distance": 0.2, "queries": 100},
    "corruption_error": {"at_most": 1.2, "reference": "runs/alexnet"},
    "relative_corruption_error": {"at_most": 1.2, "reference": ERRORS},
    "cascade": {"component": "runs/part", "at_most": 1.5},
    "retained": {"reference": "runs/before", "max_drop": 0.05},
}


class Loud:
    @hookimpl
    def seatrial_perturbations(self):
        return (SHOUT,)

    @hookimpl
    def seatrial_metrics(self):
        return ACCURACY, WHOLE


@pytest.fixture(scope="module")
def registry():
    found = Registry()
    found.register(Loud(), "loud")
    return found


def priority(require, **more):
    return Priority(
        **{"name": "it", "perturbations": [SHOUT], "metric": ACCURACY, "require": require, **more}
    )


def specification(*priorities):
    return Specification("t", priorities=priorities, seed=1)


def test_there_is_an_example_of_each():
    assert sorted(EXAMPLES) == sorted(DEMANDS)


@pytest.mark.parametrize("name", DEMANDS)
def test_each_is_written_to_a_file_and_read_back_equal(name, registry, write):
    given = specification(priority({name: EXAMPLES[name], "confidence": 0.9}))
    text = dump_specification(given)
    again = load_specification(write(text), registry=registry)
    assert again == given
    assert dump_specification(again) == text
    (requirement,) = again.priorities[0].requirements
    assert requirement.name == name
    assert math.isfinite(requirement.threshold)


def test_all_of_is_written_and_read_back_too(registry, write):
    given = specification(
        priority({"at_least": 0.5, "all_of": [{"max_drop": 0.1}, {"worst_of": 0.4, "ece": 0.1}]})
    )
    again = load_specification(write(dump_specification(given)), registry=registry)
    assert again == given
    names = [demand.name for demand in again.priorities[0].requirements]
    assert names == ["at_least", "max_drop", "worst_of", "ece"]


@pytest.mark.parametrize("name", DEMANDS)
def test_each_says_what_it_lacks_and_what_it_does_not_know(name):
    demand = DEMANDS[name]
    if demand.bare:
        assert requirement_problems({name: "much"}) == [(name, "must be a number, got 'much'")]
        assert requirement_problems({name: {}}) == [(f"{name}.{demand.threshold}", "is missing")]
    else:
        wanted = ", ".join(demand.required)
        (problem,) = requirement_problems({name: 0.5})
        assert problem == (name, f"must be a table with {wanted}, got 0.5")
        missing = {key for key, told in requirement_problems({name: {}}) if told == "is missing"}
        assert missing == {f"{name}.{one}" for one in demand.required}
    table = EXAMPLES[name] if isinstance(EXAMPLES[name], dict) else {}
    odd = [key for key, told in requirement_problems({name: {**table, "odd": 1}}) if "such" in told]
    assert odd == [f"{name}.odd"]


@pytest.mark.parametrize(
    ("require", "problem"),
    [
        ({"at_least": math.inf}, "at_least: must be a number, got inf"),
        ({"max_drop": math.nan}, "max_drop: must be a number, got nan"),
        ({"stable_instances": 1.2}, "stable_instances: must lie in [0, 1], got 1.2"),
        ({"weighted_drop": -1}, "weighted_drop: must not be negative, got -1"),
        (
            {"weighted_mean": {"threshold": 0.5, "decay": 0}},
            "weighted_mean.decay: must be above 0, got 0",
        ),
        (
            {"ppv_at": {**EXAMPLES["ppv_at"], "prevalence": []}},
            "ppv_at.prevalence: must name at least one prevalence",
        ),
        (
            {"ppv_at": {**EXAMPLES["ppv_at"], "prevalence": [0.5, 0]}},
            "ppv_at.prevalence: must be above 0, got 0",
        ),
        (
            {"worst_group": {**EXAMPLES["worst_group"], "min_cases": 0}},
            "worst_group.min_cases: must be a whole number from 1 up, got 0",
        ),
        (
            {"over_refusal": {"unanswerable": {}, "at_most": 0.1}},
            "over_refusal.unanswerable: must be a table of groups, got {}",
        ),
        (
            {"corruption_error": {"at_most": 1, "reference": {"loud.shout": 1.5}}},
            "corruption_error.reference: loud.shout must lie in [0, 1], got 1.5",
        ),
        (
            {"relative_corruption_error": {"at_most": 1, "reference": {"loud.shout": 0.5}}},
            "relative_corruption_error.reference: needs the clean error too",
        ),
        ({"all_of": 3}, "all_of: must be a list of requirements, got 3"),
        ({"all_of": [{"max_drop": -1}]}, "all_of[0].max_drop: must not be negative, got -1"),
        ({"all_of": [{"confidence": 0.9}]}, "all_of[0].confidence: no such requirement"),
        (
            {"at_least": 0.8, "all_of": [{"at_most": 0.7}]},
            "at_least: 0.8 contradicts at_most = 0.7",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(require, problem):
    with pytest.raises(PlanError, match=re.escape(f"require.{problem}")):
        priority(require)


def test_mistakes_in_a_file_have_one_line_each(registry, write):
    path = write(
        """
        format = 1
        title = "Loud"
        seed = 1

        [[priorities]]
        name = "First"
        perturbations = ["loud.shout"]
        metric = "loud.accuracy"

        [priorities.require]
        at_least = 0.9
        at_most = 0.1

        [[priorities]]
        name = "Second"
        metric = "loud.accuracy"
        require = { worst_group = { threshold = 2, bye = "vendor" }, ppv_at = 0.5 }

        [[priorities]]
        name = "Third"
        metric = "loud.accuracy"
        require = { stable_instances = 0.5 }
        """.replace("        ", "")
    )
    with pytest.raises(FileError) as caught:
        load_specification(path, registry=registry)
    place = "pharmacy.toml.priorities"
    assert list(caught.value.problems) == [
        f"{place}[0].require.at_least: 0.9 contradicts at_most = 0.1",
        f"{place}[1].require.worst_group.bye: no such setting; did you mean by?",
        f"{place}[1].require.worst_group.by: is missing",
        f"{place}[1].require.ppv_at: must be a table with at_least, positive, prevalence, got 0.5",
        f"{place}[2]: stable_instances compares with the clean input, so it needs perturbations",
    ]


@pytest.mark.parametrize("name", [name for name, one in DEMANDS.items() if one.scored])
def test_a_metric_of_the_whole_meets_only_what_it_can(name):
    problem = priority({name: EXAMPLES[name]}, metric=WHOLE).problem()
    if DEMANDS[name].set_metric:
        assert problem is None
    else:
        assert problem == f"{name} needs a metric that scores case by case, unlike loud.f1"


@pytest.mark.parametrize("name", [name for name, one in DEMANDS.items() if one.level])
def test_a_threshold_outside_the_metrics_range_is_refused(name):
    table = EXAMPLES[name] if isinstance(EXAMPLES[name], dict) else {}
    threshold = {DEMANDS[name].threshold: 1.5}
    problem = priority({name: {**table, **threshold}}).problem()
    assert problem == f"{name} = 1.5 lies outside the metric's range (0.0, 1.0)"


@pytest.mark.parametrize("name", [name for name, one in DEMANDS.items() if one.difference])
def test_a_difference_that_no_two_scores_can_exceed_is_refused(name):
    table = EXAMPLES[name] if isinstance(EXAMPLES[name], dict) else {}
    problems = [
        priority({name: {**table, DEMANDS[name].threshold: most}}).problem() for most in (1, 5)
    ]
    assert problems == [None, f"{name} = 5 would forbid nothing: two scores differ by 1 at most"]


def test_demands_come_in_one_order():
    require = {name: EXAMPLES[name] for name in sorted(EXAMPLES) if name != "at_most"}
    names = [demand.name for demand in requirements_of(require)]
    assert names == [name for name in DEMANDS if name != "at_most"]


def test_the_reference_lists_every_requirement_with_its_settings():
    page = Path(__file__).parents[2] / "docs" / "reference" / "specification.md"
    rows = re.findall(
        r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|", page.read_text("utf-8"), re.MULTILINE
    )
    told = {name: (set(re.findall(r"`(\w+)`", settings)), says) for name, settings, says in rows}
    for name, demand in DEMANDS.items():
        settings, says = told[name]
        assert settings == set(demand.settings), name
        assert says.strip() == demand.summary, name
