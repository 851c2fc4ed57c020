"""What a trial says: intervals, ranks and differences by hand, tables, pictures, the inside."""

from __future__ import annotations

import json
import math
from itertools import product
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from drawn_features import features
from scipy.stats import t
from seatrial_simnl import (
    SimNL,
    Trial,
    ZeroShot,
    branches,
    compared,
    few_shot_trial,
    negative_prototypes,
    sensitivity,
)
from seatrial_simnl._cells import Cell
from seatrial_simnl._chart import Chart, Line, drawn
from seatrial_simnl._draws import draw
from seatrial_simnl._protocol import fitted
from seatrial_simnl._spread import Spread

from seatrial.errors import PlanError

SVG = "{http://www.w3.org/2000/svg}"
IMAGES = 40
TRAIN, TEST = features("train", 6), features("test", 12)
SMALL = {"lam_grid": (0.6, 1.0, 4), "beta_grid": (0.0, 6.0, 6), "alpha_grid": (0.0, 3.0, 6)}


def cell(method, shots, seed, rights, confidence=0.8, on="test"):
    right = np.zeros(IMAGES, bool)
    right[:rights] = True
    stated = np.full(IMAGES, confidence)
    return Cell(method, shots, seed, 0.0, on, right, stated, {}, 0.5, 10 * len(method))


def trial(extra=0):
    rights = {"zero-shot": (20, 20, 20), "tip": (22, 24, 23), "simnl": (30, 28, 32 + extra)}
    cells = [
        cell(method, shots, seed, right + (shots == 4) * 4 * (method != "zero-shot"))
        for shots, (method, row) in product((1, 4), rights.items())
        for seed, right in enumerate(row, 1)
    ]
    return Trial("shots", "loo", tuple(cells))


def texts_of(svg):
    return [one.text for one in ET.fromstring(svg).iter(f"{SVG}text")]


def test_an_interval_over_seeds_is_that_of_student():
    values = [0.5, 0.6, 0.8]
    found = Spread.of(values)
    low, high = t.interval(0.95, 2, loc=np.mean(values), scale=np.std(values, ddof=1) / 3**0.5)
    assert (found.mean, found.low, found.high) == pytest.approx((np.mean(values), low, high))
    assert str(Spread.of([0.25])) == "25.0"
    assert Spread.of([0.25]).low is None
    assert str(Spread.of([-0.25, -0.25]).signed()) == "−25.0 ± 0.0"


def test_gains_and_ranks_follow_from_the_cells():
    found = trial()
    assert found.accuracy("simnl", 1).mean == pytest.approx(30 / IMAGES)
    gain = found.gain("simnl")
    by_seed = [(a + 2 - 20) / IMAGES for a in (30, 28, 32)]
    wanted = Spread.of(by_seed)
    assert (gain.mean, gain.low) == pytest.approx((wanted.mean, wanted.low))
    assert found.gain("simnl", to="tip").mean == pytest.approx(7 / IMAGES)
    assert found.ranks() == {"zero-shot": (3.0, 3.0), "tip": (2.0, 2.0), "simnl": (1.0, 1.0)}
    same = Trial("shots", "none", tuple(cell(name, 1, 1, 9) for name in ("a", "b", "c")))
    assert same.ranks() == {"a": (2.0,), "b": (2.0,), "c": (2.0,)}


def test_a_difference_pairs_by_seed_and_by_image():
    found = trial().difference("simnl", 1)
    assert found.seeds.mean == pytest.approx(10 / IMAGES)
    assert found.images.estimate == pytest.approx(10 / IMAGES)
    assert found.images.low < 10 / IMAGES < found.images.high
    assert found.p_values == pytest.approx([2 * 0.5**n for n in (10, 8, 12)])
    with pytest.raises(PlanError, match="'simnl' was not measured at 3; there are zero-shot, tip"):
        trial().difference("simnl", 3)


