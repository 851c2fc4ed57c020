"""Audits of the files that volumes lie in: where they lie in space, and whom their headers name."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seatrial import Asset, Case, Finding, Modality, Volume, default_registry

from ._cases import AXES, LABELS, parts_of, same_place
from ._volumes import Array

__all__ = ["identifying_headers", "volume_files"]

Check = Callable[..., Iterator[Finding]]
Grid = tuple[tuple[int, ...], Array | None]
KINDS = ("volume", "mask")
SHOWN = 4
FIELDS_SHOWN = 12
FOUND: Mapping[str, tuple[Any, str, str]] = {
    "unreadable-volumes": (
        "error",
        "have a volume that cannot be read",
        "repair or remove these files; seatrial_torchio.dicom.split_series parts mixed series.",
    ),
    "grids-differ": (
        "error",
        "have volumes that are not on one grid",
        "resample the mask to its image, by the nearest neighbour.",
    ),
    "orientation-in-doubt": (
        "warning",
        "have a file that does not say plainly where its voxels lie",
        "compare such a volume with its mask in a viewer; let no demand rest on left and right.",
    ),
    "empty-masks": (
        "note",
        "have a mask without a label",
        "make sure that there is nothing to find: any answer but an empty one is scored 0.",
    ),
    "scaled-labels": (
        "warning",
        "have labels that scl_slope changes",
        "write the labels as integers without a slope: programs that ignore it see others.",
    ),
}


def volume_files() -> Check:
    """Read every volume and mask, and find those that would fail or mislead.

    Files that cannot be read (a series with gaps or several echoes, a file that is cut off), masks
    on another grid than their image, sform and qform that differ or are missing, and labels that
    scl_slope changes.
    """

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        told: dict[str, dict[str, str]] = {name: {} for name in FOUND}
        for case in cases:
            for name, what in _problems(case):
                told[name].setdefault(case.id, what)
        for name, (level, words, fix) in FOUND.items():
            if found := told[name]:
                shown = "; ".join(list(dict.fromkeys(found.values()))[:SHOWN])
                yield Finding(
                    name,
                    f"{len(found):,} of {len(cases):,} cases {words}: {shown}.",
                    level=level,
                    cases=found,
                    effect=len(found) / len(cases),
                    fix=fix,
                )

    return check


def _problems(case: Case) -> Iterator[tuple[str, str]]:
    """Look at the volumes of a case, one after the other: a grid is all that is kept of them."""
    images = tuple(_held(case.input))
    if not images:
        return
    grids = []
    masks = (*_held(case.target), *_masks(case.target))
    for index, value in enumerate((*images, *masks)):
        try:
            with warnings.catch_warnings(record=True, action="always") as said:
                found = _opened(value)
        except Exception as error:  # noqa: BLE001 - files are anybody's, and so are their faults
            yield "unreadable-volumes", str(error)
            continue
        grids.append(_grid(found))
        yield from (("orientation-in-doubt", str(one.message)) for one in said)
        name = value.path.name if isinstance(value, Asset) else "the target"
        if index >= len(images) and not _voxels(found).any():
            yield "empty-masks", f"{name} is 0 everywhere"
        if isinstance(value, Asset) and value.modality == "mask" and (slope := _slope(value)) != 1:
            yield "scaled-labels", f"{name} has scl_slope {slope:g}"
    differences = (_difference(grids[0], other) for other in grids[1:])
    yield from (("grids-differ", one) for one in differences if one)


def _difference(one: Grid, other: Grid) -> str:
    if one[0] != other[0]:
        return " and ".join("×".join(map(str, shape)) + " voxels" for shape, _ in (one, other))
    if one[1] is None or other[1] is None or same_place(one[1], other[1]):
        return ""  # an array without affine lies where its image lies
    return f"both have {'×'.join(map(str, one[0]))} voxels, and their affines differ"


def _held(value: Any) -> Iterator[Any]:
    """Find the volumes in an input or a target."""
    if isinstance(value, Volume) or (isinstance(value, Asset) and value.modality in KINDS):
        yield value
    for part in parts_of(value):
        yield from _held(part)


def _masks(value: Any) -> Iterator[Any]:
    """Find the arrays in a target that may be masks of a volume."""
    if isinstance(value, np.ndarray) and value.ndim == AXES and value.dtype.kind in LABELS:
        yield value
    for part in parts_of(value):
        yield from _masks(part)


def _opened(value: Any) -> Any:
    if not isinstance(value, Asset):
        return value
    carrier: Any = default_registry().get(value.modality, Modality).build()
    return carrier.read(value.path)


def _voxels(value: Any) -> Array:
    found: Array = value.array if isinstance(value, Volume) else value
    return found


def _grid(value: Any) -> Grid:
    place = value.affine if isinstance(value, Volume) else None
    return _voxels(value).shape[-AXES:], place


def _slope(asset: Asset) -> float:
    if not asset.path.name.lower().endswith((".nii", ".nii.gz")):
        return 1.0
    import nibabel

    loaded: Any = nibabel.load(asset.path)
    return float(loaded.dataobj.slope)


def identifying_headers() -> Check:
    """Find DICOM headers that identify a person, at every level and in private blocks."""

    def check(_plan: Any, _model: Any, cases: Sequence[Case], /) -> Iterator[Finding]:
        found: dict[str, frozenset[str]] = {}
        for case in cases:
            values = (*_held(case.input), *_held(case.target))
            paths = [one.path for one in values if isinstance(one, Asset)]
            if paths and (fields := _fields(paths)):
                found[case.id] = fields
        if found:
            counts = Counter(field for fields in found.values() for field in fields)
            ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            named = ", ".join(f"{field} ({count:,})" for field, count in ranked[:FIELDS_SHOWN])
            more = f" and {len(ranked) - FIELDS_SHOWN} more" if len(ranked) > FIELDS_SHOWN else ""
            yield Finding(
                "identifying-headers",
                f"the DICOM headers of {len(found):,} of {len(cases):,} cases identify a person or "
                f"lead to one, by {named}{more}.",
                level="warning",
                cases=found,
                effect=len(found) / len(cases),
                fix="remove these fields, private blocks whole, before the files leave the clinic.",
            )

    return check


def _fields(paths: Sequence[Any]) -> frozenset[str]:
    from .dicom import identifying_fields  # loads pydicom, which an audit of texts needs not

    places = [place for path in paths for place in identifying_fields(path)]
    return frozenset(place.partition(": ")[2] for place in places)
