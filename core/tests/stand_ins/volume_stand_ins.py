"""A perturbation, a model and a metric of volumes."""

from __future__ import annotations

import numpy as np

import seatrial as sea


def brightening(amount):
    return lambda volume, /, *, seed: sea.Volume(volume.array + np.float32(amount), volume.affine)


def overlap():
    return lambda targets, answers: [
        float((target.array == answer.array).mean())
        for target, answer in zip(targets, answers, strict=True)
    ]


def segment(volumes):
    return [sea.Volume((one.array > 0.5).astype(np.uint8), one.affine) for one in volumes]


segment.identity = "threshold 0.5"

brighten = sea.Perturbation(
    name="stand.brighten",
    summary="Brighter.",
    modality="volume",
    factory="volume_stand_ins:brightening",
    ladder=({"amount": 0.1}, {"amount": 0.2}),
)
agree = sea.Metric(
    name="stand.agree", summary="Overlap.", factory="volume_stand_ins:overlap", per_case=True
)
