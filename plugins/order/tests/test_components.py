"""The components keep what seatrial promises."""

from __future__ import annotations

from seatrial_order import fine_tune, fuse, modality_collapse, modality_gap_audit

from seatrial.testing import parametrize


@parametrize(
    [
        fuse(),
        fuse(head="linear", modality="vision"),
        fuse(modality="title"),
        fine_tune(learning_rate=1e-3, epochs=1),
        modality_gap_audit(),
        modality_collapse(),
    ],
    strict=True,
)
def test_conforms(component, run_check):
    run_check(component)
