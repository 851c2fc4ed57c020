"""The specification of the MRI copilot asks an endpoint of images and text, too."""

from __future__ import annotations

import base64
import io

import attrs
import numpy as np
import pytest
from chat_endpoint import MODEL, answer
from PIL import Image
from seatrial_openai import chat_model

import seatrial as sea

clinical = pytest.importorskip("seatrial_clinical")
pytest.importorskip("seatrial_torchio")

from seatrial_clinical.copilot import _cases  # noqa: E402 - it needs scipy


@attrs.frozen
class Drawn:
    """A patient whose scans are drawn, so that no volume is computed."""

    seed: int
    side: str = "left"
    smaller: float = 0.08
    brain_ml: float = 1900.0
    white_percent: float = 35.0

    @property
    def name(self):
        return f"patient-{self.seed}"

    def picture(self, contrast, *, visit=1, mirrored=False):
        draw = np.random.default_rng(sea.derive(self.seed, contrast, visit, str(mirrored)))
        return draw.integers(1, 256, (112, 4 * 96, 1), dtype=np.uint8)


def asked_of(endpoint, topic, monkeypatch):
    """Put the priorities about one topic to the endpoint, of three patients."""
    monkeypatch.setattr(_cases, "patient", Drawn)
    cases = _cases.copilot_cases(topics=[topic], patients=3)[:3]
    read = sea.load_specification(clinical.copilot_specification())
    kept = [one for one in read.priorities if one.where == {"topic": topic}]
    spec = attrs.evolve(read, model=None, cases=cases, priorities=kept)
    model = chat_model(MODEL, base_url=endpoint.url, deterministic=True)
    return cases, sea.run(spec, model=model)


def pictures_of(message):
    urls = [part["image_url"]["url"] for part in message["content"] if part["type"] == "image_url"]
    read = [base64.b64decode(url.removeprefix("data:image/png;base64,")) for url in urls]
    return [np.asarray(Image.open(io.BytesIO(one)))[..., None] for one in read]


def test_scans_travel_as_content_parts_and_answers_are_scored(endpoint, monkeypatch):
    endpoint.behave = lambda body, number: answer("the patient's left half")
    cases, report = asked_of(endpoint, "five", monkeypatch)
    assert report.accounting.scored == report.accounting.planned
    assert {record.scores["metrics.accuracy"] for record in report.records()} == {1.0}
    sent = [
        tuple(picture.tobytes() for picture in pictures_of(body["messages"][-1]))
        for body in endpoint.log
        if any("A)" in str(part) for part in body["messages"][-1]["content"])
    ]
    shown = {
        tuple(one.tobytes() for one in case.input["talk"][0]["content"][1:-1]) for case in cases
    }
    assert set(sent) == shown
    assert max(sum(m["role"] == "user" for m in body["messages"]) for body in endpoint.log) == 15


def test_a_report_in_free_text_is_scored_by_its_fields(endpoint, monkeypatch):
    endpoint.behave = lambda body, number: answer(
        "Sequence: T1-weighted MPRAGE\nSmaller half: right\nBrain: about 1,850 mL\nQuality: good"
    )
    _, report = asked_of(endpoint, "report", monkeypatch)
    clean = [record for record in report.records() if record.severity == 0]
    assert [record.scores["clinical.report-fields"] for record in clean] == [0.5] * 3
