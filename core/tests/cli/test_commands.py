"""The command line: what it prints where, and what it exits with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from parrot_stand_ins import MODEL, PLUGIN, SPEC

from seatrial import Report, default_registry
from seatrial.cli._commands import seatrial
from seatrial.cli._exits import guarded
from seatrial.errors import StoreError


@pytest.fixture
def shore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with an installed plugin `demo`, a model and cases."""
    (tmp_path / "demo_plugin.py").write_text(PLUGIN)
    (tmp_path / "demo_model.py").write_text(MODEL)
    info = tmp_path / "seatrial_demo-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: seatrial-demo\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text("[seatrial]\ndemo = demo_plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEATRIAL_PLUGINS", "demo")
    default_registry.cache_clear()
    yield tmp_path
    default_registry.cache_clear()
    for name in ("demo_plugin", "demo_model"):
        sys.modules.pop(name, None)


def specify(
    shore: Path,
    model: str = "demo_model:parrot",
    at_least: float = 0.9,
    second: str = "at_most = 0.1",
) -> str:
    path = shore / "spec.toml"
    path.write_text(SPEC.format(model=model, at_least=at_least, second=second))
    return str(path)


def call(*arguments: str) -> int:
    return guarded(seatrial, list(arguments))


@pytest.mark.parametrize(
    ("at_least", "second", "status"),
    [
        (0.9, "at_most = 0.1", 0),
        (0.9, "at_least = 0.5", 1),
        (0.99, "at_most = 0.1", 3),
        (0.9, "at_least = 0.5, max_drop = 0.1", 1),
    ],
)
def test_run_exits_with_its_verdict(
    shore: Path, capsys: pytest.CaptureFixture[str], at_least: float, second: str, status: int
) -> None:
    assert call("run", specify(shore, at_least=at_least, second=second), "--to", "out") == status
    out, err = capsys.readouterr()
    assert "Repeats what is clipped" in out
    assert "run directory: out" in out
    assert "240 records planned" in err
    assert "240 of 240 records" in err
    assert "\x1b" not in out + err


@pytest.mark.parametrize(("retries", "fails"), [("1", False), ("0", True)])
def test_retries_and_their_wait_are_options(
    shore: Path, capsys: pytest.CaptureFixture[str], retries: str, fails: bool
) -> None:
    spec = specify(shore, model="demo_model:busy")
    call("run", spec, "--to", "out", "--retries", retries, "--retry-wait", "0", "--json")
    counted = json.loads(capsys.readouterr().out)["report"]["accounting"]
    assert (counted["errored"] > 0) is fails
    assert call("run", spec, "--to", "out", "--retry-wait", "-1") == 2
    assert "--retry-wait" in capsys.readouterr().err


@pytest.mark.parametrize(("keep", "kept"), [("failures", True), ("none", False)])
def test_what_the_model_saw_is_kept_as_asked(
    shore: Path, capsys: pytest.CaptureFixture[str], keep: str, kept: bool
) -> None:
    assert call("run", specify(shore), "--to", "out", "--keep", keep) == 0
    record = next(Report.load("out").records())
    if kept:
        assert record.input == "item 000"
    else:
        with pytest.raises(StoreError, match="cases="):
            assert record.input
    assert call("run", specify(shore), "--to", "out", "--keep", "some") == 2
    assert "'failures', 'all', 'none'" in capsys.readouterr().err


