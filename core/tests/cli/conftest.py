"""A shop with a plugin, cases that are odd on purpose, and a finished run of them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from seatrial import default_registry
from seatrial.cli._commands import seatrial
from seatrial.cli._exits import guarded

PLUGINS = "shop,desk"
PLUGIN = """
from pathlib import Path
from seatrial import Adapter, Audit, Explainer, Explanation, Finding, Metric, Perturbation, hookimpl

scramble = Perturbation(
    name="shop.scramble", summary="Turn words around.", modality="text",
    factory="shop_plugin:turn", ladder=tuple({"words": n} for n in (1, 2, 4)),
)
darken = Perturbation(
    name="shop.darken", summary="Darken a picture.", modality="image",
    factory="shop_plugin:dark", ladder=({"by": 0.5},),
)
right = Metric(name="shop.right", summary="Right.", per_case=True, factory="shop_plugin:score")

few = Audit(name="shop.few", summary="Count cases.", factory="shop_plugin:count")
turned = Explainer(name="shop.turned", summary="Turned words.", factory="shop_plugin:guess")
hire = Adapter(
    name="shop.hire", summary="Always refund.", factory="shop_plugin:hired",
    loader="shop_plugin:rehired",
)

class Clerk:
    def __call__(self, texts):
        return ["refund" for _ in texts]

    def save(self, path):
        Path(path).write_text("refund")

def hired():
    return lambda model, cases, /, *, seed, work: Clerk()

def rehired(path, *, model):
    return Clerk()

def count():
    def check(plan, model, cases, /):
        said = f"there are only {len(cases)} cases, of which none is about a parcel that got lost"
        yield Finding("few", said, level="warning", fix="ask the people at the counter for more")
    return check

def guess():
    def explain(model, outcomes, /, *, seed):
        found = Finding("turned", "letters whose words are turned around fail", effect=0.5)
        return Explanation(
            "it fails where money is turned around",
            findings=[found],
            predictor=lambda cases: [0.1 if "money" in case.input else 0.9 for case in cases],
        )
    return explain

def turn(words):
    def perturb(text, *, seed):
        parts = text.split(" ")
        return " ".join(w[::-1] if at < words else w for at, w in enumerate(parts))
    return perturb

def dark(by):
    return lambda picture, *, seed: (picture * by).astype(picture.dtype)

def score():
    return lambda targets, answers: [float(t == a) for t, a in zip(targets, answers)]

@hookimpl
def seatrial_perturbations():
    return [scramble, darken]

@hookimpl
def seatrial_metrics():
    return [right]

@hookimpl
def seatrial_audits():
    return [few]

@hookimpl
def seatrial_explainers():
    return [turned]

@hookimpl
def seatrial_adapters():
    return [hire]
"""
DESK = """
from seatrial import Metric, hookimpl

@hookimpl
def seatrial_metrics():
    return [Metric(name="desk.equal", summary="Equal.", per_case=True, factory="desk:equal")]

def equal():
    return lambda targets, answers: [float(t == a) for t, a in zip(targets, answers)]
"""
MODEL = r"""
import numpy as np
from seatrial import Case, Failed, Prediction

odd = {3: "money [bold]back[/bold] \x1b[31mnow", 5: "=cmd() money", 7: "请 return my money"}
cases = [
    Case(f"q{n}", odd.get(n, f"my money for order {n}"), "refund", {"site": "ab"[n % 2], "n": n})
    for n in range(12)
]
many = [
    Case(f"q{n}", f"my money for order {n}", "refund", {"site": "ab"[n % 3 > 0]})
    for n in range(90)
]
letters = [
    Case(f"m{n}", {"greeting": "dear shop", "body": f"my money {n}"}, "refund") for n in range(3)
]
pictures = [Case(f"p{n}", np.full((4, 6, 3), 40 * n, np.uint8), "dark") for n in range(3)]

def bot(texts):
    return [
        Failed("out of stock") if " 8" in t and "money" not in t
        else Prediction("\x1b[2Jother [red]", refused=False) if "money" not in t
        else "refund"
        for t in texts
    ]

