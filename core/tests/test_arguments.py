"""What is given a path, None or any other value in place of its own kind says what it takes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from demand_stand_ins import items, reword
from trial_stand_ins import same

import seatrial as sea
from seatrial.errors import PlanError, SeatrialError

PRIORITY = sea.Priority("words", perturbations=[reword()], metric=same(), require={"max_drop": 0.2})
SPEC = sea.Specification("Words", priorities=[PRIORITY], seed=1)
PLAN = SPEC.plan()
CASES = items(12)
GUESS = sea.Explainer(
    name="stand.guess",
    summary="Guess.",
    factory=lambda: lambda model, outcomes, /, *, seed: sea.Explanation("nothing"),
)


def yes(texts):
    return ["yes" for _ in texts]


@pytest.fixture(scope="module")
def report():
    return sea.run(PLAN, yes, CASES, observers=())


@pytest.fixture(scope="module")
def judgement(report):
    return sea.judge(SPEC, report)


WRONG = {
    "text": "runs/a",
    "path": Path("runs/a"),
    "none": None,
    "mapping": {"a": 1},
    "list": ["x"],
    "number": 3,
    "object": object(),
}
TAKE_ONE_KIND = {
    "attack_curve": lambda value, report: sea.attack_curve(value, "stand.reword"),
    "attack_curve.label": lambda value, report: sea.attack_curve(report, value),
    "audit": lambda value, report: sea.audit(value),
    "compare.before": sea.compare,
    "compare.after": lambda value, report: sea.compare(report, value),
    "coverage": lambda value, report: sea.coverage(value, []),
    "distances": lambda value, report: sea.distances(value),
    "explain": lambda value, report: sea.explain(value, report=report),
    "explain.report": lambda value, report: sea.explain(GUESS, report=value),
    "explain.outcomes": lambda value, report: sea.explain(GUESS, outcomes=value),
    "forecast": lambda value, report: sea.forecast(value, CASES),
    "forecast.cases": lambda value, report: sea.forecast(SPEC, value),
    "judge.specification": sea.judge,
    "judge.report": lambda value, report: sea.judge(SPEC, value),
    "load_answers": lambda value, report: sea.load_answers(value),
    "load_cases": lambda value, report: sea.load_cases(value),
    "load_incidents": lambda value, report: sea.load_incidents(value),
    "load_specification": lambda value, report: sea.load_specification(value),
    "pareto": lambda value, report: sea.pareto(value),
    "pareto.judgement": lambda value, report: sea.pareto({"a": value}),
    "perturbed": lambda value, report: list(sea.perturbed(value, CASES)),
    "perturbed.cases": lambda value, report: list(sea.perturbed(PLAN, value)),
    "repair": lambda value, report: sea.repair(value, report=report),
    "repaired": lambda value, report: sea.repaired(value),
    "run": lambda value, report: sea.run(value, yes, CASES),
    "run.model": lambda value, report: sea.run(PLAN, value, CASES),
    "run.cases": lambda value, report: sea.run(PLAN, yes, value),
    "trained.function": lambda value, report: sea.trained(value, CASES),
    "trained.cases": lambda value, report: sea.trained("json:loads", value),
    "Report.load": lambda value, report: sea.Report.load(value),
    "Judgement.load": lambda value, report: sea.Judgement.load(value),
    "Comparison.load": lambda value, report: sea.Comparison.load(value),
    "Explanation.load": lambda value, report: sea.Explanation.load(value),
    "Repaired.load": lambda value, report: sea.Repaired.load(value),
    "Plan.perturbations": lambda value, report: sea.Plan(perturbations=value),
    "Plan.metrics": lambda value, report: sea.Plan(metrics=value),
    "Plan.audits": lambda value, report: sea.Plan(audits=value),
    "Specification.priorities": lambda value, report: sea.Specification(
        "a", priorities=value, seed=1
    ),
    "Split.training": lambda value, report: sea.Split(value, ()),
    "Use": lambda value, report: sea.Use(value),
    "Volume": lambda value, report: sea.Volume(value, value),
    "Registry.get": lambda value, report: sea.default_registry().get(value),
    "Registry.all": lambda value, report: sea.default_registry().all(value),
}


@pytest.mark.parametrize("given", WRONG)
@pytest.mark.parametrize("function", TAKE_ONE_KIND)
def test_an_argument_of_another_kind_is_refused_by_an_error_of_seatrial(function, given, report):
    with pytest.raises(SeatrialError):
        TAKE_ONE_KIND[function](WRONG[given], report)


SETTINGS = {
    "run.workers": lambda value: sea.run(PLAN, yes, CASES, workers=value),
    "run.observers": lambda value: sea.run(PLAN, yes, CASES, observers=value),
    "run.batch_size": lambda value: sea.run(PLAN, yes, CASES, batch_size=value),
    "run.timeout": lambda value: sea.run(PLAN, yes, CASES, timeout=value),
    "run.retries": lambda value: sea.run(PLAN, yes, CASES, retries=value),
    "run.retry_wait": lambda value: sea.run(PLAN, yes, CASES, retry_wait=value),
    "run.budget": lambda value: sea.run(SPEC, yes, CASES, stop="decided", budget=value),
    "Plan.seed": lambda value: sea.Plan(seed=value),
    "Plan.replicates": lambda value: sea.Plan(replicates=value),
    "Specification.seed": lambda value: sea.Specification("a", priorities=[PRIORITY], seed=value),
    "Training.seed": lambda value: sea.Training(yes, CASES, seed=value),
    "seeded": lambda value: sea.seeded(value).__enter__(),
}


@pytest.mark.parametrize("function", SETTINGS)
def test_a_setting_of_another_kind_is_refused_before_anything_runs(function):
    with pytest.raises(SeatrialError, match=function.rpartition(".")[2].replace("seeded", "seed")):
        SETTINGS[function]("many")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda report: sea.distances("runs/a"),
            "report must be a Report, got 'runs/a'; read it with seatrial.Report.load('runs/a')",
        ),
        (
            lambda report: sea.judge(Path("words.toml"), report),
            (
                f"specification must be a Specification, got {Path('words.toml')!r}; "
                "read it with seatrial.load_specification('words.toml')"
            ),
        ),
        (
            lambda report: sea.run("words.toml", yes, CASES),
            (
                "plan must be a Plan or a Specification, got 'words.toml'; "
                "read it with seatrial.load_specification('words.toml')"
            ),
        ),
        (
            lambda report: sea.pareto({"a": "judged.json"}),
            (
                "judgements['a'] must be a Judgement, got 'judged.json'; "
                "read it with seatrial.Judgement.load('judged.json')"
            ),
        ),
        (lambda report: sea.compare(report, None), "after must be a Report, got None"),
        (
            lambda report: sea.explain(GUESS, outcomes=[3]),
            "outcomes must be a list of Outcome values, got 3",
        ),
        (lambda report: sea.Report.load(None), "path must be a path, got None"),
    ],
)
def test_the_error_names_the_argument_and_says_where_to_get_one(call, message, report):
    with pytest.raises(PlanError) as raised:
        call(report)
    assert str(raised.value) == message


def test_a_single_value_stands_for_a_list_of_one(report, judgement):
    assert sea.Plan(perturbations=reword(), metrics=same(), allow="flipped").allow == ("flipped",)
    assert sea.compare(report, report, specification=SPEC).priorities
    assert sea.pareto({"a": judgement}).standings == ()


def test_a_path_of_cases_is_read_like_its_text(tmp_path):
    file = tmp_path / "letters.csv"
    file.write_text("input,target\na,b\n")
    by_path = sea.Specification("Words", priorities=[PRIORITY], seed=1, cases=file)
    assert by_path == sea.Specification("Words", priorities=[PRIORITY], seed=1, cases=str(file))


COUNTS = {
    "Plan.seed": lambda value: sea.Plan(seed=value).seed,
    "Plan.replicates": lambda value: sea.Plan(replicates=value).replicates,
    "Plan.severities": lambda value: sea.Plan(severities=[value]).severities[0],
    "Plan.severity": lambda value: sea.Plan(severities=value).severities[0],
    "Specification.seed": lambda value: (
        sea.Specification("a", priorities=[PRIORITY], seed=value).seed
    ),
    "Specification.looks": lambda value: (
        sea.Specification("a", priorities=[PRIORITY], seed=1, looks=value).looks
    ),
    "Training.seed": lambda value: sea.Training(yes, CASES, seed=value).seed,
}


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
@pytest.mark.parametrize("field", COUNTS)
def test_whole_numbers_of_numpy_are_whole_numbers(field, kind):
    found = COUNTS[field](kind(3))
    assert found == 3
    assert type(found) is int


def test_settings_of_a_run_may_be_numbers_of_numpy(report):
    two = np.int64(2)
    found = sea.run(
        PLAN,
        yes,
        CASES,
        executor="threads",
        workers=two,
        batch_size=two,
        retries=two,
        timeout=np.float32(60),
        retry_wait=two,
        observers=(),
    )
    assert found.cells == report.cells
    sea.run(SPEC, yes, CASES, stop="decided", budget=np.int64(100), observers=())
    assert sea.distances(report, np.float32(0.5)).bounds == (0.5,)
    assert sea.Priority("words", weight=Fraction(1, 2), expected=np.float32(0.5)).weight == 0.5


def test_a_seed_may_be_a_number_of_numpy(report):
    assert sea.derive(np.int64(7), "a", np.int32(1)) == sea.derive(7, "a", 1)
    with sea.seeded(np.int64(7)):
        drawn = np.random.random()  # noqa: NPY002
    with sea.seeded(7):
        assert np.random.random() == drawn  # noqa: NPY002


def test_what_is_read_once_is_a_list_too(report):
    assert sea.distances(report, (one for one in (0.2, 0.1))).bounds == (0.1, 0.2)
    found = sea.audit(report.outcomes())
    assert found == sea.audit(tuple(report.outcomes()))