def test_tables_have_a_row_for_each_method_and_a_column_for_each_point():
    found = trial()
    lines = found.table().splitlines()
    assert lines[0].startswith(
        "accuracy in percent by images of each class; 40 test images, 3 seed"
    )
    assert lines[2].split()[:3] == ["method", "1", "4"]
    assert lines[6].startswith("simnl")
    assert "75.0 ± 12.4" in lines[6]
    assert "+30.0" in lines[6]
    rows = found.markdown().splitlines()
    assert len(rows) == 5
    assert len({row.count("|") for row in rows}) == 1
    plain = json.loads(json.dumps(found.as_dict()))
    assert plain["methods"]["tip"]["rank"] == [2.0, 2.0]
    assert len(plain["cells"]) == len(found.cells)
    alone = Trial("shots", "none", (cell("tip", 1, 1, 9),))
    assert "gain" not in alone.table()
    assert alone.as_dict()["methods"]["tip"]["difference"] is None


def test_the_picture_shows_each_method_with_its_band_and_says_it_in_words():
    svg = trial().figure()
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "Accuracy by images of each class"
    assert "simnl from 0.750 to 0.850" in root.find(f"{SVG}desc").text
    assert len(list(root.iter(f"{SVG}polyline"))) == len(list(root.iter(f"{SVG}polygon"))) == 3
    width, height = (float(root.get(side)) for side in ("width", "height"))
    for one in (*root.iter(f"{SVG}polyline"), *root.iter(f"{SVG}polygon")):
        for x, y in (map(float, pair.split(",")) for pair in one.get("points").split()):
            assert 0 <= x <= width
            assert 0 <= y <= height
    assert {"zero-shot", "tip", "simnl", "1", "4"} <= set(texts_of(svg))


def test_names_are_escaped_in_pictures():
    svg = drawn("a < b", [Chart("x & y", "<x>", "y", (Line("<script>", ((0, 0), (1, 1))),))])
    assert "<script>" in texts_of(svg)
    with pytest.raises(PlanError, match="nothing to draw"):
        drawn("empty", [])
    with pytest.raises(PlanError, match="nothing to draw"):
        drawn("empty", [Chart("", "x", "y", (Line("none", ()),))])


def test_many_lines_look_different():
    lines = tuple(Line(f"method {n}", ((0, 0), (1, n))) for n in range(14))
    root = ET.fromstring(drawn("many", [Chart("", "x", "y", lines)]))
    looks = {
        (one.get("stroke"), one.get("stroke-dasharray")) for one in root.iter(f"{SVG}polyline")
    }
    assert len(looks) == 14


def test_domains_are_drawn_by_name():
    cells = tuple(cell(m, 1, s, 20 + s, on=on) for m in "ab" for on in ("V2", "A") for s in (1, 2))
    found = Trial("on", "none", cells)
    assert found.points == ("V2", "A")
    assert {"V2", "A"} <= set(texts_of(found.figure()))
    assert found.table().splitlines()[2].split()[:3] == ["method", "V2", "A"]


def test_reliability_compares_what_was_stated_with_what_was_right():
    found = trial().reliability("simnl", 1)
    ((said, was, images),) = found.bins
    assert (said, was, images) == pytest.approx((0.8, 0.75, 3 * IMAGES))
    assert found.error.estimate == pytest.approx(0.05)
    assert found.error.low <= 0.05 <= found.error.high
    assert "expected calibration error 0.050" in texts_of(found.figure())


def test_data_sets_are_compared_by_mean_gain_and_rank():
    one, other = trial(), trial(extra=-12)
    found = compared({"one": one, "other": other})
    assert found.gain("simnl").mean == pytest.approx(
        (one.gain("simnl").mean + other.gain("simnl").mean) / 2
    )
    assert found.ranks("simnl") == (1.0, 1.0, 1.0, 1.0)
    assert found.wins("simnl") == 4
    assert found.wins("zero-shot") == 0
    lines = found.table().splitlines()
    assert [line.split()[0] for line in lines[4:]] == ["simnl", "tip", "zero-shot"]
    assert "4 of 4" in found.markdown()
    assert json.loads(json.dumps(found.as_dict()))["tip"]["wins"] == 0
    with pytest.raises(PlanError, match="the same methods, seeds and points"):
        compared({"one": one, "other": Trial("shots", "loo", one.cells[:-3])})
    with pytest.raises(PlanError, match="'zero-shot', which was not measured"):
        compared({"one": Trial("shots", "loo", one.cells[3:9])})


