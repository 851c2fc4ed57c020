"""The recipe: its stages, its data, what may be left out of it, and how it goes on."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
import seatrial_posttrain as posttrain
from click.testing import CliRunner
from seatrial_posttrain._ablation import Ablation
from seatrial_posttrain._recipe import _judge
from seatrial_posttrain._sources import card_of
from seatrial_transformers import causal_lm

import seatrial as sea
from seatrial.cli import seatrial
from seatrial.errors import FileError, ParameterError, PlanError, SeatrialError
from seatrial.testing import check

JOINT = {"learning_rate": 3e-3, "batch_size": 2, "row_tokens": 96}
HELD_OUT = {
    "name": "held-out filings",
    "cases": [{"id": f"h{n}", "input": f"profit of 202{n} fell by {n}"} for n in range(3)],
    "metric": "perplexity",
    "capability": "concept",
    "kind": "similar",
}


def rows(stage, *, domain, count=4):
    made = {
        "cpt": lambda n: {"input": f"profit of the year {n} rose by {n}"},
        "it": lambda n: {"input": f"what is {n} and {n}?", "target": f"it is {2 * n}"},
        "pa": lambda n: {"input": f"how is {n}?", "target": {"chosen": "fine", "rejected": "bad"}},
    }
    return [
        {"id": f"{domain}{n}", **made[stage](n if domain == "in" else n + 20)} for n in range(count)
    ]


def sources(**more):
    return [
        case
        for stage in ("cpt", "it", "pa")
        for domain in ("in", "general")
        for case in posttrain.source(
            rows(stage, domain=domain), name=f"{stage} {domain}", stage=stage, domain=domain, **more
        )
    ]


def recipe(**more):
    return posttrain.recipe(joint=JOINT, preference={"rank": 2}, **more)


@pytest.mark.slow
def test_it_keeps_what_every_adapter_must_keep():
    assert [one for one in check(posttrain.recipe()) if one.outcome != "passed"] == []


def test_its_stages_follow_each_other_and_are_told_of(model, tmp_path):
    adapter = recipe(evaluation=[HELD_OUT])
    fixed = sea.repair(adapter, model=model, cases=sources(), to=tmp_path / "fixed", seed=1)
    first, second = fixed.manifest["stages"]
    assert (first["adapter"], second["adapter"]) == ("posttrain.joint", "posttrain.dpo")
    assert set(first["parts"]) == {"cpt", "it"}
    assert (second["pairs"], second["counts"]) == (8, {"given": 8})
    assert fixed.training[-1]["loss"] == pytest.approx(math.log(2), abs=1e-6)
    (change,) = fixed.manifest["capabilities"]
    assert change["before"] == pytest.approx(
        posttrain.perplexity(model, [one["input"] for one in HELD_OUT["cases"]]).value
    )
    assert change["after"] == pytest.approx(
        posttrain.perplexity(fixed, [one["input"] for one in HELD_OUT["cases"]]).value
    )
    assert change["change"] < 1
    card = (tmp_path / "fixed" / "model" / "README.md").read_text("utf-8")
    assert "| cpt in | cpt | in | 4 | 0 |" in card
    assert "`posttrain.dpo`: 1 steps, 8 pairs" in card
    assert "| concept | similar | held-out filings | perplexity | 3 |" in card
    for name in ("joint.svg", "preference.svg"):
        assert (tmp_path / "fixed" / "model" / name).is_file()
    assert "held-out filings" in str(fixed.summary)
    assert str(sea.Repaired.load(tmp_path / "fixed", model=model).summary) == str(fixed.summary)
    assert len(fixed.learned_from) == 24


@pytest.mark.parametrize(
    ("ablation", "stages", "kept"),
    [
        ("cpt-in", ["joint"], {"cpt in"}),
        ("it-general", ["joint"], {"it general"}),
        ("cpt+it-mix", ["joint"], {"cpt in", "cpt general", "it in", "it general"}),
        (
            "pa-in",
            ["joint", "preference"],
            {"cpt in", "cpt general", "it in", "it general", "pa in"},
        ),
    ],
)
def test_an_ablation_leaves_data_out(model, ablation, stages, kept):
    how = {"joint": {**JOINT, "mixture": "findap"}, "preference": {"rank": 2}}
    adapter = posttrain.recipe(**how, ablation=ablation)
    fixed = sea.repair(adapter, model=model, cases=sources())
    assert [one["stage"] for one in fixed.manifest["stages"]] == stages
    assert {one["source"] for one in fixed.manifest["data"]} == kept
    used = [one.id for one in sources() if one.groups["source"] in kept]
    assert set(fixed.case_ids) == set(fixed.learned_from) == set(used)
    assert fixed.manifest["cases"] == {
        "given": 24,
        "trained_on": len(used),
        "left_out": {"ablation": 24 - len(used), "quality": 0},
    }


def test_documents_may_come_before_instructions(model):
    cases = [one for one in sources() if one.groups["stage"] != "pa"]
    fixed = sea.repair(recipe(order="sequential"), model=model, cases=cases)
    assert [one["stage"] for one in fixed.manifest["stages"]] == ["cpt", "it"]
    assert [list(one["parts"]) for one in fixed.manifest["stages"]] == [["cpt"], ["it"]]


def test_as_many_documents_as_instructions(model):
    data = [
        *posttrain.source(rows("cpt", domain="in", count=9), name="filings", domain="in"),
        *posttrain.source(rows("it", domain="general", count=3), name="chat", domain="general"),
    ]
    fixed = sea.repair(posttrain.joint(**JOINT, mixture="findap"), model=model, cases=data)
    assert [one["sequences"] for one in fixed.manifest["parts"].values()] == [3, 3]
    with pytest.raises(ParameterError, match="there is no mixture 'half'"):
        sea.repair(posttrain.joint(mixture="half"), model=model, cases=data)


def test_rows_of_low_quality_are_left_out_and_counted(model):
    scored = [{**row, "score": n} for n, row in enumerate(rows("cpt", domain="in", count=6))]
    table = {"file": None, "groups": ["score"]}
    data = posttrain.source(
        sea.load_cases(scored, groups=table["groups"]),
        name="filings",
        domain="in",
        quality="score",
        threshold=4,
    )
    (card,) = card_of(data)
    assert (card.rows, card.left_out, card.quality) == (2, 4, 4.5)
    fixed = sea.repair(recipe(), model=model, cases=data)
    assert fixed.manifest["stages"][0]["parts"]["cpt"]["sequences"] == 2
    assert fixed.case_ids == ("filings/in4", "filings/in5")
    with pytest.raises(PlanError, match="has no number 'grade' to tell its quality by"):
        card_of(posttrain.source(scored, name="x", domain="in", quality="grade", threshold=1))


def test_preferences_are_sampled_from_the_model_that_was_trained_before(model):
    asked = [{"id": f"q{n}", "input": f"what is {n}?", "target": "two"} for n in range(3)]
    data = [
        *posttrain.source(rows("it", domain="in"), name="chat", domain="in"),
        *posttrain.source(asked, name="exam", domain="in", stage="pa"),
        *posttrain.source(rows("pa", domain="in", count=2), name="pairs", domain="in", stage="pa"),
    ]
    how = {"rank": 2, "samples": 3, "temperature": 2.0}
    adapter = posttrain.recipe(joint={**JOINT, "epochs": 2}, preference=how)
    fixed = sea.repair(adapter, model=model, cases=data)
    counts = fixed.manifest["stages"][1]["counts"]
    assert counts["given"] == 2
    assert sum(count for name, count in counts.items() if name.startswith("left out")) > 0


def test_answers_of_which_no_pair_can_be_made_are_told_of(model):
    asked = [{"id": f"q{n}", "input": f"is {n} even?", "target": "yes"} for n in range(2)]
    data = posttrain.source(asked, name="exam", domain="in", stage="pa")
    with pytest.raises(PlanError, match=r"answers sampled to 2 questions made no pair \(.*cut off"):
        sea.repair(recipe(), model=model, cases=data)


def test_an_evaluation_on_what_is_trained_on_is_refused(model):
    leaking = {**HELD_OUT, "cases": [{"id": "new", "input": rows("cpt", domain="in")[0]["input"]}]}
    with pytest.raises(PlanError, match="case 'new' of the task 'held-out filings' is trained on"):
        sea.repair(recipe(evaluation=[leaking]), model=model, cases=sources())


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"order": "both"}, "order must be one of joint, sequential"),
        ({"ablation": "cpt"}, "ablation must be stages of cpt, it, pa"),
        ({"ablation": "sft-in"}, "ablation must be stages"),
        ({"joint": 3}, "joint must be a table of parameters, not 3"),
        ({"joint": {"lr": 1}}, "joint has no 'lr'; .*it takes mixture"),
        ({"preference": {"betta": 1}}, "preference has no 'betta'; did you mean beta"),
        ({"preference": {"samples": 0}}, "samples must be a whole number of at least 1"),
        ({"preference": {"judge": {"using": "x"}}}, "judge must be an import string"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(model, more, told):
    with pytest.raises(ParameterError, match=told):
        sea.repair(posttrain.recipe(**more), model=model, cases=sources())


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ({"chosen": "x", "rejected": "x"}, "has two equal sides, 'x'"),
        ({"chosen": " ", "rejected": "x"}, "must be a text that says something"),
        ({"chosen": "x", "reject": "y"}, "has no 'rejected': it has 'chosen', 'reject'"),
        ({"chosen": "x", "rejected": "y" * 300}, "tokens, and the model takes 256"),
        (None, "has no target to judge an answer by: give it one, or a judge"),
    ],
    ids=["equal", "empty", "half", "long", "question"],
)
def test_a_preference_that_teaches_nothing_is_refused_before_anything_is_trained(
    model, target, told
):
    asked = [sea.Case("a", "is it?", target)]
    data = [*sources(), *posttrain.source(asked, name="x", domain="in", stage="pa")]
    trained = []
    with pytest.raises(PlanError, match=f"case 'x/a' .*{told}"):
        sea.repair(recipe(), model=model, cases=data, observers=[trained.append])
    assert trained == []


def test_a_question_that_the_model_cannot_take_is_refused_before_anything_is_trained(model):
    rows = [{"id": "a", "input": "is it? " * 40, "target": "yes"}]
    data = posttrain.source(rows, name="x", domain="in", stage="pa")
    with pytest.raises(PlanError, match=r"case 'x/a' has .* than the 256 that the model takes"):
        sea.repair(recipe(), model=model, cases=data)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (("seed = 7", "sed = 7"), "sed: no such key; did you mean seed"),
        (("domain", "doman"), "argument 'doman'; did you mean domain"),
        (("input = ", "inptu = "), "have no 'inptu'; did you mean input"),
        (("joint = ", "jont = "), "unexpected keyword argument 'jont'; did you mean joint"),
        (("batch_size", "batch"), "joint has no 'batch'; did you mean batch_size"),
        (("metric", "metrc"), "a task of the evaluation has no 'metrc'; did you mean metric"),
        (("target", "targte"), "have no 'targte'; did you mean target"),
        (('use = "posttrain.recipe', 'use = "posttrain.recpie'), "did you mean posttrain.recipe"),
    ],
    ids=["top", "source", "file", "stage", "parameter", "task", "column", "adapter"],
)
def test_an_unknown_key_is_named_with_the_nearest(folder, tmp_path, edit, told):
    (tmp_path / "web.jsonl").write_text('{"text": "profit rose"}\n', "utf-8")
    (tmp_path / "held.jsonl").write_text('{"text": "profit fell", "label": "x"}\n', "utf-8")
    text = f"""format = 1
