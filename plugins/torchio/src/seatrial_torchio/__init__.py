"""Artefacts of MR scanners, by torchio and exact formulas; masks move along. Audits of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial import Audit, Perturbation, hookimpl

from ._rood import ROOD

__all__ = [
    "affine",
    "anisotropy",
    "bias_field",
    "blur",
    "contrast",
    "crop",
    "drop_out",
    "elastic",
    "field_of_view",
    "flip",
    "gamma",
    "ghosting",
    "gibbs",
    "identifying_headers",
    "motion",
    "noise",
    "rician",
    "seatrial_audits",
    "seatrial_perturbations",
    "spike",
    "swap",
    "volume_files",
    "wrap_around",
]


def _rungs(**several: Sequence[Any]) -> tuple[Mapping[str, Any], ...]:
    """Write a ladder by columns: one sequence of five for each parameter."""
    return tuple(
        dict(zip(several, values, strict=True)) for values in zip(*several.values(), strict=True)
    )


motion = Perturbation(
    name="torchio.motion",
    summary="Move the head during the scan.",
    modality="volume",
    factory="seatrial_torchio._motion:motion",
    ladder=_rungs(degrees=(0.5, 1.2, 2.2, 4.0, 8.0), translation=(0.5, 1.2, 2.2, 4.0, 8.0)),
)

ghosting = Perturbation(
    name="torchio.ghosting",
    summary="Repeat the image along an axis, as periodic motion does.",
    modality="volume",
    factory="seatrial_torchio._kspace:ghosting",
    ladder=_rungs(intensity=(0.2, 0.4, 0.6, 0.8, 1.0)),
)

spike = Perturbation(
    name="torchio.spike",
    summary="Lay stripes over the image: a spike in k-space.",
    modality="volume",
    factory="seatrial_torchio._kspace:spike",
    ladder=_rungs(intensity=(0.2, 0.4, 0.6, 0.8, 1.0)),
)

bias_field = Perturbation(
    name="torchio.bias-field",
    summary="Shade the volume smoothly, as an uneven coil does.",
    modality="volume",
    factory="seatrial_torchio._bias:bias_field",
    ladder=_rungs(strength=(0.14, 0.28, 0.4, 0.5, 0.6)),
)

noise = Perturbation(
    name="torchio.noise",
    summary="Add Gaussian noise.",
    modality="volume",
    factory="seatrial_torchio._noise:noise",
    ladder=_rungs(std=(0.03, 0.06, 0.09, 0.12, 0.15)),
)

rician = Perturbation(
    name="torchio.rician",
    summary="Add the noise of magnitude images.",
    modality="volume",
    factory="seatrial_torchio._noise:rician",
    ladder=_rungs(std=(0.03, 0.06, 0.09, 0.12, 0.15)),
)

blur = Perturbation(
    name="torchio.blur",
    summary="Blur with a Gaussian.",
    modality="volume",
    factory="seatrial_torchio._intensity:blur",
    ladder=_rungs(std=(1.0, 1.6, 2.3, 3.2, 4.5)),
    tags=("deterministic",),
)

gamma = Perturbation(
    name="torchio.gamma",
    summary="Bend the scale of intensities up or down.",
    modality="volume",
    factory="seatrial_torchio._intensity:gamma",
    ladder=_rungs(log_gamma=(0.14, 0.29, 0.44, 0.62, 0.8)),
)

contrast = Perturbation(
    name="torchio.contrast",
    summary="Turn the contrast of T1 towards that of T2.",
    modality="volume",
    factory="seatrial_torchio._intensity:contrast",
    ladder=_rungs(weight=(0.2, 0.4, 0.6, 0.8, 1.0)),
    tags=("deterministic",),
)

anisotropy = Perturbation(
    name="torchio.anisotropy",
    summary="Scan thicker slices along one axis.",
    modality="volume",
    factory="seatrial_torchio._intensity:anisotropy",
    ladder=_rungs(factor=(2.0, 3.0, 4.0, 6.0, 8.0)),
)

gibbs = Perturbation(
    name="torchio.gibbs",
    summary="Cut off the outer k-space, which leaves ripples beside edges.",
    modality="volume",
    factory="seatrial_torchio._kspace:gibbs",
    ladder=_rungs(kept=(0.7, 0.51, 0.37, 0.28, 0.2)),
    tags=("deterministic",),
)

wrap_around = Perturbation(
    name="torchio.wrap-around",
    summary="Fold one end of the field over onto the other.",
    modality="volume",
    factory="seatrial_torchio._acquisition:wrap_around",
    ladder=_rungs(overlap=(0.1, 0.2, 0.3, 0.4, 0.5)),
)

drop_out = Perturbation(
    name="torchio.drop-out",
    summary="Lose the signal of whole slices.",
    modality="volume",
    factory="seatrial_torchio._acquisition:drop_out",
    ladder=_rungs(fraction=(0.02, 0.06, 0.15, 0.28, 0.45)),
)

swap = Perturbation(
    name="torchio.swap",
    summary="Let blocks of the image change places.",
    modality="volume",
    factory="seatrial_torchio._acquisition:swap",
    ladder=_rungs(swaps=(2, 6, 15, 26, 40)),
)

affine = Perturbation(
    name="torchio.affine",
    summary="Turn and shift the anatomy, and its masks with it.",
    modality="volume",
    factory="seatrial_torchio._spatial:affine",
    ladder=_rungs(degrees=(1.0, 2.5, 5.0, 9.0, 15.0), translation=(0.7, 1.7, 3.3, 6.0, 10.0)),
    sees_case=True,
)

elastic = Perturbation(
    name="torchio.elastic",
    summary="Bend the anatomy smoothly, and its masks with it.",
    modality="volume",
    factory="seatrial_torchio._spatial:elastic",
    ladder=_rungs(displacement=(0.02, 0.04, 0.06, 0.08, 0.1)),
    sees_case=True,
)

flip = Perturbation(
    name="torchio.flip",
    summary="Exchange left and right.",
    modality="volume",
    factory="seatrial_torchio._spatial:flip",
    sees_case=True,
    tags=("deterministic",),
)

crop = Perturbation(
    name="torchio.crop",
    summary="Cut slices off at the ends of the field.",
    modality="volume",
    factory="seatrial_torchio._field:crop",
    ladder=_rungs(removed=(0.1, 0.2, 0.3, 0.4, 0.5)),
    sees_case=True,
    tags=("length-changing",),
)

field_of_view = Perturbation(
    name="torchio.field-of-view",
    summary="See nothing outside an ellipsoid.",
    modality="volume",
    factory="seatrial_torchio._field:field_of_view",
    ladder=_rungs(radius=(1.1, 1.0, 0.9, 0.8, 0.7)),
    sees_case=True,
)

volume_files = Audit(
    name="torchio.volume-files",
    summary="Volumes cannot be read, or do not lie where their masks lie.",
    factory="seatrial_torchio._audits:volume_files",
    examples="seatrial_torchio._audit_examples:volume_files",
)

identifying_headers = Audit(
    name="torchio.identifying-headers",
    summary="DICOM headers name the patient, be it in private blocks.",
    factory="seatrial_torchio._audits:identifying_headers",
    examples="seatrial_torchio._audit_examples:identifying_headers",
)


@hookimpl
def seatrial_audits() -> tuple[Audit, ...]:
    """Declare the audits of this plugin."""
    return (volume_files, identifying_headers)


@hookimpl
def seatrial_perturbations() -> tuple[Perturbation, ...]:
    """Declare the perturbations of this plugin."""
    return (
        motion,
        ghosting,
        spike,
        bias_field,
        noise,
        rician,
        blur,
        gamma,
        contrast,
        anisotropy,
        gibbs,
        wrap_around,
        drop_out,
        swap,
        affine,
        elastic,
        flip,
        crop,
        field_of_view,
        *ROOD,
    )
