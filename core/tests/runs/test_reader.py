"""Every view of a run holds what the model saw and what the answer was scored against."""

from __future__ import annotations

import json
import shutil
import sqlite3

import attrs
import numpy as np
import pytest
from trial_stand_ins import orders, picky, plan, same, swap

import seatrial as sea
from seatrial.errors import StoreError
from seatrial.runs._report import Report
from seatrial.verbs._run import run

COUNT = 12


def picture(i):
    found = np.full((4, 4, 3), 60 + 10 * i, np.uint8)
    found[0, 0] = 200 + i  # no picture is another one darkened
    return found


def pictures(count=COUNT):
    return [sea.Case(f"i{i:02}", picture(i), "dark", cluster=f"c{i // 2}") for i in range(count)]


def brightness(images):
    return ["dark" if np.median(one) < 110 else "light" for one in images]


brightness.identity = "brightness 1"


def dimmer(by=2):
    return lambda x, /, *, seed: x // np.uint8(by)


dim = sea.Perturbation(
    name="local.dim", summary="Darken.", modality="image", factory=dimmer, ladder=({"by": 2},)
)


def dimmed(**more):
    return sea.Plan(perturbations=[dim()], metrics=[same()], seed=1, **more)


@pytest.fixture
def local():
    """A registry that knows the components of these tests, as if a plugin had brought them."""
    registry = sea.Registry()
    registry._components["local"] = {"local.dim": dim, "local.negate": negate}
    registry._components["stand"] = {"stand.same": same, "stand.swap": swap}
    return registry


def negating():
    return lambda c, /, *, seed: attrs.evolve(c, input=f"{c.input} not", target="no")


negate = sea.Perturbation(
    name="local.negate", summary="Negate.", modality="text", factory=negating, sees_case=True
)


def shifted_masks():
    def shift():
        return lambda c, /, *, seed: attrs.evolve(
            c, input=np.roll(c.input, 1, 0), target=np.roll(c.target, 1, 0)
        )

    pixels = sea.Metric(
        name="local.pixels",
        summary="Fraction of equal pixels.",
        factory=lambda: (
            lambda targets, answers, /: [
                float((np.asarray(t) == np.asarray(a)).mean())
                for t, a in zip(targets, answers, strict=True)
            ]
        ),
        per_case=True,
    )
    moved = sea.Perturbation(
        name="local.shift", summary="Shift.", modality="image", factory=shift, sees_case=True
    )
    return sea.Plan(perturbations=[moved()], metrics=[pixels()], seed=1)