seed = 7
model = {{ use = "seatrial_transformers:causal_lm", params = {{ path = "{folder}" }} }}
[[cases]]
use = "seatrial_posttrain:source"
params = {{ name = "web", domain = "in", cases = {{ file = "web.jsonl", input = "text" }} }}
[adapter]
use = "posttrain.recipe"
[adapter.params]
joint = {{ batch_size = 2, row_tokens = 96 }}
[[adapter.params.evaluation]]
name = "held"
metric = "perplexity"
cases = {{ file = "held.jsonl", input = "text", target = "label" }}
"""
    (tmp_path / "recipe.toml").write_text(text.replace(*edit, 1), "utf-8")
    command = ["repair", str(tmp_path / "recipe.toml"), "--to", str(tmp_path / "adapted")]
    found = CliRunner().invoke(seatrial, command)
    assert isinstance(found.exception, SeatrialError)
    assert told in str(found.exception)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b'{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n', "line 2: the id 'a' is that"),
        (b'{"id": "a", "text": "caf\xe9"}\n', "line 1: not UTF-8 text"),
        (b'{"id": "a", "text": null}\n', "line 1: 'text' is empty"),
    ],
    ids=["empty", "duplicate", "encoding", "none"],
)
def test_a_source_that_cannot_be_read_is_named_with_its_line(tmp_path, content, told):
    (tmp_path / "rows.jsonl").write_bytes(content)
    cases = {"file": str(tmp_path / "rows.jsonl"), "input": "text", "id": "id"}
    with pytest.raises(FileError, match=f"rows.jsonl.*{told}"):
        posttrain.source(cases, name="x", domain="in")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"threshold": 4}, "threshold of source 'x' needs quality"),
        ({"quality": "score", "threshold": "high"}, "needs to be a number, and is 'high'"),
        ({"domain": "finance"}, "domain of source 'x'"),
        ({"stage": "sft"}, "stage of source 'x'"),
    ],
)
def test_a_source_says_what_it_is_for(more, told):
    with pytest.raises(ParameterError, match=told):
        posttrain.source(rows("cpt", domain="in"), **{"name": "x", "domain": "in", **more})


def test_an_ablation_that_leaves_nothing_is_refused(model):
    data = posttrain.source(rows("cpt", domain="in"), name="x", domain="in")
    with pytest.raises(PlanError, match="nothing is left to train on"):
        sea.repair(recipe(ablation="it-mix"), model=model, cases=data)
    assert Ablation.read(None) == Ablation()


def trained(folder, to, observer=print):
    joint = {**JOINT, "rank": 2, "dropout": 0.3, "epochs": 2, "checkpoint_every": 1}
    adapter = posttrain.recipe(
        joint=joint,
        preference={"rank": 2, "dropout": 0.3, "batch_size": 4, "checkpoint_every": 1},
        evaluation=[HELD_OUT],
    )
    return sea.repair(
        adapter, model=causal_lm(folder), cases=sources(), to=to, observers=[observer], seed=5
    )


def test_a_recipe_that_is_interrupted_again_and_again_ends_like_one_that_is_not(folder, tmp_path):
    begun = []

    def interrupt(event):
        begun[-1].append((event.done, event.total))
        if len(begun[-1]) == 2:
            raise KeyboardInterrupt

    for _ in range(20):
        begun.append([])
        try:
            trained(folder, tmp_path / "often", interrupt)
        except KeyboardInterrupt:
            continue
        break
    first = [one for one in begun if one and one[0][1] != 2]
    assert len(first) >= 4  # in both epochs of the first stage, and between them
    assert [one[0] for one in begun[len(first) :]] == [(0, 2), (1, 2), (2, 2)]
    trained(folder, tmp_path / "whole")
    often, whole = (tmp_path / name / "model" for name in ("often", "whole"))
    for name in ("model.safetensors", "training.jsonl", "README.md"):
        assert (often / name).read_bytes() == (whole / name).read_bytes()


def test_the_recipe_of_the_documentation_runs(folder, tmp_path, monkeypatch):
    page = Path(__file__).parents[3] / "docs" / "post-training.md"
    (block,) = re.findall(r"```toml\n(# recipe.toml\n.*?)```", page.read_text("utf-8"), re.DOTALL)
    files = {
        "filings": [{"text": f"profit of {n} rose", "score": n % 6} for n in range(12)],
        "web": [{"text": f"a cat sat on mat {n}"} for n in range(4)],
        "chat": [{"messages": [*said(f"what is {n}?", f"it is {n}")]} for n in range(4)],
        "exercises": [{"question": f"is {n} even?", "answer": "yes"} for n in range(2)],
        "mathqa": [
            {"id": f"m{n}", "question": f"{n} + 1 =", "options": ["1", "2"], "answer": "2"}
            for n in range(3)
        ],
        "held-out": [{"text": f"profit of 20{n} fell"} for n in range(3)],
    }
    for name, some in files.items():
        lines = [json.dumps({"id": str(at), **row}) + "\n" for at, row in enumerate(some)]
        (tmp_path / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    (tmp_path / "fpb.csv").write_text("id,sentence,label\na,It rose,positive\nb,It,neutral\n")
    tiny = f'causal_lm", params = {{ path = "{folder}", max_new_tokens = 9 }}'
    text = re.sub(r'smollm2", params = \{.*?\}', tiny, block, count=1)
    text = text.replace("samples = 8", "samples = 2")
    (tmp_path / "recipe.toml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path.parent)
    command = ["repair", str(tmp_path / "recipe.toml"), "--to", str(tmp_path / "adapted")]
    found = CliRunner().invoke(seatrial, [*command, "--param", "ablation=cpt+it-mix"])
    assert found.exception is None, found.output
    card = (tmp_path / "adapted" / "model" / "README.md").read_text("utf-8")
    told = "Trained on 12 of 22 cases; 2 left out by the ablation; 8 left out by their quality."
    assert told in card
    assert "posttrain.recipe learned from 12 cases; verdicts leave out 12 clusters" in found.output
    assert "| filings | cpt | in | 4 | 8 |" in card
    assert "| reasoning | novel | MathQA | metrics.accuracy | 3 |" in card


def said(asked, answer):
    return ({"role": "user", "content": asked}, {"role": "assistant", "content": answer})


def test_an_answer_is_judged_by_a_model_or_by_what_is_read_off_it():
    case = sea.Case("a", "what is 2?", "two")
    rule, model = (_judge(one) for one in (None, lambda asked: ["[[wrong]]"]))
    assert [rule(case, one) for one in ("The answer is two.", "three")] == [True, False]
    assert model(case, "two") is False
