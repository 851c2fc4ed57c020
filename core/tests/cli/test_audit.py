"""`seatrial audit`, and `run` with audits: what they print, and what they exit with."""

from __future__ import annotations

import json
import sys

import pytest

from seatrial import default_registry
from seatrial.cli._commands import seatrial
from seatrial.cli._exits import guarded

PLUGIN = """
from seatrial import Audit, Finding, Metric, hookimpl

leak = Audit(name="quay.leak", summary="Find a leak.", factory="quay_plugin:leaks")
wrong = Audit(
    name="quay.wrong", summary="Count.", factory="quay_plugin:wrongs", reads="outcomes"
)
accuracy = Metric(
    name="quay.accuracy", summary="Fraction right.", per_case=True, factory="quay_plugin:right",
)

def leaks(level="error"):
    def check(plan, model, cases, /):
        ids = [case.id for case in cases]
        told = f"{len(ids)} cases leak (effect)"
        yield Finding("leak", told, level=level, cases=ids, effect=1.0, fix="mend it")
    return check

def wrongs():
    def check(plan, model, outcomes, /):
        yield Finding("wrong", f"asked {'a' if model else 'no'} model", effect=0.5)
    return check

def right():
    return lambda targets, answers: [float(t == a) for t, a in zip(targets, answers)]

@hookimpl
def seatrial_audits():
    return [leak, wrong]

@hookimpl
def seatrial_metrics():
    return [accuracy]
"""
MODEL = """
from seatrial import Case

cases = [Case(f"c{n}", f"item {n}", f"item {n}") for n in range(60)]

def parrot(inputs):
    return list(inputs)
"""
SPEC = """
format = 1
title = "Parrot"
seed = 1
model = "quay_model:parrot"
cases = "quay_model:cases"
{audits}

[[priorities]]
name = "Repeats"
metric = "quay.accuracy"
require = {{ at_least = 0.5 }}
"""


@pytest.fixture
def quay(tmp_path, monkeypatch):
    (tmp_path / "quay_plugin.py").write_text(PLUGIN)
    (tmp_path / "quay_model.py").write_text(MODEL)
    info = tmp_path / "seatrial_quay-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: seatrial-quay\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text("[seatrial]\nquay = quay_plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEATRIAL_PLUGINS", "quay")
    default_registry.cache_clear()
    yield tmp_path
    default_registry.cache_clear()
    for name in ("quay_plugin", "quay_model"):
        sys.modules.pop(name, None)


def specify(quay, audits=""):
    path = quay / "spec.toml"
    path.write_text(SPEC.format(audits=audits))
    return str(path)


def call(*arguments):
    return guarded(seatrial, list(arguments))


def test_a_specification_is_audited_with_all_that_is_installed(quay, capsys):
    assert call("audit", specify(quay)) == 1
    out, err = capsys.readouterr()
    assert err == ""
    head, _, row, *_ = out.splitlines()
    assert head.split() == ["level", "finding", "effect", "cases", "which"]
    assert row.split() == ["error", "leak", "1.000", "60", "c0,", "c1,", "c10", "and", "57", "more"]
    assert "leak: 60 cases leak (effect)\n  fix: mend it" in out
    assert out.endswith("1 audit looked: 1 error\n")


def test_what_is_allowed_does_not_count(quay, capsys):
    spec = specify(quay)
    assert call("audit", spec, "--allow", "leak") == 0
    assert call("audit", spec, "--allow", "quay.leak") == 0
    assert "\nallowed" in capsys.readouterr().out
    assert call("audit", specify(quay, 'allow = ["leak"]')) == 0
    gentle = 'audits = [{ use = "quay.leak", params = { level = "warning" } }]'
    assert call("audit", specify(quay, gentle)) == 0


def test_a_run_is_audited_with_its_outcomes(quay, capsys):
    call("run", specify(quay), "--to", "out")
    capsys.readouterr()
    assert call("audit", "out", "--with", "quay.wrong") == 0
    assert "asked no model" in capsys.readouterr().out  # what a directory names is not imported
    assert call("audit", "out", "--with", "quay.wrong", "--trust") == 0
    out, err = capsys.readouterr()
    assert "asked a model" in out
    assert "trusted: this run directory may import" in err
    assert call("audit", "out", "--no-model") == 1
    out, _ = capsys.readouterr()
    assert "asked no model" in out
    assert "2 audits looked: 1 error, 1 note" in out


def test_findings_are_printed_as_json(quay, capsys):
    assert call("audit", specify(quay), "--json", "--allow", "leak") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["audits"] == ["quay.leak"]
    (finding,) = found["findings"]
    assert (finding["allowed"], finding["level"], len(finding["cases"])) == (True, "error", 60)


def test_an_audit_stops_a_run_until_it_is_allowed(quay, capsys):
    spec = specify(quay, 'audits = ["quay.leak"]')
    assert call("run", spec, "--to", "out") == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert "to go on all the same" in err
    assert not (quay / "out").exists()
    assert call("run", spec, "--to", "out", "--allow", "leak") == 0
    assert "warning: leak: 60 cases leak" in capsys.readouterr().err
    call("report", "out")
    assert "error by audit: leak" in capsys.readouterr().out


def test_a_wrong_name_is_told(quay, capsys):
    assert call("audit", specify(quay), "--with", "quay.leek") == 2
    assert "did you mean quay.leak?" in capsys.readouterr().err
    assert call("audit", specify(quay), "--with", "quay.wrong") == 2
    assert "reads outcomes" in capsys.readouterr().err


def test_without_any_audit_it_says_what_to_install(quay, capsys, monkeypatch):
    spec = specify(quay)
    plain = PLUGIN.replace("return [leak, wrong]", "return []")
    (quay / "quay_plugin.py").write_text(plain)
    assert call("audit", spec) == 2
    assert "pip install seatrial-audits" in capsys.readouterr().err