def test_the_same_command_goes_on_and_measures_nothing_twice(
    shore: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = specify(shore)
    call("run", spec, "--to", "out")
    first, _ = capsys.readouterr()
    call("run", spec, "--to", "out")
    second, err = capsys.readouterr()
    assert first == second
    assert "240 already measured, 0 to go" in err


def test_a_run_can_stop_when_it_is_decided(shore: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = specify(shore, at_least=0.5)
    assert call("run", spec, "--to", "out", "--stop", "decided") == 0
    assert "decided after" in capsys.readouterr().out
    assert call("run", spec, "--to", "out", "--budget", "3") == 2
    assert "goes with stop='decided'" in capsys.readouterr().err


def test_every_command_speaks_json(shore: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = specify(shore)
    found = {}
    for arguments in (
        ["list"],
        ["show", "demo.clip"],
        ["run", spec, "--dry-run"],
        ["run", spec, "--to", "out"],
        ["judge", spec, "out"],
        ["report", "out"],
        ["compare", "out", "out"],
    ):
        assert call(*arguments, "--json") == 0
        found[" ".join(arguments[:1])] = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in found["list"]][:2] == ["demo.clip", "demo.dim"]
    assert found["show"]["preview"][1]["distance"] > 0
    assert found["judge"]["outcome"] == "pass"
    assert found["run"]["report"] == found["report"]
    assert found["report"]["accounting"]["planned"] == 240
    assert {change["change"] for change in found["compare"]["changes"]} == {0.0}


def test_show_tells_parameters_ladder_and_preview(
    shore: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("show", "demo.clip", "--text", "abcdef\ng") == 0
    out = capsys.readouterr().out
    assert "seatrial-demo 0.3" in out
    assert [line.split() for line in out.splitlines() if line.startswith("least")] == [
        ["least", "0", "you"]
    ]
    assert "abcdef⏎ g" in out
    assert "abcd" in out.splitlines()[-2]


def test_report_prints_markdown(shore: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("run", specify(shore), "--to", "out")
    capsys.readouterr()
    assert call("report", "out", "--to", "md") == 0
    title, _, head, *_ = capsys.readouterr().out.splitlines()
    assert title.startswith("**model: demo\\_model:parrot")
    assert head.startswith("| perturbation | severity |")


def test_report_writes_by_any_reporter(shore: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("run", specify(shore), "--to", "out")
    capsys.readouterr()
    assert call("report", "out", "--to", "csv", "--param", "of=records", "--out", "found.csv") == 0
    assert capsys.readouterr().out == ""
    lines = (shore / "found.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("record,case,cluster,half,perturbation,severity")
    assert len(lines) == 241
    assert call("report", "out", "--to", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["judgement"]["outcome"], set(found)) == ("pass", {"report", "judgement"})
    assert call("report", "out", "--to", "csv", "--param", "of=verdicts") == 0
    assert "pass" in capsys.readouterr().out
    assert call("report", "out", "--to", "cvs") == 2
    assert (
        "no reporter 'cvs'; there are table, json, csv, md, junit; did you mean csv?"
        in capsys.readouterr().err
    )
    assert call("report", "out", "--to", "loud") == 2
    assert capsys.readouterr().err.endswith("there are table, json, csv, md, junit\n")
    assert call("report", "out", "--to", "html") == 2
    assert "html comes with a plugin: pip install seatrial-report" in capsys.readouterr().err
    assert call("report", "out", "--to", "serial") == 2
    assert "'serial' is an executor, not a reporter" in capsys.readouterr().err


def test_list_shows_what_the_core_brings(shore: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, names in (
        ("modalities", {"text", "messages", "image", "volume", "mask", "array"}),
        ("reporters", {"table", "json", "csv", "md"}),
        ("executors", {"serial", "threads", "processes"}),
    ):
        assert call("list", "--kind", kind, "--json") == 0
        assert names <= {one["name"] for one in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["run", "missing.toml", "--to", "out"], 2, "missing.toml: cannot be read"),
        (["run", "spec.toml"], 2, "--to DIR is needed"),
        (["show", "demo.clop"], 2, "did you mean demo.clip?"),
        (["show", "nlpaug.keyboard"], 2, "switched off by SEATRIAL_PLUGINS"),
        (["show", "demo.accuracy", "--text", "x", "--nonsense"], 2, "--nonsense"),
        (["report", "nowhere"], 4, "not a run directory"),
        (["judge", "spec.toml", "nowhere"], 4, "not a run directory"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(
    shore: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    words: str,
) -> None:
    specify(shore)
    assert call(*arguments) == status
    out, err = capsys.readouterr()
    assert words in err
    assert not out
    assert "Traceback" not in err


def test_a_model_that_always_fails_is_recorded_and_judged_an_error(
    shore: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = "32 × SystemError: boom (first: c000)"
    assert call("run", specify(shore, "demo_model:crash"), "--to", "out") == 4
    out, err = capsys.readouterr()
    assert not out
    assert "every one of the first 32 records failed, so the run stopped" in err
    assert told in err
    assert "run the same command again" in err

    assert call("judge", specify(shore, "demo_model:crash"), "out") == 4
    assert told in capsys.readouterr().out
    assert call("judge", specify(shore, "demo_model:crash"), "out", "--json") == 4
    wanted = [{"error": "SystemError: boom", "count": 32, "first_case": "c000"}]
    assert json.loads(capsys.readouterr().out)["errors"] == wanted
    assert call("report", "out") == 0
    assert told in capsys.readouterr().out
    assert call("report", "out", "--json") == 0
    assert json.loads(capsys.readouterr().out)["errors"] == wanted

    assert call("run", specify(shore, "demo_model:crash"), "--to", "out", "--json") == 4
    found = json.loads(capsys.readouterr().out)
    assert (found["directory"], found["report"]["errors"]) == ("out", wanted)
    assert found["error"].startswith("every one of the first 32 records failed")

    everything = ("--allow", "every-record-errored")
    assert call("run", specify(shore, "demo_model:crash"), "--to", "out", *everything) == 4
    assert "errored 240" in capsys.readouterr().out


def test_a_run_takes_only_as_many_cases_as_it_is_told(
    shore: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", specify(shore), "--limit", "30", "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["cases"] == 30
    assert call("run", specify(shore), "--to", "out", "--limit", "30", "--json") == 3
    found = json.loads(capsys.readouterr().out)
    assert found["report"]["accounting"]["planned"] == 60
    (note,) = found["notes"]
    assert note.startswith("the run was limited to 30 cases: it decides nothing and is no look")
    assert call("judge", specify(shore), "out", "--json") == call("judge", specify(shore), "out")
    assert "the run was limited to 30 cases" in capsys.readouterr().out
    assert call("run", specify(shore), "--to", "out", "--json") == 0
    assert json.loads(capsys.readouterr().out)["notes"] == []
    assert call("run", specify(shore), "--to", "all", "--limit", "1000", "--json") == 0
    assert json.loads(capsys.readouterr().out)["notes"] == []


def test_an_unexpected_crash_is_not_mistaken_for_a_failed_priority(
    shore: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("seatrial.verbs._judge.judge", burst)
    assert call("run", specify(shore), "--to", "out") == 4
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_broken_plugin_is_a_warning_in_the_list(
    shore: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shore / "demo_plugin.py").write_text("import nothing_of_that_name")
    assert call("list") == 0
    out, err = capsys.readouterr()
    assert "warning: the plugin 'demo' of seatrial-demo 0.3 failed to import" in err
    assert "demo." not in out


def test_results_and_progress_go_to_separate_streams(shore: Path) -> None:
    spec = specify(shore)
    done = subprocess.run(
        [sys.executable, "-m", "seatrial.cli", "run", spec, "--to", "out", "--json"],
        capture_output=True,
        text=True,
        cwd=shore,
        env={"PYTHONPATH": str(shore), "PATH": "", "SEATRIAL_PLUGINS": "demo"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "pass"
    assert "240 of 240 records" in done.stderr


def test_twelve_mistakes_are_twelve_lines(shore: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shore / "bad.toml").write_text(
        """
        format = 2
        titel = "x"
        seed = 1.5
        cases = 3
        [[priorities]]
        name = ""
        concept = "knowlege"
        relation = "invariantt"
        perturbations = ["demo.clop"]
        severities = ["one"]
        metric = "demo.clip"
        require = { at_leest = 0.5 }
        """
    )
    assert call("run", "bad.toml", "--to", "out") == 2
    out, err = capsys.readouterr()
    assert not out
    lines = err.splitlines()
    assert len(lines) == 12, err
    assert all(line.startswith("bad.toml.") for line in lines)
    assert not (shore / "out").exists()


def test_compare_tells_groups_priorities_and_what_was_forgotten(
    shore: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("run", specify(shore), "--to", "before")
    spec = specify(shore, model="demo_model:deaf", second="at_most = 0.5, max_drop = 0.9")
    call("run", spec, "--to", "after")
    capsys.readouterr()
    assert call("compare", "before", "after", "--by", "half", "--spec", spec) == 0
    out = capsys.readouterr().out
    assert "pass → fail" in out
    assert "half = a" in out
    assert "dominated by" in out
    assert "c000, c002, c004, c006, c008, …" in out
    assert call("compare", "before", "after", "--spec", spec, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["priority"] for one in found["trade_offs"]} == {"Repeats what is clipped"}
    assert found["priorities"][0]["outcomes"] == ["pass", "fail"]


def test_run_says_beforehand_what_cannot_pass(
    shore: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", specify(shore, at_least=0.99), "--to", "out") == 3
    _, err = capsys.readouterr()
    assert err.startswith("cannot pass: Repeats: even a flawless model would only show 0.975")
    call("run", specify(shore, at_least=0.99), "--to", "out", "--dry-run")
    assert "Repeats: even a flawless model" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("demo_model:parrot", "demo_modl:parrot", "'demo_modl'; did you mean demo_model?"),
        ("demo_model:parrot", "nowhere:x", "start where nowhere.py lies, or install what it is"),
        ("demo_model:parrot", "demo_model:parot", "no attribute 'parot'; did you mean parrot?"),
        ('"demo_model:parrot"', '{ file = "gone.csv" }', "gone.csv does not exist (looked for in"),
        (
            "[[priorities]]",
            "[[priorities]]\nwhere = { halv = 1 }",
            "the cases have no group 'halv'",
        ),
        ("demo.accuracy", "demo.overlap", "demo.overlap: the target of case 'c000': expected int"),
        ("demo.clip", "demo.dim", "demo.dim: case 'c000': expected uint8"),
    ],
)
def test_what_no_model_can_be_asked_is_refused_by_a_dry_run_too(
    shore: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str
) -> None:
    path = Path(specify(shore))
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    for how in (("--dry-run",), ("--to", "out")):
        assert call("run", str(path), *how) in (2, 4)
        output = capsys.readouterr()
        assert (told in output.err, output.out) == (True, "")
