"""Records in sight: which are listed, how they are shown, how they are written, asked again."""

from __future__ import annotations

import csv
import io
import json
import re

import numpy as np
import pytest

from seatrial import Report, Volume
from seatrial.cli._examples import Texts
from seatrial.inputs._modalities import core_modalities

RUN = "runs/spec"


@pytest.fixture
def rows(shop, call, capsys):
    """List records as data."""

    def rows(*options, run=RUN):
        assert call("cases", run, *options, "--json") == 0
        return json.loads(capsys.readouterr().out)

    return rows


def test_every_measured_record_is_listed_once(rows, shop):
    found = rows()
    report = Report.load(shop / RUN)
    assert [row["record"] for row in found] == [record.id for record in report.records()]
    assert len({row["record"] for row in found}) == len(found) == report.accounting.planned


def test_filters_agree_with_the_records_themselves(rows, shop):
    report = Report.load(shop / RUN)
    records = {record.id: record for record in report.records()}
    wrong = {
        name for name, one in records.items() if one.error or one.scores.get("shop.right", 1) < 0.5
    }
    assert wrong
    assert {row["record"] for row in rows("--failed")} == wrong
    assert {row["record"] for row in rows() if row["wrong"]} == wrong
    for options, keeps in (
        (("--perturbation", "clean"), lambda one: one.perturbation == "clean"),
        (("--perturbation", "shop.scramble"), lambda one: one.perturbation == "shop.scramble"),
        (("--severity", "2"), lambda one: one.severity == 2),
        (("--changed",), lambda one: one.changed),
        (("--id", "q3"), lambda one: one.case_id == "q3"),
        (("--id", "q3", "--id", "q4", "--severity", "1"), lambda one: one.case_id in ("q3", "q4")),
        (("--id", "q3@shop.scramble:1"), lambda one: one.id == "q3@shop.scramble:1"),
    ):
        kept = {
            name
            for name, one in records.items()
            if keeps(one) and ("1" not in options[-1:] or one.severity == 1)
        }
        assert {row["record"] for row in rows(*options)} == kept, options


def test_a_priority_lists_what_its_verdict_counts(rows, shop):
    found = rows("--priority", "Turned")
    assert {row["site"] for row in found} == {"a"}
    assert {row["severity"] for row in found} == {1, 2}
    assert {row["severity"] for row in rows("--priority", "Plain")} == {0}
    failed = rows("--priority", "Turned", "--failed")
    assert failed
    assert all(row["wrong"] for row in failed)


def test_the_nearest_come_first_when_sorted_by_distance(rows):
    distances = [row["distance"] for row in rows("--changed", "--sort", "distance")]
    assert distances == sorted(distances)
    reverse = rows("--changed", "--sort", "distance", "--reverse")
    assert [row["distance"] for row in reverse] == distances[::-1]
    every = [row["distance"] for row in rows("--sort", "distance", "--reverse")]
    known = [one for one in every if one is not None]
    assert every == [*sorted(known, reverse=True), *[None] * (len(every) - len(known))]
    assert len(known) < len(every)  # clean inputs have none, and come last
    scores = [row["shop.right"] for row in rows("--id", "q1", "--sort", "score")]
    assert scores == sorted(scores)


def test_the_difference_is_marked_where_there_are_no_colours(shop, call, capsys):
    assert call("cases", RUN, "--id", "q2@shop.scramble:2") == 0
    out = capsys.readouterr().out
    assert "[-my-] [-money-] for order 2\n" in out
    assert "{+ym+} {+yenom+} for order 2\n" in out
    assert "wrong · distance" in out
    assert "answer to original  refund" in out


def test_brief_shows_the_answer_and_what_the_model_saw(shop, call, capsys):
    chosen = ("--failed", "--perturbation", "shop.scramble", "--limit", "2")
    assert call("cases", RUN, *chosen, "--brief") == 0
    printed = capsys.readouterr().out.splitlines()
    assert call("cases", RUN, *chosen) == 0
    whole = capsys.readouterr().out
    assert len(printed) == 5
    assert printed[-1] == whole.splitlines()[-1]
    for head, seen in (printed[0:2], printed[2:4]):
        name, _, told = head.partition("  wrong: ")
        answer, target = told.split(", not ")
        block = whole[whole.index(name) :].split("\n\n")[0]
        assert re.search(rf"^  target +{target}$", block, re.MULTILINE)
        assert re.search(rf"^  answer +{re.escape(answer)}$", block, re.MULTILINE)
        assert re.search(rf"^  perturbed +{re.escape(seen.strip())}$", block, re.MULTILINE)


def test_what_models_and_cases_say_is_text_and_not_obeyed(shop, call, capsys):
    assert call("cases", RUN, "--id", "q3") == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[bold]back[/bold]" in out
    assert r"\x1b[2Jother [red]" in out


def test_only_a_part_that_changed_is_shown_twice(shop, call, capsys):
    assert call("cases", "runs/letters", "--id", "m1", "--severity", "1") == 0
    out = capsys.readouterr().out
    assert out.count("dear shop") == 1
    assert "original body" in out
    assert "perturbed body" in out