def reader(letters):
    return bot([one["body"] for one in letters])

def eye(pictures):
    return ["dark" if one.mean() < 50 else "light" for one in pictures]

class Clerk:
    identity = "clerk 1"

    def __call__(self, texts):
        return ["refund" for _ in texts]

    def prompts(self, texts):
        return [f"<user>{t}</user>" for t in texts]

clerk = Clerk()
"""
SPEC = """
format = 1
title = "Letters [bold]to[/bold] a shop"
seed = 1
model = "shop_model:bot"
cases = "shop_model:cases"

[[priorities]]
name = "Plain"
metric = "shop.right"
require = { at_least = 0.5 }

[[priorities]]
name = "Turned"
perturbations = ["shop.scramble"]
severities = [1, 2]
where = { site = "a" }
metric = "shop.right"
require = { max_drop = 0.5 }

[[priorities]]
name = "Turned anywhere"
perturbations = ["shop.scramble"]
severities = [1]
metric = "shop.right"
require = { at_least = 0.1 }
"""
PICTURES = """
format = 1
title = "Pictures"
seed = 1
model = "shop_model:eye"
cases = "shop_model:pictures"

[[priorities]]
name = "Dark"
perturbations = ["shop.darken"]
metric = "shop.right"
require = { at_least = 0.1 }
"""
LETTERS = """
format = 1
title = "Letters"
seed = 1
model = "shop_model:reader"
cases = "shop_model:letters"

[[priorities]]
name = "Turned"
perturbations = [{ use = "shop.scramble", on = "body" }]
severities = [1]
metric = "shop.right"
require = { at_least = 0.1 }
"""
INCIDENTS = """what,covered_by,source
"A letter whose words were turned around went to the wrong desk.",Turned; Turned anywhere,desk 3
A letter in another language was thrown away.,,desk 1
"""


def command(*arguments):
    """Run a command in this process; give its exit status."""
    return guarded(seatrial, list(arguments))


@pytest.fixture
def call():
    return command


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder with plugin, model, specifications and runs, made once."""
    folder = tmp_path_factory.mktemp("shop")
    for name, text in (
        ("shop_plugin.py", PLUGIN),
        ("desk.py", DESK),
        ("shop_model.py", MODEL),
        ("spec.toml", SPEC),
        ("pictures.toml", PICTURES),
        ("letters.toml", LETTERS),
        ("incidents.csv", INCIDENTS),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    for name, module in (("shop", "shop_plugin"), ("desk", "desk")):
        info = folder / f"seatrial_{name}-0.3.dist-info"
        info.mkdir()
        said = f"Metadata-Version: 2.1\nName: seatrial-{name}\nVersion: 0.3\n"
        (info / "METADATA").write_text(said)
        (info / "entry_points.txt").write_text(f"[seatrial]\n{name} = {module}\n")
    for name in ("spec", "pictures", "letters"):
        done = run(folder, "run", f"{name}.toml", "--to", f"runs/{name}", "-q")
        assert done.returncode in (0, 1, 3), done.stderr
    return folder


def run(folder, *arguments, **environment):
    """Run a command in a process of its own, in a folder with the plugin `shop`."""
    return subprocess.run(
        [sys.executable, "-m", "seatrial.cli", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(folder),
            "SEATRIAL_PLUGINS": PLUGINS,
            **environment,
        },
        capture_output=True,
        check=False,
    )


@pytest.fixture(scope="session", name="run")
def run_in_the_shop():
    return run


@pytest.fixture
def process(built):
    """Run a command in a process of its own; give it with its bytes."""
    return lambda *arguments, **environment: run(built, *arguments, **environment)


@pytest.fixture
def shop(built, monkeypatch):
    """The folder, as the current one of this process."""
    monkeypatch.syspath_prepend(str(built))
    monkeypatch.chdir(built)
    monkeypatch.setenv("SEATRIAL_PLUGINS", PLUGINS)
    default_registry.cache_clear()
    yield built
    default_registry.cache_clear()
    for name in ("shop_plugin", "shop_model", "desk"):
        sys.modules.pop(name, None)
