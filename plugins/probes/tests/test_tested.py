"""`sea.explain(causal=…, sheet=…)`: the causal tests as findings, on the held-out outcomes."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from seatrial_probes import appearance, bag_of_words, logistic, surface

import seatrial as sea
from seatrial.errors import PlanError

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
    with pytest.raises(PlanError, match=r"probes\.appearance writes no sheet"):
        sea.explain(appearance(), outcomes=[], sheet="sheet.html")


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
    from attrs import evolve

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
