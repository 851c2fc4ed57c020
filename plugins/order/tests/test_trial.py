"""The order task as cases of a trial: headlines mistyped, images corrupted, models repaired."""

from __future__ import annotations

import numpy as np
import pytest
from seatrial_metrics import accuracy
from seatrial_order import (
    Cached,
    Hashed,
    cases_of,
    fine_tune,
    fuse,
    generated_articles,
    load,
    modality_collapse,
    modality_gap_audit,
    read_articles,
    sample_pairs,
    split_articles,
    towers,
    write_articles,
)

import seatrial as sea


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Images in files, as a user has them."""
    path = tmp_path_factory.mktemp("articles") / "set.jsonl"
    write_articles(path, generated_articles("both", articles=240, seed=4))
    split = split_articles(read_articles(path), test=0.4, seed=4)
    return {
        name: cases_of(sample_pairs(some, per_article=3, seed=4)) for name, some in split.items()
    }


@pytest.fixture(scope="module")
def model(parts):
    return fuse().build()(Cached(Hashed()), parts["train"], seed=1, work=None)


def test_headlines_and_images_are_perturbed_and_judged(parts, model):
    albumentations = pytest.importorskip("seatrial_albumentations")
    nlpaug = pytest.importorskip("seatrial_nlpaug")
    both = ("headline_1", "headline_2")
    specification = sea.Specification(
        "Step order",
        priorities=[
            sea.Priority(
                "Mistyped headlines",
                perturbations=[nlpaug.keyboard(on=both)],
                severities=[5],
                metric=accuracy(),
                require={"max_drop": 0.05, "confidence": 0.95},
            ),
            sea.Priority(
                "Darker images",
                perturbations=[albumentations.darkness(on=("image_1", "image_2"))],
                severities=[1],
                metric=accuracy(),
                require={"max_drop": 0.2, "confidence": 0.95},
            ),
        ],
        seed=7,
    )
    report = sea.run(specification, model=model, cases=parts["test"])
    verdicts = {one.priority: one for one in sea.judge(specification, report).verdicts}
    assert verdicts["Mistyped headlines"].outcome == "fail"
    assert verdicts["Darker images"].outcome == "pass"


def test_a_repair_learns_order_from_a_report(parts):
    plan = sea.Plan(metrics=[accuracy()], seed=7)
    report = sea.run(plan, model=Hashed(), cases=parts["test"] + parts["train"])
    fixed = sea.repair(fuse(), report=report)
    new = [case for case in parts["test"] if case.cluster not in fixed.learned_from]
    said = fixed.model([case.input for case in new])
    right = [one.value == case.target for one, case in zip(said, new, strict=True)]
    assert len(new) > 50
    assert np.mean(right) > 0.9


def test_a_repair_trains_the_towers_goes_on_and_is_loaded(parts, folders, tmp_path):
    small = towers(folders["clip"], batch_size=16)
    use = fine_tune(modality="text", learning_rate=1e-3, batch_size=16, epochs=1)
    some = parts["train"][:120]
    fixed = sea.repair(use, model=small, cases=some, to=tmp_path / "fixed")
    inputs = [case.input for case in parts["test"][:20]]
    wanted = fixed.model.log_odds(inputs)
    assert np.array_equal(load(tmp_path / "fixed", model=small).log_odds(inputs), wanted)
    again = sea.Repaired.load(tmp_path / "fixed", model=towers(folders["clip"], batch_size=16))
    assert np.array_equal(again.model.log_odds(inputs), wanted)
    assert again.learned_from == fixed.learned_from


def test_the_gap_of_a_model_is_audited(parts):
    trained = fuse(modality="title").build()(Hashed(), parts["train"], seed=1, work=None)
    for one in (Hashed(), trained):  # a head changes nothing about the towers
        (found,) = sea.audit(
            sea.Plan(), model=one, cases=parts["test"], audits=[modality_gap_audit()]
        )
        assert found.name == "no-shared-space"


def test_audits_open_images_that_lie_in_files(parts, model):
    found = sea.audit(sea.Plan(), model=model, cases=parts["test"], audits=[modality_collapse()])
    assert found == ()
