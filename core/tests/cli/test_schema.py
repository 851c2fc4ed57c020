"""The schemas are those of what is written: files that load, and what the commands print."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError, validate

from seatrial import load_specification
from seatrial.cli._schemas import SCHEMAS
from seatrial.errors import FileError

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(
    path
    for path in ROOT.glob("plugins/*/src/**/*.toml")
    if "[[priorities]]" in path.read_text(encoding="utf-8")
)
HEAD = 'format = 1\ntitle = "T"\nseed = 1\n[[priorities]]\nname = "P"\n'
WRONG = {
    "a typo": HEAD + 'perturbation = ["shop.scramble"]',
    "another format": HEAD.replace("format = 1", "format = 2"),
    "no name": HEAD.replace('name = "P"', "weight = 1"),
    "a concept": HEAD + 'concept = "natrual"',
    "a relation": HEAD + 'relation = "same"',
    "a requirement": HEAD + "require = { at_leest = 0.5 }",
    "a setting": HEAD + 'require = { worst_group = { by = "site", least = 0.5 } }',
    "a missing setting": HEAD + "require = { worst_group = { threshold = 0.5 } }",
    "a confidence": HEAD + "require = { at_least = 0.5, confidence = 1.5 }",
    "a severity": HEAD + "severities = [0]",
    "a function": 'train = { function = "no import string", cases = "a:b" }\n' + HEAD,
    "no training cases": 'train = { function = "a:b" }\n' + HEAD,
    "a model": 'model = "no import string"\n' + HEAD,
    "no seed": HEAD.replace("seed = 1\n", ""),
}
RIGHT = {
    "an extension": 'format = 1\nextend = "base.toml"',
    "settings": HEAD
    + 'metric = { use = "shop.right", params = { a = 1 } }\n'
    + 'require = { all_of = [{ at_least = 0.1 }], worst_group = { by = "a", threshold = 0.5 } }',
    "parts": HEAD
    + 'perturbations = [{ use = "shop.scramble", on = ["a", "b"] }]\nseverities = [1]',
    "training": HEAD.replace("[[", 'train = { function = "a:b", cases = ["c:d"] }\n[[', 1),
    "several cases": 'cases = ["a:b", { use = "c:d", params = { n = 3 } }]\n' + HEAD,
}
OUTPUTS = {
    "list": ("list",),
    "show": ("show", "shop.scramble"),
    "calibrate": ("calibrate", "shop.scramble", "--on", "shop_model:cases", "--seeds", "2"),
    "audit": ("audit", "spec.toml"),
    "run": ("run", "spec.toml", "--to", "runs/spec"),
    "run --dry-run": ("run", "spec.toml", "--dry-run"),
    "judge": ("judge", "spec.toml", "runs/spec"),
    "cases": ("cases", "runs/spec"),
    "replay": ("replay", "runs/spec", "q8@shop.scramble:2", "--spec", "spec.toml"),
    "report": ("report", "runs/spec"),
    "report --within": ("report", "runs/spec", "--within", "0.1"),
    "coverage": ("coverage", "spec.toml", "incidents.csv"),
    "compare": ("compare", "runs/spec", "runs/spec", "--spec", "spec.toml"),
    "explain": ("explain", "runs/spec", "--with", "shop.turned"),
    "repair": (
        *("repair", "--with", "shop.hire", "--model", "shop_model:bot"),
        *("--cases", "shop_model:cases", "--to", "made-for-schema"),
    ),
    "new-plugin": ("new-plugin", "shout", "--to", "written-for-schema"),
    "check": ("check", "desk"),
}


def test_there_is_a_schema_of_every_output():
    assert set(SCHEMAS) == {"specification", *OUTPUTS}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name, shop, call, capsys):
    assert call("schema", name) == 0
    Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_a_command_prints_has_its_schema(name, shop, call, capsys):
    assert call(*OUTPUTS[name], "--json") in (0, 1, 3)
    printed = json.loads(capsys.readouterr().out)
    schema = SCHEMAS[name]()
    validate(printed, schema)
    broken = [{}] if isinstance(printed, list) else {}
    with pytest.raises(ValidationError):
        validate(broken, schema)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_specifications_have_the_schema(path):
    validate(tomllib.loads(path.read_text(encoding="utf-8")), SCHEMAS["specification"]())


@pytest.mark.parametrize("what", RIGHT)
def test_what_loads_has_the_schema(what):
    validate(tomllib.loads(RIGHT[what]), SCHEMAS["specification"]())


@pytest.mark.parametrize("what", WRONG)
def test_what_the_schema_refuses_does_not_load_either(what, shop, tmp_path):
    with pytest.raises(ValidationError):
        validate(tomllib.loads(WRONG[what]), SCHEMAS["specification"]())
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG[what], encoding="utf-8")
    with pytest.raises(FileError):
        load_specification(path)


def test_an_unknown_schema_is_answered_with_the_right_one(shop, call, capsys):
    assert call("schema", "jugde") == 2
    assert "did you mean judge?" in capsys.readouterr().err
