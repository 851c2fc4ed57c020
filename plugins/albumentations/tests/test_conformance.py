"""Every corruption keeps what the conformance kit demands."""

from __future__ import annotations

from seatrial_albumentations import seatrial_perturbations

from seatrial.testing import parametrize


@parametrize(seatrial_perturbations())
def test_conforms(component, run_check):
    run_check(component)
