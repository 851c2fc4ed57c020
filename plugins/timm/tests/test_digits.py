"""The worked example: digits, a network for them, and the specification that ships."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

import numpy as np
import pytest
from attrs import evolve
from seatrial_timm import digits_cases, digits_classifier

import seatrial as sea
from seatrial.errors import ParameterError

SPECIFICATION = str(files("seatrial_timm").joinpath("images.toml"))


@pytest.fixture(scope="module")
def model():
    return digits_classifier()


@pytest.fixture(scope="module")
def cases():
    return digits_cases()


def test_the_parts_do_not_share_a_picture(cases):
    training = digits_cases(part="train")
    assert (len(training), len(cases)) == (1200, 597)
    seen = {case.input.tobytes() for case in training}
    assert not any(case.input.tobytes() in seen for case in cases)
    with pytest.raises(ParameterError, match="part must be 'train' or 'test', not 'all'"):
        digits_cases(part="all")


def test_a_case_says_its_digit_and_its_stroke(cases):
    first = cases[0]
    assert first.input.shape == (64, 64, 1)
    assert first.input.dtype == np.uint8
    assert first.groups["digit"] == first.target
    ink = {name: [] for name in ("thin", "medium", "thick")}
    for case in cases:
        ink[case.groups["stroke"]].append(255 - case.input.mean())
    assert max(ink["thin"]) < np.mean(ink["medium"]) < min(ink["thick"]) + 5
    assert min(map(len, ink.values())) > 150
    assert min(Counter(case.target for case in cases).values()) > 50


def test_the_network_reads_digits(model, cases):
    answers = model([case.input for case in cases])
    right = np.mean([one.value == case.target for one, case in zip(answers, cases, strict=True)])
    assert right > 0.93
    assert model.labels == tuple("0123456789")
    found = model.activations([case.input for case in cases[:3]])
    assert [found.at(layer, "mean").shape for layer in found.layers] == [(3, 16), (3, 32), (3, 64)]
    assert found.predictions == answers[:3]
    assert model.embed_image([cases[0].input]).shape == (1, 64)


def test_training_is_repeated_and_leaves_the_global_generator_and_threads_alone(model):
    import torch

    torch.set_num_threads(2)
    torch.manual_seed(5)
    state = torch.get_rng_state()
    assert digits_classifier().identity == model.identity
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == 2


def test_the_specification_that_ships_finds_what_the_network_cannot_withstand(model, cases):
    spec = evolve(sea.load_specification(SPECIFICATION), model=None, cases=None)
    report = sea.run(spec, model=model, cases=cases[::3])
    verdicts = {one.priority: one for one in sea.judge(spec, report).verdicts}
    assert report.accounting.planned == report.accounting.scored
    assert verdicts["Out of focus"].outcome != "fail"
    assert verdicts["Light"].outcome == "fail"  # trained on clean digits, it knows one contrast
    assert verdicts["Every pen"].cases_used < 199