def test_all_four_adapters_together_are_the_model_and_each_can_be_left_out():
    quick = SimNL(epochs=3, lam=0.6, alpha=2.0)
    found = branches(TRAIN, TEST, estimator=quick, shots=3, seeds=(1, 2))
    assert len(found.rows) == 15
    learned = [
        fitted(SimNL(epochs=3, lam=0.6, alpha=2.0, seed=s), TRAIN, draw(TRAIN, 3, seed=s))
        for s in (1, 2)
    ]
    whole = next(iter(found.rows))
    assert len(whole) == 4
    wanted = Spread.of([one.score(TEST.plain, TEST.targets) for one in learned])
    assert found.rows[whole].mean == pytest.approx(wanted.mean)
    positive = np.mean(
        [(one.evidence(TEST.plain)["positive"].argmax(1) == TEST.labels).mean() for one in learned]
    )
    assert found.rows["positive text", "positive visual"].mean == pytest.approx(positive)
    assert found.table().splitlines()[2].split()[-1] == "accuracy"
    assert found.markdown().count("\n") == 16
    assert json.loads(json.dumps(found.as_dict()))["positive text"]["seeds"] == 2


def test_sensitivity_is_what_models_with_those_values_score():
    quick = SimNL(epochs=3)
    found = sensitivity(
        TRAIN, TEST, estimator=quick, shots=3, seeds=(1,), taus=(0.1, 1.0),
        ranges={"alpha": (0.0, 4.0, 2), "lam": (0.0, 1.0, 4), "beta": (1.0, 5.0, 2)},
    )  # fmt: skip
    assert set(found.curves) == {"alpha", "beta", "lam", "tau"}
    assert found.given == {"alpha": 1.0, "beta": 1.0, "lam": 0.75, "tau": 1.0}
    base = fitted(SimNL(epochs=3, seed=1), TRAIN, draw(TRAIN, 3, seed=1))
    score = base.score(TEST.plain, TEST.targets)
    assert dict(found.curves["beta"])[1.0] == pytest.approx(score)
    assert dict(found.curves["lam"])[0.75] == pytest.approx(score)
    assert dict(found.curves["tau"])[1.0] == pytest.approx(score)
    negative = base.evidence(TEST.plain)["negative"]
    alone = (negative.argmax(1) == TEST.labels).mean()
    assert dict(found.curves["lam"])[0.0] == pytest.approx(alone)
    root = ET.fromstring(found.figure())
    assert len(list(root.iter(f"{SVG}polyline"))) == 4
    assert json.loads(json.dumps(found.as_dict()))["curves"]["tau"][1][0] == 1.0
    with pytest.raises(PlanError, match="not of gamma"):
        sensitivity(TRAIN, TEST, shots=3, seeds=(1,), ranges={"gamma": (0, 1, 2)})


def test_a_negative_prototype_rules_out_what_is_near_to_it():
    learned = fitted(SimNL(epochs=0, alpha=0.0), TRAIN, draw(TRAIN, 3, seed=1))
    found = negative_prototypes(learned, TEST, most=3)
    assert [one.name for one in found] == list(TRAIN.classes)
    near = TEST.plain @ TRAIN.texts["negative"].T
    for place, one in enumerate(found):
        order = np.argsort(-near[:, place])
        assert [name for name, _ in one.ruled_out] == [TEST.ids[at] for at in order[:3]]
        assert one.let_through[0][0] == TEST.ids[order[-1]]
        wanted = 15 * (1 - near[order[0], place])
        assert one.ruled_out[0][1] == pytest.approx(wanted, abs=1e-4)
    with pytest.raises(PlanError, match="most=0"):
        negative_prototypes(learned, TEST, most=0)


def test_measured_trials_make_a_report_from_end_to_end():
    methods = {"zero-shot": ZeroShot(), "simnl": SimNL(epochs=20, **SMALL)}
    found = few_shot_trial(TRAIN, TEST, methods=methods, shots=(1, 4), seeds=(1, 2))
    assert found.figure().startswith("<svg")
    assert math.isfinite(found.gain("simnl").mean)
    assert found.reliability("simnl", 4).error.estimate >= 0
