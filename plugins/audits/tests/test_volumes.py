"""Volumes and pictures: what they hold is compared, not how large they are, nor where they lie."""

from __future__ import annotations

import numpy as np
import seatrial_audits as audits
from attrs import evolve

import seatrial as sea

PLAN = sea.Plan()


def scan(seed):
    return sea.Volume(np.random.default_rng(seed).random((4, 4, 4), np.float32))


def found(audit, material):
    return [one.name for one in audit.build()(PLAN, None, material)]


def test_volumes_of_one_size_are_different_inputs():
    cases = [sea.Case(f"c{at}", scan(at), "ab"[at % 2]) for at in range(6)]
    assert found(audits.contradictory_duplicates, cases) == []
    assert "contradictory-duplicates" in found(
        audits.contradictory_duplicates, [*cases, evolve(cases[0], id="again", target="b")]
    )


def test_an_input_in_a_file_is_no_other_than_what_was_read_from_it(tmp_path):
    file = sea.Asset(tmp_path / "scan.nii.gz", "volume")
    for own, seen, other in (
        (file, scan(0), False),
        ({"scan": file, "age": "7"}, {"scan": scan(0), "age": "7"}, False),
        ({"scan": file, "age": "7"}, {"scan": scan(0), "age": "8"}, True),
        (({"text": "see", "image": file},), ({"text": "look", "image": scan(0)},), True),
        (scan(0), scan(1), True),
    ):
        outcome = sea.Outcome(
            case=sea.Case("one", own, "a"), input=seen, prediction=sea.Prediction("a"), right=True
        )
        assert found(audits.prompt_mismatch, [outcome]) == ["other-inputs"] * other
