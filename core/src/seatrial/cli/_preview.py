"""The picture that `seatrial show NAME --out FILE` draws: the clean value, and each rung below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._carriers import Asset
from .._cases import Case
from .._components import Perturbation
from .._registry import Registry
from ..errors import NotApplicable, PlanError
from ..inputs._apply import perturb
from ..inputs._assets import opened
from ..inputs._binding import built
from ..inputs._modalities import Modalities

if TYPE_CHECKING:
    from ..protocols import Carrier

__all__ = ["draw"]


def draw(registry: Registry, name: str, file: Path | None, out: Path, seed: int) -> None:
    """Draw what each rung does to a file's picture or volume, the clean one on top.

    Raises `PlanError` for a component that cannot be shown so.
    """
    from ..inputs.modalities._pictures import sheet

    component = registry.get(name)
    if not isinstance(component, Perturbation) or component.searches:
        msg = f"{name} is no perturbation that can be shown in a picture"
        raise PlanError(msg)
    modalities = Modalities(registry).with_names([component.modality])
    carrier = modalities.carrier(component.modality)
    picture = getattr(carrier, "picture", None)
    if picture is None:
        msg = f"{name}: values of modality {component.modality!r} have no picture"
        raise PlanError(msg)
    clean = _clean(carrier, component, file, modalities)
    rows = [[picture(clean, like=clean)]]
    for severity in range(1, len(component.ladder) + 1):
        case = Case(f"severity {severity}", clean)
        try:
            apply = built(component(), severity)
            changed = perturb(component(), apply, case, seed, modalities=modalities)
        except NotApplicable as error:
            msg = f"{name} at severity {severity}: {error}"
            raise PlanError(msg) from error
        rows.append([picture(changed.case.input, like=clean)])
    _write(sheet(rows), out)


def _clean(
    carrier: Carrier, component: Perturbation, file: Path | None, modalities: Modalities
) -> Any:
    if file is not None:
        return opened(Asset(file, component.modality), modalities)
    example = getattr(carrier, "example", None)
    return example() if example else carrier.samples()[0]


def _write(picture: Any, out: Path) -> None:
    try:
        from PIL import Image
    except ImportError as error:
        msg = f"to write {out}, install Pillow: pip install pillow"
        raise PlanError(msg) from error
    grey = picture.shape[2] == 1
    try:
        Image.fromarray(picture[:, :, 0] if grey else picture).save(out)
    except ValueError as error:
        msg = f"{out} does not end as a picture does: name it {out.with_suffix('.png')}"
        raise PlanError(msg) from error
    except OSError as error:
        msg = f"{out} cannot be written: {error.strerror or error}"
        raise PlanError(msg) from error
