"""Each of the 17 concepts, as the documentation states it, tells a good model from a bad one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import seatrial as sea
from seatrial._plans import CONCEPTS
from seatrial.verbs._forecast import forecast

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "state-a-concept.md"
TOP = 'format = 1\ntitle = "Ward"\nseed = 7\n\n'
STATED = {
    tomllib.loads(block)["priorities"][0]["concept"]: block
    for block in re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
}


def changing(name):
    def build(rung):
        return lambda text, /, *, seed: f"{text} !{rung}"

    return sea.Perturbation(
        name=name,
        summary="Marks the text.",
        modality="text",
        factory=build,
        ladder=tuple({"rung": rung} for rung in range(1, 6)),
    )


class Plugin:
    def __init__(self, *perturbations, metrics=()):
        self.perturbations, self.metrics = perturbations, metrics

    @sea.hookimpl
    def seatrial_perturbations(self):
        return self.perturbations

    @sea.hookimpl
    def seatrial_metrics(self):
        return self.metrics


ACCURACY = sea.Metric(
    name="metrics.accuracy",
    summary="Fraction right.",
    per_case=True,
    factory=lambda: (
        lambda targets, answers: [
            float(target == answer) for target, answer in zip(targets, answers, strict=True)
        ]
    ),
)


@pytest.fixture(scope="module")
def registry():
    found = sea.Registry()
    names = {
        name
        for block in STATED.values()
        for name in re.findall(r'"((?:nlpaug|ward)\.[\w-]+)"', block)
    }
    for namespace in ("nlpaug", "ward"):
        mine = sorted(name for name in names if name.startswith(f"{namespace}."))
        found.register(Plugin(*map(changing, mine)), namespace)
    found.register(Plugin(metrics=(ACCURACY,)), "metrics")
    return found


CASES = [
    sea.Case(
        f"{i:03}",
        f"{i:03} a note on a patient",
        "ill" if i % 2 else "well",
        {
            "site": "new" if i % 3 == 0 else "known",
            "age": ("young", "middle", "old")[i % 3],
            "vendor": "abc"[i // 2 % 3],
            "year": 2019 + i // 60,
            "topic": "unanswerable" if i % 4 == 0 else "answerable",
        },
    )
    for i in range(300)
]
BY_NUMBER = {int(case.id): case for case in CASES}
OPPOSITE = {"ill": "well", "well": "ill"}


def model_of(wrong, refuses):
    def model(texts):
        found = []
        for text in texts:
            case = BY_NUMBER[int(text[:3])]
            bad = wrong(int(text[:3]), case.groups, "!" in text)
            value = OPPOSITE[case.target] if bad else case.target
            odds = {value: 1.0, OPPOSITE[value]: 0.0}
            refused = refuses and case.groups["topic"] == "unanswerable"
            found.append(sea.Prediction(value, probabilities=odds, refused=refused))
        return found

    return model


def worse_here(number, groups, perturbed):
    """Wrong in three of four perturbed cases, and where the case is new, rare or late."""
    hard = groups["site"] == "new" or groups["vendor"] == "c" or groups["year"] > 2021
    return number % 4 > 0 if perturbed or hard else False


GOOD = model_of(lambda number, groups, perturbed: False, refuses=True)
BAD = model_of(worse_here, refuses=False)
PART = model_of(lambda number, groups, perturbed: perturbed and number % 20 == 0, refuses=True)
PART.identity = "part"


def test_the_page_states_all_of_them():
    assert sorted(STATED) == sorted(CONCEPTS)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_good_model_passes_and_a_bad_one_fails(concept, registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ward.toml"
    path.write_text(TOP + STATED[concept], encoding="utf-8")
    specification = sea.load_specification(path, registry=registry)
    (priority,) = specification.priorities
    for directory in re.findall(r'"(runs/[\w-]+)"', STATED[concept]):
        level = sea.Priority(
            "level",
            perturbations=priority.perturbations,
            severities=priority.severities,
            metric=priority.metric,
            require={"at_least": 0.1},
        )
        earlier = sea.Specification("earlier", priorities=[level], seed=7)
        sea.run(earlier, PART, CASES, to=directory, registry=registry)
    assert forecast(specification, CASES).priorities[0].can_pass is not False
    outcomes = [
        sea.judge(specification, sea.run(specification, model, CASES, registry=registry))
        .verdicts[0]
        .outcome
        for model in (GOOD, BAD)
    ]
    assert outcomes == ["pass", "fail"]


ROOT = PAGE.parents[2]
TABLE = (ROOT / "docs" / "specifications.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", TABLE, re.MULTILINE))
FILES = {
    path.name: tomllib.loads(path.read_text(encoding="utf-8"))["priorities"]
    for folder in ("plugins", "docs/demo")
    for path in (ROOT / folder).rglob("*.toml")
    if "[[priorities]]" in path.read_text(encoding="utf-8")
}


def exercised(row):
    """Give the file and the name of every priority that a row of the table names."""
    for file, names in re.findall(r"`([\w-]+\.toml)`: ((?:\"[^\"]+\"(?:, )?)+)", row):
        yield from ((file, name) for name in re.findall(r"\"([^\"]+)\"", names))


def test_the_table_has_every_concept_and_something_that_exercises_it():
    assert sorted(ROWS) == sorted(CONCEPTS)
    for concept, row in ROWS.items():
        assert list(exercised(row)) or "state-a-concept.md" in row, concept


@pytest.mark.parametrize("concept", ROWS)
def test_every_priority_that_the_table_names_is_there_and_about_that_concept(concept):
    row = ROWS[concept]
    assert row.count('"') == 2 * len(list(exercised(row)))
    for file, name in exercised(row):
        found = {one["name"]: one.get("concept") for one in FILES[file]}
        assert found.get(name) == concept, f"{file}: {name}"
