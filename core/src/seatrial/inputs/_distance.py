"""How far a perturbation really moved a value, whatever its severity was called."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ._encoding import name_content
from ._modalities import Modalities, core_modalities

__all__ = ["distance", "moved", "same"]


def same(one: Any, other: Any, modalities: Modalities | None = None) -> bool:
    """Tell whether two values have the same content."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(*pair, modalities) for pair in pairs)
    return name_content(one, modalities) == name_content(other, modalities)


def distance(clean: Any, perturbed: Any, modalities: Modalities | None = None) -> float | None:
    """Measure what was really done to a value, as its modality measures it; None where undefined.

    Text: edit distance over the longer length, in [0, 1]. Arrays: root mean squared error over the
    range of the clean array (NRMSE). Mappings and sequences of these: the mean over the parts that
    can be measured. It is 0 only where nothing was changed.
    """
    modalities = modalities or core_modalities()
    found = _measured(clean, perturbed, modalities)
    if found == 0 and not same(clean, perturbed, modalities):
        return None
    return found


def moved(name: str, before: Any, after: Any, modalities: Modalities) -> tuple[float | None, bool]:
    """Measure how far one value of a modality was moved, and tell whether it was not moved at all.

    The distance is 0 only where nothing was changed.
    """
    carrier = modalities.carrier(name)
    texts = isinstance(before, str) and isinstance(after, str)
    if before == after if texts else carrier.digest(before) == carrier.digest(after):
        return 0.0, True
    found = carrier.distance(before, after)
    return (found if found and math.isfinite(found) else None), False


def _measured(clean: Any, perturbed: Any, modalities: Modalities) -> float | None:
    name = modalities.recognise(clean)
    if name is not None:
        if modalities.recognise(perturbed) != name and not modalities.holds(name, perturbed):
            return None
        found = modalities.carrier(name).distance(clean, perturbed)
        return found if found is None or math.isfinite(found) else None
    if isinstance(clean, Mapping) and isinstance(perturbed, Mapping):
        pairs = [(clean[key], perturbed[key]) for key in clean if key in perturbed]
    elif isinstance(clean, tuple | list) and isinstance(perturbed, tuple | list):
        pairs = list(zip(clean, perturbed, strict=False))
    else:
        return None
    parts = [_measured(one, other, modalities) for one, other in pairs]
    known = [part for part in parts if part is not None]
    return sum(known) / len(known) if known else None