def test_the_list_says_how_many_there_are_and_shows_the_first(shop, call, capsys):
    assert call("cases", RUN, "--limit", "2") == 0
    out = capsys.readouterr().out
    assert out.count("scores") == 2
    assert "; 2 shown (--limit 0 shows all)" in out
    assert call("cases", RUN, "--limit", "0") == 0
    assert "shown (" not in capsys.readouterr().out


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "md"])
def test_failed_records_become_a_file(rows, shop, call, capsys, suffix, tmp_path):
    path = tmp_path / f"failed.{suffix}"
    assert call("cases", RUN, "--failed", "--to", str(path)) == 0
    failed = rows("--failed")
    read = {
        "csv": lambda: list(csv.DictReader(io.StringIO(path.read_text("utf-8")))),
        "jsonl": lambda: [json.loads(line) for line in path.read_text("utf-8").splitlines()],
        "parquet": lambda: pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist(),
        "md": lambda: [
            {"record": line[3:].replace("\\", "")}
            for line in path.read_text("utf-8").splitlines()
            if line.startswith("## ")
        ],
    }[suffix]()
    assert [row["record"] for row in read] == [row["record"] for row in failed]
    if suffix in ("jsonl", "parquet"):
        assert [row["n"] for row in read] == [row["n"] for row in failed]
    if suffix == "csv":
        assert not any(value.startswith("=") for row in read for value in row.values() if value)


def test_a_picture_is_shown_as_a_file(rows, shop):
    image = pytest.importorskip("PIL.Image")
    (row,) = rows("--id", "p2@shop.darken:1", run="runs/pictures")
    with image.open(row["original"]) as before, image.open(row["perturbed"]) as after:
        assert before.size == after.size == (6, 4)
        assert before.getpixel((0, 0)) == (80, 80, 80)
        assert after.getpixel((0, 0)) == (40, 40, 40)


def test_the_path_of_a_picture_is_shown_whole(rows, shop, call, capsys):
    pytest.importorskip("PIL")
    (row,) = rows("--id", "p2@shop.darken:1", run="runs/pictures")
    capsys.readouterr()
    assert call("cases", "runs/pictures", "--id", "p2@shop.darken:1") == 0
    out = capsys.readouterr().out
    assert row["original"] in out
    assert row["perturbed"] in out


def test_masks_and_volumes_are_drawn_as_their_modality_shows_them(tmp_path):
    image = pytest.importorskip("PIL.Image")
    texts = Texts(core_modalities(), tmp_path)

    def drawn(value):
        with image.open(texts(value)) as found:
            return np.asarray(found)

    labels = np.array([[0, 1], [2, 4]])
    assert drawn(labels).tolist() == [[0, 64], [128, 255]]
    solid = np.zeros((3, 3, 5), np.int16)
    solid[1, 1, 2] = 7  # on the three slices through the middle, once each
    assert drawn(solid).shape == drawn(Volume(solid)).shape == (5, 3 + 3 + 3)
    assert (drawn(Volume(solid)) == 255).sum() == 3
    voxels = solid.astype(np.float32) - 3.5
    assert set(np.unique(drawn(Volume(voxels))).tolist()) == {0, 255}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--perturbation", "shop.scrambel"), "did you mean shop.scramble?"),
        (("--severity", "9"), "the run has no severity 9; there are 0, 1"),
        (("--priority", "Turnd"), "did you mean Turned?"),
        (("--id", "q99"), "no record or case 'q99'"),
        (("--metric", "none"), "the run was not scored with the metric 'none'"),
        (("--to", "failed.xls"), "there are .csv, .jsonl, .parquet, .md"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(shop, call, capsys, options, said):
    assert call("cases", RUN, *options) == 2
    assert said in capsys.readouterr().err


def test_a_run_is_not_trusted_to_name_a_model(shop, call, capsys):
    assert call("replay", RUN, "q1") == 4
    assert "--model or --trust" in capsys.readouterr().err


@pytest.mark.parametrize(
    "source", [("--spec", "spec.toml"), ("--model", "shop_model:bot"), ("--trust",)]
)
def test_a_record_is_asked_about_again(shop, call, capsys, source):
    name = "q2@shop.scramble:2"
    assert call("replay", RUN, name, *source, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["record"] == name
    assert found["input"] == "ym yenom for order 2"
    assert found["recorded"] == found["now"]
    assert found["same"]
    assert call("replay", RUN, name, *source) == 0
    out = capsys.readouterr().out
    assert "the same answer" in out
    assert "\x1b" not in out


def test_another_model_is_told_as_such_and_its_prompt_is_shown(shop, call, capsys):
    assert call("replay", RUN, "q2@shop.scramble:2", "--model", "shop_model:clerk") == 0
    out, err = capsys.readouterr()
    assert "<user>ym yenom for order 2</user>" in out
    assert "another answer" in out
    assert "another model than was measured" in err


def test_a_failure_of_the_model_is_shown_when_it_is_asked_again(shop, call, capsys):
    assert call("replay", RUN, "q8@shop.scramble:2", "--trust", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["now"]["error"] == found["recorded"]["error"] == "out of stock"
    assert found["same"]
