"""`sea.explain(causal=…, sheet=…)`: the causal tests as findings, on the held-out outcomes."""

from __future__ import annotations

from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from attrs import evolve
from seatrial_probes import appearance, bag_of_words, logistic, read_sheet, sheet, surface

import seatrial as sea
from seatrial.errors import ParameterError, PlanError

CAUSAL = ("steer", "erase", "edit")


def named(explanation):
    return {one.name: one for one in explanation.findings}


def test_a_planted_cause_is_shown_by_every_causal_test(residual_model, trapped):
    found = sea.explain(
        logistic(layers=(2, 3), poolings=("last", "mean")),
        outcomes=trapped(300),
        model=residual_model,
        held_out=0.5,
        causal=CAUSAL,
    )
    findings = named(found)
    assert findings["steering"].effect > 0.2
    assert "of 20 random directions" in findings["steering"].summary
    assert findings["erasure"].interval[1] < 0  # accuracy rises: the cause is gone
    assert findings["edits-towards-failure"].interval[0] > 0
    assert findings["edits-towards-success"].interval[0] > 0
    assert findings["erasure"].level == "note"


def test_an_explanation_that_knows_nothing_of_the_cause_is_warned_of(residual_model, trapped):
    """Surface features: every text has as many words, with and without "stone"."""
    found = sea.explain(
        surface(), outcomes=trapped(200), model=residual_model, held_out=0.5, causal=("edit",)
    )
    assert named(found)["edits-towards-failure"].level == "warning"


def test_a_test_that_an_explainer_does_not_have_is_refused_before_anything_is_learned():
    with pytest.raises(PlanError, match=r"has no causal test 'steer'; it has: edit"):
        sea.explain(bag_of_words(), outcomes=[], causal=["steer"])
    bare = evolve(bag_of_words, sheet=None)
    with pytest.raises(PlanError, match=r"probes\.bag-of-words writes no sheet"):
        sea.explain(bare(), outcomes=[], sheet="sheet.html")


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def test_the_sheet_shows_inputs_as_they_are_and_neither_answers_nor_ids(trapped, tmp_path):
    attack = "<script>alert('x')</script> & <b onclick=\"x\">"
    outcomes = [
        evolve(one, input=f"{one.input} {attack}", case=evolve(one.case, input=one.input))
        for one in trapped(160)
    ]
    path = tmp_path / "sheet.html"
    sea.explain(bag_of_words(), outcomes=outcomes, sheet=path)
    page = Tags(path.read_text(encoding="utf-8"))
    assert [tag for tag, _ in page.found].count("script") == 1  # the page's own
    assert not any("onclick" in given for _, given in page.found)
    assert sum(attack in one for one in page.texts) == 40
    assert not any(one.case.id in page.texts for one in outcomes)


def pictured(count, parts=lambda number, picture: picture):
    """Give outcomes of pictures, of which every third is dark and answered wrong."""
    draw = np.random.default_rng(0)
    found = []
    for number in range(count):
        picture = draw.integers(100, 256, (9, 7, 3), dtype=np.uint8)
        wrong = number % 3 == 0
        given = parts(number, picture // 4 if wrong else picture)
        case = sea.Case(f"secret-{number}", given, "a heron")
        answer = sea.Prediction("an egret" if wrong else "a heron")
        found.append(sea.Outcome(case=case, input=given, prediction=answer, right=not wrong))
    return found


def test_the_sheet_shows_pictures_and_neither_answers_nor_ids(tmp_path):
    image = pytest.importorskip("PIL.Image")
    outcomes, path = pictured(120), tmp_path / "sheet.html"
    found = sea.explain(appearance(), outcomes=outcomes, sheet=path)
    text = path.read_text(encoding="utf-8")
    assert not any(word in text for word in ("secret", "heron", "egret", "http"))
    page = Tags(text)
    assert found.summary in page.texts
    shown = [given for tag, given in page.found if tag == "img"]
    assert [one["alt"] for one in shown] == [f"picture {number}" for number in range(1, 31)]
    kept = {one.input.tobytes() for one in outcomes}
    for one in shown:
        kind, _, data = one["src"].partition(",")
        assert kind == "data:image/png;base64"
        kept.remove(np.asarray(image.open(BytesIO(b64decode(data)))).tobytes())
    assert len(kept) == 90

    def answered(given):  # by what is seen on the page
        dark = np.asarray(image.open(BytesIO(b64decode(given["src"].partition(",")[2])))).mean()
        return "wrong" if dark < 70 else "right"

    keys = [given["data-key"] for tag, given in page.found if tag == "fieldset"]
    rows = [f"{key},{answered(given)}" for key, given in zip(keys, shown, strict=True)]
    (tmp_path / "answers.csv").write_text("\n".join(["key,answer", *rows]), encoding="utf-8")
    assert read_sheet(tmp_path / "answers.csv", outcomes).explained.auroc.estimate == 1


def test_the_sheet_shows_pictures_with_their_texts_and_a_table_shows_none(tmp_path):
    attack = '"><script>alert(1)</script>'

    def asked(number, picture):
        return {attack: picture, "mask": picture[:, :, :1], "question": f"{attack} {number}?"}

    outcomes = pictured(4, asked)
    page = Tags(sheet(None, outcomes, tmp_path / "a.html").read_text(encoding="utf-8"))
    assert [tag for tag, _ in page.found].count("script") == 1  # the page's own
    assert [given["alt"] for tag, given in page.found if tag == "img"] == [attack, "mask"] * 4
    assert sum(f"Question: {attack}" in one for one in page.texts) == 4
    alone = Tags(sheet(None, pictured(4), tmp_path / "b.html").read_text(encoding="utf-8"))
    assert "pre" not in [tag for tag, _ in alone.found]
    with pytest.raises(ParameterError, match=r"a table holds no pictures: write .* \.html"):
        sheet(None, outcomes, tmp_path / "a.csv")
