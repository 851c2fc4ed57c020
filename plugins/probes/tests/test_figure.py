"""The paper's figure, drawn by ourselves."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from seatrial_probes import figure
from seatrial_probes._result import Point, Row, WhyItFailed

from seatrial.errors import PlanError

SVG = "{http://www.w3.org/2000/svg}"


def result(task="boolq", areas=(0.55, 0.6, 0.52), baseline=0.62):
    curve = tuple(
        Point(layer=5 * n, auroc=a, interval=(a - 0.06, a + 0.06), validation=a, C=0.1)
        for n, a in enumerate(areas, start=1)
    )
    row = Row(name="answer", kind="baseline", auroc=baseline, interval=(0.6, 0.64))
    return WhyItFailed(
        task=task,
        k=100,
        seed=0,
        judged={"cases": 300, "right": 200, "wrong": 100, "errored": 0},
        split={"test": {"outcomes": 50, "wrong": 25}},
        rows=(row,),
        best_baseline="answer",
        detectable=0.6,
        confidence=0.975,
        curve=curve,
        pooling="last",
    )


def drawn(*results):
    return ET.fromstring(figure(results))


def of(root, tag, kind):
    return [one for one in root.iter(f"{SVG}{tag}") if one.get("class") == kind]


def test_every_layer_has_a_point_a_bar_and_a_title_in_its_place():
    root = drawn(result())
    points, bars = of(root, "circle", "point"), of(root, "path", "bar")
    titles = [one.find(f"{SVG}title").text for one in points]
    assert titles[1] == "layer 10: 0.600 (0.540 … 0.660)"
    heights = [float(one.get("cy")) for one in points]
    assert heights[1] < heights[0] < heights[2], "a larger AUROC stands higher"
    (chance,) = of(root, "path", "chance")
    (level,) = of(root, "path", "baseline")
    y_of = lambda path: float(re.findall(r"M[\d.]+ ([\d.]+)H", path.get("d"))[0])
    scale = (y_of(chance) - y_of(level)) / 0.12
    assert y_of(chance) - heights[0] == pytest.approx(0.05 * scale, abs=0.2)
    low, high = map(float, re.findall(r" ([\d.]+)V([\d.]+)", bars[0].get("d"))[0])
    assert low - high == pytest.approx(0.12 * scale, abs=0.2)


def test_several_tasks_stand_side_by_side_on_one_scale():
    root = drawn(result(), result("piqa", (0.3, 0.5, 0.9)))
    assert [one.text for one in of(root, "text", "task")] == ["boolq", "piqa"]
    assert len(of(root, "circle", "point")) == 6
    lefts = [float(one.get("x")) for one in of(root, "text", "task")]
    assert lefts[0] < lefts[1] < float(root.get("width"))
    everywhere = [float(one.get("cy")) for one in of(root, "circle", "point")]
    assert min(everywhere) > 0 < float(root.get("height")) - max(everywhere)


def test_it_says_in_words_what_it_shows():
    root = drawn(result(), result("piqa"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title description"
    assert root.find(f"{SVG}title").get("id") == "title"
    said = root.find(f"{SVG}desc").text
    assert "boolq: 0.520 to 0.600 over 3 layers, best baseline answer 0.620" in said


def test_names_are_escaped():
    root = drawn(result('a<b>&"c'))
    assert of(root, "text", "task")[0].text == 'a<b>&"c'


def test_one_layer_is_enough_and_none_is_not():
    assert len(of(drawn(result(areas=(0.5,))), "circle", "point")) == 1
    with pytest.raises(PlanError, match="no curve to draw"):
        figure([])
