"""The source of a plugin, of models and cases, and of a specification that names them."""

from __future__ import annotations

PLUGIN = """
from seatrial import Metric, Perturbation, hookimpl

clip = Perturbation(
    name="demo.clip", summary="Cut the end off.", modality="text", factory="demo_plugin:cut",
    ladder=tuple({"letters": n} for n in (1, 2, 4)),
)
accuracy = Metric(
    name="demo.accuracy", summary="Fraction right.", per_case=True, factory="demo_plugin:right",
)

dim = Perturbation(
    name="demo.dim", summary="Take light away.", modality="image", factory="demo_plugin:cut",
    ladder=({"letters": 1},),
)
overlap = Metric(
    name="demo.overlap", summary="Overlap.", per_case=True, modality="mask",
    factory="demo_plugin:right",
)

def cut(letters, *, least=0):
    return lambda text, *, seed: text[:max(least, len(text) - letters)]

def right():
    return lambda targets, answers: [float(t == a) for t, a in zip(targets, answers)]

@hookimpl
def seatrial_perturbations():
    return [clip, dim]

@hookimpl
def seatrial_metrics():
    return [accuracy, overlap]
"""
MODEL = """
from seatrial import Case, Failed

cases = [
    Case(f"c{n:03}", f"item {n:03}", f"item {n:03}", {"half": "ab"[n % 2]}) for n in range(120)
]

def parrot(inputs):
    return list(inputs)

def deaf(inputs):
    return ["" for _ in inputs]

def crash(inputs):
    raise SystemError("boom")

asked = set()

def busy(inputs):
    first = set(inputs) - asked
    asked.update(inputs)
    return [Failed("busy", retryable=True) if one in first else one for one in inputs]
"""
SPEC = """
format = 1
title = "Parrot"
seed = 1
model = "{model}"
cases = "demo_model:cases"

[[priorities]]
name = "Repeats"
metric = "demo.accuracy"
require = {{ at_least = {at_least} }}

[[priorities]]
name = "Repeats what is clipped"
perturbations = ["demo.clip"]
severities = [1]
metric = "demo.accuracy"
require = {{ {second} }}
"""
