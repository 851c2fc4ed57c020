"""The ladder of ROOD-MRI, for comparing with what was published on it."""

from __future__ import annotations

from typing import Any

from seatrial import Perturbation

__all__ = ["ROOD"]

_LEVELS = range(1, 6)
_CODE = "seatrial_torchio._rood_artefacts"
_NOT_IN_ORDER = {
    "check_effect_grows_along_the_ladder": "published so: its levels do not order the damage"
}


def _linear(**steps: tuple[float, float]) -> tuple[dict[str, Any], ...]:
    """Go from a start (level 0, the clean image) in equal steps, as ROOD's ladders do."""
    return tuple(
        {name: _rounded(start + step * level) for name, (start, step) in steps.items()}
        for level in _LEVELS
    )


def _rounded(value: float) -> float:
    return value if isinstance(value, int) else round(value, 6)


def _rood(name: str, summary: str, factory: str, ladder: Any, **more: Any) -> Perturbation:
    return Perturbation(
        name=f"torchio.rood-{name}",
        summary=f"ROOD-MRI: {summary}",
        modality="volume",
        factory=factory if ":" in factory else f"{_CODE}:{factory}",
        ladder=ladder,
        **more,
    )


ROOD = (
    _rood(
        "affine",
        "turned and shifted anatomy.",
        "affine",
        _linear(degrees=(0, 6), translation=(0, 8)),
        sees_case=True,
        expected_failures=_NOT_IN_ORDER,
    ),
    _rood(
        "aniso-downsample",
        "thicker slices, of the masks too.",
        "aniso_downsample",
        _linear(downsampling=(1.0, 1.8)),
        sees_case=True,
    ),
    _rood("bias-field", "uneven intensity.", "bias_field", _linear(coefficients=(0.0, 0.3))),
    _rood(
        "contrast-compression",
        "gamma below 1.",
        "contrast",
        _linear(gamma=(1.0, -0.14)),
        tags=("deterministic",),
    ),
    _rood(
        "contrast-expansion",
        "gamma above 1.",
        "contrast",
        _linear(gamma=(1.0, 0.4)),
        tags=("deterministic",),
    ),
    _rood(
        "elastic-deformation",
        "bent anatomy.",
        "elastic_deformation",
        _linear(max_displacement=(0, 6)),
        sees_case=True,
    ),
    _rood(
        "ghosting",
        "ghosts.",
        "ghosting",
        _linear(num_ghosts=(1, 2), intensity=(0.0, 0.5)),
        expected_failures=_NOT_IN_ORDER,
    ),
    _rood(
        "iso-downsample",
        "larger voxels, of the masks too.",
        "iso_downsample",
        _linear(factor=(1.0, 0.6)),
        sees_case=True,
        expected_failures=_NOT_IN_ORDER,
        tags=("deterministic",),
    ),
    _rood(
        "motion",
        "head motion.",
        "motion",
        tuple({"degrees": n, "translation": 2 * n, "num_transforms": 2 * n} for n in _LEVELS),
    ),
    _rood("rician-noise", "noise of magnitudes.", "rician_noise", _linear(std=(0.0, 0.16))),
    _rood(
        "smoothing",
        "Gaussian blur.",
        "seatrial_torchio._intensity:blur",
        _linear(std=(0.0, 0.8)),
        tags=("deterministic",),
    ),
)
