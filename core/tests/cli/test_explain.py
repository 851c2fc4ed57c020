"""`seatrial explain` and `seatrial repair`: what they print, and what they say when it is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from seatrial import Report, default_registry
from seatrial.cli._commands import seatrial
from seatrial.cli._exits import guarded

PLUGIN = """
from pathlib import Path
from seatrial import Adapter, Explainer, Explanation, Finding, Metric, Prediction, hookimpl
from seatrial.kit import Table

def word(word="child", *, rate=0.9, layers=()):
    def explain(model, outcomes, /, *, seed):
        return Explanation(
            f"it fails on {word} {list(layers)}",
            predictor=lambda cases: [rate if word in case.input else 0.1 for case in cases],
        )
    return explain

def turn(explanation, model, outcomes, /, *, right, confidence, seed):
    assert all(right(one.case.target, one.prediction) == one.right for one in outcomes)
    answers = model([one.input.replace("child", "man") for one in outcomes])
    turned = sum(right(one.case.target, Prediction(a)) for one, a in zip(outcomes, answers))
    said = f"{turned / len(answers):.0%} of {len(answers)} edited inputs are right"
    return [Finding("turned", said)]

def boast(explanation, model, outcomes, /, *, right, confidence, seed):
    return ["it is causal"]

def sheet(explanation, outcomes, path, /, *, seed):
    path.write_text(f"{explanation.summary}: {len(outcomes)}")

class Fixed:
    def __init__(self, number, saves):
        self.number = number
        self.summary = Table(["gained"], [["much"]]) if saves == "told" else None
        if saves:
            self.save = lambda path: Path(path).write_text(f"{self.number} {saves}")
    def __call__(self, texts):
        return ["yes" for _ in texts]

def learn(*, saves="as it is"):
    return lambda model, cases, /, *, seed, work: Fixed(len(cases), saves)

def load(path, *, model):
    number, saves = Path(path).read_text().split()
    return Fixed(int(number), saves)

def right():
    return lambda targets, answers: [float(t == a) for t, a in zip(targets, answers)]

def refuses():
    return lambda targets, answers: [{"no": 1.0, "yes": 0.0}[a] for a in answers]

def whole():
    return lambda targets, answers: 0.5

def of_cases():
    return lambda cases, answers: [float(c.target == a.value) for c, a in zip(cases, answers)]

@hookimpl
def seatrial_explainers():
    return [
        Explainer(
            name="demo.word",
            summary="A word.",
            factory="demo_why:word",
            causal={"turn": "demo_why:turn", "boast": "demo_why:boast"},
            sheet="demo_why:sheet",
        ),
        Explainer(
            name="demo.deep", summary="Deep.", factory="demo_why:word", needs=("activations",)
        ),
    ]

@hookimpl
def seatrial_adapters():
    load = "demo_why:load"
    return [Adapter(name="demo.learn", summary="L.", factory="demo_why:learn", loader=load)]

@hookimpl
def seatrial_metrics():
    return [
        Metric(name="demo.right", summary="Right.", per_case=True, factory="demo_why:right"),
        Metric(name="demo.refuses", summary="No.", per_case=True, factory="demo_why:refuses"),
        Metric(name="demo.whole", summary="All.", factory="demo_why:whole"),
        Metric(
            name="demo.case", summary="C.", per_case=True, reads="case", factory="demo_why:of_cases"
        ),
    ]
"""
MODEL = """
from seatrial import Case

cases = [
    Case(f"q{n:03}", f"may a {'child' if n % 3 else 'man'} take dose {n}", "yes")
    for n in range(120)
]

def bot(texts):
    return ["no" if "child" in text and "7" not in text else "yes" for text in texts]

def deep(texts):
    return bot(texts)

deep.activations = bot
"""
SPEC = """
format = 1
title = "Doses"
seed = 1
model = "demo_patient:bot"
cases = "demo_patient:cases"

[[priorities]]
name = "Right"
metric = "demo.right"
require = { at_least = 0.2 }
"""
MORE = """
[[priorities]]
name = "Refuses"
metric = "demo.refuses"
require = { at_least = 0.2 }

[[priorities]]
name = "Whole"
metric = "demo.whole"
require = { at_least = 0.2 }