def masks():
    ramp = np.arange(48).reshape(4, 4, 3).astype(np.uint8)
    return [sea.Case(f"m{i}", ramp + i, (ramp[..., 0] // 12).astype(np.uint8)) for i in range(4)]


def nothing(images):
    return [np.zeros(one.shape[:2], np.uint8) for one in images]


nothing.identity = "nothing 1"


def test_outcomes_hold_arrays_as_the_model_saw_them(tmp_path, local):
    live = run(dimmed(), brightness, pictures(), to=tmp_path / "run")
    for report in (live, Report.load(tmp_path / "run", cases=pictures(), registry=local)):
        found = list(report.outcomes())
        assert len(found) == 2 * COUNT
        for one in found:
            clean = picture(int(one.case.id[1:]))
            assert np.array_equal(one.case.input, clean)
            wanted = clean if one.perturbation == "clean" else clean // 2
            assert np.array_equal(one.input, wanted)
            assert one.prediction.value == brightness([one.input])[0]


def test_a_changed_target_stands_in_outcomes_preferences_and_records(tmp_path, local):
    asked = sea.Plan(perturbations=[negate()], metrics=[same()], seed=1)
    cases = [sea.Case(f"{i}", f"is {i} good", "yes", cluster=f"c{i}") for i in range(6)]

    def yes(texts):
        return ["yes"] * len(texts)

    yes.identity = "yes"
    live = run(asked, yes, cases, to=tmp_path / "run")
    for report in (live, Report.load(tmp_path / "run", registry=local)):
        changed = [one for one in report.records() if one.changed]
        assert {(one.target, one.case.target) for one in changed} == {("no", "yes")}
        assert {one.input for one in changed} == {f"is {i} good not" for i in range(6)}
        assert {o.case.target for o in report.outcomes() if o.perturbation != "clean"} == {"no"}
        pairs = report.preferences()
        assert {(one.chosen, one.rejected) for one in pairs} == {("no", "yes")}
        assert [(one.case_id, one.cluster) for one in pairs] == [
            (f"{i}", f"c{i}") for i in range(6)
        ]
        assert all("stand.same 0 on local.negate" in one.reason for one in pairs)


def test_masks_are_kept_as_answers_targets_and_preferences(tmp_path):
    live = run(shifted_masks(), nothing, masks(), to=tmp_path / "run")
    for report in (live, Report.load(tmp_path / "run")):
        by_place = {(one.case_id, one.perturbation): one for one in report.records()}
        for case in masks():
            record = by_place[case.id, "local.shift"]
            assert np.array_equal(record.prediction.value, np.zeros((4, 4), np.uint8))
            assert np.array_equal(record.target, np.roll(case.target, 1, 0))
        pairs = report.preferences()
        assert len(pairs) == 8
        assert np.array_equal(pairs[0].chosen, masks()[0].target)
        assert pairs[0].rejected.shape == (4, 4)
        assert pairs[0].input.shape == (4, 4, 3)


def kept(folder):
    return {path.name for path in (folder / "artifacts").glob("*")}


def inputs_kept(report):
    """Say for each record whether its input can be read from the directory alone."""
    found = {}
    for record in report.records():
        try:
            found[record.case_id, record.perturbation] = record.input is not None
        except StoreError:
            found[record.case_id, record.perturbation] = False
    return found


def test_failures_are_kept_by_default_and_the_rest_is_made_again(tmp_path, local):
    report = run(dimmed(), brightness, pictures(), to=tmp_path / "run")
    changed = {r.case_id for r in report.records() if r.prediction.value == "light"}
    assert len(changed) == 7
    found = inputs_kept(Report.load(tmp_path / "run", registry=local))
    assert {case for case, what in found if what == "local.dim" and found[case, what]} == changed
    assert {case for case, what in found if what == "clean" and found[case, what]} == changed


def test_what_is_kept_says_the_same_as_what_is_made_again(tmp_path, local):
    run(dimmed(), brightness, pictures(), to=tmp_path / "run")
    first = Report.load(tmp_path / "run", cases=pictures(), registry=local)
    with_artifacts = [record.input for record in first.records()]
    shutil.rmtree(tmp_path / "run" / "artifacts")
    again = Report.load(tmp_path / "run", cases=pictures(), registry=local)
    for one, other in zip(with_artifacts, again.records(), strict=True):
        assert np.array_equal(one, other.input)


def test_what_is_made_again_differently_is_refused(tmp_path, local):
    run(dimmed(), brightness, pictures(), to=tmp_path / "run")
    other = attrs.evolve(dim, factory=lambda by: lambda x, /, *, seed: x // np.uint8(by + 1))
    local._components["local"] = {"local.dim": other}
    loaded = Report.load(tmp_path / "run", cases=pictures(), registry=local)
    with pytest.raises(StoreError, match=r"local.dim gives another result today"):
        [record.input for record in loaded.records()]


def test_cases_other_than_those_measured_are_refused(tmp_path, local):
    run(dimmed(), brightness, pictures(), to=tmp_path / "run")
    other = [attrs.evolve(case, input=case.input + np.uint8(1)) for case in pictures()]
    loaded = Report.load(tmp_path / "run", cases=other, registry=local)
    with pytest.raises(StoreError, match="case 'i00' differs from the one that was measured"):
        list(loaded.outcomes())
    missing = Report.load(tmp_path / "run", cases=pictures(1), registry=local)
    with pytest.raises(StoreError, match=r"'i01' is not kept .* have no such id"):
        list(missing.outcomes())


def test_a_loaded_report_is_judged_without_its_arrays(tmp_path):
    run(dimmed(), brightness, pictures(), to=tmp_path / "run")
    loaded = Report.load(tmp_path / "run")
    assert loaded.accounting.scored == 2 * COUNT
    assert [case.id for case in loaded.cases] == [case.id for case in pictures()]
    assert [case.cluster for case in loaded.cases] == [case.cluster for case in pictures()]
    assert {case.target for case in loaded.cases} == {"dark"}
    assert len(loaded.preferences()) == 7  # wrong answers are failures, and those are kept


def damage(path):
    path.write_bytes(path.read_bytes()[:-3] + b"abc")


@pytest.mark.parametrize(
    ("spoil", "said"), [(damage, "is damaged"), (lambda p: p.unlink(), "missing")]
)
def test_a_spoilt_artifact_is_named(tmp_path, spoil, said):
    run(shifted_masks(), nothing, masks(), to=tmp_path / "run")
    loaded = Report.load(tmp_path / "run")
    (answer,) = {
        json.loads(text)["value"]["$artifact"]
        for (text,) in loaded._store._read("SELECT prediction FROM records")
    }
    spoil(tmp_path / "run" / "artifacts" / answer)
    with pytest.raises(StoreError, match=answer) as caught:
        list(loaded.records())
    assert said in str(caught.value)


def test_a_name_that_leads_out_of_the_directory_is_refused(tmp_path):
    run(shifted_masks(), nothing, masks(), to=tmp_path / "run")
    with sqlite3.connect(tmp_path / "run" / "trials.sqlite") as stored:
        stored.execute(
            "UPDATE records SET prediction = ?",
            ('{"value":{"$artifact":"../../secret","modality":"mask"}}',),
        )
    with pytest.raises(StoreError, match="is no name of an artifact"):
        list(Report.load(tmp_path / "run").records())


def test_equal_arrays_are_stored_once(tmp_path):
    run(shifted_masks(), nothing, masks(), to=tmp_path / "run")
    loaded = Report.load(tmp_path / "run")
    named = [
        json.loads(text)["value"]["$artifact"]
        for (text,) in loaded._store._read("SELECT prediction FROM records")
    ]
    assert len(named) == 8
    assert len(set(named)) == 1


def test_a_report_in_memory_saves_its_arrays(tmp_path):
    report = run(shifted_masks(), nothing, masks())
    report.save(tmp_path / "saved")
    loaded = Report.load(tmp_path / "saved")
    assert next(loaded.records()) == next(report.records())
    assert len(loaded.preferences()) == 8


def test_records_are_compared_by_content():
    first, second = (run(dimmed(), brightness, pictures()) for _ in range(2))
    assert list(first.records()) == list(second.records())
    assert next(first.records()) != list(second.records())[1]


def test_what_a_perturbation_gave_nothing_for_has_no_input():
    report = run(plan(picky()), lambda texts: ["refund"] * len(texts), orders(10))
    status = {r.case_id[-1]: r for r in report.records() if r.perturbation != "clean"}
    assert status["7"].input is None
    assert status["9"].input is None
    assert status["9"].case.input == orders(10)[9].input
    assert not status["7"].changed or status["7"].status == "skipped"


def test_errors_are_counted_with_their_first_case():
    report = run(plan(picky()), lambda texts: ["refund"] * len(texts), orders(20))
    (error,) = report.errors
    assert (error.count, error.first_case) == (2, "q009")
    assert "nine is too much" in error.error
    assert str(error) in str(report)


def test_reprs_are_short_and_tables_name_the_model(tmp_path):
    report = run(dimmed(), brightness, pictures(), to=tmp_path / "run")
    assert repr(report).startswith("Report(24 records of 12 cases, model 'brightness 1', ")
    assert len(repr(next(report.records()))) < 80
    assert str(report).startswith("model: brightness 1\n")


def test_a_frame_has_a_row_for_each_record():
    pandas = pytest.importorskip("pandas")
    cases = [attrs.evolve(case, groups={"site": "a"}) for case in orders(4)]
    report = run(plan(swap(), severities=(1,)), lambda texts: ["refund"] * len(texts), cases)
    frame = report.frame()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["case"]) == [record.case_id for record in report.records()]
    assert set(frame["site"]) == {"a"}
    assert list(frame["stand.same"]) == [1.0] * 8
    assert str(frame["seed"].dtype) == "Int64"


def test_a_frame_is_tidy_whatever_groups_are_called():
    pytest.importorskip("pandas")
    taken = {"case": "x", "severity": "y", "stand.same": "z", "site": "a"}
    cases = [attrs.evolve(case, groups=taken) for case in orders(3)]
    report = run(plan(swap(), severities=(1,)), lambda texts: ["refund"] * len(texts), cases)
    frame = report.frame()
    assert len(set(frame.columns)) == len(frame.columns)
    assert list(frame["record"]) == [record.id for record in report.records()]
    assert set(frame["severity"]) == {0, 1}
    for name in ("case", "severity", "stand.same"):
        assert set(frame[f"group.{name}"]) == {taken[name]}
    assert set(frame["site"]) == {"a"}
    assert list(frame["target"]) == [record.target for record in report.records()]


def test_a_frame_reads_no_array_to_find_out_that_it_is_no_cell(tmp_path):
    pytest.importorskip("pandas")
    run(dimmed(), brightness, pictures(), to=tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "artifacts", ignore_errors=True)
    assert len(Report.load(tmp_path / "run").frame()) == 24


def test_records_are_read_at_positions_in_the_order_asked_for():
    report = run(plan(swap()), lambda texts: ["refund"] * len(texts), orders(300))
    whole = list(report.records())
    wanted = [1100, 3, 700, 0, 1199]
    assert [one.id for one in report.records(wanted)] == [whole[at].id for at in wanted]
    assert len(list(report.records(range(1200)))) == 1200


def test_a_frame_names_pandas_when_it_is_missing(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    report = run(plan(severities=(1,)), lambda texts: ["refund"] * len(texts), orders(2))
    with pytest.raises(ImportError, match="pip install pandas"):
        report.frame()