[[priorities]]
name = "Case"
metric = "demo.case"
require = { at_least = 0.2 }
"""


@pytest.fixture
def shore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> Path:
    """Make a folder with a plugin, and a run in runs/a."""
    (tmp_path / "demo_why.py").write_text(PLUGIN)
    (tmp_path / "demo_patient.py").write_text(MODEL)
    (tmp_path / "spec.toml").write_text(SPEC)
    info = tmp_path / "seatrial_demo-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: seatrial-demo\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text("[seatrial]\ndemo = demo_why\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEATRIAL_PLUGINS", "demo")
    default_registry.cache_clear()
    assert call("run", "spec.toml", "--to", "runs/a") == 0
    capsys.readouterr()
    yield tmp_path
    default_registry.cache_clear()
    for name in ("demo_why", "demo_patient"):
        sys.modules.pop(name, None)


def call(*arguments: str) -> int:
    return guarded(seatrial, list(arguments))


def test_explaining_a_run_prints_the_grade_beside_the_baselines(shore, capsys):
    assert call("explain", "runs/a", "--with", "demo.word") == 0
    out, err = capsys.readouterr()
    assert out.startswith("demo.word: AUROC of failure on 30 held-out outcomes")
    assert "bag-of-words" in out
    assert "it fails on child []" in out
    assert err == ""


def test_parameters_are_read_as_toml_or_as_text(shore, capsys):
    params = ("--param", "word=man", "--param", "layers=[5, 10]", "--param", "rate=0.5")
    assert call("explain", "runs/a", "--with", "demo.word", *params, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["directory"] == "runs/a"
    (found,) = printed["explanations"]
    assert found["summary"] == "it fails on man [5, 10]"
    assert found["auroc"] < 0.5
    assert found["grade"]["explainer"] == ("demo.word(layers=(5, 10), rate=0.5, word='man')")


def test_several_explainers_are_compared_on_the_same_outcomes(shore, capsys):
    several = ("--with", "demo.word", "--with", "demo.deep", "--model", "demo_patient:deep")
    assert call("explain", "runs/a", *several) == 0
    out = capsys.readouterr().out
    assert out.startswith("AUROC of failure on the same 30 held-out outcomes")
    rows = [line.split()[0] for line in out.splitlines()[3:6]]
    assert rows == ["demo.word", "demo.deep", "answer"]
    assert "p (Holm)" in out
    assert call("explain", "runs/a", *several, "--json") == 0
    found = json.loads(capsys.readouterr().out)["explanations"]
    assert len(found) == 2
    findings = [finding["summary"] for one in found for finding in one["findings"]]
    assert findings
    assert all(summary in out for summary in findings)


def test_too_few_failures_are_said_in_a_sentence(shore, capsys):
    assert call("explain", "runs/a", "--with", "demo.word", "--held-out", "0.02") == 0
    out = capsys.readouterr().out
    assert out.startswith("too few to explain: ")
    assert out.count("\n") == 1


def test_explanations_are_reported_with_their_run(shore, capsys):
    for word in ("man", "child"):
        assert call("explain", "runs/a", "--with", "demo.word", "--param", f"word={word}") == 0
    assert call("explain", "runs/a", "--with", "demo.word", "--param", "word=man", "--seed=1") == 0
    last = capsys.readouterr().out.rpartition("demo.word(word='man')")[2]
    assert call("report", "runs/a") == 0
    out = capsys.readouterr().out
    assert out.startswith("model: ")
    titles = [line for line in out.splitlines() if "AUROC of failure on" in line]
    assert [line.partition(":")[0] for line in titles] == [
        "demo.word(word='child')",
        "demo.word(word='man')",
    ]
    assert out.endswith(last)  # with seed 1, which was the last
    assert call("report", "runs/a", "--to", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {"explanation 1", "explanation 2"} < set(found)
    assert call("report", "runs/a", "--to", "csv", "--param", "of=explanations") == 0
    assert "demo.word(word='child'),bag-of-words,0." in capsys.readouterr().out
    assert call("report", "runs/a", "--to", "md") == 0
    assert "it fails on child" in capsys.readouterr().out


def test_causal_tests_and_a_sheet_are_of_the_held_out_outcomes(shore, capsys):
    asked = ("--with", "demo.word", "--trust", "--causal", "turn", "--sheet", "why.csv")
    assert call("explain", "runs/a", *asked) == 0
    out, err = capsys.readouterr()
    assert "100% of 30 edited inputs are right" in out
    assert "sheet: why.csv" in err
    assert (shore / "why.csv").read_text() == "it fails on child []: 30"
    assert call("explain", "runs/a", *asked, "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["explanations"]
    assert "turned" in [one["name"] for one in found["findings"]]
    assert call("report", "runs/a", "--to", "md") == 0
    assert "edited inputs are right" in capsys.readouterr().out
    assert call("explain", "runs/a", *asked, "--with", "demo.word") == 2
    assert "a sheet is of one explanation" in capsys.readouterr().err


def test_the_metric_that_tells_right_from_wrong_tells_it_of_changed_answers_too(shore, capsys):
    (shore / "more.toml").write_text(SPEC + MORE)
    assert call("run", "more.toml", "--to", "runs/more") == 0
    capsys.readouterr()
    asked = ("explain", "runs/more", "--with", "demo.word", "--trust", "--causal", "turn")
    assert call(*asked) == 0
    assert "100% of 30 edited inputs are right" in capsys.readouterr().out
    assert call(*asked, "--metric", "demo.refuses") == 0
    assert "0% of 30 edited inputs are right" in capsys.readouterr().out
    assert call(*asked, "--metric", "demo.whole") == 2
    assert "demo.whole scores no single answer" in capsys.readouterr().err
    assert call(*asked, "--metric", "demo.none") == 2
    assert "metrics that score case by case: demo.right, demo.refuses, demo.case" in (
        capsys.readouterr().err
    )
    assert call(*asked, "--metric", "demo.case") == 2
    assert "demo.case reads the whole case: name another metric" in capsys.readouterr().err
    assert call(*asked[:-2], "--metric", "demo.case") == 0  # without a causal test


def test_what_is_learned_from_one_model_is_graded_on_another(shore, capsys):
    other = MODEL.replace('"child" in text and', '"child" not in text and')
    (shore / "demo_other.py").write_text(other)
    (shore / "other.toml").write_text(SPEC.replace("demo_patient", "demo_other"))
    assert call("run", "other.toml", "--to", "runs/b") == 0
    sys.modules.pop("demo_other", None)
    capsys.readouterr()
    asked = ("explain", "runs/a", "--with", "demo.word")
    assert call(*asked, "--json") == 0
    (same,) = json.loads(capsys.readouterr().out)["explanations"]
    assert call(*asked, "--graded-on", "runs/b") == 0
    out = capsys.readouterr().out
    assert out.startswith("demo.word: AUROC of failure on 30 held-out outcomes of runs/b (")
    assert call(*asked, "--graded-on", "runs/b", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["explanations"]
    assert found["grade"]["graded_on"] == "runs/b"
    assert found["grade"]["training"] == same["grade"]["training"]
    assert same["auroc"] > 0.8
    assert found["auroc"] < 0.2  # the other model fails on the others
    assert call("report", "runs/a") == 0
    out = capsys.readouterr().out
    assert "held-out outcomes (" in out
    assert "held-out outcomes of runs/b (" in out
    assert call(*asked, "--graded-on", "runs/none") == 4
    assert "runs/none is not a run directory" in capsys.readouterr().err
    assert call(*asked, "--graded-on", "runs/b", "--trust", "--causal", "turn") == 2
    assert "test without graded_on= (--graded-on" in capsys.readouterr().err


def test_where_there_is_too_little_to_learn_from_no_test_runs(shore, capsys):
    asked = (
        "--with",
        "demo.word",
        "--held-out",
        "0.02",
        "--trust",
        "--causal",
        "boast",
        "--sheet",
        "s.csv",
    )
    assert call("explain", "runs/a", *asked) == 0
    assert capsys.readouterr().out.startswith("too few to explain: ")
    assert not (shore / "s.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["runs/a"], 2, "Missing option '--with'"),
        (["runs/none", "--with", "demo.word"], 4, "runs/none is not a run directory"),
        (["runs/a", "--with", "demo.wort"], 2, "did you mean demo.word?"),
        (["runs/a", "--with", "demo.right"], 2, "is a metric, not an explainer"),
        (["runs/a", "--with", "demo.deep"], 4, "what a directory names is not imported"),
        (
            ["runs/a", "--with", "demo.deep", "--trust"],
            4,
            "needs a model with the attribute 'activations'",
        ),
        (["runs/a", "--with", "demo.word", "--param", "word"], 2, "--param takes key=value"),
        (["runs/a", "--with", "demo.word", "--param", "layers=[1"], 2, "not a value that TOML"),
        (
            ["runs/a", "--with", "demo.word", *("--param", "word=man") * 2],
            2,
            "--param word is given twice",
        ),
        (["runs/a", "--with", "demo.word", "--param", "depth=3"], 2, "it takes word, rate, layers"),
        (
            ["runs/a", "--with", "demo.word", "--with", "demo.deep", "--param", "word=man"],
            2,
            "--param is for one --with",
        ),
        (["runs/a", "--with", "demo.word", "--held-out", "25"], 2, "--held-out"),
        (["runs/a", "--with", "demo.word", "--metric", "demo.wrong"], 2, "'demo.wrong'"),
        (["runs/a", "--with", "demo.word", "--audit", "demo.word"], 2, "not an audit"),
        (
            ["runs/a", "--with", "demo.word", "--causal", "tern"],
            2,
            "demo.word has no causal test 'tern'; did you mean turn?; it has: turn, boast",
        ),
        (
            ["runs/a", "--with", "demo.deep", "--trust", "--sheet", "s.html"],
            2,
            "demo.deep writes no sheet",
        ),
        (
            ["runs/a", "--with", "demo.word", "--causal", "turn"],
            4,
            "what a directory names is not imported",
        ),
        (
            ["runs/a", "--with", "demo.word", "--trust", "--causal", "boast"],
            4,
            "must give findings, and gives 'it is causal'",
        ),
    ],
)
def test_what_is_asked_wrongly_is_said_plainly(shore, capsys, arguments, status, said):
    assert call("explain", *arguments) == status
    out, err = capsys.readouterr()
    assert said in err
    assert "Traceback" not in err
    assert out == ""


REPAIR = ("--with", "demo.learn", "--model", "demo_patient:bot", "--cases", "demo_patient:cases")


def test_a_repaired_model_is_saved(shore, capsys):
    assert call("repair", *REPAIR, "--to", "fixed", "--param", "saves=well") == 0
    assert (shore / "fixed" / "model").read_text() == "120 well"
    out = capsys.readouterr().out
    assert "learned from 120 cases; verdicts leave out 120 clusters" in out
    assert out.endswith("repaired model: fixed\n")
    assert call("repair", *REPAIR, "--to", "other", "--param", "saves=a", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "adapter": "demo.learn(saves='a')",
        "cases": 120,
        "clusters": 120,
        "to": "other",
    }


RECIPE = """
format = 1
seed = 3
model = "demo_patient:bot"
cases = [{ file = "training.csv" }]
adapter = { use = "demo.learn", params = { saves = "told" } }
"""


def test_a_recipe_says_all_that_a_repair_needs(shore, capsys):
    (shore / "plans").mkdir()
    (shore / "plans" / "recipe.toml").write_text(RECIPE)
    (shore / "plans" / "training.csv").write_text("id,input,target\na,aspirin?,yes\nb,zinc?,no\n")
    recipe = ("repair", "plans/recipe.toml")
    assert call(*recipe, "--to", "fixed") == 0
    out = capsys.readouterr().out
    assert "demo.learn learned from 2 cases" in out
    assert out.splitlines()[2:] == ["gained", "──────", "much"]
    facts = json.loads((shore / "fixed" / "repaired.json").read_text())
    assert (facts["seed"], facts["params"]) == (3, {"saves": "told"})
    more = ("--seed", "4", "--param", "saves=well", "--cases", "demo_patient:cases")
    assert call(*recipe, "--to", "other", *more) == 0
    assert (shore / "other" / "model").read_text() == "120 well"
    assert json.loads((shore / "other" / "repaired.json").read_text())["seed"] == 4
    assert call(*recipe, "--to", "other") == 4
    assert "other holds a repair of another model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("seed = 3", "sead = 3"), "recipe.toml.sead: no such key; did you mean seed?"),
        (("demo.learn", "demo.lern"), "did you mean demo.learn?"),
        (("demo.learn", "demo.word"), "recipe.toml.adapter: "),
        (("adapter", "# adapter"), "recipe.toml.adapter: is missing"),
        (("format = 1", "format = 2"), "this seatrial reads format = 1"),
    ],
    ids=["key", "name", "kind", "missing", "format"],
)
def test_a_recipe_that_is_wrong_is_told_where(shore, capsys, change, told):
    (shore / "recipe.toml").write_text(RECIPE.replace(*change))
    assert call("repair", "recipe.toml", "--to", "fixed") == 2
    out, err = capsys.readouterr()
    assert told in err
    assert out == ""


def test_the_adapter_is_named_once(shore, capsys):
    (shore / "recipe.toml").write_text(RECIPE)
    assert call("repair", "recipe.toml", "--with", "demo.learn", "--to", "fixed") == 2
    assert "recipe.toml names the adapter: leave --with out" in capsys.readouterr().err
    assert call("repair", "runs/a", "--to", "fixed") == 2
    assert "say which adapter: --with NAME, or a recipe" in capsys.readouterr().err


def test_a_run_is_repaired_and_the_repaired_model_measured_by_import_string(shore, capsys):
    made = ("repair", "runs/a", "--with", "demo.learn", "--param", "saves=well", "--to", "fixed")
    assert call(*made, "--spec", "spec.toml") == 0
    assert "learned from 90 cases; verdicts leave out 90 clusters" in capsys.readouterr().out
    assert call(*made, "--spec", "spec.toml") == 0  # made already: loaded
    assert "learned from 90 cases" in capsys.readouterr().out
    fixed = '{ use = "seatrial:repaired", params = { path = "fixed", model = "demo_patient:bot" } }'
    (shore / "after.toml").write_text(SPEC.replace('"demo_patient:bot"', fixed))
    assert call("run", "after.toml", "--to", "runs/b") == 0
    assert "90 cases that the repaired model learned from are left out" in "".join(
        capsys.readouterr()
    )
    without = '{ use = "seatrial:repaired", params = { path = "fixed" } }'
    (shore / "after.toml").write_text(SPEC.replace('"demo_patient:bot"', without))
    assert call("run", "after.toml", "--to", "runs/c") == 4
    assert "holds what was trained and not the original" in capsys.readouterr().err


def test_a_repaired_model_is_measured_in_place_of_the_specifications(shore, capsys):
    made = ("repair", "runs/a", "--with", "demo.learn", "--param", "saves=well", "--to", "fixed")
    assert call(*made, "--spec", "spec.toml") == 0
    capsys.readouterr()
    for wrong in ("fixd", "runs"):
        assert call("run", "spec.toml", "--model", wrong, "--to", "runs/b") == 2
        assert f"--model {wrong}: neither MODULE:NAME" in capsys.readouterr().err
    assert call("run", "spec.toml", "--model", "fixed", "--to", "runs/b") == 0
    out, _ = capsys.readouterr()
    assert "the model is not the specification's: " in out
    assert ", in place of demo_patient:bot\n" in out
    assert "the model is a repair of demo_patient:bot" in out
    assert "90 cases that the repaired model learned from are left out" in out
    assert call("judge", "spec.toml", "runs/b") == 0
    assert ", in place of demo_patient:bot\n" in capsys.readouterr().out
    assert call("run", "spec.toml", "--model", "fixed", "--to", "runs/b") == 0  # goes on
    assert "90 already measured" not in capsys.readouterr().err
    record = next(iter(Report.load("runs/b").records())).id
    asked = ("--spec", "spec.toml", "--model", "fixed")
    assert call("replay", "runs/b", record, *asked) == 0
    assert "the same answer" in capsys.readouterr().out
    (shore / "other.toml").write_text(SPEC.replace("demo_patient:bot", "demo_patient:deep"))
    assert call("judge", "other.toml", "runs/b") == 2
    assert "in place of demo_patient:bot, not of demo_patient:deep" in capsys.readouterr().err
    assert call("judge", "other.toml", "runs/a") == 2
    assert "its model is demo_patient:bot, not demo_patient:deep" in capsys.readouterr().err


def test_the_model_to_look_into_is_that_of_a_specification(shore, capsys):
    (shore / "deep.toml").write_text(SPEC.replace("demo_patient:bot", "demo_patient:deep"))
    assert call("explain", "runs/a", "--with", "demo.deep", "--spec", "deep.toml") == 0
    assert capsys.readouterr().out.startswith("demo.deep: AUROC")
    assert call("explain", "runs/a", "--with", "demo.deep", "--spec", "spec.toml") == 4
    assert "the attribute 'activations'" in capsys.readouterr().err


def test_inputs_that_a_run_did_not_keep_are_read_from_the_specifications_cases(shore, capsys):
    assert call("run", "spec.toml", "--to", "runs/bare", "--keep", "none") == 0
    learn = (
        "repair",
        "runs/bare",
        "--with",
        "demo.learn",
        "--param",
        "saves=well",
        "--to",
        "fixed",
    )
    why = ("explain", "runs/bare", "--with", "demo.word")
    for command in (learn, why):
        capsys.readouterr()
        assert call(*command, "--model", "demo_patient:bot") == 4
        assert "is not kept in runs/bare" in capsys.readouterr().err
        assert call(*command, "--spec", "spec.toml") == 0


def test_a_repair_never_writes_over_anything(shore, capsys):
    (shore / "fixed").mkdir()
    (shore / "fixed" / "mine").write_text("")
    assert call("repair", *REPAIR, "--to", "fixed") == 4
    assert "fixed already exists and holds no repair" in capsys.readouterr().err


def test_a_repaired_model_that_cannot_be_saved_says_what_to_do(shore, capsys):
    assert call("repair", *REPAIR, "--to", "fixed", "--param", "saves=''") == 4
    assert "it has no save(path)" in capsys.readouterr().err
    assert not (shore / "fixed" / "model").exists()
